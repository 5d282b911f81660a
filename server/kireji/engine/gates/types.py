"""The type gate: modules, members, names and arguments that cannot exist, and values of the wrong type, by a private `ty`.

Compares with the baseline by rule and symbol. Judges the insertion alone: what a change of types breaks elsewhere is for the
person's own checker to say. A second checker, where one is installed, is heard before a value's type rejects anything.
"""

from __future__ import annotations

import contextlib
import re
from collections import OrderedDict
from dataclasses import dataclass, replace

from kireji.base.child_protocol import ChildDiagnostic, ChildUnavailable
from kireji.base.languages import canonical
from kireji.base.types import Document, Finding, GateResult, GateState, Severity, Snapshot, Span
from kireji.engine.gates import policy
from kireji.engine.gates.checkers import Checkers, Surroundings, surroundings
from kireji.engine.gates.excuses import IMPORT, MISSING_MEMBER, MISSING_NAME, OF_A_CALL, is_excused
from kireji.engine.gates.gate import Cost, Trial
from kireji.engine.gates.importing import doubt, has_star, imported_at, repeated
from kireji.engine.gates.policy import Action
from kireji.engine.gates.unsaved import called_at, defined_in

_NAME = "types"
_ANSWER_SECONDS = 4.0
# A second opinion that comes later than this is not waited for.
_SECOND_SECONDS = 0.15
_REMEMBERED = 8
_SEEN = "ignore-comment-unknown-rule"
# A comment that names a rule which does not exist: who does not report it has not looked at the text. Unlike a statement
# it is seen behind `sys.exit()` too.
_PROBE = "\n# ty: ignore[kireji-end-of-text]\n"
# A hint without a code: only its words tell. Were they others, nothing would be lost but what is said of such places.
_UNREACHED = "unreachable"
_SILENT = re.compile(r"(#[^\n]*?\bt(?:ype|y))(\s*:\s*ignore)")


@dataclass(frozen=True, slots=True)
class Report:
    """What the checker says of a text. `blind`: it has not looked at it. `unreached`: what it takes for unreachable."""

    diagnostics: tuple[ChildDiagnostic, ...]
    blind: bool
    unreached: tuple[Span, ...] = ()


def rules() -> dict[str, str]:
    """The rules that the checker has to look for, with the level it is told."""
    return dict.fromkeys(policy.codes(_NAME), "error") | {_SEEN: "warn"}


class TypesGate:
    """Asks one checker, and remembers what it said of the last few baselines. `second` is asked about values' types."""

    name = _NAME
    cost = Cost.SLOW

    def __init__(self, first: Checkers, second: Checkers | None = None) -> None:
        self._first = first
        self._second = second if second is not None and second.installed else None
        self._warmed: OrderedDict[tuple[int, Surroundings], None] = OrderedDict()
        self._remembered: OrderedDict[tuple[int, Surroundings, str, str], Report] = OrderedDict()

    def applies(self, language: str) -> bool:
        """Python."""
        return canonical(language) == "python"

    async def prepare(self, snapshot: Snapshot, baseline: Document) -> None:
        """Tells what was saved, and asks about the baseline. A checker that cannot answer is no fault of the candidate's: `check`
        says so."""
        where = surroundings(snapshot.workspace, snapshot.document)
        with contextlib.suppress(ChildUnavailable):
            await self._first.refresh(where, snapshot.document, _ANSWER_SECONDS)
            await self._of_baseline(where, baseline)
        if self._second is None:
            return
        with contextlib.suppress(ChildUnavailable):
            await self._second.refresh(where, snapshot.document, _ANSWER_SECONDS)
        if (self._second.age, where) not in self._warmed:
            # Its first look takes a second, and is seldom needed. One that was taken back was none.
            with contextlib.suppress(ChildUnavailable):
                await self._second.diagnostics(where, baseline, baseline.text, _ANSWER_SECONDS)
            self._warmed[self._second.age, where] = None
            if len(self._warmed) > _REMEMBERED:
                self._warmed.popitem(last=False)

    async def check(self, trial: Trial) -> GateResult:
        """FAIL for what is new in the insertion; UNKNOWN without a checker, or where it cannot know."""
        where = surroundings(trial.snapshot.workspace, trial.before)
        try:
            old = await self._of_baseline(where, trial.baseline)
            new = await self._ask(where, trial.after, _unsilenced(trial.after.text, trial.inserted))
            if any(_meets(span, brought) for span in new.unreached for brought in trial.spans):
                new = replace(new, diagnostics=new.diagnostics + await self._unreached_imports(where, trial))
            judged = judge(trial, where, old, new)
            if judged.suspects and not judged.findings and self._second is not None:
                judged = await self._confirmed(where, trial, judged)
        except ChildUnavailable as error:
            return GateResult(_NAME, GateState.UNKNOWN, note=str(error))
        findings = judged.findings + judged.suspects
        if findings:
            return GateResult(_NAME, GateState.FAIL, findings)
        notes = ["the checker does not look at this file"] if new.blind else sorted(set(judged.doubts))
        return GateResult(_NAME, GateState.UNKNOWN if notes else GateState.PASS, note="; ".join(notes))

    async def close(self) -> None:
        """Ends the checkers. May be called twice."""
        await self._first.close()
        if self._second is not None:
            await self._second.close()

    async def _of_baseline(self, where: Surroundings, baseline: Document) -> Report:
        key = (self._first.age, where, baseline.uri, baseline.text)
        found = self._remembered.get(key)
        if found is None:
            found = self._remembered[key] = await self._ask(where, baseline, baseline.text)
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return found

    async def _ask(self, where: Surroundings, document: Document, text: str) -> Report:
        found = await self._first.diagnostics(where, document, text + _PROBE, _ANSWER_SECONDS)
        seen = any(d.code == _SEEN and d.span.start >= len(text) for d in found)
        said = [d for d in found if d.span.start < len(text)]
        unreached = tuple(d.span for d in said if not d.code and _UNREACHED in d.message)
        return Report(tuple(d for d in said if d.code and d.code != _SEEN), not seen, unreached)

    async def _unreached_imports(self, where: Surroundings, trial: Trial) -> tuple[ChildDiagnostic, ...]:
        """What is wrong with imports that the checker has not looked at, since it takes their place for unreachable."""
        text, again = trial.after.text, repeated(trial.after, trial.inserted)
        if not again.places:
            return ()
        found = await self._first.diagnostics(where, trial.after, text + again.added, _ANSWER_SECONDS)
        moved = []
        for diagnostic in found:
            start = again.origin(diagnostic.span.start - len(text))
            if diagnostic.code == IMPORT and start is not None:
                length = diagnostic.span.end - diagnostic.span.start
                moved.append(replace(diagnostic, span=Span(start, start + length)))
        return tuple(moved)

    async def _confirmed(self, where: Surroundings, trial: Trial, judged: Judged) -> Judged:
        """The suspects to which the second checker objects as well, in whatever words. Without its answer all of them."""
        assert self._second is not None  # noqa: S101 — the caller has looked
        try:
            said = await self._second.diagnostics(where, trial.after, trial.after.text, _SECOND_SECONDS)
        except ChildUnavailable:
            return judged
        agreed = tuple(f for f in judged.suspects if any(d.severity == 1 and _meets(d.span, f.span) for d in said))
        return replace(judged, suspects=agreed)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is new in the insertion: proved wrong, wrong by its type, and what the checker cannot know."""

    findings: tuple[Finding, ...] = ()
    suspects: tuple[Finding, ...] = ()
    doubts: tuple[str, ...] = ()


def judge(trial: Trial, where: Surroundings, old: Report, new: Report) -> Judged:
    """What is new, by the policy's rules. Reads nothing but which files stand where an import may lead."""
    known = {_key(d, trial.baseline.text) for d in old.diagnostics}
    text = trial.after.text
    findings: list[Finding] = []
    suspects: list[Finding] = []
    doubts: list[str] = []
    unresolved_star = any(d.code == IMPORT and _is_star(d, text) for d in new.diagnostics)
    for diagnostic in new.diagnostics:
        action = policy.action(_NAME, diagnostic.code)
        if action is Action.IGNORE or not any(_meets(diagnostic.span, brought) for brought in trial.spans):
            continue
        symbol = text[diagnostic.span.start : diagnostic.span.end]
        if _key(diagnostic, text) in known or is_excused(diagnostic, symbol, trial.after, action):
            continue
        reason = _doubt(diagnostic, symbol, trial, where)
        if diagnostic.code == MISSING_NAME and unresolved_star:
            reason = f"perhaps from a star import: {symbol}"
        if reason is not None:
            doubts.append(reason)
            continue
        message = diagnostic.message.partition("\n")[0]
        finding = Finding(_NAME, diagnostic.code, Severity.REJECT, message, diagnostic.span, symbol)
        (findings if action is Action.REJECT else suspects).append(finding)
    return Judged(tuple(findings), tuple(suspects), tuple(doubts))


def _key(diagnostic: ChildDiagnostic, text: str) -> tuple[str, str]:
    """Rule and symbol: what two findings in two texts have in common when they mean the same."""
    return diagnostic.code, text[diagnostic.span.start : diagnostic.span.end]


def _doubt(diagnostic: ChildDiagnostic, symbol: str, trial: Trial, where: Surroundings) -> str | None:
    """Why the checker may not know better; None when it does."""
    name = symbol.rpartition(".")[2]
    if diagnostic.code in (IMPORT, MISSING_MEMBER) and name.isidentifier():
        # A text that is not saved yet: the checker reads the disk.
        word = re.compile(rf"\b{re.escape(name)}\b")
        others = (d for d in trial.snapshot.open_documents if d.uri != trial.before.uri)
        if any(_stem(d) == name or word.search(d.text) for d in others if canonical(d.language) == "python"):
            return f"perhaps in a text that is not saved: {name}"
    called = called_at(trial.after.text, diagnostic.span) if diagnostic.code in OF_A_CALL else ""
    if called and defined_in(trial.snapshot, called):
        return f"perhaps to be called otherwise, by a text that is not saved: {called}"
    if diagnostic.code == IMPORT:
        return doubt(imported_at(trial.after.text, diagnostic.span), where, trial.before)
    return None


def _stem(document: Document) -> str:
    return (document.path or document.uri).replace("\\", "/").rpartition("/")[2].partition(".")[0]


def _is_star(diagnostic: ChildDiagnostic, text: str) -> bool:
    return has_star(text[text.rfind("\n", 0, diagnostic.span.start) + 1 : text.find("\n", diagnostic.span.end)])


def _unsilenced(text: str, inserted: Span) -> str:
    """The text without the comments by which the insertion would silence the checker, at equal length."""
    said = text[inserted.start : inserted.end]
    if _SILENT.search(said) is None:
        return text
    quiet = _SILENT.sub(lambda m: m[1][:-1] + "_" + m[2], said)
    return text[: inserted.start] + quiet + text[inserted.end :]


def _meets(a: Span, b: Span) -> bool:
    return a.start <= b.end and b.start <= a.end
