"""A process that is being started, and whoever waits for it cancelled meanwhile."""

from __future__ import annotations

import asyncio
import sys

import pytest

from kireji.base.child_process import end, started

# Starting one takes fewer turns of the loop than that.
TURNS = 40


async def test_whoever_is_cancelled_while_it_starts_leaves_no_process_behind() -> None:
    came_through = 0
    for turns in range(1, TURNS):
        ended: list[asyncio.subprocess.Process] = []

        async def ending(process: asyncio.subprocess.Process, ended: list[asyncio.subprocess.Process] = ended) -> None:
            await end(process)
            ended.append(process)

        pipe = asyncio.subprocess.PIPE
        starting = asyncio.create_subprocess_exec(
            *(sys.executable, "-S", "-c", "import time; time.sleep(600)"),
            stdin=pipe,
            stdout=pipe,
            start_new_session=True,
        )
        running = asyncio.ensure_future(started(starting, ending))
        for _ in range(turns):
            await asyncio.sleep(0)
        if not running.cancel():
            await end(await running)
            came_through += 1
            continue
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(running, 60)
        assert all(process.returncode is not None for process in ended)
        assert len(ended) == 1, turns
    assert came_through < TURNS


async def test_whoever_is_cancelled_twice_leaves_none_behind_either() -> None:
    for turns in range(1, TURNS):
        ended = asyncio.Event()

        async def ending(process: asyncio.subprocess.Process, ended: asyncio.Event = ended) -> None:
            await end(process)
            ended.set()

        starting = asyncio.create_subprocess_exec(
            *(sys.executable, "-S", "-c", "import time; time.sleep(600)"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        running = asyncio.ensure_future(started(starting, ending))
        await asyncio.sleep(0)  # it has begun
        running.cancel()
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(running, 60)
        await asyncio.wait_for(ended.wait(), 60)


async def test_what_cannot_be_started_says_why() -> None:
    with pytest.raises(FileNotFoundError):
        await started(asyncio.create_subprocess_exec("/nowhere/program"), end)
