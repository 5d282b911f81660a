"""Moves lines of a Python answer that are indented as nothing around them to the level that they most likely meant.

Where two levels are as near, a line goes on in the block of the line above it. Changes blanks at the start of lines only, and
none inside a string. Proves nothing: the gates judge what comes out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType

from kireji.base.text import indent_of, line_at, line_starts, split_lines
from kireji.base.types import Candidate, Finding

# How many lines are moved each for itself before the answer counts as beyond repair.
_MOST_MOVES = 6
_MOST_IDEAS = 2
_TOP = re.compile(r"^[A-Za-z_@]", re.M)
_HEADER = re.compile(
    r"^([ \t]*)(?:def|class|if|for|while|with|try|else|elif|except|async)\b[^\n]*:[ \t]*\r?\n([ \t]+)", re.M
)
_TOKEN = re.compile(
    r"""
    (?P<string>(?:[rbfutRBFUT]{0,2})(?:\"{3}(?:[^\\]|\\.)*?(?:\"{3}|\Z)|'{3}(?:[^\\]|\\.)*?(?:'{3}|\Z)
        |\"(?:[^\"\\\n]|\\.)*(?:\"|(?=\n)|\Z)|'(?:[^'\\\n]|\\.)*(?:'|(?=\n)|\Z)))
    |(?P<comment>\#[^\n]*)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<joined>\\\r?\n)|(?P<end>\n)|(?P<word>\w+|[^\w\s])
    """,
    re.VERBOSE | re.DOTALL,
)
_JUMPS = frozenset({"return", "raise", "continue", "break"})
_LOOPS = frozenset({"for", "while", "async"})
_FUNCTIONS = frozenset({"def", "async"})
# Lines that need a header of such a kind: around them, or right above at their own level.
_INSIDE: Mapping[str, Set[str]] = MappingProxyType(
    {
        **dict.fromkeys(("return", "yield", "await", "nonlocal", "self", "cls", "super"), _FUNCTIONS),
        **dict.fromkeys(("continue", "break"), _LOOPS),
    }
)
_BESIDE: Mapping[str, Set[str]] = MappingProxyType(
    {
        "elif": frozenset({"if", "elif"}),
        "else": frozenset({"if", "elif", "except"}) | _LOOPS,
        "except": frozenset({"try", "except"}),
        "finally": frozenset({"try", "except", "else"}),
    }
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A statement or header: the rows on which it starts and ends, the width of its indentation, its first word."""

    row: int
    end: int
    width: int
    word: str
    opens: bool
    # The row of the statement above.
    follows: int


@dataclass(frozen=True, slots=True)
class _Fault:
    """A line that stands wrong, and the widths at which it may have been meant to stand, the likeliest first."""

    line: _Line
    targets: tuple[int, ...]


def moved(candidate: Candidate, findings: Sequence[Finding]) -> Iterator[str]:
    """The answer with the lines moved that stand wrong: the likeliest way first, then others for the first such line."""
    site, change = candidate.site, candidate.change
    text, said = site.document.text, change.text
    line = text.rfind("\n", 0, change.span.start) + 1
    top = max((m.start() for m in _TOP.finditer(text, 0, line + 1) if m.start() <= line), default=0)
    above = text[top : change.span.start]
    rows = split_lines(above + said)
    first = above.count("\n")
    blanks = {indent_of(row)[:1] for row in rows[first:]} | {char for row in rows for char in indent_of(row)}
    if len(blanks - {""}) > 1:
        return  # blanks and tabs: nobody can tell how wide they are
    char = "\t" if "\t" in blanks else " "
    step = _step(text, char)
    starts = line_starts(said)
    wrong = {first + line_at(starts, f.span.start - change.span.start) for f in findings if f.gate == "text"}
    rows, wrong = _closers_moved(rows, first, wrong, char)
    if not site.before.strip() and said[:1] == char:
        # The cursor stands where the person wants the line.
        head = next((line for line in _lines("".join(rows)) if line.row == first), None)
        if head is not None:
            bare = _move(rows, head, len(site.before), step, char)
            yield from _answers(_mended(bare, first, wrong - {first}, step, char), above)
    yield from _answers(_mended(rows, first, wrong, step, char), above)


def _closers_moved(rows: list[str], first: int, wrong: set[int], char: str) -> tuple[list[str], set[int]]:
    """The rows with the wrong ones that start no statement, such as a lone closing bracket, at the width of their own."""
    starts = {line.row: line.width for line in _lines("".join(rows))}
    moved = list(rows)
    for row in wrong:
        above = [start for start in starts if start < row]
        if row not in starts and row > first and above:
            moved[row] = char * starts[max(above)] + rows[row].lstrip(" \t")
    return moved, {row for row in wrong if row in starts}


def _answers(ways: Iterator[list[str]], above: str) -> Iterator[str]:
    return ("".join(rows)[len(above) :] for rows in ways)


def _mended(rows: list[str], first: int, wrong: set[int], step: int, char: str) -> Iterator[list[str]]:
    """The rows with every fault mended; the first fault in each of its ways."""
    fault = _first_fault(rows, first, wrong, step)
    if fault is None:
        yield rows
        return
    for target in fault.targets[:_MOST_IDEAS]:
        mended = _move(rows, fault.line, target, step, char)
        left = wrong - {fault.line.row}
        for _ in range(_MOST_MOVES):
            other = _first_fault(mended, first, left, step)
            if other is None:
                yield mended
                break
            mended, left = _move(mended, other.line, other.targets[0], step, char), left - {other.line.row}


def _first_fault(rows: list[str], first: int, wrong: set[int], step: int) -> _Fault | None:
    """The first line below the cursor's that Python, or a rule about indentation, would not take where it stands."""
    stack: list[_Line] = []
    left: _Line | None = None
    for line in _lines("".join(rows)):
        if line.row > first and stack:
            # Who leaves a block leaves it with all that follows there: it is meant, or none of it is.
            left = left if left is not None and left.width == line.width else None
            left = left or (line if line.width < stack[-1].width else None)
            targets = _targets(line, stack, step, misplaced=line.row in wrong)
            if targets and (odd := _odd_first(line, stack, step)) is not None and odd.row > first:
                return _Fault(odd, (line.width, *targets))
            if targets:
                together = left is not None and line.word in _INSIDE and not stack[-1].opens
                return _Fault(left if left is not None and together else line, targets)
        while stack and stack[-1].width >= line.width:
            stack.pop()
        stack.append(line)
    return None


def _targets(line: _Line, stack: Sequence[_Line], step: int, *, misplaced: bool) -> tuple[int, ...]:
    """Where a line may have been meant to stand; nothing when it stands well. `stack` holds the last line of each level."""
    previous, width = stack[-1], line.width
    if previous.opens:
        return () if width > previous.width and not misplaced else (previous.width + step,)
    fitting = [level.width for level in stack if _fits(line, level.width, stack)]
    if width in fitting:
        return ()
    # Nobody goes on in a block behind what leaves it.
    likely = [level for level in fitting if level < previous.width or previous.word not in _JUMPS]
    return tuple(sorted(likely or fitting, key=lambda level: (abs(level - width), -level)))


def _odd_first(line: _Line, stack: Sequence[_Line], step: int) -> _Line | None:
    """The line above, where that stands wrong as the only one of its block so far: this one stands where a block does."""
    if len(stack) < 2 or not stack[-2].opens or stack[-1].opens or line.width >= stack[-1].width:
        return None
    return stack[-1] if stack[-2].width + step == line.width and stack[-1].follows == stack[-2].row else None


def _fits(line: _Line, width: int, stack: Sequence[_Line]) -> bool:
    """Whether a line can stand at the width of a level: some belong to a header beside them, some inside one."""
    if line.word in _BESIDE:
        return any(level.width == width and level.opens and level.word in _BESIDE[line.word] for level in stack)
    if line.word in _INSIDE:
        return any(level.width < width and level.opens and level.word in _INSIDE[line.word] for level in stack)
    return True


def _move(rows: Sequence[str], line: _Line, target: int, step: int, char: str) -> list[str]:
    """The rows with a line at another width, and with it what hangs on it: comments right above, the rows that it goes on
    over, and what follows at its depth or deeper. What stands well already stays."""
    source = "".join(rows)
    statements = {other.row: other for other in _lines(source)}
    literal = _string_rows(source)
    begin = line.row
    while begin and rows[begin - 1].lstrip().startswith("#") and _width(rows[begin - 1]) == line.width:
        begin -= 1
    own = range(line.row + 1, line.end + 1)
    hanging = min((_width(rows[n]) for n in own if rows[n].strip() and n not in literal), default=None)
    below = [other for other in statements.values() if other.row > line.row]
    alone = not below or below[0].width == (target + step if line.opens else target)
    stop = next((other.row for other in below if alone or other.width < line.width), len(rows))
    moving = {*range(begin, line.row + 1), *(own if hanging not in (target, target + step) else ())}
    if not alone:
        moving |= {n for n in range(line.end + 1, stop) if _width(rows[n]) >= line.width or n not in statements}
    moved = list(rows)
    for number in moving - literal:
        row = rows[number]
        if row.strip():
            moved[number] = char * max(0, _width(row) + target - line.width) + row.lstrip(" \t")
    return moved


def _width(row: str) -> int:
    return len(indent_of(row))


def _lines(source: str) -> Iterator[_Line]:
    """The statements and headers of a source; what stands in brackets and strings is none."""
    starts = line_starts(source)
    depth, above = 0, -1
    head: re.Match[str] | None = None
    last: re.Match[str] | None = None
    # A last row without an ending is a row.
    for token in _TOKEN.finditer(source + "\n"):
        kind = token.lastgroup
        if kind == "end":
            if depth == 0 and head is not None and last is not None:
                row, end = line_at(starts, head.start()), line_at(starts, last.end() - 1)
                yield _Line(row, end, head.start() - starts[row], head.group(), last.group() == ":", above)
                head, last, above = None, None, row
            continue
        if kind in ("comment", "joined"):
            continue
        head, last = head or token, token
        depth = max(0, depth + (kind == "open") - (kind == "close"))


def _string_rows(source: str) -> set[int]:
    """The rows that begin inside a string."""
    starts = line_starts(source)
    return {
        row
        for token in _TOKEN.finditer(source)
        if token.lastgroup == "string"
        for row in range(line_at(starts, token.start()) + 1, line_at(starts, token.end() - 1) + 1)
    }


def _step(text: str, char: str) -> int:
    """By how much a block is deeper than its header: what most blocks of the text say."""
    steps = Counter(len(inner) - len(outer) for outer, inner in _HEADER.findall(text) if len(inner) > len(outer))
    return steps.most_common(1)[0][0] if steps else (1 if char == "\t" else 4)
