"""From string offsets to the lines and columns that jedi counts, and what stands before the cursor. Pure.

jedi's lines end where ours do (LF, CRLF, CR; not at a form feed, not at U+2028), from 1 on, and its columns count code points
as our offsets do. It takes a byte order mark off the text, and knows no place between the two halves of a CRLF.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kireji.base.text import line_at, line_span, line_starts

_BOM = "\ufeff"
_WORD = re.compile(r"\w*\Z")
_DOT = re.compile(r"\.\s*\w*\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in a text as jedi sees it; `word` is the beginning of the name that is being written."""

    text: str = field(repr=False)
    line: int
    column: int
    word: str


def place_of(text: str, offset: int) -> Place:
    """Where `offset` is; an offset outside the text is drawn back into it."""
    if text.startswith(_BOM):
        text, offset = text[1:], offset - 1
    offset = min(max(offset, 0), len(text))
    starts = line_starts(text)
    line = line_at(starts, offset)
    span = line_span(text, starts, line)
    column = min(offset, span.end) - span.start
    word = _WORD.search(text[span.start : span.start + column])
    return Place(text, line + 1, column, word[0] if word else "")


def after_dot(text: str, offset: int) -> int | None:
    """The offset after the dot whose right side is being written at `offset`; None where there is none."""
    line = text[max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1 : offset]
    dot = _DOT.search(line)
    return None if dot is None else offset - len(line) + dot.start() + 1
