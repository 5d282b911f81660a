"""Who joins a question that is on its way, and who asks anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from typing import Any

from kireji.base.types import Offered, Outcome, Reason, Report, Stage, Usage, Withheld
from kireji.features.at_hand import Place
from kireji.features.suggestions import SUPERSEDED, Engine, Suggestions
from support.suggesting import never, offered_at, place_at, typing_at
from support.waiting import leap

NOTHING = Withheld(Reason.NOTHING_TO_ADD, Stage.TRIM)


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
    assert (suggestions._at_hand._nothing, suggestions._questions, suggestions._turns) == ([], {}, {})


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
    nothing = Withheld(Reason.OVERLOADED, Stage.STREAM)

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
    assert told.reason is Reason.OVERLOADED


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


async def test_what_brought_nothing_is_not_asked_again_by_who_comes_back_to_it() -> None:
    """A letter is typed and taken back: the text is what it was."""
    asked: list[Place] = []

    async def nothing(place: Place) -> Outcome:
        asked.append(place)
        return NOTHING

    suggestions = Suggestions(asyncio.ensure_future)
    before, after = typing_at("total = fi$0\n"), typing_at("total = fix$0\n")
    for place in (before, after, before, after):
        await suggestions.suggest(place, Engine(partial(nothing, place), never))
    assert asked == [before, after]


async def test_who_asks_by_a_key_twice_takes_the_one_answer_for_both() -> None:
    may_answer, asked = asyncio.Event(), 0

    async def slow() -> Outcome:
        nonlocal asked
        asked += 1
        await may_answer.wait()
        return NOTHING

    suggestions = Suggestions(asyncio.ensure_future)
    older = asyncio.ensure_future(suggestions.suggest(place_at("total = fi$0\n"), Engine(slow, never)))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        newer = asyncio.ensure_future(suggestions.suggest(place_at("total = fi$0\n"), Engine(slow, never)))
        assert await older is SUPERSEDED
        may_answer.set()
        assert await newer is NOTHING
    assert asked == 1
    await suggestions.suggest(place_at("total = fi$0\n"), Engine(slow, never))
    assert asked == 2, "who asks by a key, and knows the answer, asks anew"


async def test_what_is_refuted_by_now_is_asked_for_anew_and_once() -> None:
    """Another file has changed: the suggestion at hand is wrong, and nobody has asked the model as things are now."""
    old, new = offered_at("total = fi$0\n", "rst()"), offered_at("total = fi$0\n", "nal()", "s.2")
    answers, asked = [old, new], 0

    async def ask() -> Outcome:
        nonlocal asked
        asked += 1
        return answers[asked - 1]

    async def judge(offered: Offered) -> Outcome:
        return Withheld(Reason.INVALID, Stage.GATES)

    suggestions = Suggestions(asyncio.ensure_future)
    before = typing_at("total = fi$0\n")
    later = replace(before, inputs="another file has no such name now")
    for place, found in ((before, old), (before, old), (later, new), (later, new)):
        told = await suggestions.suggest(place, Engine(ask, judge))
        assert isinstance(told, Offered)
        assert told.candidate.change == found.candidate.change
    assert asked == 2


async def test_what_cannot_be_judged_just_now_is_asked_for_by_a_key_alone_and_is_not_forgotten() -> None:
    """A checker is busy: that says nothing against the suggestion."""
    old, new = offered_at("total = fi$0\n", "rst()"), offered_at("total = fi$0\n", "nal()", "s.2")
    answers, asked, busy = [old, new], 0, True

    async def ask() -> Outcome:
        nonlocal asked
        asked += 1
        return answers[asked - 1]

    async def judge(offered: Offered) -> Outcome:
        return Withheld(Reason.UNVERIFIED, Stage.GATES) if busy else offered

    suggestions, engine = Suggestions(asyncio.ensure_future), Engine(ask, judge)
    before, key = typing_at("total = fi$0\n"), place_at("total = fi$0\n")
    await suggestions.suggest(before, engine)
    assert (await suggestions.suggest(replace(before, inputs=1), engine)).reason is Reason.UNVERIFIED
    assert asked == 1
    told = await suggestions.suggest(replace(key, inputs=2), engine)
    assert isinstance(told, Offered)
    assert (told.candidate.id, asked) == ("s.2", 2)
    busy = False
    assert [kept.offered.candidate.id for kept, _ in suggestions._at_hand.offered_at(before)] == ["s.2", "s.1"]
    assert isinstance(await suggestions.suggest(replace(before, inputs=3), engine), Offered)
    assert asked == 2


async def test_what_is_at_hand_is_not_asked_for_ahead() -> None:
    """It was accepted, undone, and accepted again; another question came between."""
    asked: list[str] = []

    async def ask(name: str, outcome: Outcome) -> Outcome:
        asked.append(name)
        return outcome

    suggestions = Suggestions(asyncio.ensure_future)
    place, elsewhere = typing_at("total = first$0\nrest = 1\n"), typing_at("total = first\nrest = 1$0\n")
    found = offered_at("total = first$0\nrest = 1\n", " + second")
    await suggestions.suggest(place, Engine(partial(ask, "place", found), never))
    await suggestions.suggest(elsewhere, Engine(partial(ask, "elsewhere", NOTHING), never))
    later = typing_at("total = $0\nrest = 1\n")
    await suggestions.suggest(later, Engine(partial(ask, "later", NOTHING), never))
    suggestions.anticipate(place, Engine(partial(ask, "ahead", NOTHING), never))
    suggestions.anticipate(elsewhere, Engine(partial(ask, "ahead", NOTHING), never))
    assert suggestions._questions[place.uri].place is later, "nothing is on its way"
    assert asked == ["place", "elsewhere", "later"]


async def check_ended_when_overtaken(newer: Place, answer: Reason | None) -> None:
    """A question is on its way, and the request that comes next is answered without it: nobody wants it any more."""
    ended, asked, spawned = asyncio.Event(), asyncio.Event(), []
    kept = offered_at("total = fin$0\n", "al()")

    async def quick() -> Outcome:
        return kept

    async def slow() -> Outcome:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError("unreachable")

    async def paused() -> Outcome:
        return Withheld(Reason.PAUSED, Stage.CLASSIFY)

    def spawn(work: Awaitable[Any]) -> asyncio.Future[Any]:
        spawned.append(asyncio.ensure_future(work))
        return spawned[-1]

    suggestions = Suggestions(spawn)
    async with asyncio.timeout(60):
        await suggestions.suggest(place_at("total = fin$0\n"), Engine(quick, never))
        older = asyncio.ensure_future(
            suggestions.suggest(place_at("total = fi$0\n", "total = fin$0\n"), Engine(slow, never))
        )
        await asked.wait()
        told = await suggestions.suggest(newer, Engine(paused, never))
        assert told.reason is answer
        assert await older is SUPERSEDED
        await asyncio.sleep(0)
        leap(1.0)
        await ended.wait()


async def test_a_question_is_ended_when_its_asker_is_overtaken_by_what_is_at_hand() -> None:
    await check_ended_when_overtaken(typing_at("total = fin$0\n"), None)


async def test_a_question_is_ended_when_its_asker_pauses() -> None:
    place = place_at("total = fin$0\n")
    paused = replace(place, snapshot=replace(place.snapshot, paused=True))
    await check_ended_when_overtaken(paused, Reason.PAUSED)


async def test_nothing_is_asked_about_a_document_that_is_closed_while_an_answer_comes() -> None:
    """The answer has nothing for who has joined, and the document is closed before they hear of that."""
    may_answer, asked = asyncio.Event(), asyncio.Event()

    async def first() -> Outcome:
        asked.set()
        await may_answer.wait()
        return NOTHING

    async def unwanted() -> Outcome:
        raise AssertionError("nobody can see it")

    place, later = place_at("total = fi$0\n"), place_at("total = fin$0\n")

    def spawn(work: Awaitable[Any]) -> asyncio.Future[Any]:
        task = asyncio.ensure_future(work)
        # Hears of the answer before those who wait for it do, as a message does that is read meanwhile.
        task.add_done_callback(lambda _: suggestions.drop(place.uri))
        return task

    suggestions = Suggestions(spawn)
    async with asyncio.timeout(10):
        waiting = asyncio.ensure_future(suggestions.suggest(place, Engine(first, never)))
        await asked.wait()
        joined = asyncio.ensure_future(suggestions.suggest(later, Engine(unwanted, never)))
        await asyncio.sleep(0)  # it has joined the question
        may_answer.set()
        await waiting
        assert await joined is SUPERSEDED
    assert suggestions._questions == {}


async def test_a_question_whose_text_is_gone_before_it_has_left_is_not_asked() -> None:
    """The next key has come while it was waited for, and its own request has not."""

    async def unwanted() -> Outcome:
        raise AssertionError("nobody can see it")

    told = await Suggestions(asyncio.ensure_future).suggest(
        typing_at("total = fi$0\n", "total = fix$0\n"), Engine(unwanted, never)
    )
    assert told.reason is Reason.STALE


async def test_what_an_answer_has_cost_is_told_once() -> None:
    """Who has asked is overtaken by who types on: the cost goes with the answer, and not to who sees it again."""
    may_answer, asked = asyncio.Event(), asyncio.Event()
    found = replace(
        offered_at("total = fi$0\n", "nal()"), report=Report(cost=4_000, usage=Usage(input=900, output=3), spared=7)
    )

    async def slow() -> Outcome:
        asked.set()
        await may_answer.wait()
        return found

    suggestions = Suggestions(asyncio.ensure_future)
    async with asyncio.timeout(10):
        older = asyncio.ensure_future(suggestions.suggest(place_at("total = fi$0\n"), Engine(slow, never)))
        await asked.wait()
        newer = asyncio.ensure_future(suggestions.suggest(typing_at("total = fin$0\n"), Engine(slow, never)))
        told = [await older]
        may_answer.set()
        told.append(await newer)
        told.append(await suggestions.suggest(typing_at("total = fina$0\n"), Engine(slow, never)))
    costs = [(one.report.cost, one.report.usage.output, one.report.spared) for one in told]
    assert costs == [(0, 0, 0), (4_000, 3, 7), (0, 0, 0)]
    assert [one.report.reused for one in told] == [False, False, True]
