"""The straight line, from a cursor to a suggestion that has been proved sound, or to the reason why there is none.

Read this first. Each step is a room of its own (`site`, `context`, `prompt`, `stream`, `gates`, `repair`); this module only
leads from one to the next, keeps the times, and never decides what a room decides. It knows no LSP and keeps no state.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import islice

from kireji.base.clock import Clock
from kireji.base.ledger import LedgerError
from kireji.base.types import (
    Candidate,
    Delta,
    Edit,
    End,
    EndReason,
    GateState,
    Offered,
    Outcome,
    RawCompletion,
    Reason,
    RedactedPack,
    Request,
    Site,
    Skip,
    Snapshot,
    Stage,
    Trigger,
    Verdict,
)
from kireji.engine.asking import ask, nonces, unusable
from kireji.engine.context.fit import fit
from kireji.engine.context.gather import gather
from kireji.engine.context.redact import redact, site_is_secret
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.before import Before, preparing
from kireji.engine.gates.run import run_gates
from kireji.engine.prompt.contract import Unwrapper
from kireji.engine.prompt.render import render
from kireji.engine.record import Record
from kireji.engine.repair import repairs
from kireji.engine.services import Services
from kireji.engine.site import classify
from kireji.engine.stream.cut import CutBy, Cutter
from kireji.engine.stream.echo import Echo
from kireji.engine.stream.trim import trim
from kireji.providers.provider import ProviderError

FEATURE = "inline completion"
_MAX_REPAIRS = 6


async def complete(services: Services, snapshot: Snapshot, offset: int) -> Outcome:
    """The whole line: a verified suggestion at `offset`, or why there is none."""
    record = Record(services, snapshot)
    site = classify(snapshot, offset)
    record.done(Stage.CLASSIFY)
    if isinstance(site, Skip):
        return record.withheld(site.reason, Stage.CLASSIFY)
    if site_is_secret(site):
        return record.withheld(Reason.SECRET_LINE, Stage.CLASSIFY)
    async with preparing(services.gates, snapshot, site) as before:
        pack = await gather_pack(services, snapshot, site)
        record.redactions = pack.redactions
        record.done(Stage.GATHER)
        prompt = render(pack, services.asking.model, *nonces(pack, services.asking.nonce))
        deadline = services.clock.monotonic() + snapshot.options.request_ms / 1000
        request = Request(prompt, pack, deadline, snapshot.workspace)
        record.done(Stage.RENDER)

        async def read(pieces: AsyncIterator[Delta | End]) -> RawCompletion:
            return await read_answer(services.clock, pieces, site, prompt.tag)

        try:
            raw = await ask(services, request, FEATURE, record, read)
        except ProviderError as error:
            return record.withheld(error.reason, Stage.STREAM, error.detail)
        except LedgerError as error:
            return record.withheld(error.reason, Stage.RESERVE, str(error))
        if (reason := unusable(raw)) is not None:
            return record.withheld(reason, Stage.STREAM)
        candidate = make_candidate(snapshot, site, raw)
        record.done(Stage.TRIM)
        if candidate is None:
            return record.withheld(
                raw.fault or (Reason.NOTHING_TO_ADD if raw.complete else Reason.INCOMPLETE), Stage.TRIM
            )
        return await _judged(services, snapshot, candidate, before, record)


async def judge_again(services: Services, snapshot: Snapshot, candidate: Candidate) -> Outcome:
    """What becomes of a candidate that was sound in other circumstances: the text is the same, the gates look anew."""
    record = Record(services, snapshot)
    async with preparing(services.gates, snapshot, candidate.site) as before:
        return await _judged(services, snapshot, candidate, before, record)


async def _judged(
    services: Services, snapshot: Snapshot, candidate: Candidate, before: Before, record: Record
) -> Outcome:
    candidate, verdict = await judge(services, snapshot, candidate, before)
    record.gates = verdict.results
    record.done(Stage.GATES)
    if verdict.state is GateState.FAIL:
        return record.withheld(Reason.INVALID, Stage.GATES, findings=verdict)
    if verdict.state is GateState.UNKNOWN and not snapshot.options.show_unverified:
        return record.withheld(Reason.UNVERIFIED, Stage.GATES, findings=verdict)
    return Offered(candidate, verdict, record.report())


async def gather_pack(services: Services, snapshot: Snapshot, site: Site) -> RedactedPack:
    """What may be sent: gathered by a deadline, then redacted, then fitted into the budget."""
    gathered = await gather(snapshot, site, services.semantics.symbols, snapshot.options.gather_ms / 1000)
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


async def judge(
    services: Services, snapshot: Snapshot, candidate: Candidate, before: Before
) -> tuple[Candidate, Verdict]:
    """The candidate with its verdict; when it fails, the first repair that does not, with its own."""
    options = snapshot.options
    explicit = snapshot.trigger is Trigger.EXPLICIT
    seconds = (options.gates_explicit_ms if explicit else options.gates_automatic_ms) / 1000
    deadline = services.clock.monotonic() + seconds
    # A look at the text before that hangs must leave time for the look at the text after.
    baseline = await before.document(seconds / 2)
    left = deadline - services.clock.monotonic()
    verdict = await run_gates(services.gates, trial(snapshot, candidate, baseline), left)
    if verdict.state is not GateState.FAIL:
        return candidate, verdict
    for repaired in islice(repairs(snapshot, candidate, verdict), _MAX_REPAIRS):
        left = deadline - services.clock.monotonic()
        if left <= 0:
            break
        again = await run_gates(services.gates, trial(snapshot, repaired, baseline), left)
        if again.state is GateState.PASS:
            return repaired, again
    return candidate, verdict
