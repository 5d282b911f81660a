"""The delegate gate: a language's own tool judges the text with the candidate applied, in a private child.

Compares with the text without the candidate, by rule and symbol; only what lies on the insertion's lines counts. A tool that
is missing, late or broken proves nothing: the answer is then UNKNOWN, with a note that says what is unverified.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

from kireji.base.child_protocol import ChildDiagnostic, ChildUnavailable
from kireji.base.languages import canonical
from kireji.base.text import line_at, line_span
from kireji.base.types import Document, Finding, GateResult, GateState, Severity, Snapshot, Span
from kireji.engine.gates.gate import Cost, Trial
from kireji.engine.gates.living import root_of
from kireji.engine.gates.policy import Action
from kireji.engine.gates.pool import Pool
from kireji.engine.gates.tool import Doubt, Raised, Tool
from kireji.engine.gates.unsaved import unsaved

_ANSWER_SECONDS = 20.0
_REMEMBERED = 8
_SYMBOL_CHARS = 120
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Report:
    """What the tool says of a text. `blind`: something in it keeps the tool from seeing more."""

    diagnostics: tuple[ChildDiagnostic, ...]
    blind: bool


class DelegateGate:
    """One tool. Remembers what it said of the last few texts without a candidate."""

    cost = Cost.SLOW

    def __init__(self, tool: Tool) -> None:
        self.name = tool.name
        self._tool = tool
        self._pool = Pool(tool)
        self._remembered: OrderedDict[tuple[int, str | None, str, str], Report] = OrderedDict()

    def applies(self, language: str) -> bool:
        """The tool's languages."""
        return canonical(language) in self._tool.languages

    async def prepare(self, snapshot: Snapshot, baseline: Document) -> None:
        """Starts the child if need be, tells it what was saved, and asks about the text without a candidate."""
        root = root_of(snapshot.workspace, snapshot.document)
        if len(baseline.text) > self._tool.most_chars:
            return
        try:
            await self._pool.refresh(root, baseline, _ANSWER_SECONDS)
            await self._of_baseline(root, baseline)
        except ChildUnavailable:
            return  # `check` says so

    async def check(self, trial: Trial) -> GateResult:
        """FAIL for what is new on the insertion's lines; UNKNOWN where the tool cannot tell."""
        root = root_of(trial.snapshot.workspace, trial.snapshot.document)
        if len(trial.after.text) > self._tool.most_chars:
            return self._unknown("the text is too long for it")
        try:
            old = await self._of_baseline(root, trial.baseline)
            new = await self._ask(root, trial.after)
        except ChildUnavailable as error:
            return self._unknown(str(error))
        findings, doubts = judge(self._tool, trial, root, old, new)
        if any(finding.severity is Severity.REJECT for finding in findings):
            return GateResult(self.name, GateState.FAIL, findings)
        if new.blind:
            return self._unknown("what else is in the file keeps it from looking")
        return self._unknown("; ".join(doubts)) if doubts else GateResult(self.name, GateState.PASS, findings)

    async def close(self) -> None:
        """Ends the children."""
        await self._pool.close()

    def _unknown(self, why: str) -> GateResult:
        return GateResult(self.name, GateState.UNKNOWN, note=f"unverified: {self._tool.verifies} ({why})")

    async def _of_baseline(self, root: str | None, baseline: Document) -> Report:
        key = (self._pool.age, root, baseline.uri, baseline.text)
        found = self._remembered.get(key)
        if found is None:
            found = self._remembered[key] = await self._ask(root, baseline)
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return found

    async def _ask(self, root: str | None, document: Document) -> Report:
        shown = self._tool.shown(canonical(document.language), document.text)
        said = await self._pool.diagnostics(root, document, shown.text, _ANSWER_SECONDS)
        blind = any(d.code in self._tool.blinding for d in said)
        if not shown.added:
            return Report(said, blind)
        mine = Span(shown.at, shown.at + shown.added)
        moved = (replace(d, span=Span(*(_back(at, mine) for at in (d.span.start, d.span.end)))) for d in said)
        return Report(tuple(moved), blind)


def judge(
    tool: Tool, trial: Trial, root: str | None, old: Report, new: Report
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What the candidate has brought, and what may or may not be so. Pure, but for a tool's own second thought."""
    rules = tool.rules_for(canonical(trial.after.language))
    text = trial.after.text
    known = {_key(d, trial.baseline.text) for d in old.diagnostics}
    found = {_key(d, text) for d in new.diagnostics}
    lasting = tuple(d for d in old.diagnostics if _key(d, trial.baseline.text) in found)
    lines = _lines(trial.after, trial.inserted)
    findings: list[Finding] = []
    doubts: dict[str, None] = {}
    for diagnostic in new.diagnostics:
        action = rules.action(diagnostic)
        key = _key(diagnostic, text)
        if action is Action.IGNORE or key in known or not _meets(diagnostic.span, lines):
            continue
        # Beside the insertion stands what was there before: it counts only when the tool could have said so then.
        if old.blind and not _meets(diagnostic.span, trial.inserted):
            continue
        symbol = text[diagnostic.span.start : diagnostic.span.end][:_SYMBOL_CHARS]
        finding = Finding(
            tool.name, diagnostic.code or "error", Severity.REJECT, diagnostic.message, diagnostic.span, symbol
        )
        if action is not Action.REJECT:
            findings.append(replace(finding, severity=Severity.WARN))
            continue
        place = Path(root) if root is not None else None
        doubt = _second_thought(tool, Raised(diagnostic, symbol, trial, root is None, place, lasting))
        if doubt is None:
            findings.append(finding)
        elif doubt.why:
            doubts[doubt.why] = None
    return tuple(findings), tuple(doubts)


def _second_thought(tool: Tool, raised: Raised) -> Doubt | None:
    rules = tool.rules_for(canonical(raised.trial.after.language))
    if raised.alone and raised.diagnostic.code in rules.elsewhere:
        return Doubt("other files are not looked at outside a trusted workspace")
    own = tool.second_thought(raised)
    if own is not None:
        return own
    if raised.diagnostic.code in rules.elsewhere and (name := _unsaved(raised)) is not None:
        return Doubt(f"perhaps in a text that is not saved: {name}")
    return None


def _unsaved(raised: Raised) -> str | None:
    """A word of what is missing that another open text holds: the tool reads the disk, and the text may not be saved."""
    snapshot = raised.trial.snapshot
    words = _WORD.findall(raised.symbol)
    for other in unsaved(snapshot):
        stem = Path(other.path).stem if other.path is not None else ""
        for word in words:
            if word == stem or re.search(rf"\b{re.escape(word)}\b", other.text):
                return str(word)
    return None


def _key(diagnostic: ChildDiagnostic, text: str) -> tuple[str, str]:
    """Rule and symbol: what two findings in two texts have in common when they mean the same."""
    symbol = text[diagnostic.span.start : diagnostic.span.end]
    return diagnostic.code, symbol if symbol.strip() else diagnostic.message


def _lines(document: Document, span: Span) -> Span:
    first, last = (line_at(document.lines, at) for at in (span.start, span.end))
    return Span(document.lines[first], line_span(document.text, document.lines, last).end)


def _back(offset: int, added: Span) -> int:
    return offset if offset <= added.start else max(added.start, offset - (added.end - added.start))


def _meets(a: Span, b: Span) -> bool:
    return a.start <= b.end and b.start <= a.end
