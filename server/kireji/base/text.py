"""Lines and offsets of a text by the LSP's rules: a line ends at LF, CRLF or CR, and at nothing else.

Knows no encodings: columns in UTF-8/16/32 units belong to the edge (`lsp/positions.py`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from kireji.base.types import Document, Span

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")


def line_starts(text: str) -> tuple[int, ...]:
    """Offsets at which lines start; the first is always 0, and a final line ending opens an empty last line."""
    return (0, *accumulate(map(len, split_lines(text)[:-1])))


def split_lines(text: str) -> list[str]:
    """Lines with their endings. `"".join` of it is the text; the last element has no ending (it may be empty)."""
    rows: list[str] = _LINE.findall(text)
    # At the end of a last line without an ending the pattern matches once more, and nothing.
    if len(rows) > 1 and rows[-2][-1] not in "\r\n":
        rows.pop()
    return rows


def line_at(starts: Sequence[int], offset: int) -> int:
    """Index of the line that holds `offset`."""
    return bisect_right(starts, offset) - 1


def line_span(text: str, starts: Sequence[int], line: int) -> Span:
    """The line's span without its ending."""
    start = starts[line]
    end = starts[line + 1] if line + 1 < len(starts) else len(text)
    while end > start and text[end - 1] in "\r\n":
        end -= 1
    return Span(start, end)


def indent_of(line: str) -> str:
    """The leading blanks and tabs."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def make_document(uri: str, path: str | None, language: str, version: int, text: str) -> Document:
    """A document with its line table."""
    return Document(uri, path, language, version, text, line_starts(text))
