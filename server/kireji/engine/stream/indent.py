"""Gives an answer's lines the indentation that the document uses: tabs or blanks, and the cursor's own level.

An answer is moved only where that makes its indentation agree better with the lines around it (`levels.py` counts that).
Leaves the inside of strings alone and changes nothing but leading blanks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from kireji.base.languages import canonical
from kireji.base.text import indent_of
from kireji.base.types import Site
from kireji.engine.stream.levels import WRONG, Frame, Line, Place, cheapest
from kireji.engine.stream.lines import opens_block, scan, state_at, text_after, width
from kireji.engine.stream.scope import limit_of


def reindented(lines: list[str], site: Site) -> list[str]:
    """The answer's lines (the first starts at the cursor), indented as the document is."""
    lines = _first_line(lines, site)
    if len(lines) < 2:
        return lines
    tabs, unit = _style(site.document.text)
    frame = _frame(site, lines[0], unit)
    marked = _marked(lines, site, frame)
    lines = _same_blanks(lines, marked, frame, site, tabs)
    return _with_home(lines, _remeasured(marked, lines), frame, indent_of(site.before + lines[0]))


def _frame(site: Site, start: str, unit: int) -> Frame:
    above = site.document.text[: site.offset].split("\n")[:-1]
    own = site.before + start
    # A cursor's line that stays blank has no level: the line above it has.
    first = own if own.strip() else next((line for line in reversed(above) if line.strip()), "")
    home = least = width(first)
    levels = []
    for line in reversed(above):
        if least == 0:
            break
        if line.strip() and width(line) < least:
            least = width(line)
            levels.append(least)
    below = next((width(line) for line in text_after(site) if line), None)
    python = canonical(site.document.language) == "python"
    levels.reverse()
    # Where the line that the cursor's stands under leaves a bracket open, its lines are no block of their own.
    inside = python and bool(levels) and bool(scan(site.document.language, _under(above, levels[-1])).opened)
    stack = tuple(levels) if inside else (*levels, home)
    return Frame(python, unit, inside, limit_of(site, first).floor, stack, "" if inside else first, below)


def _under(above: list[str], level: int) -> str:
    return next((line for line in reversed(above) if line.strip() and width(line) <= level), "")


def _marked(lines: list[str], site: Site, frame: Frame) -> list[Line]:
    """The lines after the first, each with what its width is held against."""
    out = []
    own = state_at(site).within
    state = scan(site.document.language, lines[0] + "\n", state_at(site))
    for index, line in enumerate(lines[1:], 1):
        own = own if own == state.within else ""
        if not line.strip() or (state.within and not own):
            place = Place.ANY
        elif own:
            place = Place.TEXT
        elif frame.python and (state.opened or (frame.inside and not state.unmatched)):
            place = Place.BRACKET
        else:
            place = Place.BLOCK
        out.append(Line(index, line.strip(), width(line), place))
        state = scan(site.document.language, line + "\n", state)
    return out


def _remeasured(marked: list[Line], lines: list[str]) -> list[Line]:
    return [replace(line, width=width(lines[line.index])) for line in marked]


# ---- tabs or blanks


def _same_blanks(lines: list[str], marked: list[Line], frame: Frame, site: Site, tabs: bool) -> list[str]:
    blanks = {line.index: indent_of(lines[line.index]) for line in marked}
    if tabs:
        if all("\t" in b or len(b) < frame.unit for b in blanks.values()):
            return lines
        return _written(lines, {i: "\t" * (width(b) // 4) + " " * (width(b) % 4) for i, b in blanks.items()})
    if not any("\t" in b for b in blanks.values()):
        return lines
    # How wide the model meant a tab to be shows in what fits: the file's own step is likely, four is usual, and where
    # the step is smaller than the tab a rest may have been lost.
    choices = [
        [[len(_blown(blanks[line.index], size))] for line in marked] for size in dict.fromkeys((frame.unit, 4, 2, 8))
    ]
    if frame.unit < 4:
        rests = range(0, 4, frame.unit)
        choices.append([[len(_blown(blanks[line.index], 4)) + rest for rest in rests] for line in marked])
    best = min((cheapest(marked, choice, frame) for choice in choices), key=lambda found: found[0])[1]
    lines = _written(lines, {line.index: " " * size for line, size in zip(marked, best, strict=True)})
    return _aligned(lines, {line.index for line in marked if line.place is Place.BRACKET}, site)


def _aligned(lines: list[str], inside: set[int], site: Site) -> list[str]:
    """Lines that hang below an open bracket: a tab stops short of its column, blanks reach it."""
    out: list[str] = []
    state = state_at(site)
    for index, line in enumerate(lines):
        column = state.columns[-1] if index in inside and state.columns else -1
        if 0 < column + 1 - width(line) < 4 and column >= 0:
            line = " " * (column + 1) + line.lstrip(" ")
        out.append(line)
        state = scan(site.document.language, (site.before if not index else "") + line + "\n", state)
    return out


def _blown(blanks: str, size: int) -> str:
    return blanks.replace("\t", " " * size)


def _written(lines: list[str], blanks: dict[int, str]) -> list[str]:
    return [blanks[i] + line.lstrip(" \t") if i in blanks else line for i, line in enumerate(lines)]


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


def _with_home(lines: list[str], marked: list[Line], frame: Frame, base: str) -> list[str]:
    """Lines that lost the cursor's indentation get it back, if they then agree better."""
    home = width(base)
    if not home:
        return lines
    cost, _ = cheapest(marked, [[line.width] for line in marked], frame)
    if cost < WRONG:
        return lines
    # A line as far right as the cursor lost it surely, if any did; one further left may stand where it was meant to.
    options = [[line.width + home, *([line.width] if line.width < home else [])] for line in marked]
    moved, best = cheapest(marked, options, frame)
    if moved >= cost:
        return lines
    out = list(lines)
    for line, size in zip(marked, best, strict=True):
        if size != line.width and (line.text or line.width):
            out[line.index] = base + out[line.index]
    return out


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
