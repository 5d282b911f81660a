"""Indentation that compiles and is wrong all the same: Python takes it, but it fits neither the file nor the cursor.

Says only what the tree proves: strings and comments are not looked at, a file without one clear step is left alone, and so
is a text that does not parse (the syntax gate says that). Python indented with blanks only.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from kireji.base.languages import canonical
from kireji.base.text import line_at, line_starts
from kireji.base.types import Span
from kireji.engine.gates.gate import Trial
from kireji.engine.gates.python import compilable, regions

# A file is taken at its word about its step when it has this many blocks and nearly all of them agree.
_ENOUGH_BLOCKS = 3
_AGREEING = 0.9
_MOST_BLOCKS = 200
_BLOCK = re.compile(
    r"^( *)(?:def|class|if|for|while|with|try|else|elif|except|finally|async)\b[^\n]*:[ \t]*\r?\n( +)(?=[^\s#])", re.M
)
_CLOSERS = ")]}"


@dataclass(frozen=True, slots=True)
class _Placed:
    """A statement with the columns of the headers around it, from the outermost on. `opens`: it is the first of its block,
    and the last of the columns is that of the block's own header."""

    node: ast.stmt
    around: tuple[int, ...]
    opens: bool


def misplaced(trial: Trial) -> Iterator[Span]:
    """The runs of blanks in `trial.after` that stand wrong: before the first statement of a block that is not one step
    deeper than its header, before an answer that moves into a block which the cursor had left, and before a closing
    bracket that stands left of its own statement."""
    text, inserted = trial.after.text, trial.inserted
    answer = text[inserted.start : inserted.end]
    if canonical(trial.after.language) != "python" or "\t" in answer or not answer.strip():
        return
    if not answer.startswith(" ") and "\n" not in answer:
        return  # one line at the cursor's own place
    before = trial.candidate.site.before
    moved = answer.startswith(" ") and not before.strip(" ")
    areas = list(regions(text, inserted))
    # Which blocks the cursor has left, only the widest shows.
    parsed = next((found for area in areas[-1 if moved else 0 :] if (found := _parsed(text, area)) is not None), None)
    if parsed is None:
        return
    tree, rows = parsed[0], _Rows(*parsed[1:], inserted)
    step = _step(trial.before.text)
    strings = None
    for placed in _placed(tree):
        node = placed.node
        row = node.lineno - 1
        column = node.col_offset
        # The cursor's line counts only where the answer has moved it: its indentation is else the person's own.
        if rows.is_answer(row) and (row > rows.first or moved) and rows.is_blank(row, column):
            if placed.opens:
                if step and column - placed.around[-1] != step:
                    yield rows.blanks(row, column)
            elif row == rows.first and before and len(before) in placed.around:
                yield rows.blanks(row, column)
        if isinstance(node, _SIMPLE) and node.end_lineno is not None:
            for below in range(row + 1, node.end_lineno):
                indent = rows.closer(below)
                if indent is None or indent >= column or not rows.is_answer(below):
                    continue
                strings = _string_rows(node) if strings is None else strings | _string_rows(node)
                if below not in strings:
                    yield rows.blanks(below, indent)


_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr, ast.Raise, ast.Assert, ast.Delete)


class _Rows:
    """The lines of a part of a text, by row of that part, which begins at an offset of the text."""

    def __init__(self, source: str, offset: int, inserted: Span) -> None:
        self._source = source
        self._offset = offset
        self._starts = line_starts(source)
        self._inserted = inserted
        self.first = line_at(self._starts, inserted.start - offset)
        self._last = line_at(self._starts, inserted.end - offset)

    def is_answer(self, row: int) -> bool:
        """Whether the line was begun by the answer, or is the cursor's."""
        return self.first <= row <= self._last

    def is_blank(self, row: int, column: int) -> bool:
        """Whether nothing but blanks stands left of a column."""
        return not self._source[self._starts[row] : self._starts[row] + column].strip(" ")

    def closer(self, row: int) -> int | None:
        """The column of the closing bracket that a line begins with."""
        end = self._starts[row + 1] if row + 1 < len(self._starts) else len(self._source)
        line = self._source[self._starts[row] : end]
        bare = line.lstrip(" ")
        return len(line) - len(bare) if bare[:1] and bare[0] in _CLOSERS else None

    def blanks(self, row: int, column: int) -> Span:
        """The blanks before a column that the answer has brought; where it has brought none, the place."""
        end = self._offset + self._starts[row] + column
        return Span(max(self._offset + self._starts[row], self._inserted.start), end)


def _placed(tree: ast.Module) -> Iterator[_Placed]:
    """All statements. With a stack of our own: a thousand `elif` are a thousand levels of a tree."""
    blocks: list[tuple[list[ast.stmt], tuple[int, ...], bool]] = [(tree.body, (), False)]
    while blocks:
        block, around, proves = blocks.pop()
        for index, node in enumerate(block):
            yield _Placed(node, around, proves and index == 0)
            inner = (*around, node.col_offset)
            for part in ("body", "orelse", "finalbody"):
                below = getattr(node, part, None)
                if isinstance(below, list) and below:
                    # An `elif` is a statement in its parent's `orelse`, at the parent's own column.
                    is_elif = part == "orelse" and below[0].col_offset == node.col_offset
                    blocks.append((below, around if is_elif else inner, not is_elif))
            blocks += [(handler.body, inner, True) for handler in getattr(node, "handlers", ())]
            # The tree does not say where a `case` stands: its first statement proves nothing.
            blocks += [(case.body, inner, False) for case in getattr(node, "cases", ())]


def _string_rows(node: ast.stmt) -> set[int]:
    """The rows within a statement's strings."""
    return {
        row
        for part in ast.walk(node)
        if isinstance(part, ast.Constant | ast.JoinedStr) and part.end_lineno is not None
        for row in range(part.lineno, part.end_lineno)
    }


def _parsed(text: str, area: Span) -> tuple[ast.Module, str, int] | None:
    """The tree of a region, its source, and the offset in the text at which that would begin."""
    source = compilable(text, area)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source), source, area.end - len(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # not for this rule to say


def _step(text: str) -> int | None:
    """By how many blanks nearly every block of a text is deeper than its header."""
    blocks = islice(_BLOCK.finditer(text), _MOST_BLOCKS)
    steps = Counter(len(block[2]) - len(block[1]) for block in blocks)
    if not steps:
        return None
    (step, count), *_ = steps.most_common(1)
    return step if step > 0 and count >= max(_ENOUGH_BLOCKS, _AGREEING * steps.total()) else None
