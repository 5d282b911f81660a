"""Fits a finished answer into its place: rest of the line, lines below, indentation, line endings.

Looks in both directions from the cursor and returns the one change to make, or nothing where nothing is added. Does not
judge whether the code is right: the gates do.
"""

from __future__ import annotations

import re

from kireji.base.languages import canonical
from kireji.base.types import Change, Site, SiteKind, Span
from kireji.engine.stream.applied import Applied
from kireji.engine.stream.indent import reindented
from kireji.engine.stream.lines import in_place, is_trivial, repeated_from, scan, text_after

_CLOSERS = (")", "]", "}")
_MOST_CLOSERS = 8
_ENDS_IN_BLANK = re.compile(r"\S $")
_STARTS_WITH_BLANK = re.compile(r" (?!#|//|/\*|--)\S")
_COLUMNS = re.compile(r"\S {2,}(?!#|//|/\*|--)\S")
_OUTER = re.compile(r"\s*(?:else|elif|except|finally)\b")


def trim(text: str, site: Site) -> Change | None:
    """The change that puts `text`, an insertion at the cursor, in its place; None when nothing would be added.

    The span is the cursor, or reaches to the end of its line where the answer says how that line ends.
    """
    applied = Applied(site)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines[0] = _without_doubled_blank(lines[0], site)
    lines = _without_lines_below(reindented(_without_lines_below(lines, site, applied), site), site, applied)
    lines = _without_closers(lines, site, applied)
    ends_line = len(lines) > 1 and not lines[-1].strip()
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        return None
    end = site.offset
    tail = site.after.rstrip()
    if tail.strip() and (site.before.strip() or _joins(lines[-1], tail)):
        lines, replaces = _without_tail(lines, site, tail, applied)
        end += len(site.after) if replaces else 0
    elif tail.strip() and _pushes(lines, site, applied, ends_line):
        # The rest of the cursor's line becomes a line of its own and keeps its indentation.
        lines = [*lines, site.before]
    said = "\n".join(lines)
    if end == site.offset and len(lines) == 1:
        said = _without_surplus(said, site, applied)
    if not said.strip() or (_is_of_outer_block(said, site) and applied.problems(said) > applied.problems("")):
        return None
    said = said.replace("\n", "\r\n") if "\r\n" in site.document.text else said
    return None if said == site.document.text[site.offset : end] else Change(Span(site.offset, end), said)


# ---- the cursor's line


def _without_doubled_blank(line: str, site: Site) -> str:
    """A blank that stands left of the cursor already goes, but for comments and columns, where two are in place."""
    once = site.kind is SiteKind.CODE and site.before.strip() and _ENDS_IN_BLANK.search(site.before)
    if not once or not _STARTS_WITH_BLANK.match(line):
        return line
    rows = site.document.text[: site.offset].split("\n")[-2:] + text_after(site)[:1]
    return line if any(_COLUMNS.search(row) for row in rows) else line[1:]


def _is_of_outer_block(said: str, site: Site) -> bool:
    """The line belongs further left than the editor put the cursor, and an edit does not reach left of it."""
    python = canonical(site.document.language) == "python" and site.kind is SiteKind.CODE
    return python and not site.before.strip() and _OUTER.match(said) is not None


# ---- the rest of the line


def _without_tail(lines: list[str], site: Site, tail: str, applied: Applied) -> tuple[list[str], bool]:
    """The lines without the rest of the cursor's line; true when the answer replaces that rest instead."""
    last = lines[-1].rstrip()
    want = tail if last.endswith(tail) else tail.strip()
    if last.endswith(want):
        shorter = [*lines[:-1], last[: len(last) - len(want)]]
        return (shorter, False) if _no_worse("\n".join(shorter), "\n".join(lines), site, applied) else (lines, False)
    said = "\n".join(lines)
    # Said again with more behind it: what the answer says of the line's end holds, if that parses better.
    replaces = (
        site.kind is SiteKind.CODE and want in last and applied.problems(said, len(site.after)) < applied.problems(said)
    )
    return lines, replaces


def _no_worse(text: str, other: str, site: Site, applied: Applied) -> bool:
    """Whether the document with `text` is no more broken than with `other`."""
    one, two = applied.problems(text), applied.problems(other)
    return one < two or (one == two and _open_brackets(site, text) <= _open_brackets(site, other))


def _open_brackets(site: Site, text: str) -> int:
    state = scan(site.document.language, site.before + text + site.after)
    return len(state.opened) + len(state.unmatched)


def _joins(last: str, tail: str) -> bool:
    """Where nothing stands left of the cursor: the answer's last line runs into the rest of the cursor's."""
    return not is_trivial(tail) and last.rstrip().endswith(tail) and last.rstrip() != tail


def _pushes(lines: list[str], site: Site, applied: Applied, ends_line: bool) -> bool:
    """Where nothing stands left of the cursor: whether the answer's lines stand above the rest of the cursor's line."""
    said = "\n".join(lines)
    joined, above = applied.problems(said), applied.problems(f"{said}\n{site.before}")
    return above < joined or (above == joined and (ends_line or len(lines) > 1))


# ---- the lines below


def _without_closers(lines: list[str], site: Site, applied: Applied) -> list[str]:
    """The lines without those at their end that close what the text below the cursor closes."""
    if site.kind is not SiteKind.CODE or site.after.strip():
        return lines
    first = len(lines)
    while first > 1 and (not lines[first - 1].strip() or _is_closer(lines[first - 1])):
        first -= 1
    ends = [end for end in range(first, len(lines)) if lines[end].strip()][-_MOST_CLOSERS:]
    # Several too many may be one problem to the parser, so all ways are tried; most lines win ties.
    best = min([len(lines), *reversed(ends)], key=lambda end: applied.problems("\n".join(lines[:end])))
    return lines[:best]


def _is_closer(line: str) -> bool:
    return is_trivial(line) and line.lstrip().startswith(_CLOSERS)


def _without_surplus(text: str, site: Site, applied: Applied) -> str:
    """The text without closers at its very end that nothing opened, as many as make the document whole.

    Where it is whole either way (two braces in an f-string stand for one), what the line goes on with was said twice.
    """
    if site.kind is not SiteKind.CODE or not text.endswith(_CLOSERS):
        return text
    run = len(text) - len(text.rstrip("".join(_CLOSERS)))
    most = min(len(scan(site.document.language, text).unmatched), run)
    twice = site.after.startswith(text[-1])
    problems = [applied.problems(text[: len(text) - n]) for n in range(most + 1)]
    count = min(range(most + 1), key=lambda n: (problems[n], -n if twice and not problems[n] else n))
    return text[: len(text) - count].rstrip() if count else text


def _without_lines_below(lines: list[str], site: Site, applied: Applied) -> list[str]:
    """The lines without those at their end that stand below the cursor already."""
    if not lines:
        return lines
    start = repeated_from([site.before + lines[0], *lines[1:]], text_after(site), 0)
    if start is None or (start == 0 and site.before.strip()):
        return lines
    said = [line.rstrip() for line in lines[start:] if line.strip()]
    if not in_place(site, said):
        return lines
    if all(map(is_trivial, said)):
        kept, whole = applied.problems("\n".join(lines[:start])), applied.problems("\n".join(lines))
        if kept > whole:
            return lines
    # Lines that were said of the rest of the cursor's line stood below the answer.
    return [*lines[:start], ""] if start and site.after.strip() and not site.before.strip() else lines[:start]
