"""The services, built in the background once the client has its first answer: importing the engine costs more than that answer.

A request that comes sooner waits for them. Builds nothing itself: `compose.py` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kireji.engine.services import Services

Build = Callable[[], "tuple[Services, tuple[str, ...]]"]


class Starting:
    """Services on their way. `build` runs in a thread, once, and also says what is wrong with the settings."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._task: asyncio.Task[tuple[Services, tuple[str, ...]]] | None = None

    async def services(self) -> Services:
        """The services, as soon as they are there. Cancelling the caller does not cancel the building."""
        return (await asyncio.shield(self._begun()))[0]

    async def problems(self) -> tuple[str, ...]:
        """What the building found wrong with the settings, one line each."""
        return (await asyncio.shield(self._begun()))[1]

    async def close(self) -> None:
        """Closes what was built; nothing if nothing was asked for."""
        if self._task is not None:
            await (await self.services()).close()

    def _begun(self) -> asyncio.Task[tuple[Services, tuple[str, ...]]]:
        if self._task is None:
            self._task = asyncio.create_task(asyncio.to_thread(self._build))
        return self._task
