"""Counts how badly lines are indented among their neighbours, and finds the least bad among several ways to indent them.

A judge of layout by the first and last characters of lines, for languages with and without braces. It never sees a tree,
and writes no text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

# A level that nothing opened is wrong; an unusual one is only unlikely.
WRONG = 10
_DEAD = 3
_UNUSUAL = 1
# Ways to indent that are followed at the same time; more only costs time.
_BREADTH = 16

_LEAVES = re.compile(r"(?:return|raise|break|continue|throw)\b")
_OPENS = re.compile(r".*(?:[:{(\[]|=>|[=?|&+,])$", re.S)
_OPENS_BLOCK = re.compile(r".*(?:[{(\[]|=>)$", re.S)
_CONTINUES_LINE = re.compile(r"[.?:&|+*/<]|=>")
# Lines that start with the same one of these belong to one statement.
_SIGNS = frozenset("|&.?+")
_CLOSES = re.compile(r"[)\]}]")
_LABEL = re.compile(r"(?:case|default|public|private|protected)\b.*:$")


class Place(Enum):
    """What a line's width is held against."""

    BLOCK = "the blocks that are open"
    BRACKET = "the statement whose bracket is open"
    TEXT = "the definition whose docstring is open"
    MARGIN = "the margin, which it never leaves"
    ANY = "nothing"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an answer: its place in it, its text without blanks around, its width and what that is held against.

    `outer` is the width of the line above the cursor whose bracket is still open here, `owner` the index of the answer's
    own line whose bracket is; -1 where there is none.
    """

    index: int
    text: str
    width: int
    place: Place
    outer: int = -1
    owner: int = -1


@dataclass(frozen=True, slots=True)
class Frame:
    """What lines must agree with. `levels` are the widths of the blocks open at the cursor's line, outermost first.

    `home` is the width of the cursor's line, `floor` the least width inside its definition, `brackets` the widths of the
    lines above that leave brackets open, one for each. `first` is the answer's first line where it counts for the next,
    `below` the width of the line after the answer, None where there is none.
    """

    python: bool
    unit: int
    home: int
    floor: int
    levels: tuple[int, ...]
    brackets: tuple[int, ...]
    first: str
    below: int | None


# The widths chosen, last first: ways share what they have in common.
_Sizes: TypeAlias = "tuple[int, _Sizes] | None"


@dataclass(frozen=True, slots=True)
class _Way:
    """Choices made so far: their cost, the widths, the last choice and line, and the blocks then open.

    `owners` holds the index and the width of the answer's lines whose brackets may be open, innermost last.
    """

    cost: int
    sizes: _Sizes
    owners: tuple[tuple[int, int], ...]
    choice: int
    stack: tuple[int, ...]
    previous: str
    width: int


def cheapest(lines: Sequence[Line], options: Sequence[Sequence[int]], frame: Frame) -> tuple[int, tuple[int, ...]]:
    """The lowest cost over all choices of one width a line, and these widths. Earlier options win ties.

    A beam search: exact for the few lines of an answer in all but contrived cases.
    """
    ways = [_Way(0, None, (), 0, frame.levels, frame.first, -1)]
    for line, widths in zip(lines, options, strict=True):
        taken = [_taken(way, line, choice, size, frame) for way in ways for choice, size in _choices(way, line, widths)]
        ways = sorted(taken, key=lambda way: way.cost)[:_BREADTH]
    best = min(ways, key=lambda way: way.cost + _below(way, frame))
    return best.cost + _below(best, frame), _in_order(best.sizes)


def _in_order(sizes: _Sizes) -> tuple[int, ...]:
    out: list[int] = []
    while sizes is not None:
        size, sizes = sizes
        out.append(size)
    return tuple(reversed(out))


def _choices(way: _Way, line: Line, widths: Sequence[int]) -> list[tuple[int, int]]:
    """A blank line, or one in a string, goes with the line before it."""
    if line.place is Place.ANY:
        choice = min(way.choice, len(widths) - 1)
        return [(choice, widths[choice])]
    if line.place is Place.MARGIN:
        return [(way.choice, 0)]
    return list(enumerate(widths))


def _taken(way: _Way, line: Line, choice: int, size: int, frame: Frame) -> _Way:
    open_still = tuple(owner for owner in way.owners if owner[0] <= line.owner)
    # What lies on top of these was closed, and the next line's owner may be this one.
    sizes, owners = (size, way.sizes), (*open_still, (line.index, size))
    if line.place in (Place.ANY, Place.MARGIN):
        # After such a line the next one need not go with the last.
        return _Way(way.cost, sizes, owners, way.choice, way.stack, way.previous, -1)
    # Lines that stood below each other belong together, but for one that opens a block and its first.
    below = choice != way.choice and line.width == way.width and not _CLOSES.match(line.text)
    apart = below and not _OPENS_BLOCK.match(way.previous)
    cost = way.cost + (_UNUSUAL if apart else 0)
    if line.place is Place.TEXT:
        if line.text.startswith("*") and not frame.python:
            # The stars of a block comment stand below each other.
            cost += 0 if size == frame.home else WRONG
            return _Way(cost, sizes, owners, choice, way.stack, "", line.width)
        cost += WRONG if size < frame.floor else 0 if size in way.stack else _UNUSUAL
        return _Way(cost, sizes, owners, choice, way.stack, "", line.width)
    if line.place is Place.BRACKET:
        cost += _cost_in_bracket(way, line, size, frame)
        if line.text.endswith(":") and _CLOSES.match(line.text):
            # The bracket was part of a block's header.
            stack = (*(level for level in way.stack if level < size), size)
            return _Way(cost, sizes, owners, choice, stack, line.text, line.width)
        return _Way(cost, sizes, owners, choice, way.stack, way.previous, line.width)
    cost += _cost(way, line, size, frame)
    stack = (*(level for level in way.stack if level < size), size)
    return _Way(cost, sizes, owners, choice, stack, line.text, line.width)


def _outer(way: _Way, line: Line, frame: Frame) -> int:
    """The width of the line whose bracket is open here, of the answer's own lines first; -1 where there is none."""
    if line.owner < 0:
        return line.outer
    return next((size for index, size in reversed(way.owners) if index == line.owner), frame.home)


def _cost_in_bracket(way: _Way, line: Line, size: int, frame: Frame) -> int:
    outer = _outer(way, line, frame)
    if _CLOSES.match(line.text):
        return 0 if size == outer else _UNUSUAL if size > outer else WRONG
    return 0 if size > outer else WRONG


def _cost(way: _Way, line: Line, size: int, frame: Frame) -> int:
    closes = _CLOSES.match(line.text) is not None
    if not closes and size < frame.floor:
        return WRONG
    outer = _outer(way, line, frame)
    if (line.owner >= 0 and closes) or (not closes and size <= outer and not _LABEL.match(line.text)):
        return _cost_in_bracket(way, line, size, frame)
    last = way.stack[-1] if way.stack else 0
    if frame.python:
        return _cost_by_colon(way, line.text, size, last, frame.unit)
    return _cost_by_brace(way, line.text, size, last, closes, frame.unit)


def _cost_by_colon(way: _Way, text: str, size: int, last: int, unit: int) -> int:
    if way.previous.endswith(":"):
        return 0 if size == last + unit else _UNUSUAL if size > last else WRONG
    if size not in way.stack:
        return WRONG
    return _DEAD if size == last and _LEAVES.match(way.previous) else 0


def _cost_by_brace(way: _Way, text: str, size: int, last: int, closes: bool, unit: int) -> int:
    opened = _OPENS.match(way.previous) is not None
    if closes:
        outer = last if opened else max((level for level in way.stack if level < last), default=last)
        return 0 if size == outer else _UNUSUAL if size in way.stack else WRONG
    if opened:
        if size == last and way.previous.endswith("{") and not _LABEL.match(text):
            return WRONG
        if size == last and way.previous.endswith(","):
            return 0
        return 0 if size == last + unit else _UNUSUAL if size >= last else WRONG
    if size == last:
        return 0
    if text[:1] == way.previous[:1] and text[:1] in _SIGNS:
        return WRONG
    if size > last:
        return 0 if _CONTINUES_LINE.match(text) else _DEAD
    if size not in way.stack:
        return WRONG
    return 0 if _LABEL.match(text) else _UNUSUAL


def _below(way: _Way, frame: Frame) -> int:
    """What the line after the answer says about it."""
    if frame.below is None:
        return 0
    last = way.stack[-1] if way.stack else 0
    if frame.python and way.previous.endswith(":"):
        return 0 if frame.below > last else WRONG
    if frame.python and not frame.brackets and frame.below > last:
        return WRONG
    if not frame.python and _OPENS.match(way.previous):
        return 0 if frame.below >= last else _UNUSUAL
    return 0 if frame.below in way.stack else _UNUSUAL
