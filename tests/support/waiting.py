"""How tests wait and let time pass, so that a machine that is busy, or stands still for seconds, changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

# How long something may take that takes a moment on a machine with time to spare: only what never comes takes longer.
WATCHDOG = 60.0
_LOOK = 0.01


def leap(seconds: float) -> None:
    """Puts the clock of the running event loop ahead: what was to happen by then happens now, in its order.

    A test that needs something to come before a deadline waits for it, however long it takes, and then has the deadline come.
    """
    loop = asyncio.get_running_loop()
    before = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]


@contextlib.asynccontextmanager
async def ending_by(deadline: float, grace: float = 1.0) -> AsyncIterator[None]:
    """What is inside ends by the deadline, which is loop time, or soon after it. Raises AssertionError where it took longer.

    The grace is counted in looks of the loop: while this process is not running, none is taken.
    """
    late = 0

    async def look() -> None:
        nonlocal late
        await asyncio.sleep(deadline - asyncio.get_running_loop().time())
        while True:
            await asyncio.sleep(_LOOK)
            late += 1

    looking = asyncio.ensure_future(look())
    try:
        yield
    finally:
        looking.cancel()
        assert late * _LOOK <= grace, f"{late * _LOOK:.2f} s after its deadline"
