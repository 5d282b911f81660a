"""The straight line of an action, from a place and what is wanted there to an edit that passed the gates, or why there is none.

Stands beside `pipeline.py` and shares its rooms. It leads from one to the next; what an action says, sees and may change
is the action's own data. Knows no LSP and keeps no state.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

from kireji.base.clock import Clock
from kireji.base.ledger import LedgerError
from kireji.base.syntax import Tree
from kireji.base.text import indent_of, line_at, line_span
from kireji.base.types import (
    Candidate,
    Delta,
    Document,
    Edit,
    End,
    EndReason,
    GateState,
    ItemKind,
    Offered,
    Outcome,
    RawCompletion,
    Reason,
    RedactedPack,
    Request,
    Shape,
    Site,
    SiteKind,
    Snapshot,
    Span,
    Stage,
    Verdict,
)
from kireji.engine.actions.action import Action, Refused, Target
from kireji.engine.actions.registry import ACTIONS
from kireji.engine.asking import ask, nonces, unusable
from kireji.engine.context.fit import fit
from kireji.engine.context.gather import gather
from kireji.engine.context.redact import redact
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.before import Before, preparing
from kireji.engine.gates.run import run_gates
from kireji.engine.prompt.ask_action import declined, holds, masked, render_action
from kireji.engine.prompt.contract import Unwrapper
from kireji.engine.record import Record
from kireji.engine.services import Services
from kireji.engine.site import refusal
from kireji.providers.provider import ProviderError

# A person has asked and waits for the model anyway: files may be read that nobody has looked at yet.
_GATHER_SECONDS = 1.0
_WINDOW = frozenset({ItemKind.WINDOW_BEFORE, ItemKind.WINDOW_AFTER})


def applicable(services: Services, snapshot: Snapshot, span: Span) -> Iterator[tuple[Action, Target]]:
    """What may be done about a span, and to what. Local, and asks nobody."""
    if not services.roles.action.provider.info.follows_instructions or refusal(snapshot) is not None:
        return
    tree = services.semantics.trees.of(snapshot.document)
    if tree is None:
        return
    for action in ACTIONS:
        target = _found(snapshot, action, tree, span)
        if target is not None:
            yield action, target


async def act(services: Services, snapshot: Snapshot, action: Action, span: Span) -> Outcome:
    """The whole line: the verified edit of an action about `span`, or why there is none."""
    record = Record(services, services.roles.action, snapshot)
    if (reason := refusal(snapshot)) is not None:
        return record.withheld(reason, Stage.CLASSIFY)
    if not services.roles.action.provider.info.follows_instructions:
        return record.withheld(Reason.NO_INSTRUCTIONS, Stage.CLASSIFY)
    tree = services.semantics.trees.of(snapshot.document)
    target = _found(snapshot, action, tree, span) if tree is not None else None
    if tree is None or target is None:
        return record.withheld(Reason.STALE, Stage.CLASSIFY, "there is nothing left to do here")
    site = _site(snapshot.document, target)
    record.done(Stage.CLASSIFY)
    async with preparing(services.gates, snapshot, site) as before:
        pack = await _gathered(services, snapshot, site, action, target)
        record.redactions = pack.redactions
        record.done(Stage.GATHER)
        if masked(pack, target.span):
            return record.withheld(Reason.SECRET_LINE, Stage.GATHER, "it stands in the part to be changed")
        if not holds(pack, target.span):
            return record.withheld(Reason.TOO_LARGE, Stage.GATHER, "the part does not fit into a question")
        raw = await _answer(services, snapshot, action, target, pack, record)
        if not isinstance(raw, RawCompletion):
            return raw
        change = action.change(snapshot.document, tree, target, raw.text)
        record.done(Stage.TRIM)
        if isinstance(change, Refused):
            return record.withheld(change.reason, Stage.TRIM, change.detail)
        edit = Edit(snapshot.document.uri, snapshot.document.version, (change,))
        candidate = Candidate(f"{snapshot.id}.1", site, edit, raw)
        verdict = await _judged(services, snapshot, candidate, before)
        record.gates = verdict.results
        record.done(Stage.GATES)
    if verdict.state is GateState.FAIL:
        return record.withheld(Reason.INVALID, Stage.GATES, findings=verdict.findings)
    unproved = [r for r in verdict.results if r.state is GateState.UNKNOWN]
    if any(r.gate in action.proofs or not snapshot.options.show_unverified for r in unproved):
        notes = "; ".join(f"{r.gate}: {r.note}" for r in unproved)
        return record.withheld(Reason.UNVERIFIED, Stage.GATES, notes, verdict.findings)
    return Offered(candidate, verdict, record.report())


def _found(snapshot: Snapshot, action: Action, tree: Tree, span: Span) -> Target | None:
    """The target at a span; None also where it begins in another cell of a notebook, which is another document."""
    target = action.find(snapshot.document, tree, span)
    return target if target is not None and target.head >= snapshot.origin else None


async def _gathered(services: Services, snapshot: Snapshot, site: Site, action: Action, target: Target) -> RedactedPack:
    """What may be sent: what the action wants to see, redacted, then fitted into its budget."""
    semantics, budget = services.semantics, snapshot.options.action_context_tokens
    ratio = services.roles.action.model.chars_per_token
    chars = int(budget * ratio)
    gathered = await gather(snapshot, site, semantics.symbols, semantics.index, _GATHER_SECONDS, chars)
    wanted = tuple(item for item in gathered.items if item.kind in _WINDOW | action.context)
    return fit(redact(replace(gathered, items=wanted)), budget, ratio, target.span)


async def _answer(
    services: Services, snapshot: Snapshot, action: Action, target: Target, pack: RedactedPack, record: Record
) -> RawCompletion | Outcome:
    """The whole answer, or why there is none to be read."""
    asking = services.roles.action
    prompt = render_action(pack, action, target, asking.model, *nonces(pack, asking.nonce))
    deadline = services.clock.monotonic() + snapshot.options.action_request_ms / 1000
    request = Request(prompt, pack, deadline, snapshot.workspace)
    record.done(Stage.RENDER)

    async def read(pieces: AsyncIterator[Delta | End]) -> RawCompletion:
        return await read_whole(services.clock, pieces, prompt.tag)

    try:
        raw = await ask(services, asking, request, action.id, record, read)
    except ProviderError as error:
        return record.withheld(error.reason, Stage.STREAM, error.detail)
    except LedgerError as error:
        return record.withheld(error.reason, Stage.RESERVE, str(error))
    if (reason := unusable(raw)) is not None:
        return record.withheld(reason, Stage.STREAM)
    if not raw.complete:
        return record.withheld(Reason.INCOMPLETE, Stage.STREAM, raw.fault.value if raw.fault else "")
    if (why := declined(raw.text)) is not None:
        return record.withheld(Reason.DECLINED, Stage.STREAM, why)
    return raw


async def read_whole(clock: Clock, pieces: AsyncIterator[Delta | End], tag: str) -> RawCompletion:
    """Reads a stream to the end of the answer. It is complete only if the model had finished, or had closed its fence."""
    started = clock.monotonic()
    unwrapper = Unwrapper(tag)
    parts: list[str] = []
    first, chars = 0.0, 0
    end: End | None = None
    fault: Reason | None = None
    try:
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
                break
            first = first or clock.monotonic() - started
            chars += len(piece.text)
            parts.append(unwrapper.feed(piece.text))
            if unwrapper.closed:
                break
    except ProviderError as error:
        if chars == 0:
            raise
        fault = error.reason
    complete = unwrapper.closed or (end is not None and end.reason in (EndReason.COMPLETE, EndReason.STOP_SEQUENCE))
    parts.append(unwrapper.finish())
    cut_by = "fence" if unwrapper.closed else "end" if complete else "fault"
    elapsed = clock.monotonic() - started
    return RawCompletion("".join(parts), cut_by, complete, end, first, elapsed, chars, fault)


async def _judged(services: Services, snapshot: Snapshot, candidate: Candidate, before: Before) -> Verdict:
    """The verdict, without repairs: half a body is no body."""
    seconds = snapshot.options.gates_explicit_ms / 1000
    deadline = services.clock.monotonic() + seconds
    baseline = await before.document(seconds / 2)
    left = deadline - services.clock.monotonic()
    return await run_gates(services.gates, trial(snapshot, candidate, baseline), left)


def _site(document: Document, target: Target) -> Site:
    """The place as a cursor at its start, so that context and gates need to know nothing of actions."""
    offset = target.place.start
    line = line_span(document.text, document.lines, line_at(document.lines, offset))
    before, after = document.text[line.start : offset], document.text[offset : line.end]
    return Site(document, offset, SiteKind.CODE, Shape.BLOCK, target.span, indent_of(before), before, after)
