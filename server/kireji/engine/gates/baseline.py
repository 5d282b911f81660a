"""The text a candidate is compared with: the document with the hole filled neutrally and what is broken elsewhere masked.

Masks have the length of what they cover, so offsets and line numbers stay. Runs no gate. What cannot be made sound within
a few tries is left as it is, and the gates then abstain where they cannot tell. Only Python is filled and masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from kireji.base.edit import apply, inserted_span
from kireji.base.languages import canonical
from kireji.base.text import indent_of, line_at, line_starts, make_document, split_lines
from kireji.base.types import Candidate, Change, Document, Site, Snapshot, Span
from kireji.engine.gates.gate import Trial
from kireji.engine.gates.python import Fault, Trouble, compile_fault, is_newer_syntax

# Each try compiles up to the next fault; more than a few broken places are no place for a proof.
MAX_MASKS = 6
# What may stand in the hole, in the order tried: nothing, a statement, the body of a one-line block, an operand.
_FILLS = ("", "pass", " pass", "0", " 0")


def baseline_document(snapshot: Snapshot, site: Site) -> Document:
    """The document without a candidate, made to parse where that is possible. Depends on the site alone."""
    document = snapshot.document
    if canonical(document.language) != "python":
        return document
    text, offset = document.text, site.offset
    hole = line_at(document.lines, offset)
    lines = split_lines(text)
    unmasked, _ = _filled(lines, hole, offset - document.lines[hole])
    for _ in range(MAX_MASKS):
        filled, fault = _filled(lines, hole, offset - document.lines[hole])
        if fault is None:
            return _with_text(document, filled)
        if fault.trouble is Trouble.LIMIT:
            break
        covered = _unfinished(lines, hole, fault)
        if covered is None and is_newer_syntax(fault, filled):
            break
        covered = covered or _faulty_lines(lines, min(fault.line, len(lines) - 1), hole)
        if not covered or not _cover(lines, covered):
            break
        if hole in covered:
            # The cursor's own statement is what does not parse, whatever stands in the hole: it becomes `pass`.
            filled = "".join(lines)
            if compile_fault(filled) is None:
                return _with_text(document, filled)
            offset = document.lines[hole] + len(lines[hole].rstrip("\r\n"))
    return _with_text(document, unmasked)


def trial(snapshot: Snapshot, candidate: Candidate, baseline: Document | None = None) -> Trial:
    """The candidate applied, with the baseline's masks carried over. `baseline` is computed unless it is at hand."""
    before = snapshot.document
    if baseline is None:
        baseline = baseline_document(snapshot, candidate.site)
    changes = candidate.edit.changes
    text = apply(before.text, changes)
    inserted = inserted_span(changes)
    near, far = _masked_lines(before, baseline, candidate.site)
    masked = text
    if (near or far) and compile_fault(text) is not None:
        masked = _carry_masks(text, before, changes, inserted, far)
        if near and compile_fault(masked) is not None:
            # What is broken right beside the cursor is either what the candidate completes, or none of its business.
            both = _carry_masks(masked, before, changes, inserted, near)
            masked = both if compile_fault(both) is None else masked
    after = make_document(before.uri, before.path, before.language, before.version, masked)
    further = tuple(inserted_span(changes, n) for n in range(1, len(changes)))
    return Trial(snapshot, candidate, before, after, baseline, inserted, further)


def _carry_masks(
    text: str, before: Document, changes: Sequence[Change], inserted: Span, masks: Sequence[tuple[int, str]]
) -> str:
    if not masks:
        return text
    lines = split_lines(text)
    starts = line_starts(text)
    for line, masked in masks:
        target = line_at(starts, _moved(before.lines[line], changes))
        # A line that the candidate itself changes is the candidate's business.
        if lines[target] == _line(before, line) and not _touches(inserted, starts[target], lines[target]):
            lines[target] = masked
    return "".join(lines)


def carried(offset: int, old: str, new: str) -> int | None:
    """Where a character of `old` stands in `new`, when the two differ in one stretch; None inside that stretch."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    if offset < head:
        return offset
    return offset - len(old) + len(new) if offset >= len(old) - tail else None


def _filled(lines: Sequence[str], hole: int, column: int) -> tuple[str, Fault | None]:
    """The text with the first fill that compiles; else with the one whose first fault lies furthest down."""
    best: tuple[str, Fault] | None = None
    for fill in _FILLS:
        row = lines[hole]
        text = "".join((*lines[:hole], row[:column], fill, row[column:], *lines[hole + 1 :]))
        fault = compile_fault(text)
        if fault is None:
            return text, None
        # On a blank line an empty hole may itself be the fault below it (a header without its body).
        empty = best is not None and fill == "pass" and fault.line == best[1].line and not row.strip()
        if best is None or fault.line > best[1].line or empty:
            best = text, fault
        if fault.line < hole and not _opens(lines, fault.line, hole):
            break  # no fill can help against what is broken above
    assert best is not None  # noqa: S101 — there is at least one fill
    return best


def _opens(lines: Sequence[str], line: int, hole: int) -> bool:
    """Whether only blank lines part `line` from the hole, so that a fill may be the body it lacks."""
    return all(not row.strip() for row in lines[line + 1 : hole])


def _faulty_lines(lines: Sequence[str], line: int, hole: int) -> range:
    """The lines to mask for a fault: its own, or the header above that lacks a body, and what hangs below them.

    The hole's line counts as filled: a header right above it does not lack a body.
    """
    while line > 0 and not lines[line].strip():
        line -= 1
    above = next((n for n in range(line - 1, -1, -1) if lines[n].strip() or n == hole), None)
    if above is not None and lines[above].rstrip().endswith(":") and _width(lines[line]) <= _width(lines[above]):
        return range(above, above + 1)
    if lines[line].rstrip().endswith(":"):
        return range(line, line + 1)
    hanging = takewhile(
        lambda n: not lines[n].strip() or _width(lines[n]) > _width(lines[line]), range(line + 1, len(lines))
    )
    return range(line, max((n for n in hanging if lines[n].strip()), default=line) + 1)


def _unfinished(lines: Sequence[str], hole: int, fault: Fault) -> range | None:
    """The cursor's own statement, when covering it moves the first fault further down, or cures it.

    What an open bracket breaks shows up on a later line, which is then innocent.
    """
    if fault.line < hole or not lines[hole].strip():
        return None
    width = _width(lines[hole])
    header = next((n for n in range(hole - 1, -1, -1) if lines[n].strip() and _width(lines[n]) < width), hole)
    for covered in (range(hole, hole + 1), range(header, hole + 1)):
        tried = list(lines)
        if _cover(tried, covered):
            left = compile_fault("".join(tried))
            if left is None or left.line > fault.line:
                return covered
    return None


def _cover(lines: list[str], covered: range) -> bool:
    """Writes a neutral statement of equal length over the lines. False when they are neutral already."""
    first = lines[covered.start]
    body, ending = first.rstrip("\r\n"), first[len(first.rstrip("\r\n")) :]
    indent = indent_of(body)
    room = len(body) - len(indent)
    below = next((row for row in lines[covered.stop :] if row.strip()), "")
    if _width(below) > _width(first) and len(covered) == 1:
        neutral = "if 1:" if room >= 5 else ""
    else:
        neutral = "pass" if room >= 4 else "0"[:room]
    masked = [f"{indent}{neutral}".ljust(len(body)) + ending]
    if masked[0] == first:  # a fault that a mask did not cure
        masked = [" " * len(body) + ending]
    masked += [
        " " * len(row.rstrip("\r\n")) + row[len(row.rstrip("\r\n")) :]
        for row in lines[covered.start + 1 : covered.stop]
    ]
    changed = masked != lines[covered.start : covered.stop]
    lines[covered.start : covered.stop] = masked
    return changed


def _masked_lines(
    before: Document, baseline: Document, site: Site
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """The lines that the baseline masks (number, masked text): those that reach the cursor's line, and the others."""
    if canonical(before.language) != "python":
        return [], []
    old, new = split_lines(before.text), split_lines(baseline.text)
    if len(old) != len(new):  # not the baseline of this document: no fill and no mask holds a line ending
        return [], []
    hole = line_at(before.lines, site.offset)
    reaching = set()
    for step in (-1, 1):
        line = hole + step
        while 0 <= line < len(old) and (old[line] != new[line] or not old[line].strip()):
            reaching.add(line)
            line += step
    changed = [n for n in range(len(old)) if n != hole and old[n] != new[n]]
    return [(n, new[n]) for n in changed if n in reaching], [(n, new[n]) for n in changed if n not in reaching]


def _moved(offset: int, changes: Sequence[Change]) -> int:
    return offset + sum(len(c.text) - (c.span.end - c.span.start) for c in changes if c.span.end <= offset)


def _touches(inserted: Span, start: int, line: str) -> bool:
    return inserted.start < start + len(line) and start < inserted.end


def _line(document: Document, line: int) -> str:
    end = document.lines[line + 1] if line + 1 < len(document.lines) else len(document.text)
    return document.text[document.lines[line] : end]


def _with_text(document: Document, text: str) -> Document:
    return make_document(document.uri, document.path, document.language, document.version, text)


def _width(line: str) -> int:
    return len(indent_of(line).expandtabs(8))


def _common(a: str, b: str) -> int:
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if a[low:middle] == b[low:middle] else (low, middle - 1)
    return low
