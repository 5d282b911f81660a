"""What one client has been offered lately, and where there was nothing: found again at its place, or for who has typed a part.

Asks nobody and judges nothing. What an answer has cost is told with it once, whoever is served first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TypeVar

from kireji.base.types import Document, Offered, Outcome, Reason, Snapshot, Trigger, Usage, Withheld
from kireji.features.reuse import typed_since, typed_through

# Suggestions that are kept for one client, and places without any: enough to go back a few steps, in a few files.
_KEPT = 32
# What would be the same again if it were asked again.
_LASTING = frozenset({Reason.INVALID, Reason.NOTHING_TO_ADD, Reason.LOW_CONFIDENCE, Reason.REFUSED})

T = TypeVar("T", Offered, Withheld, Outcome)


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in one text. `inputs` is what else a verdict there depends on; `latest` reads the text as it is later."""

    uri: str
    snapshot: Snapshot
    offset: int
    inputs: Hashable
    latest: Callable[[], Document | None]

    @property
    def by_itself(self) -> bool:
        """Whether nobody has pressed a key to ask."""
        return self.snapshot.trigger is Trigger.AUTOMATIC


class Answer:
    """What one question has brought, for everybody whom it serves."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self._told = False

    def told(self, served: T) -> T:
        """The outcome, or what is served of it: with what it has cost for the first, and at no cost for all others."""
        if self._told:
            return at_no_cost(served)
        self._told = True
        if served is self.outcome:
            return served
        paid = self.outcome.report
        return replace(served, report=replace(served.report, usage=paid.usage, cost=paid.cost, spared=paid.spared))


@dataclass(frozen=True, slots=True)
class Kept:
    """A suggestion, in the circumstances in which it was sound."""

    uri: str
    offered: Offered
    inputs: Hashable
    answer: Answer


@dataclass(frozen=True, slots=True)
class _Nothing:
    uri: str
    document: Document
    offset: int
    inputs: Hashable
    why: Withheld
    answer: Answer


class AtHand:
    """The last answers. Used on the event loop only."""

    def __init__(self) -> None:
        self._kept: list[Kept] = []
        self._nothing: list[_Nothing] = []

    def keep(self, place: Place, answer: Answer) -> None:
        """Takes what a question at a place has brought, if it would be the same again."""
        match answer.outcome:
            case Offered() as offered:
                # The first comes last, so that it is found first.
                every = (*reversed(offered.others), replace(offered, others=()))
                self._kept += [Kept(place.uri, one, place.inputs, answer) for one in every]
                del self._kept[:-_KEPT]
            case Withheld(reason=reason) as why if reason in _LASTING:
                document = place.snapshot.document
                self._nothing.append(_Nothing(place.uri, document, place.offset, place.inputs, why, answer))
                del self._nothing[:-_KEPT]

    def offered_at(self, place: Place) -> list[tuple[Kept, Offered]]:
        """Each suggestion that fits there, with what is left of it, the newest first."""
        document, offset = place.snapshot.document, place.offset
        here = (kept for kept in reversed(self._kept) if kept.uri == place.uri)
        return [(kept, rest) for kept in here if (rest := typed_through(kept.offered, document, offset)) is not None]

    def nothing_at(self, place: Place) -> Withheld | None:
        """Why there was nothing at this very place in the same circumstances."""
        past = self._past(place)
        return past.answer.told(past.why) if past is not None else None

    def knows(self, place: Place) -> bool:
        """Whether there is something for that place, if only to be judged again, or is known to be nothing."""
        return bool(self.offered_at(place)) or self._past(place) is not None

    def forget(self, kept: Kept) -> None:
        """Drops a suggestion that is not sound any more."""
        self._kept = [other for other in self._kept if other is not kept]

    def drop(self, uri: str) -> None:
        """Forgets all of a document."""
        self._kept = [kept for kept in self._kept if kept.uri != uri]
        self._nothing = [past for past in self._nothing if past.uri != uri]

    def find(self, identity: str) -> tuple[str, Offered] | None:
        """The suggestion with an id, and its document's address."""
        return next(((k.uri, k.offered) for k in self._kept if k.offered.candidate.id == identity), None)

    def _past(self, place: Place) -> _Nothing | None:
        document, offset = place.snapshot.document, place.offset
        same = (p for p in reversed(self._nothing) if p.uri == place.uri and p.inputs == place.inputs)
        return next((p for p in same if typed_since(p.document, p.offset, document, offset) == ""), None)


def at_no_cost(outcome: T) -> T:
    """The same once more: what it has cost was counted when it was asked for."""
    return replace(outcome, report=replace(outcome.report, reused=True, usage=Usage(), cost=0, spared=0))
