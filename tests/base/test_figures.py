"""What is counted of requests and of what became of suggestions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kireji.base.alerts import Thresholds, alerts
from kireji.base.audit import OutcomeRow
from kireji.base.figures import AHEAD, Group, Share, figures, group, grouped, quantile
from kireji.base.types import Feedback, Reason, Stage


def row(
    request: str, reason: Reason | None = None, ms: float = 100.0, language: str = "python", **more: int
) -> OutcomeRow:
    stage = Stage.DELIVER if reason is None else Stage.GATES
    return OutcomeRow(
        request,
        "inline completion",
        reason,
        stage,
        ms,
        "anthropic",
        about=f"{request.removesuffix('again')}.1" if reason is None else "",
        language=language,
        reused=bool(more.get("reused")),
        nano=more.get("nano", 0),
        output=more.get("output", 0),
        spared=more.get("spared", 0),
    )


def test_of_nothing() -> None:
    found = figures((), ())
    assert (found.requests, found.acceptance, found.withheld, found.per_accepted) == (0, {}, {}, None)
    assert found.reused.percent == 0


def test_what_is_counted() -> None:
    rows = [
        row("r-1", nano=3_000, output=30, spared=200, ms=900),
        row("r-2", nano=1_000, output=10, language="go"),
        row("r-3", Reason.INVALID, nano=2_000, output=20),
        row("r-1again", reused=1, ms=2),
        row("r-5", nano=1_000),
        row("r-6", Reason.CANCELLED),
        replace(row("r-7", ms=1), about="", feature="completion"),
        replace(row("r-8", nano=500), feature=AHEAD),
        replace(row("r-9", nano=500), feature=AHEAD),
        replace(row("r-9again", reused=1), feature="inline completion"),
    ]
    feedback = [
        ("r-1.1", Feedback.ACCEPTED_WORD),
        ("r-1.1", Feedback.ACCEPTED),
        ("r-1.1", Feedback.LASTED_30_S),
        ("r-2.1", Feedback.ACCEPTED),
        ("r-5.1", Feedback.DISMISSED),
        ("other-1.1", Feedback.ACCEPTED),
    ]
    found = figures(rows, feedback)
    assert found.requests == 10
    assert found.acceptance == {("python", "inline completion"): Share(1, 3), ("go", "inline completion"): Share(1, 1)}
    assert found.lasting == {Feedback.LASTED_30_S: Share(1, 2), Feedback.LASTED_5_MIN: Share(0, 2)}
    assert found.dismissed == 1
    assert found.withheld == {Reason.INVALID.value: 1, Reason.CANCELLED.value: 1}
    assert found.milliseconds == {"p50": 100.0, "p90": 900, "p95": 900, "p99": 900}
    assert found.reused == Share(2, 5)
    assert found.dollars == 8e-6
    assert (found.output, found.spared) == (60, 200)
    assert found.per_accepted == (30, 4e-6)


def test_what_has_a_language_in_common() -> None:
    rows = [
        row("r-1", ms=900, nano=2_000_000, output=7),
        row("r-1again", ms=2, reused=1),
        row("r-2", Reason.OVERLOADED),
        replace(row("r-3"), trouble=Reason.UNREACHABLE),
        row("r-4", Reason.CANCELLED),
        row("r-5", Reason.CAP_REACHED),
        replace(row("r-6", Reason.PAUSED), stage=Stage.CLASSIFY),
        row("r-7", language="go"),
    ]
    found = grouped(rows, [("r-1.1", Feedback.ACCEPTED_WORD)], lambda one: one.language)
    assert list(found) == ["python", "go"]
    assert found["python"] == Group(7, Share(1, 2), Share(2, 5), 100, 900, 0.002, 7)
    assert found["go"] == Group(1, Share(0, 1), Share(0, 1), 100, 100, 0, 0)
    assert group(rows, ()).requests == 8


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Thresholds(), []),
        (Thresholds(error_percent=10), ["20 %", "10 %"]),
        (Thresholds(error_percent=20), []),
        (Thresholds(p95_ms=800), ["900 ms", "800 ms"]),
        (Thresholds(usd_per_accepted=0.01), ["$0.0500", "$0.0100"]),
        (Thresholds(error_percent=10, p95_ms=800, usd_per_accepted=0.01), ["20 %", "900 ms", "$0.0500"]),
    ],
)
def test_alerts(limits: Thresholds, said: list[str]) -> None:
    rows = [row(f"r-{n}", ms=900 if n % 5 else 100, nano=1_000_000) for n in range(40)]
    rows += [row(f"e-{n}", Reason.TIMEOUT, nano=1_000_000) for n in range(10)]
    found = alerts(rows, [("r-1.1", Feedback.ACCEPTED)], limits)
    assert all(words in " ".join(found) for words in said) and len(found) == len(
        [w for w in said if w in ("20 %", "900 ms", "$0.0500")]
    )
    assert alerts(rows[:10], (), limits) == (), "too few say nothing"


def test_quantiles() -> None:
    assert quantile([], 0.5) == 0
    assert [quantile([1, 2, 3, 4], share) for share in (0, 0.5, 0.99, 1)] == [1, 3, 4, 4]
