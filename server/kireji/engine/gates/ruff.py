"""The ruff gate: undefined names and what Python would refuse, by a private `ruff server` that obeys no project settings.

Compares with the baseline by rule and symbol, never by count. Judges no style.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Iterable

from kireji.base.child_protocol import ChildDiagnostic, ChildFailure, ChildSpec, ChildUnavailable
from kireji.base.children import Child
from kireji.base.languages import canonical
from kireji.base.types import Document, Finding, GateResult, GateState, Severity, Span
from kireji.engine.gates import policy
from kireji.engine.gates.gate import Cost, Trial

_NAME = "ruff"
_INVALID = "invalid-syntax"
# Unknown target: the newest syntax ruff knows, so that nothing is refused for being new.
NEWEST = "py315"
_ANSWER_SECONDS = 2.0
_REMEMBERED = 8
_COMMENT = re.compile(r"#[^\n\r]*")
_DIRECTIVE = re.compile(r"noqa|ruff\s*:|flake8\s*:", re.IGNORECASE)
_NAME_CODES = frozenset({"F821", "F405"})


def ruff_spec(executable: str | None = None, target: str = NEWEST) -> ChildSpec | None:
    """How to run ruff: the given program, else the one of the installed package; None when there is neither.

    `target` is ruff's name of the project's Python ("py311"). No setting of the workspace or of the user is read.
    """
    if executable is None:
        from ruff import find_ruff_bin

        try:
            executable = find_ruff_bin()
        except FileNotFoundError:
            return None
    rules = [code for code in policy.codes(_NAME) if code != _INVALID]
    settings = {
        "configurationPreference": "editorOnly",
        "configuration": {"target-version": target},
        "lint": {"enable": True, "select": rules, "ignore": [], "extendSelect": []},
        "organizeImports": False,
        "fixAll": False,
        "showSyntaxErrors": True,
    }
    return ChildSpec(_NAME, (executable, "server"), None, {"settings": settings, "globalSettings": settings})


class RuffGate:
    """Asks one child, and remembers what it said of the last few baselines. `child` is None when there is no ruff."""

    name = _NAME
    cost = Cost.CHEAP

    def __init__(self, child: Child | None) -> None:
        self._child = child
        self._remembered: OrderedDict[tuple[str, str], tuple[ChildDiagnostic, ...]] = OrderedDict()

    def applies(self, language: str) -> bool:
        """Python."""
        return canonical(language) == "python"

    async def prepare(self, baseline: Document) -> None:
        """Asks about the baseline. A child that cannot answer is no fault of the candidate's: `check` says so."""
        try:
            await self._of_baseline(baseline)
        except ChildUnavailable:
            return

    async def check(self, trial: Trial) -> GateResult:
        """FAIL for what is new against the baseline; UNKNOWN without ruff, or where a star import hides the truth."""
        try:
            old = await self._of_baseline(trial.baseline)
            new = await self._ask(trial.after)
        except ChildUnavailable as error:
            return GateResult(_NAME, GateState.UNKNOWN, note=str(error))
        return judge(trial, old, new)

    async def _of_baseline(self, baseline: Document) -> tuple[ChildDiagnostic, ...]:
        key = (baseline.uri, baseline.text)
        found = self._remembered.get(key)
        if found is None:
            found = await self._ask(baseline)
            self._remembered[key] = found
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return found

    async def _ask(self, document: Document) -> tuple[ChildDiagnostic, ...]:
        if self._child is None:
            raise ChildUnavailable(ChildFailure.MISSING)
        deadline = asyncio.get_running_loop().time() + _ANSWER_SECONDS
        return await self._child.diagnostics(document.uri, "python", without_directives(document.text), deadline)


def judge(trial: Trial, old: Iterable[ChildDiagnostic], new: Iterable[ChildDiagnostic]) -> GateResult:
    """What is new, by the policy's rules. Pure."""
    known = {_key(d, trial.baseline.text) for d in old}
    blind = any(d.code == _INVALID and _is_parse_error(d) for d in new)
    findings, doubts = [], []
    for diagnostic in new:
        key = _key(diagnostic, trial.after.text)
        if key in known or not _reaches(diagnostic, trial.inserted):
            continue
        match policy.action(_NAME, diagnostic.code):
            case policy.Action.REJECT:
                findings.append(_finding(diagnostic, key[1]))
            case policy.Action.ABSTAIN:
                doubts.append(key[1])
            case _:
                continue
    if findings:
        return GateResult(_NAME, GateState.FAIL, tuple(findings))
    if blind:
        return GateResult(_NAME, GateState.UNKNOWN, note="the file does not parse elsewhere")
    if doubts:
        return GateResult(
            _NAME, GateState.UNKNOWN, note=f"perhaps from a star import: {', '.join(sorted(set(doubts)))}"
        )
    return GateResult(_NAME, GateState.PASS)


_QUOTED = re.compile(r"`([^`]*)`")


def _key(diagnostic: ChildDiagnostic, text: str) -> tuple[str, str]:
    """Rule and symbol: what two findings in two texts have in common when they mean the same."""
    if diagnostic.code in _NAME_CODES:
        return diagnostic.code, text[diagnostic.span.start : diagnostic.span.end]
    quoted = _QUOTED.search(diagnostic.message)
    return diagnostic.code, quoted.group(1) if quoted else diagnostic.message


def _is_parse_error(diagnostic: ChildDiagnostic) -> bool:
    """An error that keeps ruff from seeing the names: it reports those of version and meaning under the same code."""
    return not diagnostic.message.startswith(("Cannot use", "`")) and "outside" not in diagnostic.message


def _reaches(diagnostic: ChildDiagnostic, inserted: Span) -> bool:
    """Whether the finding lies where its rule counts."""
    if policy.reach(_NAME, diagnostic.code) is policy.Reach.ANYWHERE:
        return True
    return diagnostic.span.start <= inserted.end and diagnostic.span.end >= inserted.start


def _finding(diagnostic: ChildDiagnostic, symbol: str) -> Finding:
    return Finding(_NAME, diagnostic.code, Severity.REJECT, diagnostic.message, diagnostic.span, symbol)


def without_directives(text: str) -> str:
    """The text without comments that silence ruff, at equal length: no comment may hide an undefined name from us."""

    def silenced(comment: re.Match[str]) -> str:
        return _DIRECTIVE.sub(lambda m: "_" * len(m.group()), comment.group())

    return _COMMENT.sub(silenced, text) if _DIRECTIVE.search(text) else text
