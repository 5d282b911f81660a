"""Asks our own Python whether a text compiles. Executes nothing, and knows that other Pythons speak newer syntax.

Says where the first fault is, not whose fault it is: `syntax.py` compares.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from kireji.base.text import line_at, line_span, line_starts
from kireji.base.types import Span


class Trouble(Enum):
    """SYNTAX: Python refuses the text. LIMIT: Python cannot tell (too deep, a null character)."""

    SYNTAX = "syntax"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing Python objects to. `line` is zero-based, `offset` a string offset."""

    trouble: Trouble
    line: int
    offset: int
    message: str


def _nested(quote: str) -> re.Pattern[str]:
    """An f-string whose replacement field holds the string's own quote, a backslash or the end of the line."""
    plain = rf"[^{{}}{quote}\\\n]*"
    return re.compile(
        rf"\b[rR]?[fF][rR]?{quote}(?:[^{quote}{{\n]|{{{{|{{{plain}(?:{{{plain}}}{plain})*}})*{{(?!{{)[^}}{quote}\\\n]*(?:[{quote}\\]|$)",
        re.M,
    )


# Syntax by the version that brought it: a Python older than that must not judge lines which look like it.
_NEWER: Sequence[tuple[tuple[int, int], re.Pattern[str]]] = (
    ((3, 12), re.compile(r"^\s*type\s+\w+\s*(\[.*\]\s*)?=", re.M)),
    ((3, 12), re.compile(r"^\s*(?:async\s+def|def|class)\s+\w+\s*\[", re.M)),
    *(((3, 12), _nested(quote)) for quote in "'\""),
    ((3, 14), re.compile(r"^\s*except\*?\s+[\w.]+\s*,", re.M)),
    ((3, 14), re.compile(r"\b[rR]?[tT][rR]?(?:'|\")")),
    ((3, 15), re.compile(r"^\s*lazy\s+(?:import|from)\b", re.M)),
    ((3, 15), re.compile(r"[\[({]\s*\*[^\n]*\bfor\b")),
)


def compile_fault(text: str) -> Fault | None:
    """The first fault of a text, or None when it compiles.

    Compiling costs less than building `ast` objects and finds more: a `return` outside a function is found here only.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<buffer>", "exec", dont_inherit=True, optimize=0)
    except SyntaxError as error:
        return _located(error, text)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return Fault(Trouble.LIMIT, 0, 0, type(error).__name__)
    return None


def regions(text: str, hole: Span) -> Iterator[Span]:
    """Statements around `hole`, by the look of the lines alone: those of the function or class, then those at the top level.

    A region that does not begin at the top level compiles behind `_HEADER`.
    """
    line = text.rfind("\n", 0, hole.start) + 1
    inner = _definition(text, line)
    if inner is not None:
        indent, start = inner
        # What is indented less, or as much, ends it; a blank line, a comment and what closes a bracket do not.
        ends = re.compile(rf"^ {{0,{indent}}}(?![ #)\]}}}}]|\r?$)", re.M)
        below = ends.search(text, _next_line(text, line))
        end = below.start() if below else len(text)
        # What leaves the definition is not judged by it.
        if end >= hole.end:
            yield Span(start, end)
    starts = [match.start() for match in _TOP_LEVEL.finditer(text)]
    yield Span(
        max((s for s in starts if s < line), default=0), min((s for s in starts if s > hole.end), default=len(text))
    )


# Holds a region whose first line is indented.
_HEADER = "if 1:\n"


def compilable(text: str, area: Span) -> str:
    """The source of a region, behind `_HEADER` when its first line is indented."""
    source = text[area.start : area.end]
    return _HEADER + source if source[:1] == " " else source


def region_compiles(text: str, hole: Span) -> bool:
    """Whether the top-level statements around `hole` compile by themselves.

    True proves that an insertion there is sound in a file that was sound before, for a fraction of the price of the whole
    file, and also where the file is broken far away. False proves nothing: ask `compile_fault`.
    """
    return any(compile_fault(compilable(text, area)) is None for area in regions(text, hole))


def _definition(text: str, line: int) -> tuple[int, int] | None:
    """Indent and offset of the nearest indented definition above a line that may hold the line: it is indented less."""
    own = _INDENT.match(text, line)
    width = own.end() - line if own is not None and text[own.end() : own.end() + 1] not in _NOT_TELLING else None
    end = line
    while end > 0:
        start = text.rfind("\n", 0, end - 1) + 1
        found = _INDENT.match(text, start)
        indent = found.end() - start if found is not None else 0
        if text[start + indent : start + indent + 1] not in _NOT_TELLING:
            if indent == 0:
                return None
            if (width is None or indent < width) and _DEFINITION.match(text, start + indent):
                return indent, start
            width = indent if width is None else min(width, indent)
        end = start
    return None


def _next_line(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return found + 1 if found >= 0 else len(text)


_INDENT = re.compile(r" *")
# A blank line, a comment and what closes a bracket may stand anywhere.
_NOT_TELLING = frozenset({"", "\n", "\r", "#", ")", "]", "}"})
_DEFINITION = re.compile(r"(?:async[ ]+def|def|class)\b")
_TOP_LEVEL = re.compile(r"^(?!(?:else|elif|except|finally|case)\b)[A-Za-z_@]", re.M)


def is_newer_syntax(fault: Fault, text: str, inserted: Span | None = None) -> bool:
    """Whether the fault may be newer syntax than our Python knows, on the fault's line or anywhere in `inserted`."""
    starts = line_starts(text)
    row = line_span(text, starts, min(fault.line, len(starts) - 1))
    places = [text[row.start : row.end], *([text[inserted.start : inserted.end]] if inserted else ())]
    return any(pattern.search(place) for version, pattern in _NEWER if sys.version_info < version for place in places)


def _located(error: SyntaxError, text: str) -> Fault:
    starts = line_starts(text)
    line = min(max((error.lineno or 1) - 1, 0), len(starts) - 1)
    row = line_span(text, starts, line)
    offset = min(row.start + max((error.offset or 1) - 1, 0), row.end)
    return Fault(Trouble.SYNTAX, line_at(starts, offset), offset, f"does not compile: {error.msg}")
