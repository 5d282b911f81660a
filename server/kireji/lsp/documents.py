"""The open documents, kept as arrays of lines by the LSP's line rules, edited in place and frozen on demand.

Our own, because the framework splits lines at form feeds and U+2028 and so corrupts such files. Not thread-safe: only
`lifecycle.py` writes, on the event loop. Knows positions, not requests.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kireji.base.languages import canonical
from kireji.base.text import make_document, split_lines
from kireji.base.types import Document, RecentEdit, Span
from kireji.lsp.positions import Encoding, index_of
from kireji.lsp.recent_edits import Edits


@dataclass(frozen=True, slots=True)
class Position:
    """Zero-based line and column, the column in the session's encoding."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ContentChange:
    """One change of a didChange. Without `start` and `end` the text replaces everything."""

    text: str
    start: Position | None = None
    end: Position | None = None


class _Open:
    """One open text. `frozen` caches the Document of the current version."""

    __slots__ = ("changed_at", "edits", "frozen", "language", "lines", "path", "uri", "version")

    def __init__(self, uri: str, path: str | None, language: str, version: int, text: str) -> None:
        self.uri = uri
        self.path = path
        self.language = language
        self.version = version
        self.lines = split_lines(text)
        self.frozen: Document | None = None
        self.changed_at = -math.inf
        self.edits = Edits()


class DocumentStore:
    """Open documents by URI, in the order they were last touched."""

    def __init__(self, encoding: Encoding = Encoding.UTF16) -> None:
        self.encoding = encoding
        self._open: dict[str, _Open] = {}

    def open(self, uri: str, path: str | None, language: str, version: int, text: str) -> None:
        """Opens a document; opening it again replaces it."""
        self._open.pop(uri, None)
        self._open[uri] = _Open(uri, path, canonical(language), version, text)

    def change(self, uri: str, version: int, changes: Sequence[ContentChange]) -> bool:
        """Applies changes in order. False when the document is not open: the notification is then ignored."""
        entry = self._open.pop(uri, None)
        if entry is None:
            return False
        self._open[uri] = entry
        entry.version = version
        entry.frozen = None
        entry.changed_at = time.monotonic()
        for change in changes:
            if change.start is None or change.end is None:
                older, entry.lines = entry.lines, split_lines(change.text)
                entry.edits.note(0, older, entry.lines)
            else:
                entry.edits.note(
                    *_replace(entry.lines, *self._locate(entry.lines, change.start, change.end), change.text)
                )
        return True

    def close(self, uri: str) -> None:
        """Forgets a document; closing an unknown one does nothing."""
        self._open.pop(uri, None)

    def get(self, uri: str) -> Document | None:
        """The document as it is now."""
        entry = self._open.get(uri)
        return _freeze(entry) if entry is not None else None

    def version(self, uri: str) -> int | None:
        """The current version, without freezing the text."""
        entry = self._open.get(uri)
        return entry.version if entry is not None else None

    def changed_at(self, uri: str) -> float:
        """When the text was last changed, in monotonic seconds; long ago where it never was."""
        entry = self._open.get(uri)
        return entry.changed_at if entry is not None else -math.inf

    def recent(self, limit: int) -> Iterator[Document]:
        """Open documents, the last touched first."""
        for entry in list(reversed(self._open.values()))[:limit]:
            yield _freeze(entry)

    def edits(self, uri: str) -> list[tuple[float, RecentEdit]]:
        """What was changed lately in an open text, and when, in monotonic seconds."""
        entry = self._open.get(uri)
        lately = entry.edits.lately() if entry is not None else []
        if entry is None or not lately:
            return []
        starts, length = _freeze(entry).lines, len(_freeze(entry).text)
        ends = (*starts, length)
        return [
            (edit.at, RecentEdit(uri, "".join(edit.before), "".join(entry.lines[edit.first : edit.end]), span))
            for edit in lately
            for span in (Span(ends[min(edit.first, len(starts))], ends[min(edit.end, len(starts))]),)
        ]

    def offset(self, document: Document, position: Position) -> int:
        """The string offset of a position in a document of this store; positions out of range are clamped."""
        if position.line >= len(document.lines):
            return len(document.text)
        line = max(position.line, 0)
        start = document.lines[line]
        end = document.lines[line + 1] if line + 1 < len(document.lines) else len(document.text)
        column = position.column if position.line >= 0 else 0
        return start + index_of(_bare(document.text[start:end]), column, self.encoding)

    def _locate(self, lines: list[str], a: Position, b: Position) -> tuple[int, int, int, int]:
        """Line and string index of both ends, in order and inside the text."""
        first, second = self._clamp(lines, a), self._clamp(lines, b)
        if second < first:
            first, second = second, first
        return (*first, *second)

    def _clamp(self, lines: list[str], position: Position) -> tuple[int, int]:
        if position.line < 0:
            return 0, 0
        if position.line >= len(lines):
            return len(lines) - 1, len(lines[-1])
        return position.line, index_of(_bare(lines[position.line]), position.column, self.encoding)


def _freeze(entry: _Open) -> Document:
    if entry.frozen is None:
        entry.frozen = make_document(entry.uri, entry.path, entry.language, entry.version, "".join(entry.lines))
    return entry.frozen


def _bare(line: str) -> str:
    return line.rstrip("\r\n") if line.endswith(("\n", "\r")) else line


def _replace(
    lines: list[str], first: int, start: int, last: int, end: int, text: str
) -> tuple[int, list[str], list[str]]:
    """Replaces the range and splits again only the lines it touches: from which line on, what they were and what they are.

    A CR and an LF that meet through the edit become one line ending: so a neighbour is included whenever the text to be
    split starts after a CR or ends in one.
    """
    joined = lines[first][:start] + text + lines[last][end:]
    if first > 0 and lines[first - 1].endswith("\r") and joined.startswith("\n"):
        first -= 1
        joined = lines[first] + joined
    if last + 1 < len(lines) and joined.endswith("\r") and lines[last + 1].startswith("\n"):
        last += 1
        joined += lines[last]
    fresh = split_lines(joined)
    # All but the document's last line end in a line ending, so the split leaves an empty tail that is not a line.
    if last + 1 < len(lines) and fresh[-1] == "":
        fresh.pop()
    older = lines[first : last + 1]
    lines[first : last + 1] = fresh
    return first, older, fresh
