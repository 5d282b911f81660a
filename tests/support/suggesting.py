"""Places in a text, and suggestions at them, for tests of what is at hand, on its way, or has to be asked for."""

from __future__ import annotations

from dataclasses import replace

from kireji.base.types import Candidate, Change, Edit, Offered, Outcome, RawCompletion, Report, Span, Trigger, Verdict
from kireji.features.at_hand import Place
from support.sites import site_of, snapshot_of


def place_at(marked: str, now: str | None = None) -> Place:
    """The cursor's place in a text, asked about by a key; `now` is what the text has become."""
    snapshot, offset = snapshot_of(marked)
    later, _ = snapshot_of(now or marked)
    return Place(snapshot.document.uri, snapshot, offset, (), lambda: later.document)


def typing_at(marked: str, now: str | None = None) -> Place:
    """The same, reached by typing, and not by the key that asks."""
    place = place_at(marked, now)
    return replace(place, snapshot=replace(place.snapshot, trigger=Trigger.AUTOMATIC))


def offered_at(marked: str, insertion: str, identity: str = "s.1", cost: int = 0) -> Offered:
    """A sound suggestion at the cursor."""
    site = site_of(marked)
    edit = Edit(site.document.uri, 1, (Change(Span(site.offset, site.offset), insertion),))
    raw = RawCompletion(insertion, "", True, None, 0.0, 0.0)
    return Offered(Candidate(identity, site, edit, raw), Verdict(()), Report(cost=cost))


async def never(_: object) -> Outcome:
    """Judges what must not be judged."""
    raise AssertionError("there is nothing at hand")
