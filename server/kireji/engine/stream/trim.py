"""Fits a finished answer into its place: rest of the line, lines below, indentation, line endings.

Looks in both directions from the cursor and returns the one change to make, or nothing where nothing is added. Does not
judge whether the code is right: the gates do.
"""

from __future__ import annotations

from kireji.base import syntax
from kireji.base.types import Change, Site, SiteKind, Span
from kireji.engine.stream.indent import reindented
from kireji.engine.stream.lines import is_trivial, repeated_from, scan, text_after


def trim(text: str, site: Site) -> Change | None:
    """The change that puts `text`, an insertion at the cursor, in its place; None when nothing would be added.

    The span is the cursor, or reaches to the end of its line where the answer says how that line ends.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = _without_lines_below(lines, site)
    if not lines:
        return None
    lines = _without_lines_below(reindented(lines, site), site)
    ends_line = len(lines) > 1 and not lines[-1].strip()
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        return None
    end = site.offset
    tail = site.after.rstrip()
    if tail.strip() and (site.before.strip() or _joins(lines[-1], tail)):
        lines, whole = _without_tail(lines, site, tail)
        if whole:
            end += len(site.after)
    elif tail.strip() and ends_line:
        # The rest of the cursor's line is pushed down: it keeps its own indentation.
        lines.append("")
    said = "\n".join(lines)
    if not said.strip():
        return None
    if "\r\n" in site.document.text:
        said = said.replace("\n", "\r\n")
    if said == site.document.text[site.offset : end]:
        return None
    return Change(Span(site.offset, end), said)


# ---- the rest of the line


def _without_tail(lines: list[str], site: Site, tail: str) -> tuple[list[str], bool]:
    """The lines without the rest of the cursor's line; true when the answer replaces that rest instead."""
    last = lines[-1].rstrip()
    for want in (tail, tail.strip()):
        if last.endswith(want):
            shorter = [*lines[:-1], last[: len(last) - len(want)]]
            if _no_worse(site, "\n".join(shorter), "\n".join(lines)):
                return shorter, False
            return lines, False
    if site.kind is SiteKind.CODE and tail.strip() in last and len(tail.strip()) > 0:
        # Said again with more behind it: what the answer says of the line's end holds, if that parses better.
        whole = (
            site.document.text[: site.offset] + "\n".join(lines) + site.document.text[site.offset + len(site.after) :]
        )
        kept = site.document.text[: site.offset] + "\n".join(lines) + site.document.text[site.offset :]
        if _count(site, whole) < _count(site, kept):
            return lines, True
    return lines, False


def _joins(last: str, tail: str) -> bool:
    """Where nothing stands left of the cursor: the answer's last line runs into the rest of the cursor's."""
    return not is_trivial(tail) and last.rstrip().endswith(tail) and last.rstrip() != tail


def _no_worse(site: Site, text: str, other: str) -> bool:
    """Whether the document with `text` is no more broken than with `other`."""
    before, after = site.document.text[: site.offset], site.document.text[site.offset :]
    if not syntax.supported(site.document.language):
        return _brackets(site, text) <= _brackets(site, other)
    left, right = _count(site, before + text + after), _count(site, before + other + after)
    return left < right or (left == right and _brackets(site, text) <= _brackets(site, other))


def _count(site: Site, text: str) -> int:
    if not syntax.supported(site.document.language):
        return 0
    return len(syntax.parse(site.document.language, text).problems())


def _brackets(site: Site, text: str) -> int:
    state = scan(site.document.language, site.before + text + site.after)
    return len(state.opened) + len(state.unmatched)


# ---- the lines below


def _without_lines_below(lines: list[str], site: Site) -> list[str]:
    full = [site.before + lines[0], *lines[1:]]
    start = repeated_from(full, text_after(site), 0)
    if start is None:
        return lines
    said = [line for line in lines[start:] if line.strip()]
    if len(said) == 1 and is_trivial(said[0]):
        before, after = site.document.text[: site.offset], site.document.text[site.offset :]
        without = _count(site, before + "\n".join(lines[:start]) + after)
        if without > _count(site, before + "\n".join(lines) + after):
            return lines
    if start == 0 and site.before.strip():
        return lines
    kept = lines[:start]
    return [*kept, ""] if kept and not site.before.strip() and site.after.strip() else kept
