"""The straight line, from a cursor to a suggestion that has been proved sound, or to the reason why there is none.

Read this first. Each step is a room of its own (`site`, `context`, `prompt`, `stream`, `gates`, `repair`); this module only
leads from one to the next, keeps the times, and never decides what a room decides. It knows no LSP and keeps no state.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import islice

from kireji.base.audit import Audit
from kireji.base.clock import Clock
from kireji.base.ledger import CallInfo, Ledger, LedgerError
from kireji.base.types import (
    Candidate,
    Delta,
    Edit,
    End,
    EndReason,
    GateResult,
    GateState,
    Offered,
    Outcome,
    RawCompletion,
    Reason,
    RedactedPack,
    Redaction,
    Report,
    Request,
    Site,
    Skip,
    Snapshot,
    Stage,
    Trigger,
    Usage,
    Verdict,
    Withheld,
)
from kireji.engine.context.fit import fit
from kireji.engine.context.gather import gather
from kireji.engine.context.redact import redact, site_is_secret
from kireji.engine.context.symbols import SymbolReader
from kireji.engine.gates.baseline import baseline_document, trial
from kireji.engine.gates.gate import Gate
from kireji.engine.gates.run import prepare_gates, run_gates
from kireji.engine.prompt.contract import Unwrapper
from kireji.engine.prompt.render import render
from kireji.engine.repair import repairs
from kireji.engine.site import classify
from kireji.engine.stream.cut import CutBy, Cutter
from kireji.engine.stream.echo import Echo
from kireji.engine.stream.trim import trim
from kireji.providers.models import Model
from kireji.providers.provider import Provider, ProviderError, StreamMeter

logger = logging.getLogger(__name__)

FEATURE = "inline completion"
_MAX_REPAIRS = 6


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that takes time to start and must be closed in the end. Both may be called more than once."""

    start: Callable[[], Awaitable[object]]
    close: Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked, under which profile, with which nonce in the stable part of the prompt."""

    provider: Provider
    model: Model
    nonce: str


@dataclass(frozen=True, slots=True)
class Services:
    """What the line needs besides the snapshot. Built by `compose.py`; handed no deeper than this module."""

    asking: Asking
    gates: tuple[Gate, ...]
    symbols: SymbolReader
    ledger: Ledger
    audit: Audit
    clock: Clock
    resources: tuple[Resource, ...] = ()

    async def warm(self) -> None:
        """Starts what is slow to start, so that the first request finds it ready."""
        await asyncio.gather(*(_survived(resource.start(), "start") for resource in self.resources))

    async def close(self) -> None:
        """Closes what was opened, each whatever becomes of the others."""
        await asyncio.gather(*(_survived(resource.close(), "close") for resource in self.resources))


async def _survived(work: Awaitable[object], what: str) -> None:
    """What cannot be started says so again, with a reason, to the request that needs it."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 — one part's trouble must not keep the others from starting or closing
        logger.warning("could not %s a part: %s", what, error)


async def complete(services: Services, snapshot: Snapshot, offset: int) -> Outcome:
    """The whole line: a verified suggestion at `offset`, or why there is none."""
    log = _Log(services, snapshot)
    site = classify(snapshot, offset)
    log.done(Stage.CLASSIFY)
    if isinstance(site, Skip):
        return log.withheld(site.reason, Stage.CLASSIFY)
    if site_is_secret(site):
        return log.withheld(Reason.SECRET_LINE, Stage.CLASSIFY)
    async with preparing(services, snapshot, site):
        pack = await gather_pack(services, snapshot, site)
        log.redactions = pack.redactions
        log.done(Stage.GATHER)
        prompt = render(pack, services.asking.model, services.asking.nonce, secrets.token_hex(4))
        deadline = services.clock.monotonic() + snapshot.options.request_ms / 1000
        request = Request(prompt, pack, deadline, snapshot.workspace)
        log.done(Stage.RENDER)
        try:
            raw = await _ask(services, request, log)
        except ProviderError as error:
            return log.withheld(error.reason, Stage.STREAM, error.detail)
        except LedgerError as error:
            return log.withheld(error.reason, Stage.RESERVE, str(error))
        if (reason := _unusable(raw)) is not None:
            return log.withheld(reason, Stage.STREAM)
        candidate = make_candidate(snapshot, site, raw)
        log.done(Stage.TRIM)
        if candidate is None:
            return log.withheld(raw.fault or (Reason.NOTHING_TO_ADD if raw.complete else Reason.INCOMPLETE), Stage.TRIM)
        candidate, verdict = await judge(services, snapshot, candidate)
        log.gates = verdict.results
        log.done(Stage.GATES)
    if verdict.state is GateState.FAIL:
        return log.withheld(Reason.INVALID, Stage.GATES, findings=verdict)
    if verdict.state is GateState.UNKNOWN and not snapshot.options.show_unverified:
        return log.withheld(Reason.UNVERIFIED, Stage.GATES, findings=verdict)
    return Offered(candidate, verdict, log.report())


async def gather_pack(services: Services, snapshot: Snapshot, site: Site) -> RedactedPack:
    """What may be sent: gathered by a deadline, then redacted, then fitted into the budget."""
    gathered = await gather(snapshot, site, services.symbols, snapshot.options.gather_ms / 1000)
    return fit(redact(gathered), snapshot.options.context_tokens, services.asking.model.chars_per_token)


async def read_answer(clock: Clock, pieces: AsyncIterator[Delta | End], site: Site, tag: str) -> RawCompletion:
    """Reads a stream up to the end that the cut proves; the caller then closes it.

    A fault in mid-stream is no exception here: what was whole before it may still be shown.
    """
    started = clock.monotonic()
    unwrapper, echo, cutter = Unwrapper(tag), Echo(site), Cutter(site)
    first = 0.0
    chars = 0
    end: End | None = None
    fault: Reason | None = None
    done = False
    cut_by = CutBy.NONE
    text = ""
    try:
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
                break
            first = first or clock.monotonic() - started
            chars += len(piece.text)
            step = cutter.feed(echo.feed(unwrapper.feed(piece.text)))
            text, done, cut_by = step.text, step.done, step.cut_by
            if done or unwrapper.closed:
                break
    except ProviderError as error:
        if chars == 0:
            raise
        fault = error.reason
    ended = end is not None and end.reason in (EndReason.COMPLETE, EndReason.STOP_SEQUENCE)
    complete = done or unwrapper.closed or ended
    if not done:
        cutter.feed(echo.feed(unwrapper.finish()))
        cutter.feed(echo.finish())
        step = cutter.finish(complete)
        text, cut_by = step.text, step.cut_by
    return RawCompletion(text, cut_by.value, complete, end, first, clock.monotonic() - started, chars, fault)


def make_candidate(snapshot: Snapshot, site: Site, raw: RawCompletion) -> Candidate | None:
    """The answer as an edit at the site; None when it adds nothing."""
    change = trim(raw.text, site)
    if change is None:
        return None
    edit = Edit(site.document.uri, site.document.version, (change,))
    return Candidate(f"{snapshot.id}.1", site, edit, raw)


async def judge(services: Services, snapshot: Snapshot, candidate: Candidate) -> tuple[Candidate, Verdict]:
    """The candidate with its verdict; when it fails, the first repair that does not, with its own."""
    options = snapshot.options
    explicit = snapshot.trigger is Trigger.EXPLICIT
    seconds = (options.gates_explicit_ms if explicit else options.gates_automatic_ms) / 1000
    deadline = services.clock.monotonic() + seconds
    verdict = await run_gates(services.gates, trial(snapshot, candidate), seconds)
    if verdict.state is not GateState.FAIL:
        return candidate, verdict
    for repaired in islice(repairs(snapshot, candidate, verdict), _MAX_REPAIRS):
        left = deadline - services.clock.monotonic()
        if left <= 0:
            break
        again = await run_gates(services.gates, trial(snapshot, repaired), left)
        if again.state is GateState.PASS:
            return repaired, again
    return candidate, verdict


async def _ask(services: Services, request: Request, log: _Log) -> RawCompletion:
    """Streams the answer, within the budget; the upstream is closed and the money settled on every way out."""
    provider = services.asking.provider
    site, tag = request.pack.site, request.prompt.tag
    meter = StreamMeter()
    async with _paying(services, request, log, meter) as settle:
        log.done(Stage.RESERVE)
        async with contextlib.aclosing(provider.stream(request, meter)) as pieces:
            raw = await read_answer(services.clock, pieces, site, tag)
        settle(raw)
    return log.streamed(raw)


@contextlib.asynccontextmanager
async def _paying(
    services: Services, request: Request, log: _Log, meter: StreamMeter
) -> AsyncGenerator[Callable[[RawCompletion], None], None]:
    """A reservation around a call that may cost money; what the meter shows is owed however the call ends."""
    provider = services.asking.provider
    if not provider.info.remote:
        yield lambda _: None
        return
    call = CallInfo(log.request, FEATURE, provider.info.name, provider.info.model)
    async with services.ledger.reserve(call, provider.estimate(request.prompt)) as reservation:
        try:
            yield lambda raw: reservation.settle(meter.usage, provider.cost(meter.usage), raw.cut_by)
        finally:
            log.usage, log.cost = meter.usage, provider.cost(meter.usage)
            reservation.note(log.usage, log.cost)


def _unusable(raw: RawCompletion) -> Reason | None:
    """Why an answer must not be read at all."""
    if raw.end is not None and raw.end.reason is EndReason.REFUSAL:
        return Reason.REFUSED
    return None


@contextlib.asynccontextmanager
async def preparing(services: Services, snapshot: Snapshot, site: Site) -> AsyncGenerator[asyncio.Future[None], None]:
    """The gates' view of the text before, computed while the model generates. Never outlives the request."""
    task = asyncio.ensure_future(prepare_gates(services.gates, baseline_document(snapshot, site)))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Log:
    """The times and figures of one request, and the two ways out of it."""

    def __init__(self, services: Services, snapshot: Snapshot) -> None:
        self.request = snapshot.id
        self._clock = services.clock
        self._info = services.asking.provider.info
        self._since = self._clock.monotonic()
        self._stages: list[tuple[Stage, float]] = []
        self._raw: RawCompletion | None = None
        self.usage = Usage()
        self.cost = 0
        self.gates: tuple[GateResult, ...] = ()
        self.redactions: tuple[Redaction, ...] = ()

    def done(self, stage: Stage) -> None:
        """Closes a stage; the next one begins."""
        now = self._clock.monotonic()
        self._stages.append((stage, now - self._since))
        self._since = now

    def streamed(self, raw: RawCompletion) -> RawCompletion:
        """Closes the stream's stage and remembers what it brought."""
        self.done(Stage.STREAM)
        self._raw = raw
        return raw

    def report(self) -> Report:
        """All of it, frozen."""
        raw = self._raw
        return Report(
            stages=tuple(self._stages),
            provider=self._info.name,
            model=self._info.model,
            usage=self.usage,
            cost=self.cost,
            first_token=raw.first_token if raw else 0.0,
            cut_by=raw.cut_by if raw else "",
            gates=self.gates,
            redactions=self.redactions,
        )

    def withheld(self, reason: Reason, stage: Stage, detail: str = "", findings: Verdict | None = None) -> Withheld:
        """The way out without a suggestion."""
        return Withheld(reason, stage, detail, findings.findings if findings else (), self.report())
