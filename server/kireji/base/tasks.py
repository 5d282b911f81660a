"""Tasks that outlive whoever began them: kept until they end, cancelled together. Knows nothing of what they do."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Tasks:
    """The tasks of one owner. A task that fails fails for those who wait for it, and for nobody else."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begins a task that need not be waited for."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._forget)
        return task

    async def cancel(self) -> None:
        """Ends all tasks but the caller's own."""
        current = asyncio.current_task()
        others = [task for task in self._running if task is not current]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # the waiter may be gone; the owner keeps what it needs to know


class TaskEnded(Exception):  # noqa: N818 — it says what has happened
    """The task was cancelled, and not by the one who waits for it."""


async def outcome(task: asyncio.Task[T]) -> T:
    """What a shared task comes to. Cancelling the waiter leaves the task alone. Raises TaskEnded, and what it raised."""
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        waiter = asyncio.current_task()
        if task.cancelled() and waiter is not None and not waiter.cancelling():
            raise TaskEnded from None
        raise
