"""What the store says of the last days: what was shown, accepted, withheld, how long it took, what it cost. Pure arithmetic.

Counts; holds no text. A suggestion that was shown more than once, typed through or served again, is counted once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kireji.base.audit import OutcomeRow
from kireji.base.types import TROUBLES, Feedback, Reason, Stage

# The feature of a question that nobody has asked yet.
AHEAD = "ahead"
_QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99))
# What speaks of the service, of the money or of a bug; a cap that is reached is none.
_FAILURES = (TROUBLES | {Reason.INTERNAL}) - {Reason.CAP_REACHED}
_NO_FAILURE = frozenset({Reason.CANCELLED, Reason.SUPERSEDED, Reason.STALE})
_TAKEN = frozenset({Feedback.ACCEPTED, Feedback.ACCEPTED_WORD, Feedback.ACCEPTED_LINE})


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`."""

    part: int
    whole: int

    @property
    def percent(self) -> float:
        """0 where there is nothing to share."""
        return 100 * self.part / self.whole if self.whole else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Acceptance by (language, feature); withheld by reason; milliseconds by quantile; money in dollars.

    `per_accepted` is (tokens said, dollars) for each suggestion of which something was accepted; None where none was.
    """

    requests: int
    acceptance: Mapping[tuple[str, str], Share]
    lasting: Mapping[Feedback, Share]
    dismissed: int
    withheld: Mapping[str, int]
    milliseconds: Mapping[str, float]
    reused: Share
    dollars: float
    output: int
    spared: int
    per_accepted: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Group:
    """What requests have in common is a day, a language, a model … . `failed` is of those that were to be answered."""

    requests: int
    accepted: Share
    failed: Share
    p50: float
    p95: float
    dollars: float
    output: int


def figures(rows: Sequence[OutcomeRow], feedback: Iterable[tuple[str, Feedback]]) -> Figures:
    """The figures of these rows and of what became of what they showed."""
    became = _became(feedback)
    served, shown = _served(rows), _shown(rows)
    taken = [row for row in shown if became.get(row.about, set()) & _TAKEN]
    accepted = {row.about for row in taken}
    whole: Counter[tuple[str, str]] = Counter((row.language, row.feature) for row in shown)
    part = Counter((row.language, row.feature) for row in taken)
    answered = sorted(row.ms for row in served)
    dollars = sum(row.nano for row in rows) / 1e9
    output = sum(row.output for row in rows)
    return Figures(
        requests=len(rows),
        acceptance={key: Share(part[key], count) for key, count in whole.most_common()},
        lasting={
            what: Share(sum(what in became.get(about, set()) for about in accepted), len(accepted))
            for what in (Feedback.LASTED_30_S, Feedback.LASTED_5_MIN)
        },
        dismissed=sum(Feedback.DISMISSED in became.get(row.about, set()) for row in shown),
        withheld=dict(Counter(row.reason.value for row in rows if row.reason is not None).most_common()),
        milliseconds={name: quantile(answered, share) for name, share in _QUANTILES},
        reused=Share(sum(row.reused for row in served), len(served)),
        dollars=dollars,
        output=output,
        spared=sum(row.spared for row in rows),
        per_accepted=(output / len(accepted), dollars / len(accepted)) if accepted else None,
    )


def grouped(
    rows: Iterable[OutcomeRow], feedback: Iterable[tuple[str, Feedback]], by: Callable[[OutcomeRow], str]
) -> dict[str, Group]:
    """The rows by what `by` says of each, those with most requests first."""
    became = _became(feedback)
    parts: dict[str, list[OutcomeRow]] = {}
    for row in rows:
        parts.setdefault(by(row), []).append(row)
    return {name: _group(part, became) for name, part in sorted(parts.items(), key=lambda one: (-len(one[1]), one[0]))}


def group(rows: Sequence[OutcomeRow], feedback: Iterable[tuple[str, Feedback]]) -> Group:
    """All rows together."""
    return _group(rows, _became(feedback))


def _group(rows: Sequence[OutcomeRow], became: Mapping[str, set[Feedback]]) -> Group:
    shown = _shown(rows)
    answered = sorted(row.ms for row in _served(rows))
    asked = [row for row in rows if row.stage is not Stage.CLASSIFY and row.reason not in _NO_FAILURE]
    return Group(
        requests=len(rows),
        accepted=Share(sum(bool(became.get(row.about, set()) & _TAKEN) for row in shown), len(shown)),
        failed=Share(sum(row.reason in _FAILURES or row.trouble is not None for row in asked), len(asked)),
        p50=quantile(answered, 0.5),
        p95=quantile(answered, 0.95),
        dollars=sum(row.nano for row in rows) / 1e9,
        output=sum(row.output for row in rows),
    )


def _became(feedback: Iterable[tuple[str, Feedback]]) -> dict[str, set[Feedback]]:
    became: dict[str, set[Feedback]] = {}
    for about, what in feedback:
        became.setdefault(about, set()).add(what)
    return became


def _served(rows: Iterable[OutcomeRow]) -> list[OutcomeRow]:
    """A list of names is no suggestion. What was asked for ahead is one as soon as it is shown."""
    return [row for row in rows if row.reason is None and row.about and row.feature != AHEAD]


def _shown(rows: Iterable[OutcomeRow]) -> list[OutcomeRow]:
    """What was shown again, in part or later, is one suggestion still."""
    return list({row.about: row for row in reversed(_served(rows))}.values())


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of the ordered values lie (nearest rank); 0 of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
