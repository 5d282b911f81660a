"""The ruff gate: undefined names and what Python would refuse, by a private `ruff server` that obeys no project settings.

Compares with the baseline by rule and symbol, never by count. Judges no style.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass, replace

from kireji.base.child_protocol import ChildDiagnostic, ChildFailure, ChildSpec, ChildUnavailable
from kireji.base.children import Child
from kireji.base.languages import canonical
from kireji.base.python_version import Version
from kireji.base.types import Document, Finding, GateResult, GateState, Severity, Snapshot, Span
from kireji.engine.gates import policy
from kireji.engine.gates.gate import Cost, Trial
from kireji.engine.gates.living import surplus

_NAME = "ruff"
_INVALID = "invalid-syntax"
# The newest Python that ruff knows: for an unknown one, so that nothing is refused for being new.
NEWEST = (3, 15)
_ANSWER_SECONDS = 2.0
_REMEMBERED = 8
_COMMENT = re.compile(r"#[^\n\r]*")
_DIRECTIVE = re.compile(r"noqa|ruff\s*:|flake8\s*:", re.IGNORECASE)
# An undefined name, and one that may come from a star import: the type gate looks into that.
_NAME_CODES = frozenset({"F821", "F405"})
# Defined nowhere; made longer where a text holds it.
_PROBE = "kireji_end_of_text"
_CODE = re.compile(r"[A-Z]+\d+")


def ruff_spec(executable: str | None = None, version: Version | None = None) -> ChildSpec | None:
    """How to run ruff: the given program, else the one of the installed package; None when there is neither.

    `version` is the project's Python. No setting of the workspace or of the user is read.
    """
    if executable is None:
        from ruff import find_ruff_bin

        try:
            executable = find_ruff_bin()
        except FileNotFoundError:
            return None
    # The security gate's rules are ruff's where they look like ruff's; one answer serves both gates.
    dangers = [code for code in policy.codes("security") if _CODE.fullmatch(code)]
    rules = sorted({*policy.codes(_NAME), *dangers, *_NAME_CODES} - {_INVALID})
    settings = {
        "configurationPreference": "editorOnly",
        # ruff skips folders such as `build`, `dist` and `.venv` by default; a file that is edited is judged wherever it lies.
        "configuration": {
            "target-version": _target(version),
            "exclude": [],
            "extend-exclude": [],
            "force-exclude": False,
        },
        "exclude": [],
        "lint": {"enable": True, "select": rules, "ignore": [], "extendSelect": []},
        "organizeImports": False,
        "fixAll": False,
        "showSyntaxErrors": True,
    }
    options = {"settings": settings, "globalSettings": settings}
    # Twenty thousand lines take it 80 MB.
    return ChildSpec(_NAME, (executable, "server"), None, options, memory_bytes=512 * 2**20)


@dataclass(frozen=True, slots=True)
class Report:
    """What ruff says of a text. `blind`: it could not read the text well enough to look for names at all."""

    diagnostics: tuple[ChildDiagnostic, ...]
    blind: bool


class RuffGate:
    """Asks one child, or another that is told of the project's Python, and remembers what they said of the last few texts.

    `child` is for an unknown Python; None when there is no ruff. Whoever made it ends it; `close` ends the others.
    """

    name = _NAME
    cost = Cost.CHEAP

    def __init__(self, child: Child | None) -> None:
        self._child = child
        self._others: OrderedDict[Version, Child] = OrderedDict()
        self._opening = asyncio.Lock()
        self._remembered: OrderedDict[tuple[Version, str, str], Report] = OrderedDict()
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that run now."""
        children = (self._child, *self._others.values())
        return tuple(pid for child in children if child is not None for pid in child.pids)

    def applies(self, language: str) -> bool:
        """Python."""
        return canonical(language) == "python"

    async def prepare(self, snapshot: Snapshot, baseline: Document) -> None:
        """Asks about the baseline. A child that cannot answer is no fault of the candidate's: `check` says so."""
        try:
            await self.report(baseline, snapshot.workspace.version)
        except ChildUnavailable:
            return

    async def check(self, trial: Trial) -> GateResult:
        """FAIL for what is new against the baseline; UNKNOWN without ruff, or where a star import hides the truth."""
        try:
            version = trial.snapshot.workspace.version
            old = await self.report(trial.baseline, version)
            new = await self.report(trial.after, version)
        except ChildUnavailable as error:
            return GateResult(_NAME, GateState.UNKNOWN, note=str(error))
        return judge(trial, old, new)

    async def close(self) -> None:
        """Ends the children that this gate has started. May be called twice."""
        self._closed = True
        async with self._opening:
            others, self._others = self._others, OrderedDict()
            await asyncio.gather(*(child.close() for child in others.values()))

    async def report(self, document: Document, version: Version | None) -> Report:
        """What ruff says of a text for a Python, asked once while it is remembered. Raises ChildUnavailable."""
        version = min(version, NEWEST) if version is not None else NEWEST
        key = (version, document.uri, document.text)
        found = self._remembered.get(key)
        if found is None:
            found = self._remembered[key] = await self._ask(document, version)
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return found

    async def _ask(self, document: Document, version: Version) -> Report:
        child = await self._for(version)
        deadline = asyncio.get_running_loop().time() + _ANSWER_SECONDS
        text = without_directives(document.text)
        # A last line that uses a name which nobody defines: who does not report it sees no names. ruff says in words
        # only whether a fault keeps it from looking, and words change.
        length, probe = len(text), _PROBE
        while probe in text:
            probe += "_"
        found = await child.diagnostics(document.uri, "python", f"{text}\n{probe}\n", deadline)
        seen = any(d.code in _NAME_CODES and d.span.start > length for d in found)
        return Report(tuple(d for d in found if d.span.start <= length), not seen)

    async def _for(self, version: Version) -> Child:
        """The child for a Python. Beside the one for an unknown Python, the last that was asked stays."""
        if self._child is None:
            raise ChildUnavailable(ChildFailure.MISSING)
        if version == NEWEST and not self._closed:
            return self._child
        async with self._opening:
            if self._closed:
                raise ChildUnavailable(ChildFailure.CLOSED)
            child = self._others.get(version)
            if child is None:
                child = self._others[version] = Child(_for_version(self._child.spec, version))
            while gone := surplus(self._others, version, 1, lambda one: one.idle, lambda _: None):
                await gone.close()
            return child


def _target(version: Version | None) -> str:
    """ruff's name of a Python."""
    major, minor = version if version is not None else NEWEST
    return f"py{major}{minor}"


def _for_version(spec: ChildSpec, version: Version) -> ChildSpec:
    """The same program, told of another Python."""
    given = spec.initialization_options["settings"]
    settings = {**given, "configuration": {**given["configuration"], "target-version": _target(version)}}
    return replace(spec, initialization_options={"settings": settings, "globalSettings": settings})


def judge(trial: Trial, old: Report, new: Report) -> GateResult:
    """What is new, by the policy's rules. Pure. Of what the baseline could not show, only the insertion is held to them."""
    known = {_key(d, trial.baseline.text) for d in old.diagnostics}
    findings, doubts = [], []
    for diagnostic in new.diagnostics:
        key = _key(diagnostic, trial.after.text)
        if key in known or not _reaches(diagnostic, trial):
            continue
        match policy.action(_NAME, diagnostic.code):
            case policy.Action.REJECT if not _was_seen(diagnostic, trial, old):
                doubts.append("the statement did not parse before")
            case policy.Action.REJECT:
                findings.append(_finding(diagnostic, key[1]))
            case _:
                continue
    if findings:
        return GateResult(_NAME, GateState.FAIL, tuple(findings))
    if new.blind:
        return GateResult(_NAME, GateState.UNKNOWN, note="the file does not parse elsewhere")
    if doubts:
        return GateResult(_NAME, GateState.UNKNOWN, note="; ".join(sorted(set(doubts))))
    return GateResult(_NAME, GateState.PASS)


_QUOTED = re.compile(r"`([^`]*)`")


def _key(diagnostic: ChildDiagnostic, text: str) -> tuple[str, str]:
    """Rule and symbol: what two findings in two texts have in common when they mean the same."""
    if diagnostic.code in _NAME_CODES:
        return diagnostic.code, text[diagnostic.span.start : diagnostic.span.end]
    quoted = _QUOTED.search(diagnostic.message)
    return diagnostic.code, quoted.group(1) if quoted else diagnostic.message


def _reaches(diagnostic: ChildDiagnostic, trial: Trial) -> bool:
    """Whether the finding lies where its rule counts."""
    return policy.reach(_NAME, diagnostic.code) is policy.Reach.ANYWHERE or _is_brought(diagnostic.span, trial)


def _was_seen(diagnostic: ChildDiagnostic, trial: Trial, old: Report) -> bool:
    """Whether ruff could have said the same of the baseline: its text stands there too, or the candidate has brought it."""
    span = diagnostic.span
    if _is_brought(span, trial) or diagnostic.code not in _NAME_CODES:
        return True
    after, baseline = trial.after.text, trial.baseline.text
    above = -sum(further.end - further.start for further in trial.further if further.start < span.start)
    shift = above if span.start < trial.inserted.start else len(baseline) - len(after)
    return not old.blind and baseline[span.start + shift : span.end + shift] == after[span.start : span.end]


def _is_brought(span: Span, trial: Trial) -> bool:
    return any(_meets(span, brought) for brought in trial.spans)


def _meets(a: Span, b: Span) -> bool:
    return a.start <= b.end and b.start <= a.end


def _finding(diagnostic: ChildDiagnostic, symbol: str) -> Finding:
    return Finding(_NAME, diagnostic.code, Severity.REJECT, diagnostic.message, diagnostic.span, symbol)


def without_directives(text: str) -> str:
    """The text without comments that silence ruff, at equal length: no comment may hide an undefined name from us."""

    def silenced(comment: re.Match[str]) -> str:
        return _DIRECTIVE.sub(lambda m: "_" * len(m.group()), comment.group())

    return _COMMENT.sub(silenced, text) if _DIRECTIVE.search(text) else text
