"""Commands, status and feedback, with the real server."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kireji.base.caps import Caps, nano_dollars
from kireji.base.clock import SystemClock
from kireji.base.ledger import CallInfo, SqliteLedger
from kireji.base.store import Store
from kireji.base.types import Usage
from support.afterwards import messages_in_all
from support.lsp_client import Client, RpcError
from support.messages_api import MessagesApi, script
from support.serving import serving
from support.waiting import WATCHDOG

URI = "file:///project/app.py"
TEXT = "def area(width, height):\n    return wi\n"
GOOD = "return width * height"
WANTS_STATUS = {
    "general": {"positionEncodings": ["utf-32"]},
    "experimental": {"kireji": {"status": True}},
}


async def run(client: Client, command: str, *arguments: object) -> Any:
    """A command's result."""
    return await client.request("workspace/executeCommand", {"command": command, "arguments": list(arguments)})


async def suggested(client: Client) -> list[Any]:
    """What is shown at the end of the function's line."""
    answer = await asyncio.wait_for(client.ask(URI, 1, 13, automatic=2), 60)
    items: list[Any] = answer["items"]
    return items


async def test_pausing_stops_questions_until_resumed(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=WANTS_STATUS)
        client.open(URI, TEXT)
        assert (await run(client, "kireji.pause"))["state"] in ("paused", "starting")
        assert await suggested(client) == []
        assert (await client.request("kireji/explain", {}))["reason"] == "completion is paused"
        assert api.asked == []
        await client.notified("kireji/status", lambda status: status["state"] == "paused")

        assert (await run(client, "kireji.resume"))["state"] == "ready"
        assert len(await suggested(client)) == 1
        await client.notified("kireji/status", lambda status: status["state"] == "ready" and status["spentToday"] > 0)


async def test_the_status_is_told_as_soon_as_there_is_one(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        await served.client.initialize(capabilities=WANTS_STATUS)
        status = await served.client.notified("kireji/status", lambda status: status["state"] == "ready")
        assert status["provider"] == "anthropic"


async def test_what_would_be_sent_is_shown_and_nobody_is_asked(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        key = "sk-ant-api03-" + "Zq8v" * 12
        client.open(URI, f"KEY = '{key}'\n\n{TEXT}")
        place = {"uri": URI, "position": {"line": 3, "character": 13}}
        page = await asyncio.wait_for(run(client, "kireji.prompt", place), 60)
        assert "def area(width, height):" in page and "claude-haiku" in page
        assert key not in page and "## Taken out" in page
        assert await run(client, "kireji.prompt", {**place, "uri": "file:///not/open.py"}) is None
        assert "Nothing would be asked here" in await run(
            client, "kireji.prompt", {**place, "position": {"line": 0, "character": 9}}
        )
        with pytest.raises(RpcError, match="-32602"):
            await run(client, "kireji.prompt", URI)
        assert api.asked == []


async def test_snoozing_ends_by_itself(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        await suggested(client)
        told = await run(client, "kireji.snooze", 10)
        assert (told["state"], 590 < told["secondsLeft"] <= 600) == ("snoozed", True)
        assert await suggested(client) == []
        await run(client, "kireji.snooze", 0.0001)
        async with asyncio.timeout(60):
            while not await suggested(client):
                pass


@pytest.mark.parametrize("minutes", [0, -1, "soon", True, 10_000])
async def test_a_snooze_that_cannot_be_is_refused(tmp_path: Path, minutes: object) -> None:
    async with serving(tmp_path) as served:
        await served.client.initialize()
        with pytest.raises(RpcError, match="-32602"):
            await run(served.client, "kireji.snooze", minutes)


async def test_a_reached_cap_is_said_in_the_status(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api, KIREJI_DAILY_CAP_USD="0") as served:
        client = served.client
        await client.initialize(capabilities=WANTS_STATUS)
        client.open(URI, TEXT)
        assert await suggested(client) == []
        status = await client.notified("kireji/status", lambda status: status["state"] == "limited")
        assert status["reason"] == "the spending cap is reached; the local engine answers meanwhile"
        assert (status["spentToday"], status["dailyCap"], status["cause"]) == (0, 0, "cap_reached")


async def test_a_cap_that_is_near_is_said_once_and_stays_in_the_status(tmp_path: Path) -> None:
    await spend(tmp_path, 4.25)
    words = "80 % of the daily cap of $5.00 is spent"
    async with MessagesApi(script(GOOD)) as api:
        async with serving(tmp_path, api) as served:
            await served.client.initialize()
            served.client.open(URI, TEXT)
            await suggested(served.client)
            shown = await served.client.notified("window/showMessage")
            assert shown["message"] == f"Kireji: {words}"
        async with serving(tmp_path, api) as served:
            await served.client.initialize(capabilities=WANTS_STATUS)
            served.client.open(URI, TEXT)
            assert len(await suggested(served.client)) == 1
            status = await served.client.notified("kireji/status", lambda status: bool(status["reason"]))
            assert (status["state"], status["reason"]) == ("ready", words)
            assert (status["dailyCap"], status["monthlyCap"]) == (5, 50)
            assert 4.25 < status["spentToday"] == status["spentThisMonth"] < 4.26
            assert await messages_in_all(served.client) == []


async def spend(home: Path, amount: float) -> None:
    """Calls of another editor's server, today."""
    store, caps = Store(home / "state"), Caps(*map(nano_dollars, (5, 50, 5)))
    async with SqliteLedger(store, SystemClock(), caps).reserve(CallInfo("x", "x", "x", "x"), 0) as reservation:
        reservation.settle(Usage(), nano_dollars(amount), "complete")
    assert await store.close(WATCHDOG)


async def test_a_client_that_knows_no_status_gets_none_and_sees_it_when_it_asks(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        await suggested(client)
        told = await run(client, "kireji.status")
        assert told["state"] == "ready"
        shown = await client.notified("window/showMessage")
        assert "ready" in shown["message"]
        assert "spent today: $0.0" in shown["message"]
        assert (await run(client, "kireji.explain"))["offered"] is True
        # What is told for an answer reads the ledger once for the caps and once for the status.
        for _ in range(2):
            await run(client, "kireji.status")
        assert not any(method == "kireji/status" for method, _ in client.notifications)


async def test_what_became_of_a_suggestion_is_counted_without_its_text(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        (item,) = await suggested(client)
        command = item["command"]
        await run(client, command["command"], *command["arguments"])
        await run(client, command["command"], *command["arguments"], "word")
        await run(client, "kireji.dismiss", *command["arguments"])
        for bad in ((), (1,), ("x", "half")):
            with pytest.raises(RpcError, match="-32602"):
                await run(client, "kireji.accept", *bad)
        await client.shutdown()
        await served.process.wait()
    with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        rows = store.execute("SELECT about, what FROM feedback ORDER BY id").fetchall()
        (request,) = store.execute("SELECT request FROM outcomes").fetchone()
    about = command["arguments"][0]
    assert rows == [(about, "ACCEPTED"), (about, "ACCEPTED_WORD"), (about, "DISMISSED")]
    assert about.startswith(request)


async def test_unknown_commands_are_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.client.initialize()
        known = served.client.capabilities["executeCommandProvider"]["commands"]
        assert {"kireji.pause", "kireji.explain", "kireji.act"} <= set(known)
        with pytest.raises(RpcError, match="-32602"):
            await run(served.client, "kireji.nothing")
        with pytest.raises(RpcError, match="-32602"):
            await run(served.client, "kireji.act", {"uri": "file:///x"})
