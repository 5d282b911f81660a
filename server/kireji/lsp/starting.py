"""The services, built in the background once the client has its first answer: importing the engine costs more than that answer.

A request that comes sooner waits for them. Builds nothing itself: `compose.py` does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kireji.engine.services import Services

logger = logging.getLogger(__name__)

Built = tuple["Services", tuple[str, ...]]
Build = Callable[[], Built]


@dataclass(frozen=True, slots=True)
class Renewal:
    """How the services are made anew when what they were made of changes: `stamp` is cheap, `renew` runs in a thread."""

    stamp: Callable[[], object]
    renew: Callable[[Services], Built]


class Starting:
    """Services on their way. `build` runs in a thread, once, and also says what is wrong with the settings."""

    def __init__(self, build: Build, renewal: Renewal | None = None) -> None:
        self._build = build
        self._renewal = renewal
        self._stamp = renewal.stamp() if renewal is not None else None
        self._task: asyncio.Task[Built] | None = None
        self._with_it: list[Callable[[], None]] = []

    async def services(self) -> Services:
        """The services, as soon as they are there. Cancelling the caller does not cancel the building."""
        return (await asyncio.shield(self._begun()))[0]

    async def problems(self) -> tuple[str, ...]:
        """What the building found wrong with the settings, one line each."""
        return (await asyncio.shield(self._begun()))[1]

    def once_there(self, use: Callable[[Services], None]) -> None:
        """Hands the services to `use`: now, or as soon as they are there; never, if they cannot be. Fits in a `finally`."""

        def hand(built: asyncio.Task[Built]) -> None:
            if not built.cancelled() and built.exception() is None:
                use(built.result()[0])

        task = self._begun()
        if task.done():
            hand(task)
        else:
            task.add_done_callback(hand)

    @property
    def there(self) -> bool:
        """Whether the services have been built."""
        return self._task is not None and self._task.done()

    def closes(self, close: Callable[[], None]) -> None:
        """Has `close`, which is quick, called when the server ends in good order."""
        self._with_it.append(close)

    async def close(self) -> None:
        """Closes what was built, if anything was asked for, and what is to be closed with it."""
        for close in self._with_it:
            close()
        if self._task is not None:
            await (await self.services()).close()

    def _begun(self) -> asyncio.Task[Built]:
        if self._task is None:
            self._task = asyncio.create_task(asyncio.to_thread(self._build))
        elif self._renewal is not None and self.there and (stamp := self._renewal.stamp()) != self._stamp:
            self._stamp = stamp
            self._task = asyncio.create_task(self._renewed(self._renewal, self._task))
        return self._task

    async def _renewed(self, renewal: Renewal, former: asyncio.Task[Built]) -> Built:
        """The services made anew. Where that fails, those that were there: each later renewal begins with this one's result."""
        built = await former
        try:
            return await asyncio.to_thread(renewal.renew, built[0])
        except Exception:
            logger.exception("a bug: what has changed could not be taken over")
            return built
