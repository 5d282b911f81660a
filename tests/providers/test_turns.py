"""So many questions at once; of those that wait, the newest goes first, and nothing is lost by taking one back."""

from __future__ import annotations

import asyncio
import random

import pytest

from kireji.base.types import Reason
from kireji.providers.provider import ProviderError
from kireji.providers.turns import Turns


class Asker:
    """Questions that hold their turn until they are let go."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self.turns = Turns(at_once, waiting)
        self.order: list[int] = []
        self.running: dict[int, asyncio.Event] = {}

    async def ask(self, number: int) -> None:
        async with self.turns.turn():
            self.order.append(number)
            self.running[number] = asyncio.Event()
            await self.running[number].wait()

    def begin(self, number: int) -> asyncio.Task[None]:
        return asyncio.create_task(self.ask(number))


async def settle() -> None:
    """Lets everything happen that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_newest_goes_first_and_the_oldest_loses_its_place() -> None:
    asker = Asker(1, 2)
    tasks = []
    for number in range(4):
        tasks.append(asker.begin(number))
        await settle()
    with pytest.raises(ProviderError) as error:
        await tasks[1]
    assert error.value.reason is Reason.SUPERSEDED
    for number in (0, 3, 2):
        asker.running[number].set()
        await settle()
    await asyncio.gather(tasks[0], tasks[2], tasks[3])
    assert asker.order == [0, 3, 2]


async def test_one_comes_in_the_moment_in_which_the_oldest_is_taken_back() -> None:
    asker = Asker(1, 1)
    running, oldest = asker.begin(0), asker.begin(1)
    await settle()
    newest = asker.begin(2)
    oldest.cancel()
    await settle()
    asker.running[0].set()
    await settle()
    asker.running[2].set()
    await asyncio.gather(running, newest)
    assert oldest.cancelled()
    assert asker.order == [0, 2]


async def test_turns_are_never_lost() -> None:
    rng = random.Random(3)
    asker = Asker(3, 4)
    tasks = []
    for number in range(300):
        tasks.append(asker.begin(number))
        for task in rng.sample(tasks, min(len(tasks), rng.randrange(3))):
            task.cancel()
        for event in list(asker.running.values())[: rng.randrange(4)]:
            event.set()
        for _ in range(rng.randrange(4)):
            await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert vars(asker.turns)["_free"] == 3
    assert vars(asker.turns)["_waiting"] == []
