"""Imports what a candidate names and nobody has defined: further changes beside its own, where one way alone is known.

Proves nothing: the gates judge the import as well. Only names that the candidate itself has brought are looked at, and only
Python's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from kireji.base.import_place import import_change
from kireji.base.importable import Importable, ImportLine
from kireji.base.languages import canonical
from kireji.base.types import Candidate, Change, Finding, Severity, SiteKind, Snapshot, Span, Verdict
from kireji.engine.repair.standard import MEMBERS, is_module

IMPORTED = "imported what it names"
# The rules by which the gates say that a name is defined nowhere.
_UNDEFINED = frozenset({("ruff", "F821"), ("types", "unresolved-reference")})
# Who needs more than this was written for another file.
_MOST_NAMES = 3
_DOT = re.compile(r"[ \t]*\.[ \t]*[^\W\d]")


def imports_added(
    snapshot: Snapshot, candidate: Candidate, verdict: Verdict, importable: Importable
) -> Candidate | None:
    """The candidate with the imports that it lacks; None when it lacks anything else, or one of them could be another."""
    document, change = snapshot.document, candidate.change
    wrong = [finding for finding in verdict.findings if finding.severity is Severity.REJECT]
    if canonical(document.language) != "python" or candidate.site.kind is not SiteKind.CODE or not snapshot.elsewhere:
        return None
    if not wrong or not all(_is_undefined(finding, change) for finding in wrong):
        return None
    names = sorted({finding.symbol for finding in wrong})
    if len(names) > _MOST_NAMES:
        return None
    after = change.text + document.text[change.span.end : change.span.end + 80]
    lines = []
    for name in names:
        ends = [f.span.end - change.span.start for f in wrong if f.symbol == name]
        dotted = all(_DOT.match(after, end) for end in ends)
        ways = {*importable.ways(snapshot, name), *_standard(name, dotted=dotted)}
        if len(ways) != 1:
            return None
        lines.append(ways.pop())
    added = _changes(snapshot, change, lines)
    if added is None:
        return None
    edit = replace(candidate.edit, changes=(change, *added))
    return replace(candidate, edit=edit, repairs=(*candidate.repairs, IMPORTED))


def _is_undefined(finding: Finding, change: Change) -> bool:
    start, end = change.span.start, change.span.start + len(change.text)
    known = (finding.gate, finding.code) in _UNDEFINED and finding.symbol.isidentifier()
    # The person may have begun the name.
    return known and finding.span.start < end and start < finding.span.end <= end


def _standard(name: str, *, dotted: bool) -> Iterator[ImportLine]:
    """From the standard library: a module of that very name, if only its members are used, or a well-known member."""
    if dotted and is_module(name):
        yield ImportLine(name)
    if name in MEMBERS:
        yield ImportLine(MEMBERS[name], name)


def _changes(snapshot: Snapshot, change: Change, lines: list[ImportLine]) -> tuple[Change, ...] | None:
    """The insertions of the lines, one for each place; None when one of them has none."""
    at: dict[Span, list[str]] = {}
    for line in sorted(lines, key=lambda line: (bool(line.name), line)):
        found = import_change(snapshot.document.text, snapshot.origin, change.span.start, line)
        if found is None:
            return None
        at.setdefault(found.span, []).append(found.text)
    return tuple(Change(span, _together(texts)) for span, texts in at.items())


def _together(texts: list[str]) -> str:
    """Lines for one place as one group: each comes with the blank lines that a single one would need."""
    first = texts[0]
    lead, trail = first[: len(first) - len(first.lstrip("\r\n"))], first[len(first.rstrip("\r\n")) :]
    ending = "\r\n" if "\r\n" in trail else trail[:1]
    return lead + ending.join(text.strip("\r\n") for text in texts) + trail
