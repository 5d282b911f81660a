"""Brings what is changed into the project's own style, by its own formatter; what nobody has changed is left as it stands.

The formatter is shown the whole text; of what it would do, only what lies inside the changes is taken over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from kireji.base.child_protocol import ChildSpec, ChildUnavailable
from kireji.base.edit import apply, inserted_span
from kireji.base.filtering import filtered
from kireji.base.text import line_at, line_starts, split_lines
from kireji.base.types import Change, ChangeSet, FileEdit, GateResult, GateState, NewFile, Snapshot, Span, Workspace
from kireji.engine.proof.formatters import Formatter, formatter_of

GATE = "format"
_SECONDS = 10.0
_MOST_LINES = 20_000


async def formatted(snapshot: Snapshot, changes: ChangeSet) -> tuple[ChangeSet, GateResult | None]:
    """The change in the project's style, and what is to be said of that; None where the project has chosen no style."""
    workspace = snapshot.workspace
    if workspace.root is None or not workspace.trusted:
        return changes, None
    notes: list[str] = []
    known = False
    edits: list[FileEdit] = []
    for edit in changes.edits:
        chosen = await _chosen(edit.document.language, edit.document.path, workspace)
        known = known or chosen is not None
        edits.append(await _edit(edit, chosen, notes) if chosen is not None else edit)
    created: list[NewFile] = []
    for file in changes.created:
        chosen = await _chosen(file.language, file.path, workspace)
        known = known or chosen is not None
        text = await _told(chosen, chosen.command, file.text, notes) if chosen is not None else None
        created.append(replace(file, text=text) if text is not None else file)
    if not known:
        return changes, None
    note = "; ".join(dict.fromkeys(notes))
    result = GateResult(GATE, GateState.UNKNOWN if note else GateState.PASS, note=note)
    return replace(changes, edits=tuple(edits), created=tuple(created)), result


async def _chosen(language: str, path: str | None, workspace: Workspace) -> Formatter | None:
    # A notebook's cell is text of ours, which no file holds.
    if path is None or workspace.root is None or path.endswith(".ipynb"):
        return None
    return await asyncio.to_thread(formatter_of, language, path, workspace.root, workspace.python)


async def _told(formatter: Formatter, command: tuple[str, ...] | None, text: str, notes: list[str]) -> str | None:
    """The text as the formatter would have it; None, with a note, where it does not say."""
    if command is None:
        notes.append(f"{formatter.name} is the project's formatter, and it is not installed")
        return None
    try:
        return await filtered(ChildSpec(formatter.name, command, environment=formatter.environment), text, _SECONDS)
    except ChildUnavailable as error:
        notes.append(f"{formatter.name} could not format it: {error}")
        return None


async def _edit(edit: FileEdit, formatter: Formatter, notes: list[str]) -> FileEdit:
    old = edit.document.text
    text = apply(old, edit.changes)
    spans = [inserted_span(edit.changes, which) for which in range(len(edit.changes))]
    starts = line_starts(text)
    lines = [line_at(starts, at) + 1 for span in spans for at in (span.start, span.end)]
    command = formatter.about(min(lines), max(lines)) if formatter.command is not None else None
    said = await _told(formatter, command, text, notes)
    if said is None or said == text or text.count("\n") > _MOST_LINES:
        return edit
    if "\r\n" in old and "\r\n" not in said:
        said = said.replace("\n", "\r\n")
    pieces = list(_inside(text, said, spans))
    changes = tuple(_restyled(change, span, pieces) for change, span in zip(edit.changes, spans, strict=True))
    return replace(edit, changes=changes)


def _inside(text: str, said: str, spans: Sequence[Span]) -> Iterator[Change]:
    """What the formatter would change inside one of the spans, without what it says again of the text around."""
    before, after = split_lines(text), split_lines(said)
    starts = (*line_starts(text), len(text))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for first, last, since, until in _hunks(matcher):
        span, new = Span(starts[first], starts[last] if last < len(before) else len(text)), "".join(after[since:until])
        for around in spans:
            head = text[span.start : around.start] if span.start < around.start else ""
            tail = text[around.end : span.end] if span.end > around.end else ""
            touches = span.start < around.end and around.start < span.end
            whole = len(head) + len(tail) <= len(new) and new.startswith(head) and new.endswith(tail)
            # What stands before and behind the change on its own lines must stay as it is.
            if touches and whole and "\n" not in head and "\n" not in tail.rstrip("\r\n"):
                piece = Span(span.start + len(head), span.end - len(tail))
                inner = new[len(head) : len(new) - len(tail)]
                # Blank lines behind the change are the business of what follows.
                ends = text[piece.start : piece.end]
                ends = ends[len(ends.rstrip("\r\n")) :]
                yield Change(piece, inner.rstrip("\r\n") + ends if piece.end == around.end else inner)


def _hunks(matcher: SequenceMatcher[str]) -> Iterator[tuple[int, int, int, int]]:
    """What differs, line by line where as many lines come as go."""
    for kind, first, last, since, until in matcher.get_opcodes():
        if kind != "equal" and last - first == until - since:
            yield from ((first + n, first + n + 1, since + n, since + n + 1) for n in range(last - first))
        elif kind != "equal":
            yield first, last, since, until


def _restyled(change: Change, span: Span, pieces: Sequence[Change]) -> Change:
    """One change with what the formatter says of it."""
    own = [p for p in pieces if span.start <= p.span.start <= p.span.end <= span.end]
    moved = [Change(Span(p.span.start - span.start, p.span.end - span.start), p.text) for p in own]
    return replace(change, text=apply(change.text, moved))
