"""The security gate: what an answer brings in that a person would want to know of, or that must not be shown at all.

Dangerous calls warn and are shown: whether they are wanted is for a person to say. Characters that do not show, and secrets,
reject. What was in the buffer before is never held against the candidate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from kireji.base.characters import INVISIBLE
from kireji.base.child_protocol import ChildUnavailable
from kireji.base.languages import canonical
from kireji.base.types import Document, Finding, GateResult, GateState, Severity, Snapshot, Span
from kireji.engine.gates import policy
from kireji.engine.gates.effects import effects
from kireji.engine.gates.gate import Cost, Trial
from kireji.engine.gates.policy import Rule
from kireji.engine.gates.ruff import RuffGate

_NAME = "security"
# A rule that is right only where a secret is made: there are honest uses of chance.
_SECRET_IN_THE_MAKING = re.compile(r"token|secret|passw|nonce|salt|\bkey|_key|otp|session|csrf|auth", re.IGNORECASE)
_NEEDS: Mapping[str, re.Pattern[str]] = MappingProxyType({"S311": _SECRET_IN_THE_MAKING})
_MESSAGES = MappingProxyType(
    {
        Rule.INVISIBLE: "holds a character that does not show",
        Rule.SECRET: "holds a secret",
    }
)


class SecurityGate:
    """Keeps nothing. `secrets` finds where secrets stand in a text; `ruff` knows the rules of dangerous Python."""

    name = _NAME
    cost = Cost.CHEAP

    def __init__(self, ruff: RuffGate, secrets: Callable[[str], Sequence[Span]]) -> None:
        self._ruff = ruff
        self._secrets = secrets

    def applies(self, language: str) -> bool:
        """Any text."""
        return True

    async def prepare(self, snapshot: Snapshot, baseline: Document) -> None:
        """There is nothing to prepare: ruff's gate asks ruff."""

    async def check(self, trial: Trial) -> GateResult:
        """FAIL for what must not be shown; else PASS with warnings, UNKNOWN when ruff cannot be asked."""
        found = [*_invisible(trial), *self._secret(trial)]
        if found:
            return GateResult(_NAME, GateState.FAIL, tuple(found))
        if canonical(trial.after.language) != "python":
            return GateResult(_NAME, GateState.PASS)
        warned = tuple(
            _finding(effect.rule, Severity.WARN, effect.message, effect.span)
            for effect in effects(trial.after.text, trial.inserted, trial.baseline.text)
        )
        try:
            return GateResult(_NAME, GateState.PASS, warned + await self._dangers(trial))
        except ChildUnavailable as error:
            return GateResult(_NAME, GateState.UNKNOWN, warned, note=str(error))

    def _secret(self, trial: Trial) -> Iterator[Finding]:
        """The secrets that the insertion brings or completes, unless they stand in the buffer already."""
        text, inserted = trial.after.text, trial.inserted
        start = text.rfind("\n", 0, inserted.start) + 1
        end = text.find("\n", inserted.end)
        for span in self._secrets(text[start : end if end >= 0 else len(text)]):
            where = Span(start + span.start, start + span.end)
            if _meets(where, inserted) and text[where.start : where.end] not in trial.before.text:
                yield _finding(Rule.SECRET, Severity.REJECT, _MESSAGES[Rule.SECRET], where)

    async def _dangers(self, trial: Trial) -> tuple[Finding, ...]:
        """What ruff's rules say of the insertion and did not say of the baseline."""
        version = trial.snapshot.workspace.version
        old, new = await self._ruff.report(trial.baseline, version), await self._ruff.report(trial.after, version)
        before, after = trial.baseline.text, trial.after.text
        known = {(d.code, before[d.span.start : d.span.end]) for d in old.diagnostics}
        found = []
        for diagnostic in new.diagnostics:
            said = after[diagnostic.span.start : diagnostic.span.end]
            needed = _NEEDS.get(diagnostic.code)
            if (
                policy.action(_NAME, diagnostic.code) is not policy.Action.WARN
                or not any(_meets(diagnostic.span, brought) for brought in trial.spans)
                or (diagnostic.code, said) in known
                or (needed is not None and not needed.search(_rows(after, diagnostic.span)))
            ):
                continue
            found.append(_finding(diagnostic.code, Severity.WARN, diagnostic.message, diagnostic.span))
        return tuple(found)


def _invisible(trial: Trial) -> Iterator[Finding]:
    """The characters that do not show and are new to the buffer."""
    text, inserted = trial.after.text, trial.inserted
    for match in INVISIBLE.finditer(text, inserted.start, inserted.end):
        if match.group() not in trial.before.text:
            message = f"{_MESSAGES[Rule.INVISIBLE]}: U+{ord(match.group()):04X}"
            yield _finding(Rule.INVISIBLE, Severity.REJECT, message, Span(*match.span()))


def _rows(text: str, span: Span) -> str:
    end = text.find("\n", span.end)
    return text[text.rfind("\n", 0, span.start) + 1 : end if end >= 0 else len(text)]


def _meets(a: Span, b: Span) -> bool:
    """Whether they share a character: what the person has typed up to the cursor is not the answer's doing."""
    return a.start < b.end and b.start < a.end


def _finding(code: str, severity: Severity, message: str, span: Span) -> Finding:
    return Finding(_NAME, code, severity, message, span)
