"""A process that is being started, and whoever waits for it cancelled meanwhile."""

from __future__ import annotations

import asyncio
import sys

import pytest

from kireji.base import child_process
from kireji.base.child_process import end, started
from support.children import gone, until

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


async def ended_before_its_own() -> tuple[asyncio.subprocess.Process, int]:
    """A process that has ended, and been waited for; and the number of one that it has left."""
    code = (
        "import subprocess, sys; print(subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'],"
    )
    code += " stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).pid)"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-S", "-c", code), stdin=pipe, stdout=pipe, start_new_session=True
    )
    said, _ = await process.communicate()
    return process, int(said)


@pytest.mark.skipif(sys.platform == "win32", reason="grandchildren live on there")
async def test_what_a_process_has_left_is_ended_with_it() -> None:
    process, left = await ended_before_its_own()
    assert not gone(left)
    await end(process)
    await until(lambda: gone(left))


@pytest.mark.skipif(sys.platform == "win32", reason="grandchildren live on there")
async def test_a_number_that_another_process_has_by_now_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    process, left = await ended_before_its_own()
    monkeypatch.setattr(child_process, "is_alive", lambda number: True)
    await end(process)
    assert not gone(left)
    monkeypatch.undo()
    await end(process)
    await until(lambda: gone(left))


async def test_a_cancellation_that_comes_with_the_end_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    process = await started(asyncio.create_subprocess_exec(sys.executable, "-c", ""), end)
    seen, heard, waited = asyncio.Event(), asyncio.Event(), process.wait

    async def wait() -> int:
        code = await waited()
        seen.set()
        await heard.wait()
        return code

    monkeypatch.setattr(process, "wait", wait)
    async with asyncio.timeout(60):
        ending = asyncio.ensure_future(end(process))
        await seen.wait()
        heard.set()
        ending.cancel()
        await asyncio.wait({ending})
    assert ending.cancelled()


async def test_what_cannot_be_started_says_why() -> None:
    with pytest.raises(FileNotFoundError):
        await started(asyncio.create_subprocess_exec("/nowhere/program"), end)
