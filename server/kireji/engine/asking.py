"""Asks the model and pays for it: the part of a straight line that is the same whatever the question is about.

Reserves before, settles after, closes the upstream on every way out. Does not know what is asked, nor how an answer is read.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import replace

from kireji.base.ledger import CallInfo
from kireji.base.types import Delta, End, EndReason, RawCompletion, Reason, RedactedPack, Request, Stage
from kireji.engine.prompt.contract import fresh_nonce
from kireji.engine.prompt.parts import fingerprinted
from kireji.engine.record import Record
from kireji.engine.services import Asking, Services
from kireji.providers.provider import Provider, StreamMeter

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
    meter = StreamMeter()
    if asking.thinking:
        request = replace(request, prompt=fingerprinted(replace(request.prompt, thinking=asking.thinking)))
    async with _paying(services, asking.provider, request, feature, record, meter) as settle:
        record.done(Stage.RESERVE)
        async with contextlib.aclosing(asking.provider.stream(request, meter)) as pieces:
            raw = await read(pieces)
        settle(raw)
    if raw.end is None and raw.fault is None:
        record.spared += max(0, request.prompt.max_tokens - meter.usage.output)
    return record.streamed(raw)


def unusable(raw: RawCompletion) -> Reason | None:
    """Why an answer must not be read at all."""
    if raw.end is not None and raw.end.reason is EndReason.REFUSAL:
        return Reason.REFUSED
    return None


@contextlib.asynccontextmanager
async def _paying(
    services: Services, provider: Provider, request: Request, feature: str, record: Record, meter: StreamMeter
) -> AsyncGenerator[Callable[[RawCompletion], None], None]:
    """A reservation around a call that may cost money; what the meter shows is owed however the call ends."""
    if not provider.info.remote:
        yield lambda _: None
        return
    call = CallInfo(record.request, feature, provider.info.name, provider.info.model)
    async with services.ledger.reserve(call, provider.estimate(request.prompt)) as reservation:
        try:
            yield lambda raw: reservation.settle(meter.usage, provider.cost(meter.usage), raw.cut_by)
        finally:
            cost = provider.cost(meter.usage)
            record.paid(meter.usage, cost)
            reservation.note(meter.usage, cost)
