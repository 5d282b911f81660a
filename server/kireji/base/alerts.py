"""When the figures of the last day are such that a person should know: too many failures, too slow, too dear. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kireji.base.caps import exact
from kireji.base.figures import figures, group

if TYPE_CHECKING:
    from kireji.base.audit import OutcomeRow
    from kireji.base.config_schema import Options
    from kireji.base.types import Feedback

SECONDS = 86_400.0
# Fewer requests, or fewer suggestions, say nothing about a rate.
_LEAST = 20


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is still in order; 0 where it does not matter."""

    error_percent: float = 0.0
    p95_ms: float = 0.0
    usd_per_accepted: float = 0.0


def thresholds(options: Options) -> Thresholds:
    """Those of the settings."""
    return Thresholds(options.alert_error_percent, options.alert_p95_ms, options.alert_usd_per_accepted)


def alerts(rows: Sequence[OutcomeRow], feedback: Iterable[tuple[str, Feedback]], limits: Thresholds) -> tuple[str, ...]:
    """What is out of order in these rows, one sentence each."""
    known = list(feedback)
    found, whole = group(rows, known), figures(rows, known)
    said = []
    if limits.error_percent and found.failed.whole >= _LEAST and found.failed.percent > limits.error_percent:
        share = f"{found.failed.percent:.0f} % of the last day's requests have failed"
        said.append(f"{share}, more than {limits.error_percent:.0f} %")
    if limits.p95_ms and found.accepted.whole >= _LEAST and found.p95 > limits.p95_ms:
        said.append(f"5 % of the last day's suggestions took more than {found.p95:.0f} ms, not {limits.p95_ms:.0f} ms")
    if limits.usd_per_accepted and found.accepted.whole >= _LEAST and whole.per_accepted is not None:
        dollars = whole.per_accepted[1]
        if dollars > limits.usd_per_accepted:
            cost, most = exact(round(dollars * 1e9)), exact(round(limits.usd_per_accepted * 1e9))
            said.append(f"each accepted suggestion has cost {cost} in the last day, more than {most}")
    return tuple(said)
