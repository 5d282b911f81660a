"""The verdict on a change over files: every gate that applies, over every file, against the text as it was.

Repairs nothing: half a body is no body. Decides nothing about what is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kireji.base.text import indent_of, line_at, line_span, make_document
from kireji.base.types import (
    Candidate,
    Change,
    ChangeSet,
    Document,
    Edit,
    GateResult,
    RawCompletion,
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
