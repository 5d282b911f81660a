"""A folder in which copies of a workspace are made, in threads; it goes when nobody writes there any more. Copies nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TypeVar

from kireji.base.child_home import Home, open_home
from kireji.engine.proof.copying import CopyError

T = TypeVar("T")


class Room:
    """The folder of one action. Opened when first needed; must be closed.

    A thread goes on when whoever waits for it is cancelled, and would write what it copies into a folder that is gone, where
    nobody looks for it again: so the lock is the threads' own, and closing waits for it.
    """

    def __init__(self) -> None:
        self._home: Home | None = None
        self._busy = Lock()
        self._closed = False

    async def make(self, work: Callable[[Path], T]) -> T:
        """What `work` makes in the folder; one after the other. Raises CopyError once closed, OSError, and what `work` does."""
        return await asyncio.to_thread(self._made, work)

    async def close(self) -> None:
        """Removes the folder with all that is in it, as soon as nothing is made there. May be called twice."""
        await asyncio.to_thread(self._remove)

    def _made(self, work: Callable[[Path], T]) -> T:
        with self._busy:
            if self._closed:
                raise CopyError("it is not wanted any more")
            if self._home is None:
                self._home = open_home()
            return work(self._home.path)

    def _remove(self) -> None:
        with self._busy:
            self._closed = True
            home, self._home = self._home, None
            if home is not None:
                home.close()
