"""Who joins a question that is on its way, and who asks anew."""

from __future__ import annotations

import asyncio

from kireji.base.types import Outcome, Reason, Stage, Withheld
from kireji.features.suggestions import Engine, Place, Suggestions
from support.sites import snapshot_of

NOTHING = Withheld(Reason.NOTHING_TO_ADD, Stage.TRIM)


async def test_nobody_joins_a_question_that_is_being_ended() -> None:
    """Editors take a request back and ask again at the same place, while the first question still closes its stream."""
    snapshot, offset = snapshot_of("total = fi$0\n")
    place = Place(snapshot.document.uri, snapshot, offset, (), lambda: snapshot.document)
    suggestions = Suggestions(asyncio.ensure_future)
    asked, ending, may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow() -> Outcome:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            await may_end.wait()
        raise AssertionError("unreachable")

    async def quick() -> Outcome:
        return NOTHING

    async def never(_: object) -> Outcome:
        raise AssertionError("there is nothing at hand")

    async with asyncio.timeout(10):
        first = asyncio.ensure_future(suggestions.suggest(place, Engine(slow, never)))
        await asked.wait()
        first.cancel()
        await ending.wait()
        assert await suggestions.suggest(place, Engine(quick, never)) is NOTHING
        may_end.set()
