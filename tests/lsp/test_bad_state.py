"""Where nothing may be spent, a person is told why and what to do, and editing goes on."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kireji.base.audit import Audit, OutcomeRow
from kireji.base.caps import Caps, nano_dollars
from kireji.base.clock import SystemClock
from kireji.base.ledger import CallInfo, SqliteLedger
from kireji.base.store import FILE, Store
from kireji.base.types import Reason, Stage, Usage
from support.afterwards import messages_in_all
from support.messages_api import MessagesApi, script
from support.serving import serving
from support.waiting import WATCHDOG

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
    assert await store.close(WATCHDOG)
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
        shown = await messages_in_all(client)
        assert len(shown) == 1 and all(word in shown[0] for word in words), shown
        await client.shutdown()
        assert await asyncio.wait_for(served.process.wait(), WATCHDOG) == 0


def kept(file: Path) -> Path:
    """The only store in a folder, whatever its name."""
    (found,) = (path for path in file.parent.iterdir() if not path.name.startswith("index-"))
    return found


@pytest.mark.parametrize("harm", [damaged, not_a_database], ids=lambda it: it.__name__)
async def test_a_damaged_file_is_kept_aside_and_nothing_is_spent_until_a_person_has_taken_it(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    file = await made(tmp_path)
    harm(file)
    before = file.read_bytes()
    for _ in range(2):  # a start finds what another has set aside
        await check_closed(tmp_path, str(file), "damaged", "set aside as", "move that file")
        assert kept(file).name.startswith(f"{FILE}.damaged-") and kept(file).read_bytes() == before
    kept(file).rename(tmp_path / "for-later")
    async with MessagesApi(script("return 1")) as api, serving(tmp_path, api) as served:
        await served.client.initialize(capabilities=WANTS_STATUS)
        served.client.open(URI, TEXT)
        await asyncio.wait_for(served.client.ask(URI, LINE, COLUMN, automatic=1), WATCHDOG)
        assert len(api.asked) == 1, "a new store is begun, and the model asked again"


async def test_the_file_of_a_newer_kireji_is_left_to_it(tmp_path: Path) -> None:
    file = await made(tmp_path)
    newer(file)
    before = file.read_bytes()
    await check_closed(tmp_path, str(file), "newer", "update")
    assert kept(file) == file and file.read_bytes() == before


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


@pytest.mark.parametrize(("cap", "until"), [("daily", "midnight"), ("monthly", "the month ends")])
async def test_past_a_cap_the_local_engine_serves_and_one_message_says_so(tmp_path: Path, cap: str, until: str) -> None:
    caps = {"KIREJI_DAILY_CAP_USD": "5", "KIREJI_MONTHLY_CAP_USD": "5"} | {f"KIREJI_{cap.upper()}_CAP_USD": "4.5"}
    store = Store(tmp_path / "state")
    ledger = SqliteLedger(store, SystemClock(), Caps(*map(nano_dollars, (10, 10, 10))))
    async with ledger.reserve(CallInfo("x", "x", "x", "x"), 0) as reservation:
        reservation.settle(Usage(), nano_dollars(4.4999), "complete")
    assert await store.close(WATCHDOG)
    told = []
    async with MessagesApi(script("return 1")) as api:
        for _ in range(2):
            place: dict[str, Any] = {**caps, "KIREJI_DETERMINISTIC": "true"}
            async with serving(tmp_path, api, **place) as served:
                client = served.client
                await client.initialize(capabilities=WANTS_STATUS)
                for number in range(1, 4):
                    client.open(URI, f"{TEXT}# {number}\n", version=number)
                    answer = await asyncio.wait_for(client.ask(URI, LINE, COLUMN, automatic=1), WATCHDOG)
                    assert [item["insertText"] for item in answer["items"]] == [" items:"]
                status = await client.notified("kireji/status", lambda status: status["state"] == "limited")
                assert status["reason"].startswith("the spending cap is reached; the local engine")
                told += await messages_in_all(client)
                await client.shutdown()
        assert api.asked == []
    words = f"Kireji: the {cap} cap of $4.50 is reached: the local engine answers until {until}"
    assert len(told) == 1 and told[0].startswith(words) and f"money.{cap}_cap_usd" in told[0], told


async def test_figures_that_are_out_of_order_are_said_in_the_status(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    audit = Audit(store, SystemClock())
    for number in range(40):
        reason = Reason.TIMEOUT if number % 2 else None
        row = OutcomeRow(
            f"x-{number}", "inline completion", reason, Stage.STREAM, 1.0, "anthropic", about=f"x-{number}.1"
        )
        audit.record(row)
    assert await store.close(WATCHDOG)
    async with MessagesApi(script("return 1")) as api, serving(tmp_path, api) as served:
        await served.client.initialize(capabilities=WANTS_STATUS)
        served.client.open(URI, TEXT)
        await asyncio.wait_for(served.client.ask(URI, LINE, COLUMN, automatic=1), WATCHDOG)
        status = await served.client.notified("kireji/status", lambda status: "failed" in status["reason"])
        assert (status["state"], status["reason"].partition(", ")[2]) == ("ready", "more than 20 %")
