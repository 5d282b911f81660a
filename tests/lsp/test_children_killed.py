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

KILLS = int(os.environ.get("SOAK_KILLS", "20"))
LINE = "    return wi"
GOOD = "return width * height"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.mark.slow
async def test_requests_are_answered_whatever_becomes_of_the_checkers(tmp_path: Path) -> None:
    rng = random.Random(3)
    times: list[float] = []
    killed: Counter[str] = Counter()
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api, KIREJI_DETERMINISTIC="true") as served:
        client = served.client
        await client.initialize()
        for number in range(KILLS):
            uri = f"file:///project/{number % 5}.py"
            client.open(uri, f"def area(width, height):  # {number}\n{LINE}\n")
            where = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": len(LINE)}}
            since = time.monotonic()
            inline = client.start("textDocument/inlineCompletion", where | {"context": {"triggerKind": 1}})
            popup = client.start("textDocument/completion", where | {"context": {"triggerKind": 2}})
            await asyncio.sleep(rng.uniform(0, 0.05))
            await harm(served.process.pid, rng, killed)
            for pending in (inline, popup):
                await asyncio.wait_for(pending, 60)
            times.append(time.monotonic() - since)
        assert runs(served.process.pid)
        assert set(client.replies.values()) == {1}
        await client.shutdown()
        assert await asyncio.wait_for(served.process.wait(), 10) == 0
    assert killed.total() > KILLS / 4, "hardly any checker was there to be harmed"
    # The gates' own deadline, twice, and time for a machine that is busy.
    assert max(times) < 30
    report(
        f"checkers harmed {killed.total()} times ({killed['killed']} killed, {killed['stopped']} stopped): "
        f"answers after p50 {percentile(times, 0.5) * 1000:.0f} ms, at most {max(times) * 1000:.0f} ms"
    )


async def harm(server: int, rng: random.Random, done: Counter[str]) -> None:
    """Kills one of the server's children, or stops it for good."""
    found = sorted(children(server))
    if not found:
        return
    how = rng.choice((signal.SIGKILL, signal.SIGSTOP))
    with contextlib.suppress(ProcessLookupError):
        os.kill(rng.choice(found), how)
        done["killed" if how is signal.SIGKILL else "stopped"] += 1
