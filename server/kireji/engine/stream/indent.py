"""Gives an answer's lines the indentation that the document uses: tabs or blanks, and the cursor's own level.

An answer is moved only where that makes its indentation agree better with the lines around it (`levels.py` counts that).
Leaves the inside of strings alone and changes nothing but leading blanks.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from kireji.base.languages import canonical
from kireji.base.text import indent_of
from kireji.base.types import Site, SiteKind
from kireji.engine.stream.levels import WRONG, Frame, Line, Place, cheapest
from kireji.engine.stream.lines import Scan, code_of, lines_above, opens_block, scan, state_at, text_after, width
from kireji.engine.stream.scope import headers, limit_of

# Flat code is laid out to this depth.
_DEPTHS = 6
_NEARLY_ALL = 0.9
_DOCSTRING = re.compile(r"\s*[rRuU]?(?:\"\"\"|''')")
_HEADER = re.compile(r"(?:async\s+)?(?:def|class|if|elif|else|for|while|with|try|except|finally|match|case)\b.*:$")


def reindented(lines: list[str], site: Site) -> list[str]:
    """The answer's lines (the first starts at the cursor), indented as the document is."""
    if not lines:
        return lines
    lines = _moved_back(lines, site) or _moved_on(lines, site) or _first_line(lines, site)
    if len(lines) < 2 or (site.kind is SiteKind.STRING and state_at(site).within == "`"):
        # In a template, blanks are content.
        return lines
    tabs, unit = _style(site)
    frame = _frame(site, lines, unit)
    marked = _marked(lines, site, frame)
    if tabs is not None:
        lines = _same_blanks(lines, marked, frame, site, tabs)
    return _with_home(lines, _remeasured(marked, lines), frame, indent_of(site.before + lines[0]))


def _moved_back(lines: list[str], site: Site) -> list[str] | None:
    """The lines with their indentation, where the whole was moved left: the first shows how far, and all agree better."""
    blanks = indent_of(lines[0])
    if not blanks or site.before.strip() or not site.before.startswith(blanks) or len(lines) < 2:
        return None
    lost = site.before[len(blanks) :]
    back = [lines[0][len(blanks) :], *(lost + line if line.strip() else line for line in lines[1:])]
    return back if lost and _cost(back, site) < _cost(_first_line(lines, site), site) else None


def _moved_on(lines: list[str], site: Site) -> list[str] | None:
    """The lines without the indentation that their first has too much, or all others, where they then agree better."""
    fitted = _first_line(lines, site)
    extra = lines[0][: len(lines[0]) - len(fitted[0])] or (site.before if not site.before.strip() else "")
    if not extra or len(lines) < 2 or not all(line.startswith(extra) for line in lines[1:] if line.strip()):
        return None
    on = [fitted[0], *(line.removeprefix(extra) for line in lines[1:])]
    cost = _cost(fitted, site)
    return on if cost >= WRONG and _cost(on, site) < cost else None


def _cost(lines: list[str], site: Site) -> int:
    """How badly the lines agree with those around them as they are."""
    frame = _frame(site, lines, _style(site)[1])
    marked = _marked(lines, site, frame)
    return cheapest(marked, [[line.width] for line in marked], frame)[0]


def _frame(site: Site, lines: list[str], unit: int) -> Frame:
    above = lines_above(site)
    own = site.before + lines[0]
    # A cursor's line that stays blank has no level: the line above it has.
    first = own if own.strip() else next((line for line in reversed(above) if line.strip()), "")
    levels: list[int] = []
    brackets: list[int] = []
    opener = ""
    for line in reversed(list(headers(site, width(first)))):
        state = scan(site.document.language, line)
        if state.unmatched:
            brackets = [outer for outer in brackets if outer < width(line)]
        # One for each line: where it opens several, some may be closed further right, where nothing is looked at.
        if state.opened:
            opener = opener if brackets else line
            brackets.append(width(line))
        levels.append(width(line))
    home = width(first)
    python = canonical(site.document.language) == "python"
    if python and brackets and not _is_open(opener, above, site):
        # A header over several lines: its last one stands no further left than the cursor's, and was not among them.
        brackets = []
    if python and brackets:
        # Lines inside a bracket are no blocks: what counts is the statement that the bracket belongs to.
        levels, first = [level for level in levels if level <= brackets[0]], ""
    else:
        levels.append(home)
    # What the answer leaves open, the line below goes on with.
    end = scan(site.document.language, "\n".join(lines), state_at(site))
    below = next((width(line) for line in text_after(site) if line), None) if not (end.opened or end.within) else None
    floor = limit_of(site, own if own.strip() else first).floor
    return Frame(
        python, unit, home, floor, tuple(levels), tuple(brackets), code_of(first, site.document.language), below
    )


def _is_open(opener: str, above: list[str], site: Site) -> bool:
    """Whether a bracket of a line above the cursor is still open at the cursor's line."""
    start = len(above) - 1 - above[::-1].index(opener)
    return bool(scan(site.document.language, "\n".join((*above[start:], ""))).opened)


def _marked(lines: list[str], site: Site, frame: Frame) -> list[Line]:
    """The lines after the first, each with what its width is held against."""
    language = site.document.language
    out = []
    state = state_at(site)
    own = state.within
    owners: list[int] = []
    # A closer that starts the cursor's line closes what was opened at that line's own level.
    at_level = 1 if (site.before + lines[0]).lstrip()[:1] in (")", "]", "}") else 0
    for index, line in enumerate(lines):
        if index:
            own = own if own == state.within else ""
            closed = max(0, len(state.unmatched) - at_level)
            outer = frame.brackets[-1 - closed] if closed < len(frame.brackets) else -1
            owner = owners[-1] if owners else -1
            out.append(
                Line(index, code_of(line, language), width(line), _place(line, state, own, outer, frame), outer, owner)
            )
        outside = not state.within
        alone = scan(language, line + "\n", Scan(within=state.within))
        owners = owners[: max(0, len(owners) - len(alone.unmatched))] + [index] * len(alone.opened)
        state = scan(language, line + "\n", state)
        if outside and state.within and _DOCSTRING.match(line):
            # A string that is a statement of its own goes with the code around it.
            own = state.within
    return out


def _place(line: str, state: Scan, own: str, outer: int, frame: Frame) -> Place:
    if not line.strip() or (state.within and not own):
        return Place.ANY
    if own:
        return Place.TEXT
    if line[0] == "#" and not frame.python:
        # The preprocessor's lines stand at the margin, wherever they are.
        return Place.MARGIN
    return Place.BRACKET if frame.python and (state.opened or outer >= 0) else Place.BLOCK


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
    sizes = {line.index: size for line, size in zip(marked, best, strict=True)}
    lines = _written(lines, {i: " " * size if lines[i] else "" for i, size in sizes.items()})
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


def _style(site: Site) -> tuple[bool | None, int]:
    """Whether the document indents by tabs (None where nothing tells), and by how many columns at a time."""
    steps: Counter[int] = Counter()
    previous = 0
    first: Counter[str] = Counter(site.before[:1] if not site.before.strip() else "")
    for line in site.document.text.split("\n"):
        if not line.strip() or line.lstrip().startswith("*"):
            # The inside of a block comment steps by one column and says nothing about code.
            continue
        first[line[0]] += 1
        here = width(line)
        if here > previous:
            steps[here - previous] += 1
        previous = here
    unit = steps.most_common(1)[0][0] if steps else 4
    # In a text that mixes them, a mixture in the answer is no mistake.
    share = first["\t"] / max(1, first["\t"] + first[" "])
    if first["\t"] + first[" "] == 0 or 0 < share < _NEARLY_ALL:
        return None, unit
    return share > 0, 4 if share else unit


# ---- the cursor's own level


def _with_home(lines: list[str], marked: list[Line], frame: Frame, base: str) -> list[str]:
    """Lines that lost the cursor's indentation get it back, if they then agree better."""
    cost, _ = cheapest(marked, [[line.width] for line in marked], frame)
    if cost < WRONG:
        return lines
    home = width(base)
    # A line as far right as the cursor lost it surely, if any did; one further left may stand where it was meant to.
    options = [[line.width + home, *([line.width] if line.width < home else [])] for line in marked]
    moved, best = cheapest(marked, options, frame)
    if moved < cost:
        return _shifted(lines, marked, best, base)
    if not frame.python and max(line.width for line in marked) == 0:
        # Flat code with braces: they say how deep each line stands.
        steps = [[depth * frame.unit for depth in range(_DEPTHS)] for _ in marked]
        moved, best = cheapest(marked, steps, frame)
        if moved < WRONG:
            return _written(
                lines, {line.index: " " * size for line, size in zip(marked, best, strict=True) if line.text}
            )
    return lines


def _shifted(lines: list[str], marked: list[Line], sizes: tuple[int, ...], base: str) -> list[str]:
    out = list(lines)
    for line, size in zip(marked, sizes, strict=True):
        if size != line.width and (line.text or line.width):
            out[line.index] = base + out[line.index]
    return out


# ---- the first line


def _first_line(lines: list[str], site: Site) -> list[str]:
    """Indentation that the cursor's line has already, said again in another form, goes."""
    blanks = indent_of(lines[0])
    if not blanks and not site.before.strip():
        return _in_its_block(lines, site)
    if not blanks or not site.before or site.before.strip() or not lines[0].strip():
        return lines
    here, said = width(site.before), width(blanks)
    above = next((x for x in reversed(site.document.text[: site.offset].split("\n")[:-1]) if x.strip()), "")
    together = width(site.before + blanks)
    wanted = width(above)
    opens = opens_block(above, site.document.language)
    fits = together > wanted if opens else together <= wanted
    if fits and not (opens and here > wanted):
        return lines
    if said > here and opens and here <= wanted < said:
        return [blanks[len(site.before) :] + lines[0][len(blanks) :], *lines[1:]]
    return [lines[0][len(blanks) :], *lines[1:]]


def _in_its_block(lines: list[str], site: Site) -> list[str]:
    """A first line below a header of Python that stands no further right than it gets the indentation that it must have."""
    above = next((line for line in reversed(lines_above(site)) if line.strip()), "")
    here, outer = width(site.before), width(above)
    if canonical(site.document.language) != "python" or site.kind is not SiteKind.CODE or not lines[0].strip():
        return lines
    if here > outer or not _HEADER.match(code_of(above, "python")) or scan("python", above).unmatched:
        return lines
    tabs, unit = _style(site)
    blanks = "\t" * ((outer - here) // 4 + 1) if tabs else " " * (outer - here + unit)
    # With the others as far left as that, all are meant to stand below each other.
    together = any(line.strip() and width(line) == here for line in lines[1:])
    return [blanks + lines[0], *(blanks + line if together and line.strip() else line for line in lines[1:])]
