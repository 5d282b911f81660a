"""One question at a time for each document: a newer one ends the older, which is then answered at once, and with nothing.

Some editors never take a question back when the text goes on, and clear what they show at any late empty answer; so the
older answer must be out of the way before the newer one is given. Knows no feature and no protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Turns:
    """The running question of each document. Used on the event loop only."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[Any]] = {}

    def end(self, key: str) -> None:
        """Ends the question of a key that is of no interest any more; it is answered as a superseded one is."""
        if (running := self._running.get(key)) is not None:
            running.cancel()

    async def take(self, key: str, work: Coroutine[Any, Any, T], superseded: T) -> T:
        """Runs `work`, ending what ran under the same key; returns `superseded` when it is itself ended that way."""
        task = asyncio.ensure_future(work)
        older = self._running.get(key)
        self._running[key] = task
        if older is not None:
            older.cancel()
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            # The client took this question back: what it runs ends first, so that nothing is left behind the answer.
            task.cancel()
            await asyncio.wait({task})
            raise
        finally:
            if self._running.get(key) is task:
                del self._running[key]
        return superseded if task.cancelled() else task.result()
