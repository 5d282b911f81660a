"""Everything that a model service may do wrong, through the real server: the right answer or a named reason by the deadline.

And a good answer again afterwards, nothing cut off shown as complete, one outcome row and at most one spend row each.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kireji.base.keys import Place, keep
from kireji.base.types import Reason
from support.fault_server import Anthropic, Dialect, FaultServer, Filling, OpenAi, good
from support.faults import FAULTS, Fault
from support.figures import report
from support.lsp_client import Client
from support.serving import Served, serving

FULL = "SOAK_FAULTS" in os.environ
# Of the pop-up and the action every so manyth fault, and of ghost text by dialect.
EVERY = 1 if FULL else 10
EVERY_OTHER = {"anthropic": 1, "openai": 1 if FULL else 3, "filling": 1 if FULL else 10}
REQUEST_MS, SILENCE_MS = 1_200, 400
# What a busy machine may add to a deadline.
SLACK = 10.0
MOST_CALLS = 3

COMPLETION = """\
def first(items, name):
    if name not in items:
        raise KeyError(f"no such item: {name}")
    return items[name]


def second(items, name):
    if name not in
        raise KeyError(f"no such item: {name}")
    return items[name]
"""
LINE, COLUMN = 7, 18
COMPLETED = " items.keys():  # né 🦊"
LOCALLY = " items:"
ACTION = "def ground(width: int, height: int) -> int:\n    raise NotImplementedError\n"
ACTED = "def ground(width: int, height: int) -> int:\n    return width * height  # né 🦊"
ANSWERS = {"def ground": ACTED, "KeyError": f"if name not in{COMPLETED}"}
FILLED = {"KeyError": COMPLETED}


@dataclass
class Bench:
    """A service, a server, and a client that asks through each of its doors."""

    service: FaultServer
    served: Served
    client: Client
    key_file: Path
    version: int = 0
    worst: float = 0.0
    asked: dict[str, int] = field(default_factory=lambda: {"inline": 0, "popup": 0, "action": 0})

    async def ask(self, door: str) -> tuple[str, str]:
        """What is shown, and the reason that is told for its absence or for its coming from elsewhere."""
        self.version += 1
        self.asked[door] += 1
        uri = f"file:///project/{door}.py"
        self.client.open(uri, f"{ACTION if door == 'action' else COMPLETION}# {self.version}\n", version=self.version)
        since = time.monotonic()
        shown = await DOORS[door](self.client, uri)
        took = time.monotonic() - since
        self.worst = max(self.worst, took)
        assert took < REQUEST_MS / 1000 + SLACK, "it is past the deadline"
        explained = await self.client.request("kireji/explain", {})
        return shown, explained.get("reason") or explained["trouble"]

    async def until_good(self, door: str) -> None:
        """Asks until the right answer comes again: a probe may have been late on a busy machine."""
        self.service.play = good
        if self.key_file.exists():
            keep(self.key_file, self.service.key, Place.FILE)
        last: object = None
        since = time.monotonic()
        while (last := await self.ask(door)) != (RIGHT[door], ""):
            assert time.monotonic() - since < 60, (door, last)
            await asyncio.sleep(0.02)


async def inline(client: Client, uri: str) -> str:
    answer = await asyncio.wait_for(client.ask(uri, LINE, COLUMN, automatic=1), 60)
    return "".join(item["insertText"] for item in answer["items"])


async def popup(client: Client, uri: str) -> str:
    where = {"textDocument": {"uri": uri}, "position": {"line": LINE, "character": COLUMN}}
    for _ in range(2):  # Asking twice at one place is a key, and who asks by a key waits.
        answer = await client.request("textDocument/completion", where | {"context": {"triggerKind": 1}})
    # An item takes the place of the word before the cursor as well.
    return "".join(item["textEdit"]["newText"].removeprefix("in") for item in answer["items"])


async def action(client: Client, uri: str) -> str:
    data = {"uri": uri, "action": "implement", "range": [[1, 4], [1, 4]]}
    resolved = await client.request("codeAction/resolve", {"title": "Implement ground", "data": data})
    edits = resolved.get("edit", {}).get("changes", {}).get(uri, [])
    return "".join(edit["newText"] for edit in edits)


DOORS: dict[str, Callable[[Client, str], Awaitable[str]]] = {"inline": inline, "popup": popup, "action": action}
RIGHT = {"inline": COMPLETED, "popup": COMPLETED, "action": "return width * height  # né 🦊"}


@contextlib.asynccontextmanager
async def bench(home: Path, dialect: Dialect) -> AsyncIterator[Bench]:
    """The key lies in a file, so that it can be renewed once it was refused."""
    service = FaultServer(dialect, FILLED if dialect.name == "filling" else ANSWERS)
    key_file = home / "config" / "kireji" / "key"
    keep(key_file, service.key, Place.FILE)
    async with service.listening():
        place: dict[str, Any] = dialect.environment(service.url, service.key)
        async with serving(
            home,
            None,
            **place,
            KIREJI_COOL_DOWN_MS="10",
            # Whoever listens here is connected to at once, unless the machine stands still, which is no refusal.
            KIREJI_CONNECT_MS="5000",
            KIREJI_SILENCE_MS=str(SILENCE_MS),
            KIREJI_REQUEST_MS=str(REQUEST_MS),
            KIREJI_ACTIONS_REQUEST_MS=str(REQUEST_MS),
            KIREJI_PREFETCH="false",
        ) as served:
            await served.client.initialize()
            yield Bench(service, served, served.client, key_file)
            await served.client.shutdown()
            await served.process.wait()
    assert service.key not in served.log.read_text()


async def check_fault(bench: Bench, fault: Fault, door: str) -> None:
    """How a question ends there, and that the next one is answered."""
    allowed = {end.value if isinstance(end, Reason) else "" for end in fault.ends(bench.service.dialect.name)}
    for _ in range(3):
        bench.service.play = fault.play
        before = len(bench.service.asked)
        shown, reason = await bench.ask(door)
        calls = len(bench.service.asked) - before
        # The pop-up is asked for twice, and whoever was refused at once is asked again.
        assert calls <= (2 * MOST_CALLS if door == "popup" else MOST_CALLS), (fault.name, calls)
        right, wrong = {RIGHT[door]}, {"", LOCALLY} if door != "action" else {""}
        assert shown in (wrong if reason else right), (fault.name, door, shown, reason)
        await bench.until_good(door)
        if reason in allowed:
            return
        # A machine that is busy for longer than the silence may last takes everything for a silence.
        assert reason == Reason.TIMEOUT.value, (fault.name, door, reason)
    raise AssertionError((fault.name, door, reason))


@pytest.mark.parametrize("dialect", [Anthropic(), OpenAi(), Filling()], ids=lambda dialect: dialect.name)
async def test_the_catalogue(tmp_path: Path, dialect: Dialect) -> None:
    async with FaultServer(dialect, ANSWERS).listening() as elsewhere, bench(tmp_path, dialect) as on:
        on.service.elsewhere = elsewhere.url
        # A model that only fills in follows no instructions.
        doors = [door for door in DOORS if dialect.name != "filling" or door != "action"]
        for door in doors:
            await on.until_good(door)
        for number, fault in enumerate(FAULTS):
            for door in doors:
                every = EVERY if door != "inline" else EVERY_OTHER[dialect.name]
                if number % every == 0:
                    await check_fault(on, fault, door)
        assert elsewhere.asked == [], "something has followed a redirect"
    check_rows(tmp_path, on)
    report(f"faults: {len(FAULTS)} of {dialect.name}, {on.asked}; the longest took {on.worst:.1f} s")


def check_rows(home: Path, bench: Bench) -> None:
    """One outcome row for each request, one spend row at most, and nothing left reserved."""
    with contextlib.closing(sqlite3.connect(next(home.rglob("*.sqlite3")))) as store:
        outcomes = dict(store.execute("SELECT request, count(*) FROM outcomes GROUP BY request").fetchall())
        calls = dict(store.execute("SELECT request, count(*) FROM calls GROUP BY request").fetchall())
        reserved = store.execute("SELECT count(*) FROM calls WHERE outcome = 'reserved'").fetchone()
        doors = dict(store.execute("SELECT feature, count(*) FROM outcomes GROUP BY feature").fetchall())
    assert set(outcomes.values()) == {1}
    assert set(calls.values()) == {1}
    assert calls.keys() <= outcomes.keys()
    assert reserved == (0,)
    asked = bench.asked
    assert asked["popup"] <= doors.pop("suggestion") <= 2 * asked["popup"]
    assert doors == {
        "inline completion": asked["inline"],
        "completion": 2 * asked["popup"],
    } | ({"implement": asked["action"]} if asked["action"] else {})
