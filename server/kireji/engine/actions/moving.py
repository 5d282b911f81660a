"""Moves lines of code to another level of indentation, and from blanks to tabs or back, without touching strings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from kireji.base.syntax import Tree
from kireji.base.text import indent_of
from kireji.base.types import Span

_STRINGS = frozenset(
    {"string", "template_string", "raw_string_literal", "string_literal", "interpreted_string_literal"}
)
_DEFAULT = 4


@dataclass(frozen=True, slots=True)
class Level:
    """From which indentation to which. `step` is one level where the lines go, empty when that place knows none."""

    old: str
    new: str
    step: str


def step_of(text: str) -> str:
    """One level of indentation as a text has it: a tab, or the smallest run of blanks; empty when nothing is indented."""
    indents = [indent_of(line) for line in text.split("\n") if line.strip() and line[0] in " \t"]
    tabs = sum(indent.startswith("\t") for indent in indents)
    if tabs * 2 > len(indents):
        return "\t"
    # A single blank is the second line of a comment.
    widths = [len(indent) for indent in indents if len(indent) > 1]
    return " " * min(widths) if widths else ""


def strings_of(tree: Tree, span: Span) -> frozenset[int]:
    """The offsets of lines that begin inside a string. A string that is a statement of its own explains: it may be moved."""
    found: set[int] = set()
    for node in tree.root.walk():
        if node.type not in _STRINGS or node.end <= span.start or node.start >= span.end:
            continue
        parent = node.parent
        if parent is not None and parent.type == "expression_statement" and tree.language == "python":
            continue
        at = tree.text.find("\n", node.start, node.end)
        while at >= 0:
            found.add(at + 1)
            at = tree.text.find("\n", at + 1, node.end)
    return frozenset(found)


def moved(text: str, start: int, strings: frozenset[int], level: Level) -> str:
    """The lines after the first, moved. `start` is the offset of `text` in the tree that `strings` was taken from."""
    first, *rest = text.split("\n")
    out = [first]
    unit = _unit_of(rest, len(level.old))
    at = start + len(first) + 1
    for line in rest:
        out.append(line if at in strings else _at_level(line, level, unit))
        at += len(line) + 1
    return "\n".join(out)


def _unit_of(lines: list[str], least: int) -> int:
    """How many blanks one level is in what was said."""
    widths = sorted({least, *(len(indent_of(line)) for line in lines if line.strip())})
    return min((b - a for a, b in pairwise(widths)), default=_DEFAULT)


def _at_level(line: str, level: Level, unit: int) -> str:
    if not line.strip():
        return ""
    indent = indent_of(line)
    if not indent.startswith(level.old):  # shallower than the body: a label, or a line that hangs
        missing = max(0, len(level.old.expandtabs(_DEFAULT)) - len(indent.expandtabs(_DEFAULT)))
        return level.new[: max(0, len(level.new) - missing)] + line.lstrip(" \t")
    return level.new + _converted(indent[len(level.old) :], level.step, unit) + line[len(indent) :]


def _converted(deeper: str, step: str, unit: int) -> str:
    """What a line is deeper than its body, in the blanks of the place."""
    if step == "\t" and " " in deeper:
        width = len(deeper.expandtabs(unit))
        return "\t" * (width // unit) + " " * (width % unit)
    return deeper.replace("\t", step) if step and step != "\t" else deeper
