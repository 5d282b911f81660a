"""Says how an answer came about: gates, times, repairs, money. Plain JSON, or a sentence; no source text in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from kireji.base.audit import GateLine, OutcomeRow
from kireji.base.characters import HIDDEN, MIXED_SCRIPTS
from kireji.base.child_protocol import ChildFailure
from kireji.base.types import Finding, GateState, Offered, Outcome, Proposed, Reason, Report, Stage, Withheld

_NANO = 1_000_000_000
_BROKEN = (
    ChildFailure.MISSING,
    ChildFailure.CRASHED,
    ChildFailure.HUNG,
    ChildFailure.BACKING_OFF,
    ChildFailure.PROTOCOL,
    ChildFailure.REFUSED,
)


class Told(Protocol):
    """What a feature may answer: it says itself why there is nothing to show, if so, and which room decided that."""

    @property
    def reason(self) -> Reason | None:
        """Why nothing is shown; None when something is."""
        ...

    @property
    def stage(self) -> Stage:
        """The room that decided it."""
        ...


def sentence(outcome: Outcome | Proposed) -> str:
    """The outcome in one line, for people."""
    if isinstance(outcome, Proposed):
        return "it passed every check"
    if isinstance(outcome, Offered):
        return "it passed every check" if not outcome.candidate.repairs else "it passed once repaired"
    finding = next(iter(outcome.findings), None)
    detail = f"{finding.gate} {finding.code}: {finding.message}" if finding is not None else outcome.detail
    return f"{outcome.reason.value} ({detail})" if detail else outcome.reason.value


def unjudged(outcome: Outcome | Proposed) -> str | None:
    """What could not be judged because a tool is missing or broken; "" when all tools worked, None when none was asked.

    What a gate does not know for other reasons is no fault of a tool, and not said here.
    """
    results = outcome.report.gates
    if not results:
        return None
    broken = [r for r in results if r.state is GateState.UNKNOWN and any(f.value in r.note for f in _BROKEN)]
    return "; ".join(f"{r.gate}: {r.note}" for r in broken)


def hidden(report: Report) -> Iterator[str]:
    """What a person should know of the rules that went into the question: that they hold what nobody sees in them."""
    for redaction in report.redactions:
        name = "/".join(unquote(urlsplit(redaction.uri).path).split("/")[-2:])
        if redaction.rule == HIDDEN:
            yield f"{name} holds characters that do not show; they are not sent"
        elif redaction.rule == MIXED_SCRIPTS:
            yield f"{name} holds words in letters of two scripts; they are not sent"


def outcome_row(request: str, feature: str, told: Told, ms: float, provider: str, language: str) -> OutcomeRow:
    """The row that is kept of an outcome: nothing of the text, and nothing that quotes it."""
    report = _report(told)
    findings = told.findings if isinstance(told, Withheld) else ()
    gates = tuple(GateLine(g.gate, g.state, g.elapsed * 1000, _places(g.findings)) for g in report.gates)
    if not gates:
        # Proved wrong while it was still coming: no verdict on the whole was asked for.
        gates = tuple(GateLine(f.gate, GateState.FAIL, 0.0, _places((f,))) for f in findings)
    return OutcomeRow(
        request,
        feature,
        told.reason,
        told.stage,
        ms,
        report.provider or provider,
        about=_identity(told),
        language=language,
        model=report.model,
        gates=gates,
        repairs=told.candidate.repairs if isinstance(told, Offered) else (),
        reused=report.reused,
        nano=report.cost,
        output=report.usage.output,
        spared=report.spared,
        trouble=report.trouble,
    )


def _report(told: Told) -> Report:
    """What it says of itself: lists and offers ask no model, and have none."""
    report = getattr(told, "report", None)
    return report if isinstance(report, Report) else Report()


def _identity(told: Told) -> str:
    if isinstance(told, Proposed):
        return told.id
    return told.candidate.id if isinstance(told, Offered) else ""


def _places(findings: tuple[Finding, ...]) -> tuple[tuple[str, int, int], ...]:
    return tuple((f.code, f.span.start, f.span.end) for f in findings)


def explanation(outcome: Outcome | Proposed) -> dict[str, Any]:
    """The outcome as a JSON object. Times are milliseconds, money dollars."""
    report = outcome.report
    why = {"reason": outcome.reason.value, "stage": outcome.stage.value} if isinstance(outcome, Withheld) else {}
    findings = outcome.findings if isinstance(outcome, Withheld) else outcome.verdict.findings
    repairs = outcome.candidate.repairs if isinstance(outcome, Offered) else ()
    return {
        "offered": not isinstance(outcome, Withheld),
        **why,
        "detail": outcome.detail if isinstance(outcome, Withheld) else "",
        "trouble": report.trouble.value if report.trouble is not None else "",
        "provider": report.provider,
        "model": report.model,
        "findings": [
            {
                "gate": f.gate,
                "code": f.code,
                "severity": f.severity.value,
                "message": f.message,
                "span": [f.span.start, f.span.end],
            }
            for f in findings
        ],
        "gates": [
            {"gate": g.gate, "state": g.state.value, "elapsed_ms": g.elapsed * 1000, "note": g.note}
            for g in report.gates
        ],
        "repairs": list(repairs),
        "stages": [{"stage": stage.value, "elapsed_ms": seconds * 1000} for stage, seconds in report.stages],
        "redactions": [r.rule for r in report.redactions],
        "cut_by": report.cut_by,
        "tokens": {
            "input": report.usage.input,
            "output": report.usage.output,
            "cache_read": report.usage.cache_read,
            "cache_write": report.usage.cache_write,
        },
        "cost_usd": report.cost / _NANO,
    }
