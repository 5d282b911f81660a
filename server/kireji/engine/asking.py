"""Asks the model and pays for it: the part of a straight line that is the same whatever the question is about.

Reserves before, settles after, closes the upstream on every way out. Does not know what is asked, nor how an answer is read.
"""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import replace

from kireji.base.ledger import CallInfo, LedgerError
from kireji.base.types import (
    ContextPack,
    Delta,
    End,
    EndReason,
    Prompt,
    RawCompletion,
    Reason,
    RedactedPack,
    Request,
    Site,
    Stage,
    Workspace,
)
from kireji.engine.context.redact import redact
from kireji.engine.prompt.contract import fresh_nonce, tag_for
from kireji.engine.prompt.parts import fingerprinted
from kireji.engine.record import Record
from kireji.engine.services import Asking, Services
from kireji.providers.provider import Provider, ProviderError, StreamMeter
from kireji.providers.resilience import refusal

Reader = Callable[[AsyncIterator[Delta | End]], Awaitable[RawCompletion]]


def nonces(pack: RedactedPack, process_nonce: str) -> tuple[str, str]:
    """The nonces of the stable part and of this request. Neither stands in the text it fences, or the text could close it."""
    texts = [item.text for item in pack.items]
    rng = random.SystemRandom()
    stable = fresh_nonce(texts, rng) if any(process_nonce in text for text in texts) else process_nonce
    return stable, fresh_nonce([*texts, stable], rng)


async def ask(
    services: Services, asking: Asking, request: Request, feature: str, record: Record, read: Reader
) -> RawCompletion:
    """What `read` makes of the answer, within the budget; the upstream is closed and the money settled on every way out.

    Raises ProviderError and LedgerError.
    """
    if (away := asking.away()) is not None:
        # Known without asking: nothing is reserved for it.
        raise refusal(away)
    meter = StreamMeter(most_calls=record.calls_left)
    if asking.thinking:
        request = replace(request, prompt=fingerprinted(replace(request.prompt, thinking=asking.thinking)))
    record.prompt = request.prompt.fingerprint
    async with _paying(services, asking.provider, request, feature, record, meter) as settle:
        record.done(Stage.RESERVE)
        async with contextlib.aclosing(asking.provider.stream(request, meter)) as pieces:
            raw = await read(pieces)
        settle(raw)
        if meter.begun:
            asking.calibration.learn(asking.model, request.prompt, meter.usage)
    if raw.end is None and raw.fault is None:
        record.spared += max(0, request.prompt.max_tokens - meter.usage.output)
    return record.streamed(raw)


async def ask_instead(
    asking: Asking, site: Site, workspace: Workspace, record: Record, read: Reader
) -> RawCompletion | None:
    """What the engine of this machine says, which costs nothing; None where there is none, or it has nothing to say.

    It reads the site alone: for it, nothing has to be gathered.
    """
    if asking.instead is None:
        return None
    prompt = Prompt(asking.model.id, (), (), tag_for(asking.nonce), (), 0)
    request = Request(prompt, redact(ContextPack(site, ()), ()), math.inf, workspace)
    try:
        async with contextlib.aclosing(asking.instead.stream(request, StreamMeter())) as pieces:
            raw = await read(pieces)
    except ProviderError:
        return None
    record.answered_by(asking.instead.info)
    return record.streamed(raw)


def unusable(raw: RawCompletion) -> Reason | None:
    """Why an answer must not be read at all."""
    if raw.end is not None and raw.end.reason is EndReason.REFUSAL:
        return Reason.REFUSED
    return None


def cut_off(raw: RawCompletion) -> Reason:
    """Why an answer that is not complete ends where it does."""
    if raw.fault is not None:
        return raw.fault
    too_long = raw.end is not None and raw.end.reason is EndReason.MAX_TOKENS
    return Reason.TOO_LONG if too_long else Reason.INCOMPLETE


@contextlib.asynccontextmanager
async def _paying(
    services: Services, provider: Provider, request: Request, feature: str, record: Record, meter: StreamMeter
) -> AsyncGenerator[Callable[[RawCompletion], None], None]:
    """A reservation around a call that may cost money; what the meter shows is owed however the call ends."""
    if not provider.info.remote:
        yield lambda _: None
        return
    call = CallInfo(record.request, feature, provider.info.name, provider.info.model)
    estimate = provider.estimate(request.prompt)
    async with services.ledger.reserve(call, estimate) as reservation:

        async def may_spend_again() -> bool:
            try:
                await services.ledger.extend(reservation, estimate)
            except LedgerError:
                return False
            return True

        meter.may_spend_again = may_spend_again
        try:
            yield lambda raw: reservation.settle(meter.total, _cost(provider, meter), raw.cut_by)
        finally:
            cost = _cost(provider, meter)
            record.paid(meter.calls, meter.total, cost)
            reservation.note(meter.total, cost)


def _cost(provider: Provider, meter: StreamMeter) -> int:
    """What the calls of one question have cost: each has a price of its own, by its size."""
    return sum(provider.cost(usage) for usage in (*meter.earlier, meter.usage))
