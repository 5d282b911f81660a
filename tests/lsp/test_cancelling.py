"""Requests taken back at random moments: one reply each, the upstream closed, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from support.figures import percentile, report
from support.lsp_client import Client, RpcError
from support.messages_api import Asked, MessagesApi, tagged
from support.messages_play import Pace, Play
from support.serving import Served, serving

CANCELS = int(os.environ.get("SOAK_CANCELS", "100"))
LINE = "    return wi"
FIRST = "# first"


def begin(client: Client, door: str, number: int) -> asyncio.Future[Any]:
    """A request through one of the doors, about a text of its own."""
    uri = f"file:///project/{door}.py"
    client.open(uri, f"def area(width, height):  # {number}:\n{LINE}\n")
    where = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": len(LINE)}}
    if door == "inline":
        return client.start("textDocument/inlineCompletion", where | {"context": {"triggerKind": 1}})
    if door == "popup":
        return client.start("textDocument/completion", where | {"context": {"triggerKind": 1}})
    client.open(uri, f"def area(width, height):  # {number}:\n    raise NotImplementedError\n")
    data = {"uri": uri, "action": "implement", "range": [[1, 4], [1, 4]]}
    if door == "action":
        return client.start("codeAction/resolve", {"title": "Implement area", "data": data})
    return client.start("workspace/executeCommand", {"command": "kireji.act", "arguments": [data]})


class Moment(Enum):
    """When a request is taken back."""

    AT_ONCE = "at once"
    SOON = "after a while"
    ASKED = "as soon as the model has been asked"


@dataclass(frozen=True)
class Round:
    """One request and its fate, drawn beforehand: what is drawn does not depend on how quick the machine is."""

    door: str
    moment: Moment
    after: float
    pace: Pace

    @property
    def unanswered(self) -> bool:
        """Whether it can only be cancelled, since the model never answers."""
        return self.pace.first_token > 60

    @property
    def left_open(self) -> bool:
        """Whether the model is certain to be at it when the request is taken back."""
        return self.unanswered and self.moment is Moment.ASKED


def drawn(rng: random.Random) -> Round:
    """The model answers at once, soon, or never."""
    return Round(
        rng.choice(("inline", "popup", "action", "command")),
        rng.choice(tuple(Moment)),
        rng.uniform(0, 0.05),
        Pace(rng.choice((0.0, 0.02, 600.0)), rng.choice((0.0, 200.0))),
    )


def model(rounds: Sequence[Round]) -> Any:
    """Answers each request at its pace."""

    def answer(asked: Asked) -> Play:
        pace = Pace()
        if FIRST not in asked.question and (marked := re.search(r"# (\d+):", asked.question)):
            pace = rounds[int(marked[1])].pace
        said = f"{LINE.strip()}dth * height" if LINE in asked.question else ""
        return Play(tagged(asked, said), pace=pace)

    return answer


async def at_its_moment(now: Round, api: MessagesApi, marker: str) -> Asked | None:
    """The model's side of a request, if there is one by then."""
    if now.moment is Moment.SOON:
        await asyncio.sleep(now.after)
    if now.moment is Moment.ASKED:
        return await about(api, marker)
    return next((asked for asked in api.asked if marker in asked.question), None)


async def about(api: MessagesApi, marker: str) -> Asked:
    """The first question that holds a marker, as soon as it arrives."""
    seen = 0
    while True:
        asked = await asyncio.wait_for(api.request(seen), 60)
        if marker in asked.question:
            return asked
        seen += 1


@pytest.mark.slow
async def test_whatever_is_cancelled_leaves_nothing_behind(tmp_path: Path) -> None:
    rng = random.Random(7)
    rounds = [drawn(rng) for _ in range(CANCELS)]
    closing: list[float] = []
    ends: Counter[str] = Counter()
    async with MessagesApi(model(rounds)) as api, serving(tmp_path, api, KIREJI_REQUEST_MS="60000") as served:
        client = served.client
        await client.initialize()
        await asyncio.wait_for(warm(client), 60)
        before = await at_rest(served)
        for number, now in enumerate(rounds):
            pending = begin(client, now.door, number)
            taken_back = client.last_id
            asked = await at_its_moment(now, api, f"# {number}:")
            open_upstream = asked is not None and not asked.done.is_set()
            client.notify("$/cancelRequest", {"id": taken_back})
            since = time.monotonic()
            if asked is not None and open_upstream and await was_closed(asked):
                closing.append(time.monotonic() - since)
            try:
                await asyncio.wait_for(pending, 60)
                ends["answered first"] += 1
            except RpcError as error:
                assert error.code == -32800
                ends["cancelled"] += 1
        assert set(client.replies.values()) == {1}
        await at_rest(served, before)
        await client.shutdown()
        await served.process.wait()
    assert ends["cancelled"] >= sum(now.unanswered for now in rounds) > CANCELS / 5, ends
    assert len(closing) >= sum(now.left_open for now in rounds) > CANCELS / 20
    assert percentile(closing, 0.5) < 2, "the upstream was left open for a while"
    with contextlib.closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        reserved = store.execute("SELECT count(*) FROM calls WHERE outcome = 'reserved'").fetchone()
        rows = store.execute("SELECT count(*) FROM outcomes WHERE feature != 'suggestion'").fetchone()
    assert reserved == (0,)
    assert rows == (CANCELS + 1,)
    figures = ", ".join(f"{name} {percentile(closing, q) * 1000:.0f} ms" for name, q in (("p50", 0.5), ("p99", 0.99)))
    report(f"cancelled: {ends['cancelled']} of {CANCELS}; upstream closed after {figures} ({len(closing)} were open)")


async def was_closed(asked: Asked) -> bool:
    """Waits for the end of an answer: whether it was broken off, and did not just come to its end by itself."""
    ends = [asyncio.ensure_future(event.wait()) for event in (asked.closed, asked.done)]
    try:
        done, _ = await asyncio.wait(ends, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for end in ends:
            end.cancel()
    assert done, "the upstream was left open"
    return asked.closed.is_set()


async def warm(client: Client) -> None:
    """A first question loads what is loaded once, and leaves a connection that will be used again."""
    client.open("file:///project/first.py", f"def area(width, height):  {FIRST}\n{LINE}\n")
    assert (await client.ask("file:///project/first.py", 1, len(LINE), automatic=1))["items"]
    client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///project/first.py"}})


Rest = tuple[int, int, frozenset[str]]


async def at_rest(served: Served, like: Rest | None = None) -> Rest:
    """Tasks, open files and children of the server, once they stay as they are, or are no more than `like`."""
    seen: list[Rest] = []
    async with asyncio.timeout(60):
        while True:
            written = served.watch.stat().st_mtime_ns if served.watch is not None and served.watch.exists() else 0
            now = look(served)
            if now is not None:
                seen.append(now)
                if seen[-4:] == [now] * 4 if like is None else no_more_than(now, like):
                    return now
            # The server writes its figures a few times a second; each round reads new ones.
            while served.watch is None or not served.watch.exists() or served.watch.stat().st_mtime_ns == written:
                await asyncio.sleep(0.01)


def no_more_than(now: Rest, before: Rest) -> bool:
    """Nothing has been added."""
    return now[0] <= before[0] and now[1] <= before[1] and now[2] <= before[2]


def look(served: Served) -> Rest | None:
    """What the server holds now."""
    if served.watch is None or not served.watch.exists():
        return None
    process = Path(f"/proc/{served.process.pid}")
    tasks = json.loads(served.watch.read_text("utf-8"))["tasks"]
    children = frozenset((process / f"task/{served.process.pid}/children").read_text().split())
    return tasks, len(list((process / "fd").iterdir())), children
