"""The verdict on a change over files: every gate that applies, over every file, against the text as it was.

Repairs nothing: half a body is no body. Decides nothing about what is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kireji.base.edit import apply
from kireji.base.text import indent_of, line_at, line_span, make_document
from kireji.base.types import (
    Candidate,
    Change,
    ChangeSet,
    Diagnostic,
    Document,
    Edit,
    Finding,
    GateResult,
    GateState,
    RawCompletion,
    Severity,
    Shape,
    Site,
    SiteKind,
    Snapshot,
    Span,
    Verdict,
)
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.before import Before
from kireji.engine.gates.gate import Gate
from kireji.engine.gates.run import run_gates
from kireji.engine.services import Services

# The name under which it is said whether what was to be cured is gone.
CURED = "problem"


async def judge_changes(
    services: Services,
    snapshot: Snapshot,
    site: Site,
    changes: ChangeSet,
    raw: RawCompletion,
    before: Before,
    without: frozenset[str],
) -> Verdict:
    """What all gates but those in `without` say of every changed file, within the time for what a person asked by a key."""
    clock, seconds = services.clock, snapshot.options.gates_explicit_ms / 1000
    gates = [gate for gate in services.gates if gate.name not in without]
    deadline = clock.monotonic() + seconds
    results: list[GateResult] = []
    for edit in changes.edits:
        home = edit.document.uri == snapshot.document.uri
        baseline = await before.document(seconds / 2) if home else None
        where = site if home else _site(edit.document, edit.changes[0].span)
        results += await _judged(gates, snapshot, where, edit.changes, raw, baseline, deadline - clock.monotonic())
    for file in changes.created:
        empty = make_document(file.uri, file.path, file.language, 0, "")
        whole = (Change(Span(0, 0), file.text),)
        where = _site(empty, Span(0, 0))
        results += await _judged(gates, snapshot, where, whole, raw, empty, deadline - clock.monotonic())
    return Verdict(tuple(results))


async def cured(
    services: Services,
    snapshot: Snapshot,
    place: Span,
    problems: Sequence[Diagnostic],
    changes: ChangeSet,
    raw: RawCompletion,
) -> GateResult | None:
    """Whether problems that were told at a place are gone: a gate that reports one of them in the text as it was must not do
    so in the text as it becomes. UNKNOWN where no gate knows it; None where nothing of the document changes.
    """
    edit = next((edit for edit in changes.edits if edit.document.uri == snapshot.document.uri), None)
    if edit is None or not problems:
        return None
    started = services.clock.monotonic()
    deadline = started + snapshot.options.gates_explicit_ms / 1000
    document, wanted = snapshot.document, {_plain(problem.code) for problem in problems if problem.code}
    new = apply(document.text, edit.changes)
    then = make_document(document.uri, document.path, document.language, document.version, new)
    lead = sum(_growth(c) for c in edit.changes if c.span.end <= place.start and c.span.start < place.start)
    moved = Span(place.start + lead, place.end + sum(map(_growth, edit.changes)))
    was = await _reported(services, snapshot, document, place, wanted, raw, deadline)
    now = await _reported(services, snapshot, then, moved, wanted, raw, deadline) if was else ()
    elapsed = services.clock.monotonic() - started
    known = {(finding.gate, finding.code, finding.symbol) for finding in was}
    left = tuple(replace(f, severity=Severity.REJECT) for f in now if (f.gate, f.code, f.symbol) in known)
    if left:
        return GateResult(CURED, GateState.FAIL, left, elapsed)
    if not wanted or not wanted <= {_plain(finding.code) for finding in was}:
        others = dict.fromkeys(p.source or "the server" for p in problems)
        return GateResult(CURED, GateState.UNKNOWN, (), elapsed, f"whether {', '.join(others)} agrees is not checked")
    return GateResult(CURED, GateState.PASS, (), elapsed)


async def _reported(
    services: Services,
    snapshot: Snapshot,
    document: Document,
    place: Span,
    codes: set[str],
    raw: RawCompletion,
    deadline: float,
) -> tuple[Finding, ...]:
    """What each gate says of a place, as if it had just been written there, as far as it has one of these codes."""
    text = document.text
    said = text[place.start : place.end]
    rest = text[: place.start] + text[place.end :]
    without = make_document(document.uri, document.path, document.language, document.version, rest)
    site = _site(without, Span(place.start, place.start))
    here = replace(snapshot, document=without, origin=0)
    candidate = Candidate(
        "", site, Edit(document.uri, document.version, (Change(Span(place.start, place.start), said),)), raw
    )
    tried = trial(here, candidate)
    left = max(0.0, deadline - services.clock.monotonic())
    verdicts = await asyncio.gather(*(run_gates((gate,), tried, left) for gate in services.gates))
    return tuple(f for verdict in verdicts for f in verdict.findings if _plain(f.code) in codes)


def _growth(change: Change) -> int:
    return len(change.text) - (change.span.end - change.span.start)


def _plain(code: str) -> str:
    """A rule's name without what servers write before the number of an error."""
    return code.lower().removeprefix("ts").removeprefix("(").removesuffix(")")


async def _judged(
    gates: Iterable[Gate],
    snapshot: Snapshot,
    site: Site,
    changes: tuple[Change, ...],
    raw: RawCompletion,
    baseline: Document | None,
    seconds: float,
) -> tuple[GateResult, ...]:
    document = site.document
    edit = Edit(document.uri, document.version, changes)
    here = snapshot if document.uri == snapshot.document.uri else _as_seen_from(document, snapshot)
    return (await run_gates(gates, trial(here, Candidate("", site, edit, raw), baseline), max(0.0, seconds))).results


def _as_seen_from(document: Document, snapshot: Snapshot) -> Snapshot:
    """The same moment with another document in the middle."""
    others = tuple(d for d in (snapshot.document, *snapshot.open_documents) if d.uri != document.uri)
    return replace(snapshot, document=document, open_documents=others, origin=0)


def _site(document: Document, span: Span) -> Site:
    line = line_span(document.text, document.lines, line_at(document.lines, span.start))
    before, after = document.text[line.start : span.start], document.text[span.start : line.end]
    whole = Span(0, len(document.text))
    return Site(document, span.start, SiteKind.CODE, Shape.BLOCK, whole, indent_of(before), before, after)
