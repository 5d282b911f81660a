"""A state folder that cannot be used: nothing is spent, a person is told what to do, and editing goes on."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kireji.base.store import FILE, Store
from support.lsp_client import WATCHDOG
from support.messages_api import MessagesApi, script
from support.serving import serving

URI = "file:///project/shop.py"
# The local engine is sure of this line: it stands in the text already.
TEXT = """\
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
WANTS_STATUS = {"experimental": {"kireji": {"status": True}}, "general": {"positionEncodings": ["utf-32"]}}
# No file that this server writes may grow beyond a page, as on a disk that is full.
FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, {bytes}))
from kireji.cli.main import main
main()
"""


def damaged(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4_096:12_288] = b"\xa5" * 8_192
    file.write_bytes(data)


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA user_version = 999")


def not_a_database(file: Path) -> None:
    file.write_bytes(b"what somebody else has put here\n" * 500)


async def made(home: Path) -> Path:
    """A store as a server leaves it."""
    store = Store(home / "state")
    await store.run(lambda connection: connection.execute("INSERT INTO days VALUES ('2026-01-01', 7)"))
    assert await store.close()
    return home / "state" / FILE


async def check_closed(home: Path, *words: str, program: str = "", **environment: Any) -> None:
    """No call is made, the local engine answers, and what is wrong is said once with what to do."""
    async with (
        MessagesApi(script("return 1")) as api,
        serving(home, api, program=program, KIREJI_DETERMINISTIC="true", **environment) as served,
    ):
        client = served.client
        await client.initialize(capabilities=WANTS_STATUS)
        for number in range(1, 4):
            client.open(URI, f"{TEXT}# {number}\n", version=number)
            answer = await asyncio.wait_for(client.ask(URI, LINE, COLUMN, automatic=1), WATCHDOG)
            assert [item["insertText"] for item in answer["items"]] == [" items:"]
        assert api.asked == []
        explained = await client.request("kireji/explain", {})
        down = "the ledger cannot be written, so nothing may be spent"
        assert (explained["provider"], explained["trouble"], explained["cost_usd"]) == ("local", down, 0)
        status = await client.notified("kireji/status", lambda status: status["state"] == "limited")
        assert status["reason"].startswith(down) and status["spentToday"] is None
        await client.notified("window/showMessage")
        shown = [params["message"] for method, params in client.notifications if method == "window/showMessage"]
        assert len(shown) == 1 and all(word in shown[0] for word in words), shown
        await client.shutdown()
        assert await asyncio.wait_for(served.process.wait(), WATCHDOG) == 0


@pytest.mark.parametrize(
    ("harm", "word"),
    [(damaged, "damaged"), (newer, "newer"), (not_a_database, "damaged")],
    ids=lambda it: getattr(it, "__name__", ""),
)
async def test_a_file_that_cannot_be_used_is_left_as_it_is(
    tmp_path: Path, harm: Callable[[Path], None], word: str
) -> None:
    file = await made(tmp_path)
    harm(file)
    before = file.read_bytes()
    await check_closed(tmp_path, str(file), word)
    assert file.read_bytes() == before
    assert sorted(p.name for p in file.parent.iterdir() if not p.name.startswith("index-")) == [FILE]


@pytest.mark.skipif(sys.platform != "linux", reason="limits what a process may write")
async def test_a_full_disk(tmp_path: Path) -> None:
    file = await made(tmp_path)
    await check_closed(tmp_path, str(file), program=FULL.format(bytes=4_096))
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT nano FROM days").fetchall() == [(7,)]
        assert connection.execute("SELECT count(*) FROM calls").fetchall() == [(0,)]


@pytest.mark.skipif(sys.platform != "linux", reason="a place in which even root can make nothing")
async def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    await check_closed(tmp_path, "/proc/kireji", "KIREJI_STATE", KIREJI_STATE="/proc/kireji")
