"""The shape gate: an answer that goes on past its function or class, is longer than anyone reads, or says nothing but a comment.

Looks at the tree and at lines, not at what the code means. An answer that leaves its scope is good up to there: a repair
cuts it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kireji.base.languages import LANGUAGES, canonical
from kireji.base.text import split_lines
from kireji.base.trees import Trees
from kireji.base.types import Document, Finding, GateResult, GateState, Severity, SiteKind, Snapshot, Span
from kireji.engine.gates.gate import Cost, Trial
from kireji.engine.gates.policy import Rule

_NAME = "shape"
# Several screens: nobody reads that much in grey.
MAX_LINES = 120
MAX_CHARS = 8_000


class ShapeGate:
    """Keeps nothing between calls. `trees` spare most of a parse after the first."""

    name = _NAME
    cost = Cost.CHEAP

    def __init__(self, trees: Trees) -> None:
        self._trees = trees

    def applies(self, language: str) -> bool:
        """Any text."""
        return True

    async def prepare(self, snapshot: Snapshot, baseline: Document) -> None:
        """Parses the baseline: what comes differs little."""
        self._trees.of(baseline)

    async def check(self, trial: Trial) -> GateResult:
        """FAIL with a finding whose span is what would have to go."""
        found = tuple(_findings(trial, self._trees))
        return GateResult(_NAME, GateState.FAIL if found else GateState.PASS, found)


def _findings(trial: Trial, trees: Trees) -> Iterator[Finding]:
    text, inserted = trial.after.text, trial.inserted
    said = text[inserted.start : inserted.end]
    rows = split_lines(said)
    if len(said) > MAX_CHARS or len(rows) > MAX_LINES:
        end = min(sum(map(len, rows[:MAX_LINES])), MAX_CHARS)
        where = Span(inserted.start + said.rfind("\n", 0, end) + 1, inserted.end)
        yield Finding(_NAME, Rule.TOO_LONG, Severity.REJECT, "is longer than anyone reads", where)
    site = trial.candidate.site
    if site.kind is not SiteKind.CODE:
        return
    if _is_comment(rows, trial.after.language) and not site.before.strip() and not site.after.strip():
        yield Finding(_NAME, Rule.ONLY_COMMENT, Severity.REJECT, "says nothing but a comment", inserted)
    elif (left := _left_at(trial, trees)) is not None:
        where = Span(left, inserted.end)
        yield Finding(_NAME, Rule.LEAVES_SCOPE, Severity.REJECT, "goes on past the end of its function or class", where)


def _is_comment(rows: list[str], language: str) -> bool:
    known = LANGUAGES.get(canonical(language))
    mark = known.line_comment if known is not None else ""
    filled = [row.strip() for row in rows if row.strip()]
    return bool(mark and filled) and all(row.startswith(mark) and not row.startswith("#!") for row in filled)


def _left_at(trial: Trial, trees: Trees) -> int | None:
    """Where the answer leaves the function or class that it began in; None when it stays."""
    said = trial.after.text[trial.inserted.start : trial.inserted.end].rstrip()
    tree = trees.of(trial.after) if "\n" in said else None
    if tree is None:
        return None
    start, end = trial.inserted.start, trial.inserted.start + len(said)
    scopes = LANGUAGES[tree.language].scopes
    node = tree.node_at(start)
    for around in (node, *node.ancestors()):
        # A scope that begins with the answer is the answer's own.
        if around.type in scopes and around.start < trial.after.lines[_line(trial)]:
            if around.has_error or around.end >= end:
                return None
            below = trial.after.text.find("\n", max(around.end, start))
            return below + 1 if 0 <= below < end else None
    return None


def _line(trial: Trial) -> int:
    return trial.after.text.count("\n", 0, trial.inserted.start)
