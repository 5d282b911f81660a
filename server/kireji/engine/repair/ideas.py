"""Cheap repairs of a rejected candidate: bounded, deterministic, and judged again by the caller before anything is shown.

Each repair only takes text away, moves it sideways, closes what the candidate itself opened, or imports what it names: it
never invents code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from kireji.base.importable import Importable
from kireji.base.languages import canonical
from kireji.base.text import indent_of, split_lines
from kireji.base.types import Candidate, Change, Finding, Snapshot, Verdict
from kireji.engine.repair.importing import imports_added
from kireji.engine.repair.indentation import moved

_CLOSERS = MappingProxyType({"(": ")", "[": "]", "{": "}"})
_MOST_PREFIXES = 3
# The gates that look at what a text means; the others look at its form.
_OF_MEANING = frozenset({"ruff", "types", "security"})
# The one rule of ruff's that looks at its form.
_SYNTAX = "invalid-syntax"


def repairs(snapshot: Snapshot, candidate: Candidate, verdict: Verdict, importable: Importable) -> Iterator[Candidate]:
    """Other candidates worth judging, the least changed first. Each names what was done in `repairs`."""
    if len(candidate.edit.changes) > 1:
        return  # it has been repaired, and was sound then: what has changed since is for a new question
    importing = imports_added(snapshot, candidate, verdict, importable)
    if importing is not None:
        yield importing
    text = candidate.change.text
    seen = {text}
    for name, repaired in _ideas(snapshot, candidate, verdict):
        if repaired.strip() and repaired not in seen:
            seen.add(repaired)
            yield _with_text(candidate, repaired, name)


def _ideas(snapshot: Snapshot, candidate: Candidate, verdict: Verdict) -> Iterator[tuple[str, str]]:
    text = candidate.change.text
    if verdict.findings and all(_is_of_meaning(finding) for finding in verdict.findings):
        # Its form is sound: no bracket and no blank makes a name exist.
        yield "shortened", _before_findings(candidate, verdict)
        return
    yield from _without_seams(candidate, verdict)
    if canonical(snapshot.document.language) == "python":
        yield from (("re-indented", said) for said in moved(candidate, verdict.findings))
    yield "re-indented", _reindented(candidate)
    closers = _missing_closers(text)
    if closers:
        yield "closed", text.rstrip() + closers
    rows = split_lines(text)
    for count in range(len(rows) - 1, max(0, len(rows) - 1 - _MOST_PREFIXES), -1):
        yield "shortened", "".join(rows[:count]).rstrip("\r\n \t")


def _is_of_meaning(finding: Finding) -> bool:
    return finding.gate in _OF_MEANING and finding.code != _SYNTAX


def _before_findings(candidate: Candidate, verdict: Verdict) -> str:
    """The lines above the first that something was found in."""
    text, start = candidate.change.text, candidate.change.span.start
    first = min(max(finding.span.start - start, 0) for finding in verdict.findings)
    return text[: text.rfind("\n", 0, first) + 1].rstrip("\r\n \t")


def _without_seams(candidate: Candidate, verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Without what a text rule found said again, or indented wrong; a later line goes where the cursor's stands."""
    text, start = candidate.change.text, candidate.change.span.start
    for finding in verdict.findings:
        first, last = finding.span.start - start, finding.span.end - start
        if finding.gate != "text" or not 0 <= first <= last <= len(text):
            continue
        if text[first:last].strip():
            yield "dropped what stands already", text[:first] + text[last:]
        else:
            yield "re-indented", text[:first] + (candidate.site.indent if first else "") + text[last:]


def _reindented(candidate: Candidate) -> str:
    """Lines after the first moved so that the shallowest stands where the cursor's line does."""
    first, *rest = split_lines(candidate.change.text)
    filled = [row for row in rest if row.strip()]
    if not filled:
        return candidate.change.text.lstrip(" \t") if not candidate.site.before.strip() else candidate.change.text
    least = min((indent_of(row) for row in filled), key=len)
    wanted = candidate.site.indent
    moved = [wanted + row.removeprefix(least) if row.strip() else row for row in rest]
    return "".join((first, *moved))


def _missing_closers(text: str) -> str:
    """Closers for the brackets that the text opens and leaves open; nothing when it does not pair up, or holds a quote.

    Quotes are left to the gates: whether a bracket stands in a string is the parser's knowledge, not ours.
    """
    if '"' in text or "'" in text or "#" in text:
        return ""
    stack: list[str] = []
    for char in text:
        if char in _CLOSERS:
            stack.append(_CLOSERS[char])
        elif char in ")]}" and (not stack or stack.pop() != char):
            return ""
    return "".join(reversed(stack))


def _with_text(candidate: Candidate, text: str, name: str) -> Candidate:
    edit = replace(candidate.edit, changes=(Change(candidate.change.span, text),))
    return replace(candidate, edit=edit, repairs=(*candidate.repairs, name))
