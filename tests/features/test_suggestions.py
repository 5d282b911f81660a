"""Who joins a question that is on its way, and who asks anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from typing import Any

from kireji.base.types import Outcome, Reason, Report, Stage, Trigger, Usage, Withheld
from kireji.features.suggestions import SUPERSEDED, Engine, Place, Suggestions
from support.sites import snapshot_of

NOTHING = Withheld(Reason.NOTHING_TO_ADD, Stage.TRIM)


def place_at(marked: str, now: str | None = None) -> Place:
    """The cursor's place in a text; `now` is what the text has become."""
    snapshot, offset = snapshot_of(marked)
    later, _ = snapshot_of(now or marked)
    return Place(snapshot.document.uri, snapshot, offset, (), lambda: later.document)


def typing_at(marked: str) -> Place:
    """The same, reached by typing, and not by the key that asks."""
    place = place_at(marked)
    return replace(place, snapshot=replace(place.snapshot, trigger=Trigger.AUTOMATIC))


async def never(_: object) -> Outcome:
    raise AssertionError("there is nothing at hand")


async def test_nobody_joins_a_question_that_is_being_ended() -> None:
    """Editors take a request back and ask again at the same place, while the first question still closes its stream."""
    place = place_at("total = fi$0\n")
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

    async with asyncio.timeout(10):
        first = asyncio.ensure_future(suggestions.suggest(place, Engine(slow, never)))
        await asked.wait()
        first.cancel()
        await ending.wait()
        assert await suggestions.suggest(place, Engine(quick, never)) is NOTHING
        may_end.set()


async def test_who_was_overtaken_ends_no_newer_question() -> None:
    """An answer brings nothing for who has joined it, and the next request is there before they have heard of that."""
    may_answer, asked = asyncio.Event(), asyncio.Event()
    latest: list[asyncio.Future[Outcome]] = []

    async def first() -> Outcome:
        asked.set()
        await may_answer.wait()
        return NOTHING

    async def unwanted() -> Outcome:
        raise AssertionError("nobody wants to know that any more")

    found = Withheld(Reason.LOW_CONFIDENCE, Stage.TRIM)

    async def newest() -> Outcome:
        await asyncio.sleep(0)
        return found

    def spawn(work: Awaitable[Any]) -> asyncio.Future[Any]:
        task = asyncio.ensure_future(work)
        if not asked.is_set():
            # Hears of the first answer before those who wait for it do, as a message does that is read meanwhile.
            newer = place_at("other = $0\n")
            task.add_done_callback(
                lambda _: latest.append(asyncio.ensure_future(suggestions.suggest(newer, Engine(newest, never))))
            )
        return task

    suggestions = Suggestions(spawn)
    async with asyncio.timeout(10):
        waiting = asyncio.ensure_future(suggestions.suggest(place_at("total = fi$0\n"), Engine(first, never)))
        await asked.wait()
        joined = asyncio.ensure_future(suggestions.suggest(place_at("total = fin$0\n"), Engine(unwanted, never)))
        await asyncio.sleep(0)  # it has joined the question
        may_answer.set()
        await waiting
        assert await joined is SUPERSEDED
        assert await latest[0] is found


async def test_a_question_that_was_taken_back_lives_on_for_a_list_that_has_counted_on_it() -> None:
    """A list does not wait for a model: it leaves its question running, for the next list. Who took theirs back before may
    not end it then."""
    asked, spawned = asyncio.Event(), []

    async def slow() -> Outcome:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    def spawn(work: Awaitable[Any]) -> asyncio.Future[Any]:
        spawned.append(asyncio.ensure_future(work))
        return spawned[-1]

    suggestions = Suggestions(spawn)
    earlier, later = place_at("total = fi$0\n", "total = fin$0\n"), place_at("total = fin$0\n")

    async def listed(place: Place) -> None:
        async with suggestions.wanting(suggestions.begin(place, Engine(slow, never))):
            await asyncio.Event().wait()

    async with asyncio.timeout(10):
        taken_back = asyncio.ensure_future(listed(earlier))
        await asked.wait()
        taken_back.cancel()
        await asyncio.wait({taken_back})
        question = suggestions.begin(later, Engine(slow, never))
        assert question.task is spawned[0]
        async with suggestions.wanting(question):
            pass  # its time for listing is over
        await spawned[1]  # who has taken it back has looked whether anybody wants it
        assert not question.task.cancelling()
        question.task.cancel()


async def test_nothing_is_kept_of_a_document_that_is_closed() -> None:
    async def quick() -> Outcome:
        return NOTHING

    place, suggestions = place_at("total = fi$0\n"), Suggestions(asyncio.ensure_future)
    assert await suggestions.suggest(place, Engine(quick, never)) is NOTHING
    suggestions.drop(place.uri)
    assert (suggestions._kept, suggestions._questions, suggestions._turns) == ([], {}, {})


async def test_what_nobody_has_asked_about_a_text_that_is_gone_is_not_asked() -> None:
    """The services may be made anew between the two; then it would end the question of who has typed on."""
    asked = asyncio.Event()

    async def slow() -> Outcome:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    suggestions = Suggestions(asyncio.ensure_future)
    question = suggestions.begin(place_at("total = first + $0\n"), Engine(slow, never))
    await asked.wait()
    suggestions.anticipate(place_at("total = first$0\n", "total = first + $0\n"), Engine(slow, never))
    assert question.answers(question.place), "it was not ended"
    question.task.cancel()


async def test_what_was_asked_and_answered_about_a_text_is_not_asked_once_more() -> None:
    """An editor may ask about an accepted suggestion's text before it says that it was accepted."""
    asked: list[Place] = []
    place = place_at("total = first + second$0\n")

    async def quick() -> Outcome:
        asked.append(place)
        return NOTHING

    suggestions = Suggestions(asyncio.ensure_future)
    assert await suggestions.suggest(place, Engine(quick, never)) is NOTHING
    suggestions.anticipate(place, Engine(quick, never))
    await asyncio.sleep(0)
    assert asked == [place]


async def test_who_waits_for_what_somebody_else_asks_at_the_same_place_takes_nothing_for_an_answer() -> None:
    """What comes next was asked for ahead, and is on its way when the editor asks."""
    may_answer, asked = asyncio.Event(), 0
    cost = Usage(input=900, output=3)
    nothing = Withheld(Reason.OVERLOADED, Stage.STREAM, report=Report(usage=cost, cost=4_000))

    async def slow() -> Outcome:
        nonlocal asked
        asked += 1
        await may_answer.wait()
        return nothing

    place, suggestions = typing_at("total = first + second$0\n"), Suggestions(asyncio.ensure_future)
    suggestions.anticipate(place, Engine(slow, never))
    waiting = asyncio.ensure_future(suggestions.suggest(typing_at("total = first + second$0\n"), Engine(slow, never)))
    await asyncio.sleep(0)  # it has joined the question
    may_answer.set()
    async with asyncio.timeout(10):
        told = await waiting
    assert asked == 1
    assert isinstance(told, Withheld)
    assert (told.reason, told.report.cost, told.report.usage) == (Reason.OVERLOADED, 0, Usage()), "counted once"


async def test_nothing_is_no_answer_where_something_else_has_changed() -> None:
    asked: list[Place] = []
    found = Withheld(Reason.INVALID, Stage.GATES)

    async def engine(place: Place) -> Outcome:
        asked.append(place)
        return found

    place, suggestions = typing_at("total = first + second$0\n"), Suggestions(asyncio.ensure_future)
    later = replace(place, inputs="another file has the name now")
    for one in (place, place, later):
        told = await suggestions.suggest(one, Engine(partial(engine, one), never))
        assert isinstance(told, Withheld)
        assert told.reason is Reason.INVALID
    assert asked == [place, later]
