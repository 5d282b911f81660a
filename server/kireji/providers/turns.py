"""How many questions may be on their way to one service at once. Of those that wait, the newest goes first."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from kireji.base.types import Reason
from kireji.providers.provider import ProviderError


class Turns:
    """At most `at_once` questions; `waiting` more may wait, and where another comes, the oldest of them has lost its place."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = at_once
        self._most_waiting = waiting
        self._waiting: list[asyncio.Future[None]] = []

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncGenerator[None, None]:
        """A turn, as soon as one is free. Raises ProviderError where newer questions have taken its place."""
        await self._taken()
        try:
            yield
        finally:
            self._give_back()

    async def _taken(self) -> None:
        if self._free > 0:
            self._free -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        if len(self._waiting) > self._most_waiting:
            oldest = self._waiting.pop(0)
            # One that has just been taken back has not left the row yet.
            if not oldest.done():
                oldest.set_exception(ProviderError(Reason.SUPERSEDED, "newer questions came first"))
        try:
            await mine
        except BaseException:
            if mine in self._waiting:
                self._waiting.remove(mine)
            elif mine.done() and not mine.cancelled() and mine.exception() is None:
                # It was given a turn in the very moment in which it was taken back.
                self._give_back()
            raise

    def _give_back(self) -> None:
        while self._waiting:
            newest = self._waiting.pop()
            if not newest.done():
                newest.set_result(None)
                return
        self._free += 1
