"""Which texts jedi is not asked about: on those it takes seconds to minutes, or runs out of stack. Judges size, not content."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Half a megabyte takes jedi a second to parse; a line of a megabyte had no answer within a minute.
MAX_CHARS = 500_000
MAX_LINE_CHARS = 5_000
MAX_NESTING = 100
_BRACKET = re.compile(r"[\[({})\]]")


def too_long(text: str, lines: Sequence[int]) -> str | None:
    """Why the text is refused by its length alone; `lines` holds the offsets at which lines start. Fit for the event loop."""
    if len(text) > MAX_CHARS:
        return "the text is too long"
    ends = (*lines[1:], len(text))
    if any(end - start > MAX_LINE_CHARS for start, end in zip(lines, ends, strict=True)):
        return "a line is too long"
    return None


def too_deep(text: str) -> str | None:
    """Why the text is refused for its nesting, counted without regard to strings and comments. Reads all of the text."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth = depth + 1 if bracket[0] in "[({" else max(0, depth - 1)
        if depth > MAX_NESTING:
            return "brackets are nested too deeply"
    return None
