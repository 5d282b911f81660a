"""When a list asks the model, and when what is known already is all that it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest

from kireji.base.config_schema import Options
from kireji.base.types import Outcome, Reason, Stage, Withheld
from kireji.engine.services import Services
from kireji.features import completion as features
from kireji.features.at_hand import Place
from kireji.features.completion import Popup, completion
from kireji.features.listed import Listed
from kireji.features.suggestions import Engine, Suggestions
from support.suggesting import never, offered_at, place_at, typing_at

NOTHING = Withheld(Reason.NOTHING_TO_ADD, Stage.TRIM)


async def listed(suggestions: Suggestions, place: Place, ask: Callable[[], Coroutine[Any, Any, Outcome]]) -> Popup:
    """A list without names, which needs no services."""
    bare = replace(place, snapshot=replace(place.snapshot, options=Options(deterministic=False)))
    nobody = cast(Services, None)
    return await completion(nobody, bare, Listed(asyncio.ensure_future), suggestions, Engine(ask, never))


async def test_what_is_known_to_be_nothing_is_not_asked_for_by_the_next_list() -> None:
    """Clients ask again for a list that was not whole, and whoever lists has no answer of their own to remember."""
    asked = 0

    async def nothing() -> Outcome:
        nonlocal asked
        asked += 1
        return NOTHING

    suggestions = Suggestions(asyncio.ensure_future)
    place = typing_at("total = fi$0\n")
    async with asyncio.timeout(10):
        await listed(suggestions, place, nothing)
        await suggestions._questions[place.uri].task
        popup = await listed(suggestions, place, nothing)
        assert asked == 1
        assert (popup.suggestion, popup.complete) == (None, True)
        await listed(suggestions, place_at("total = fi$0\n"), nothing)
    assert asked == 2, "who asks by a key asks anew"


async def test_an_answer_that_comes_before_the_names_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    names = features._names

    async def nothing() -> Outcome:
        nonlocal asked
        asked += 1
        return NOTHING

    async def later(*given: Any) -> Any:
        await suggestions._questions[place.uri].task
        return await names(*given)

    monkeypatch.setattr(features, "_names", later)
    suggestions, place = Suggestions(asyncio.ensure_future), place_at("total = fi$0\n")
    async with asyncio.timeout(10):
        await listed(suggestions, place, nothing)
    assert asked == 1


async def test_a_list_that_has_joined_an_earlier_question_is_not_left_without_its_own() -> None:
    """What was asked for a letter earlier goes another way than what was typed; who asks by a key waits for what is right here."""
    asked: list[str] = []
    may_answer, on_its_way = asyncio.Event(), asyncio.Event()
    earlier, here = offered_at("total = f$0\n", "ull"), offered_at("total = fi$0\n", "nal", "s.2")

    async def answer(name: str, found: Outcome) -> Outcome:
        asked.append(name)
        on_its_way.set()
        await may_answer.wait()
        return found

    suggestions = Suggestions(asyncio.ensure_future)
    async with asyncio.timeout(10):
        first = asyncio.ensure_future(
            listed(suggestions, place_at("total = f$0\n"), partial(answer, "earlier", earlier))
        )
        await on_its_way.wait()
        second = asyncio.ensure_future(listed(suggestions, place_at("total = fi$0\n"), partial(answer, "here", here)))
        await asyncio.sleep(0)  # it has joined the question
        may_answer.set()
        found = [popup.suggestion for popup in (await first, await second)]
    assert [one and one.candidate.change.text for one in found] == ["ull", "nal"]
    assert asked == ["earlier", "here"]


async def test_a_list_that_was_overtaken_ends_no_newer_question() -> None:
    """It has joined what brings nothing for it, and the next list is there before it has heard of that."""
    may_answer, on_its_way = asyncio.Event(), asyncio.Event()
    latest: list[asyncio.Future[Popup]] = []
    newest = offered_at("other = $0\n", "1", "s.3")

    async def first() -> Outcome:
        on_its_way.set()
        await may_answer.wait()
        return NOTHING

    async def unwanted() -> Outcome:
        raise AssertionError("nobody wants to know that any more")

    async def last() -> Outcome:
        await asyncio.sleep(0)
        return newest

    def spawn(work: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
        task = asyncio.ensure_future(work)
        if not on_its_way.is_set():
            # Hears of the first answer before those who wait for it do, as a message does that is read meanwhile.
            newer = listed(suggestions, place_at("other = $0\n"), last)
            task.add_done_callback(lambda _: latest.append(asyncio.ensure_future(newer)))
        return task

    suggestions = Suggestions(cast(Any, spawn))
    async with asyncio.timeout(10):
        older = asyncio.ensure_future(listed(suggestions, place_at("total = f$0\n"), first))
        await on_its_way.wait()
        joined = asyncio.ensure_future(listed(suggestions, place_at("total = fi$0\n"), unwanted))
        await asyncio.sleep(0)  # it has joined the question
        may_answer.set()
        assert (await older).suggestion is None
        assert (await joined).suggestion is None
        assert (await latest[0]).suggestion is not None
