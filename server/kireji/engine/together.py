"""The verdict on a change over several files in one state of the workspace: all of it stands there while each file is judged.

The state is a private copy, where a trusted workspace may be looked at at all; else each file is judged by itself. Repairs
nothing and decides nothing about what is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from kireji.base.text import indent_of, line_at, line_span, make_document
from kireji.base.types import (
    Candidate,
    Change,
    ChangeSet,
    Document,
    Edit,
    GateResult,
    GateState,
    RawCompletion,
    Shape,
    Site,
    SiteKind,
    Snapshot,
    Span,
    Verdict,
)
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.gate import Cost, Gate
from kireji.engine.gates.run import run_gates
from kireji.engine.proof.copying import CopyError, copied, written
from kireji.engine.proof.room import Room
from kireji.engine.services import Services

# A checker that sees a folder for the first time has to read it.
_SECONDS = 20.0
# They know only what is typed at a cursor.
_AT_A_CURSOR = frozenset({"text", "shape"})
_NO_ANSWER = RawCompletion("", "", True, None, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the gates say of each file, by its address."""

    files: tuple[tuple[str, tuple[GateResult, ...]], ...]

    @property
    def verdict(self) -> Verdict:
        """All of it as one."""
        return Verdict(tuple(result for _, results in self.files for result in results))

    @property
    def wrong(self) -> tuple[str, ...]:
        """The files in which something is wrong."""
        return tuple(uri for uri, results in self.files if Verdict(results).state is GateState.FAIL)


async def judge_alone(services: Services, snapshot: Snapshot, changes: ChangeSet) -> Judged:
    """What the quick gates say, which look at nothing but the file itself: what others still write cannot be held against it."""
    gates = [gate for gate in services.gates if gate.cost is Cost.CHEAP and gate.name not in _AT_A_CURSOR]
    return await _judged(gates, snapshot, changes, None)


async def judge_together(services: Services, snapshot: Snapshot, changes: ChangeSet) -> Judged:
    """What all gates say, with the whole change in place."""
    gates = [gate for gate in services.gates if gate.name not in _AT_A_CURSOR]
    try:
        async with _in_place(snapshot, changes) as root:
            return await _judged(gates, snapshot, changes, root)
    except CopyError as error:
        found = await _judged(gates, snapshot, changes, None)
        unknown = GateResult("workspace", GateState.UNKNOWN, note=str(error))
        return Judged(tuple((uri, (*results, unknown)) for uri, results in found.files))


@contextlib.asynccontextmanager
async def _in_place(snapshot: Snapshot, changes: ChangeSet) -> AsyncGenerator[str | None, None]:
    """The root of a copy of the workspace in which the whole change is made; None where there is no need of one."""
    workspace = snapshot.workspace
    if workspace.root is None or not workspace.trusted or len(changes.edits) + len(changes.created) < 2:
        yield None
        return
    root = workspace.root
    room = Room()

    def build(folder: Path) -> str:
        copy = copied(root, folder / "together")
        written(copy, (snapshot.document, *snapshot.open_documents), changes)
        for lent in copy.lent:
            (copy.folder / lent).symlink_to(Path(root, lent))
        return str(copy.folder)

    try:
        yield await room.make(build)
    finally:
        await room.close()


async def _judged(gates: Iterable[Gate], snapshot: Snapshot, changes: ChangeSet, root: str | None) -> Judged:
    """One file after the other: a checker looks at one text at a time anyway."""
    deadline = asyncio.get_running_loop().time() + _SECONDS
    found: list[tuple[str, tuple[GateResult, ...]]] = []
    whole = [(edit.document, edit.changes) for edit in changes.edits]
    for file in changes.created:
        empty = make_document(file.uri, file.path, file.language, 0, "")
        whole.append((empty, (Change(Span(0, 0), file.text),)))
    for document, made in whole:
        here, seen = _seen(snapshot, document, root)
        edit = Edit(here.uri, here.version, made)
        candidate = Candidate("", _site(here, made[0].span), edit, _NO_ANSWER)
        left = max(0.0, deadline - asyncio.get_running_loop().time())
        baseline = here if not here.text else None
        found.append((document.uri, (await run_gates(gates, trial(seen, candidate, baseline), left)).results))
    return Judged(tuple(found))


def _seen(snapshot: Snapshot, document: Document, root: str | None) -> tuple[Document, Snapshot]:
    """The document, and the moment with it in the middle; in the copy, where there is one."""
    was = snapshot.workspace.root
    if root is None or was is None or document.path is None or not PurePath(document.path).is_relative_to(was):
        others = tuple(d for d in (snapshot.document, *snapshot.open_documents) if d.uri != document.uri)
        return document, replace(snapshot, document=document, open_documents=others, origin=0)
    path = Path(root, PurePath(document.path).relative_to(was))
    here = replace(document, uri=path.as_uri(), path=str(path))
    workspace = replace(snapshot.workspace, root=root)
    # All that editors show stands in the copy's files.
    return here, replace(snapshot, document=here, open_documents=(), workspace=workspace, origin=0)


def _site(document: Document, span: Span) -> Site:
    line = line_span(document.text, document.lines, line_at(document.lines, span.start))
    before, after = document.text[line.start : span.start], document.text[span.start : line.end]
    whole = Span(0, len(document.text))
    return Site(document, span.start, SiteKind.CODE, Shape.BLOCK, whole, indent_of(before), before, after)
