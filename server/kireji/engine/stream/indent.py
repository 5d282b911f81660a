"""Gives an answer's lines the indentation that the document uses: tabs or blanks, and the cursor's own level.

An answer is moved only where that makes its indentation agree better with the lines around it. Looks at no syntax tree and
leaves the inside of strings alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kireji.base.languages import canonical
from kireji.base.text import indent_of
from kireji.base.types import Site
from kireji.engine.stream.lines import is_trivial, opens_block, scan, state_at, text_after, width
from kireji.engine.stream.scope import limit_of


def reindented(lines: list[str], site: Site) -> list[str]:
    """The answer's lines (the first starts at the cursor), indented as the document is."""
    lines = _first_line(lines, site)
    if len(lines) < 2:
        return lines
    free = _outside_strings(lines, site)
    frame = _frame(lines, site)
    return _with_home(_same_blanks(lines, free, frame, site), free, frame)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What an answer's indentation must agree with. `levels` are the widths of the blocks open around the cursor."""

    python: bool
    base: str
    home: int
    floor: int
    levels: tuple[int, ...]
    below: int | None


def _frame(lines: list[str], site: Site) -> _Frame:
    first = next((line for line in (site.before + lines[0], *lines[1:]) if line.strip()), "")
    home = width(first)
    levels = []
    least = home
    for line in reversed(site.document.text[: site.offset].split("\n")[:-1]):
        if line.strip() and width(line) < least:
            least = width(line)
            levels.append(least)
        if least == 0:
            break
    below = next((width(line) for line in text_after(site) if line), None)
    python = canonical(site.document.language) == "python"
    return _Frame(python, indent_of(first), home, limit_of(site, first).floor, tuple(reversed(levels)), below)


def _outside_strings(lines: list[str], site: Site) -> list[bool]:
    """For each line, whether its indentation counts: it is not blank and starts in no string."""
    out = [bool(lines[0].strip())]
    state = scan(site.document.language, lines[0] + "\n", state_at(site))
    for line in lines[1:]:
        out.append(bool(line.strip()) and not state.within)
        state = scan(site.document.language, line + "\n", state)
    return out


# ---- tabs or blanks


def _same_blanks(lines: list[str], free: Sequence[bool], frame: _Frame, site: Site) -> list[str]:
    tabs, unit = _style(site.document.text)
    rest = [line for line, counts in zip(lines[1:], free[1:], strict=True) if counts and line[0] in " \t"]
    if tabs and any("\t" not in indent_of(line) and len(indent_of(line)) >= unit for line in rest):
        return _mapped(lines, free, lambda blanks: "\t" * (width(blanks) // 4) + " " * (width(blanks) % 4))
    if not tabs and any("\t" in indent_of(line) for line in rest):
        # How wide the model meant a tab to be shows in what fits: four is usual, the file's own step likely.
        sizes = dict.fromkeys((unit, 4, 2, 8))
        choices = [_mapped(lines, free, lambda blanks, size=size: blanks.replace("\t", " " * size)) for size in sizes]
        return min(choices, key=lambda choice: _faults(choice, free, frame))
    return lines


def _mapped(lines: list[str], free: Sequence[bool], change: Callable[[str], str]) -> list[str]:
    out = [lines[0]]
    for line, counts in zip(lines[1:], free[1:], strict=True):
        blanks = indent_of(line)
        out.append(change(blanks) + line[len(blanks) :] if counts else line)
    return out


def _style(text: str) -> tuple[bool, int]:
    """Whether the document indents by tabs, and by how many columns at a time."""
    steps: Counter[int] = Counter()
    tabs = blanks = previous = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        tabs += line[0] == "\t"
        blanks += line[0] == " "
        here = width(line)
        if here > previous:
            steps[here - previous] += 1
        previous = here
    return tabs > blanks, 4 if tabs > blanks or not steps else steps.most_common(1)[0][0]


# ---- the cursor's own level


def _with_home(lines: list[str], free: Sequence[bool], frame: _Frame) -> list[str]:
    """Lines that lost the cursor's indentation get it back, if they then agree better."""
    if not frame.home:
        return lines
    faults = _faults(lines, free, frame)
    if not faults:
        return lines
    moved = _restored(lines, free, frame)
    return moved if _faults(moved, free, frame) < faults else lines


def _restored(lines: list[str], free: Sequence[bool], frame: _Frame) -> list[str]:
    out = [lines[0]]
    stack = [*frame.levels, frame.home]
    previous = _opening(lines, frame)
    for index, line in enumerate(lines[1:], 1):
        if not line.strip():
            out.append(line)
            continue
        here = width(line)
        # A line as far right as the cursor had nothing to lose; further left it may stand where it was meant to.
        there = here + frame.home
        agrees = _agrees(there, stack, previous, frame.python)
        stays = not agrees and here >= frame.floor and _agrees(here, stack, previous, frame.python)
        new = line if stays else frame.base + line
        out.append(new)
        if free[index]:
            stack = _pushed(stack, width(new))
            previous = new
    return out


def _opening(lines: list[str], frame: _Frame) -> str:
    return frame.base + lines[0].lstrip(" \t") if lines[0].strip() else ""


def _faults(lines: list[str], free: Sequence[bool], frame: _Frame) -> int:
    """How many lines stand at a level that nothing around them opened."""
    stack = [*frame.levels, frame.home]
    previous = _opening(lines, frame)
    count = 0
    for index, line in enumerate(lines[1:], 1):
        if not free[index]:
            continue
        here = width(line)
        if not previous:
            stack, previous = _pushed(stack, here), line
            continue
        if here < frame.floor and not is_trivial(line):
            count += 1
        count += not _agrees(here, stack, previous, frame.python)
        stack, previous = _pushed(stack, here), line
    if frame.below is not None and previous:
        count += not _agrees(frame.below, stack, previous, python=False)
    return count


def _agrees(here: int, stack: Sequence[int], previous: str, python: bool) -> bool:
    if opens_block(previous):
        return here > width(previous) or (not python and here == width(previous))
    return here in stack


def _pushed(stack: Sequence[int], here: int) -> list[int]:
    return [*(level for level in stack if level < here), here]


# ---- the first line


def _first_line(lines: list[str], site: Site) -> list[str]:
    """Indentation that the cursor's line has already, said again in another form, goes."""
    blanks = indent_of(lines[0])
    if not blanks or not site.before or site.before.strip() or not lines[0].strip():
        return lines
    here, said = width(site.before), width(blanks)
    above = next((x for x in reversed(site.document.text[: site.offset].split("\n")[:-1]) if x.strip()), "")
    together = width(site.before + blanks)
    wanted = width(above)
    fits = together > wanted if opens_block(above) else together <= wanted
    if fits and not (opens_block(above) and here > wanted):
        return lines
    if said > here and opens_block(above) and here <= wanted < said:
        return [blanks[len(site.before) :] + lines[0][len(blanks) :], *lines[1:]]
    return [lines[0][len(blanks) :], *lines[1:]]
