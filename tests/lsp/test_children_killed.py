"""A server whose checkers are killed or stopped while it works: each request is answered in time, and the server lives."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from support.figures import percentile, report
from support.messages_api import MessagesApi, script
from support.processes import children, runs
from support.serving import serving
from support.waiting import WATCHDOG

KILLS = int(os.environ.get("SOAK_KILLS", "20"))
LINE = "    return wi"
GOOD = "return width * height"
GATES_MS = 2_000
# One for names and one for errors.
CHILDREN = 2
QUESTIONS = 8

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.mark.slow
async def test_requests_are_answered_whatever_becomes_of_the_checkers(tmp_path: Path) -> None:
    rng = random.Random(3)
    times: list[float] = []
    harmed: Counter[str] = Counter()
    servers = 0
    async with MessagesApi(script(GOOD)) as api:
        # What has failed is not started again at once, so each server is good for a few.
        while harmed.total() < KILLS:
            servers += 1
            assert servers <= KILLS, "hardly any checker was there to be harmed"
            home = tmp_path / str(servers)
            home.mkdir()
            times += await one_server(home, api, rng, harmed)
    # The gates' own deadline, and time for a machine that is busy.
    assert max(times) < GATES_MS / 1000 + 15
    report(
        f"checkers harmed {harmed.total()} times ({harmed['killed']} killed, {harmed['stopped']} stopped) in {servers} servers: "
        f"{len(times)} answers after p50 {percentile(times, 0.5) * 1000:.0f} ms, at most {max(times) * 1000:.0f} ms"
    )


async def one_server(home: Path, api: MessagesApi, rng: random.Random, harmed: Counter[str]) -> list[float]:
    """Harms the checkers of one server while it is asked; the seconds until each answer."""
    times = []
    deadline = str(GATES_MS)
    async with serving(home, api, KIREJI_DETERMINISTIC="true", KIREJI_GATES_EXPLICIT_MS=deadline) as served:
        client = served.client
        await client.initialize()
        client.open("file:///project/first.py", LINE)
        async with asyncio.timeout(WATCHDOG):
            while len(children(served.process.pid)) < CHILDREN:
                await asyncio.sleep(0.01)  # another process's children: there is no event for them
        for number in range(QUESTIONS):
            uri = f"file:///project/{number}.py"
            client.open(uri, f"def area(width, height):\n{LINE}\n")
            where = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": len(LINE)}}
            since = time.monotonic()
            inline = client.start("textDocument/inlineCompletion", where | {"context": {"triggerKind": 1}})
            popup = client.start("textDocument/completion", where | {"context": {"triggerKind": 2}})
            await asyncio.sleep(rng.uniform(0, 0.05))
            await harm(served.process.pid, rng, harmed)
            for pending in (inline, popup):
                await asyncio.wait_for(pending, WATCHDOG)
            times.append(time.monotonic() - since)
        assert runs(served.process.pid)
        assert set(client.replies.values()) == {1}
        await client.shutdown()
        assert await asyncio.wait_for(served.process.wait(), WATCHDOG) == 0
    return times


async def harm(server: int, rng: random.Random, done: Counter[str]) -> None:
    """Kills one of the server's children, or stops it for good."""
    found = sorted(children(server))
    if not found:
        return
    how = rng.choice((signal.SIGKILL, signal.SIGSTOP))
    with contextlib.suppress(ProcessLookupError):
        os.kill(rng.choice(found), how)
        done["killed" if how is signal.SIGKILL else "stopped"] += 1
