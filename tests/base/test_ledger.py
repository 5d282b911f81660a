"""Every call is one row, the day's cap holds exactly, and nothing is spent when nobody could count it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.caps import Caps, nano_dollars
from kireji.base.ledger import STALE_SECONDS, CallInfo, CapReached, Ledger, LedgerDown, Reservation, SqliteLedger
from kireji.base.store import FILE, Store
from kireji.base.types import Reason, Usage
from support.held_clock import HeldClock
from support.waiting import WATCHDOG

CALL = CallInfo("request-1", "inline", "anthropic", "claude-haiku-5-5")
DAY = 86_400.0


WIDE = 10**12


class Till:
    """A ledger with a daily cap of 100 nano-dollars, its clock, and a look into its file."""

    def __init__(self, folder: Path, monthly: int = WIDE, action: int = WIDE) -> None:
        self.clock = HeldClock()
        self.store = Store(folder)
        self.ledger: Ledger = SqliteLedger(self.store, self.clock, Caps(100, monthly, action))

    async def rows(self) -> list[tuple[str, int]]:
        return await self.store.run(lambda c: c.execute("SELECT outcome, nano FROM calls ORDER BY rowid").fetchall())

    async def pay(self, estimate: int, cost: int, request: str = "request-1") -> None:
        async with self.ledger.reserve(replace(CALL, request=request), estimate) as reservation:
            reservation.settle(Usage(output=1), cost, "complete")

    async def today(self) -> int:
        return (await self.ledger.spending()).today


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    made = Till(tmp_path)
    yield made
    assert await made.store.close(WATCHDOG)


async def test_a_call_is_one_row_with_all_its_figures(till: Till) -> None:
    async with till.ledger.reserve(CALL, 40) as reservation:
        assert await till.rows() == [("reserved", 40)]
        assert await till.today() == 0
        reservation.note(Usage(input=10), 5)
        reservation.settle(Usage(10, 20, 30, 40), 25, "stop_sequence")
    columns = "at, day, request, feature, provider, model, outcome, nano, input, output, cache_write, cache_read"
    (row,) = await till.store.run(lambda c: c.execute(f"SELECT {columns} FROM calls").fetchall())
    info = ("request-1", "inline", "anthropic", "claude-haiku-5-5")
    assert row == (till.clock.at, "2026-05-04", *info, "stop_sequence", 25, 10, 20, 30, 40)
    assert await till.today() == 25


async def test_a_call_that_is_made_again_reserves_again_in_its_row(till: Till) -> None:
    async with till.ledger.reserve(CALL, 40) as reservation:
        await till.ledger.extend(reservation, 50)
        assert await till.rows() == [("reserved", 90)]
        with pytest.raises(CapReached):
            await till.ledger.extend(reservation, 11)
        with pytest.raises(CapReached):
            await till.pay(11, 1)
        assert await till.rows() == [("reserved", 90)]
        reservation.settle(Usage(), 60, "complete")
    assert await till.rows() == [("complete", 60)]
    await till.pay(40, 40)


async def test_the_cap_is_exact(till: Till) -> None:
    await till.pay(60, 60)
    with pytest.raises(CapReached) as caught:
        await till.pay(41, 1)
    assert caught.value.reason is Reason.CAP_REACHED and "daily cap" in str(caught.value)
    await till.pay(40, 40)
    with pytest.raises(CapReached):
        await till.pay(1, 1)
    await till.pay(0, 0)
    assert await till.rows() == [("complete", 60), ("complete", 40), ("complete", 0)]


async def test_running_calls_count_at_their_estimate(till: Till) -> None:
    async with till.ledger.reserve(CALL, 60) as first:
        with pytest.raises(CapReached):
            await till.pay(50, 50)
        async with till.ledger.reserve(CALL, 40):
            pass
        first.settle(Usage(), 10, "complete")
    await till.pay(90, 90)
    assert await till.today() == 100


async def test_a_cap_of_nothing_stops_all_spending(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(CapReached):
        async with SqliteLedger(store, HeldClock(), Caps(0, WIDE, WIDE)).reserve(CALL, 1):
            raise AssertionError("a call was let through")
    assert await store.close(WATCHDOG)


async def test_a_new_day_begins_at_local_midnight(till: Till) -> None:
    till.clock.at += DAY / 2 - 1
    async with till.ledger.reserve(CALL, 100) as late:
        till.clock.at += 2
        assert await till.today() == 0
        await till.pay(100, 70)
        late.settle(Usage(), 100, "complete")
    assert await till.today() == 70, "a call belongs to the day on which it was reserved"
    rows = await till.store.run(lambda c: c.execute("SELECT day, nano FROM days ORDER BY day").fetchall())
    assert rows == [("2026-05-04", 100), ("2026-05-05", 70)]


async def test_a_clock_that_is_set_back_opens_no_spent_day(till: Till) -> None:
    await till.pay(100, 100)
    for back in (DAY, DAY / 2, 400 * DAY):
        till.clock.at -= back
        assert await till.today() == 100
        with pytest.raises(CapReached):
            await till.pay(1, 1)
        till.clock.at += back
    till.clock.at += DAY
    await till.pay(100, 100)


async def test_a_clock_that_jumps_loses_no_running_call(till: Till) -> None:
    for jump in (400 * DAY, -800 * DAY):
        async with till.ledger.reserve(CALL, 60) as running:
            till.clock.at += jump
            await till.pay(0, 0)
            running.settle(Usage(), 7, "complete")
        assert [row for row in await till.rows() if row[0] != "complete"] == []
    assert await till.today() == 14


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows asks the system for the zone")
async def test_a_day_is_the_users_wherever_the_process_is_carried(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    till.clock.at = (
        1_778_025_600.0  # midnight in Greenwich: it is the evening before in Honolulu, and noon after in Auckland
    )
    days = []
    try:
        for zone in ("Pacific/Honolulu", "UTC", "Pacific/Auckland", "Pacific/Honolulu"):
            monkeypatch.setenv("TZ", zone)
            await till.pay(10, 10)
            days.append(await till.today())
    finally:
        monkeypatch.undo()
        time.tzset()
    assert days == [10, 10, 20, 40], "whoever flies west again finds no day that is open once more"


async def test_the_month_has_a_cap_of_its_own(tmp_path: Path) -> None:
    till = Till(tmp_path, monthly=150)
    await till.pay(100, 100)
    till.clock.at += DAY
    with pytest.raises(CapReached, match="monthly cap") as caught:
        await till.pay(51, 1)
    assert caught.value.reason is Reason.CAP_REACHED
    await till.pay(50, 50)
    spending = await till.ledger.spending()
    assert (spending.today, spending.month, spending.room) == (50, 150, 0)
    till.clock.at += 28 * DAY
    await till.pay(100, 100)
    assert await till.store.close(WATCHDOG)


async def test_one_request_has_a_cap_with_all_its_parts(tmp_path: Path) -> None:
    till = Till(tmp_path, action=30)
    for request in ("a-1.1", "a-1.2", "a-1"):
        await till.pay(10, 10, request)
    for request in ("a-1", "a-1.3"):
        with pytest.raises(CapReached, match="one request") as caught:
            await till.pay(1, 1, request)
        assert caught.value.reason is Reason.TOO_DEAR
    for request in ("a-10", "a-2", "a", "a-1x"):
        await till.pay(10, 10, request)
    assert await till.ledger.news() == (), "what is too dear for one request is no state of the day"
    assert await till.store.close(WATCHDOG)


async def test_what_a_person_must_hear_is_said_once_a_day(till: Till) -> None:
    await till.pay(79, 79)
    assert await till.ledger.news() == ()
    await till.pay(1, 1)
    assert await till.ledger.news() == ("80 % of the daily cap of $0.00 is spent",)
    await till.pay(16, 16)
    with pytest.raises(CapReached):
        await till.pay(5, 5)
    other = SqliteLedger(till.store, till.clock, Caps(100, WIDE, WIDE))
    (reached,) = await other.news()
    assert "the daily cap of $0.00 is reached" in reached and "money.daily_cap_usd" in reached
    for _ in range(3):
        with pytest.raises(CapReached):
            await till.pay(5, 5)
        assert await till.ledger.news() == await other.news() == ()
    till.clock.at += DAY
    assert await till.ledger.news() == ()
    await till.pay(90, 90)
    assert await till.ledger.news() == ("80 % of the daily cap of $0.00 is spent",)


async def test_the_days_are_the_sums_of_their_calls(till: Till) -> None:
    for cost in (3, 0, 20):
        await till.pay(20, cost)
        till.clock.at += DAY / 2
    async with till.ledger.reserve(CALL, 7):
        sums = "SELECT day, sum(nano) FROM calls GROUP BY day ORDER BY day"
        both = [
            await till.store.run(lambda c, q=q: c.execute(q).fetchall())  # type: ignore[misc]
            for q in (sums, "SELECT day, nano FROM days ORDER BY day")
        ]
        assert both[0] == both[1] and len(both[0]) == 3
    await till.store.run(lambda c: c.execute("DELETE FROM calls"))
    assert await till.store.run(lambda c: c.execute("SELECT sum(nano) FROM days").fetchone()) == (0,)


async def test_the_reservation_of_another_process_that_is_dead_is_found_at_once(till: Till) -> None:
    async with till.ledger.reserve(CALL, 60):
        await till.ledger.spending()
        assert await till.rows() == [("reserved", 60)], "our own is alive"
        # The number of this process, which then belonged to one that had started at another time.
        await till.store.run(lambda c: c.execute("UPDATE calls SET started = 'earlier'"))
        assert await till.today() == (60 if Path("/proc/self/stat").exists() else 0)
        await till.store.run(lambda c: c.execute("UPDATE calls SET pid = 0, outcome = 'reserved'"))
        assert await till.today() == 0, "of a row without a process nothing is known"


async def test_no_call_costs_a_look_at_all_others(till: Till) -> None:
    """After a year there are many: what is asked of them is found by an index that leads to few."""
    said: list[str] = []
    await till.store.run(lambda c: c.set_trace_callback(said.append))
    await till.pay(1, 1)
    await till.ledger.spending()
    await till.store.run(lambda c: c.set_trace_callback(None))
    plans = [
        (statement, detail)
        for statement in said
        if statement.startswith(("SELECT", "UPDATE", "DELETE"))
        for *_, detail in await till.store.run(lambda c, s=statement: c.execute(f"EXPLAIN QUERY PLAN {s}").fetchall())  # type: ignore[misc]
        if " calls" in detail
    ]
    assert len(plans) >= 6
    for statement, detail in plans:
        assert any(index in detail for index in ("calls_reserved", "calls_by_request", "autoindex")), (
            statement,
            detail,
        )


async def test_reservations_of_the_dead_count_as_spent(till: Till, tmp_path: Path) -> None:
    async with till.ledger.reserve(CALL, 60) as slow:
        till.clock.at += STALE_SECONDS - 1
        await till.pay(1, 1)
        assert (await till.rows())[0] == ("reserved", 60)
        till.clock.at += 2
        await till.pay(1, 1)
        assert (await till.rows())[0] == ("expired", 60)
        assert await till.today() == 62
        with pytest.raises(CapReached):
            await till.pay(60, 0)
        # The process was not dead after all, its machine had been asleep.
        slow.settle(Usage(), 7, "complete")
    assert await till.rows() == [("complete", 7), ("complete", 1), ("complete", 1)]


async def leave_by_error(till: Till, noted: int | None) -> None:
    with pytest.raises(RuntimeError):
        async with till.ledger.reserve(CALL, 40) as reservation:
            if noted is not None:
                reservation.note(Usage(input=3), noted)
            raise RuntimeError


async def leave_by_cancel(till: Till, noted: int | None) -> None:
    inside = asyncio.Event()

    async def call() -> None:
        async with till.ledger.reserve(CALL, 40) as reservation:
            if noted is not None:
                reservation.note(Usage(input=3), noted)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(call())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def leave_without_settling(till: Till, noted: int | None) -> None:
    async with till.ledger.reserve(CALL, 40) as reservation:
        if noted is not None:
            reservation.note(Usage(input=3), noted)


@pytest.mark.parametrize(("noted", "cost"), [(None, 0), (0, 0), (12, 12), (-5, 0)])
@pytest.mark.parametrize(
    ("leave", "outcome"),
    [(leave_by_error, "failed"), (leave_by_cancel, "cancelled"), (leave_without_settling, "unsettled")],
)
async def test_however_it_is_left_there_is_one_row(
    till: Till, leave: object, outcome: str, noted: int | None, cost: int
) -> None:
    assert callable(leave)
    await leave(till, noted)
    assert await till.rows() == [(outcome, cost)]


async def test_a_settlement_survives_being_cancelled_while_it_is_written(till: Till) -> None:
    """Cancelled once on the way out, and again while it waits for the file."""
    released, blocked = threading.Event(), asyncio.Event()

    async def call() -> None:
        async with till.ledger.reserve(CALL, 40) as reservation:
            till.store.submit(lambda _: released.wait(30))
            reservation.settle(Usage(output=9), 33, "complete")
            blocked.set()

    task = asyncio.ensure_future(call())
    await blocked.wait()
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    released.set()
    assert await till.rows() == [("complete", 33)]


@pytest.mark.parametrize("turns", range(12))
async def test_cancelled_at_any_turn_it_leaves_a_row_or_none(till: Till, turns: int) -> None:
    """Never a reservation: without a call there is no row, with one there is one."""
    called: list[Reservation] = []

    async def call() -> None:
        async with till.ledger.reserve(CALL, 40) as reservation:
            called.append(reservation)
            await asyncio.Event().wait()

    await till.rows()
    task = asyncio.ensure_future(call())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await till.rows() == [("cancelled", 0)] * len(called)


async def test_cancelled_while_the_reservation_is_being_written(till: Till) -> None:
    begun, released = threading.Event(), threading.Event()
    plain = till.store.submit

    async def call() -> None:
        async with till.ledger.reserve(CALL, 40):
            raise AssertionError("the call was made")

    # The store's work is held up in the middle of the transaction that reserves.
    await till.store.run(lambda c: c.set_trace_callback(lambda sql: hold(sql)))

    def hold(sql: str) -> None:
        if sql.startswith("INSERT INTO calls"):
            begun.set()
            released.wait(30)

    task = asyncio.ensure_future(call())
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    released.set()
    assert plain(lambda c: c.execute("SELECT count(*) FROM calls").fetchone()).result(30) == (0,)


async def test_cancelled_while_the_store_closes_it_is_cancelled_and_not_down(tmp_path: Path) -> None:
    till, released = Till(tmp_path), threading.Event()
    till.store.submit(lambda _: released.wait(30))
    task = asyncio.ensure_future(till.pay(40, 33))
    await asyncio.sleep(0)  # it has handed in its reservation
    assert not await till.store.close(0.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    released.set()
    assert await till.store.close(WATCHDOG)


async def test_many_at_once_never_overshoot(till: Till) -> None:
    async def call() -> bool:
        try:
            async with till.ledger.reserve(CALL, 7) as reservation:
                await asyncio.sleep(0)
                reservation.settle(Usage(), 7, "complete")
        except CapReached:
            return False
        return True

    assert sum(await asyncio.gather(*(call() for _ in range(60)))) == 14
    assert await till.today() == 98


async def test_a_ledger_that_cannot_be_written_lets_nothing_through(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    store = Store(tmp_path / "state")
    ledger = SqliteLedger(store, HeldClock(), Caps(100, WIDE, WIDE))
    for estimate in (1, 0):
        with pytest.raises(LedgerDown, match="KIREJI_STATE") as caught:
            async with ledger.reserve(CALL, estimate):
                raise AssertionError("a call was let through")
        assert caught.value.reason is Reason.LEDGER_DOWN and "\n" not in str(caught.value)
    with pytest.raises(LedgerDown):
        await ledger.spending()
    assert await store.close(WATCHDOG)


async def test_a_settlement_that_cannot_be_written_costs_the_estimate_not_the_answer(
    till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    async with till.ledger.reserve(CALL, 40) as reservation:
        await till.store.run(lambda c: c.execute("PRAGMA query_only = ON"))
        reservation.settle(Usage(), 10, "complete")
    with pytest.raises(CapReached):
        await till.pay(61, 61)
    assert await till.rows() == [("reserved", 40)]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_closing_writes_what_was_settled(tmp_path: Path) -> None:
    till = Till(tmp_path)
    for _ in range(5):
        await till.pay(10, 10)
    task = asyncio.ensure_future(till.pay(10, 9))
    await asyncio.sleep(0)  # the call hands in its reservation, which is done before what comes next
    assert len(await till.rows()) == 6
    assert await till.store.close(WATCHDOG)
    await task
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("SELECT outcome, sum(nano) FROM calls GROUP BY 1").fetchall() == [("complete", 59)]


def test_dollars() -> None:
    assert [nano_dollars(d) for d in (5.0, 0.1, 0.0, 1e-9, 19.99)] == [5 * 10**9, 10**8, 0, 1, 19_990_000_000]
