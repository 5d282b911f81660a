"""Several servers, one limit; and a server that is killed in the middle of a call."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kireji.base.caps import Caps, Spending
from kireji.base.clock import SystemClock
from kireji.base.ledger import SqliteLedger
from kireji.base.store import FILE, Store
from support.figures import report
from support.waiting import WATCHDOG

# What each process charges, and at how many moments one is killed. `make soak` takes the full counts.
CHARGES = int(os.environ.get("SOAK_CHARGES", "100"))
KILLS = int(os.environ.get("SOAK_CHARGE_KILLS", "5"))

# Charges again and again, with calls of several kinds of ends; says what has been settled, and the sum in the end. Waits for the
# others as long as a slow disk may take: how long a server waits is not what is looked at.
CHARGE = """
import asyncio, sys
from kireji.base.caps import Caps
from kireji.base.clock import SystemClock
from kireji.base.ledger import CallInfo, CapReached, SqliteLedger
from kireji.base import store as stores
from kireji.base.store import Store
from kireji.base.types import Usage

async def main(folder, calls, cap):
    stores.BUSY_SECONDS = 60.0
    store = Store(folder)
    ledger = SqliteLedger(store, SystemClock(), Caps(cap, cap, cap))
    paid = 0
    for number in range(calls):
        try:
            async with ledger.reserve(CallInfo(f"r-{number}", "inline", "p", "m"), 10) as reservation:
                reservation.settle(Usage(), 10 - paid % 2, "complete")
            paid += 1
            print(paid, flush=True)
        except CapReached:
            pass
    assert await store.close(60)

asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""
DIE = """
import asyncio, os, signal, sys
from kireji.base.caps import Caps
from kireji.base.clock import SystemClock
from kireji.base.ledger import CallInfo, SqliteLedger
from kireji.base.store import Store

async def main(folder):
    caps = Caps(1_000, 1_000, 1_000)
    async with SqliteLedger(Store(folder), SystemClock(), caps).reserve(CallInfo("r", "inline", "p", "m"), 600):
        print("inside", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(sys.argv[1]))
"""


def run(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.slow
def test_eight_processes_charge_one_limit(tmp_path: Path) -> None:
    """They also create and migrate the file at the same time. The cap is used up when about half of all have charged."""
    state, cap = tmp_path / "state", CHARGES * 8 * 5
    running = [run(CHARGE, str(state), str(CHARGES), str(cap)) for _ in range(8)]
    answers = [process.communicate(timeout=600) for process in running]
    assert [error for _, error in answers if error] == []
    paid = sum(len(out.splitlines()) for out, _ in answers)
    found = rows(state, "SELECT outcome, nano FROM calls")
    assert Counter(outcome for outcome, _ in found) == {"complete": paid}
    # The cap is used up as far as it goes: less is left than one more call's estimate.
    spent = sum(nano for _, nano in found)
    assert cap - 10 < spent <= cap
    report(f"one cap, 8 processes, {CHARGES} charges each: {spent} of {cap} spent, {paid} calls let through")


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_killed_process_leaves_its_estimate_behind(tmp_path: Path) -> None:
    dying = run(DIE, str(tmp_path))
    assert dying.communicate(timeout=60)[0] == "inside\n"
    out, error = run(CHARGE, str(tmp_path), "60", "1000").communicate(timeout=60)
    assert error == "" and 39 <= len(out.splitlines()) <= 42
    (total,) = rows(tmp_path, "SELECT sum(nano) FROM calls")[0]
    outcome = "expired" if Path("/proc/self/stat").exists() else "reserved"
    assert rows(tmp_path, "SELECT outcome FROM calls WHERE nano = 600") == [(outcome,)]
    assert 990 < total <= 1_000


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="who is dead is told by the process table of Linux")
def test_whenever_a_process_is_killed_the_sums_hold(tmp_path: Path) -> None:
    """What was said to be settled is settled, a call is one row, and what the dead had reserved is spent at once."""
    rng, settled = random.Random(8), 0
    for number in range(1, KILLS + 1):
        charging = run(CHARGE, str(tmp_path), "100000", str(10**12))
        assert charging.stdout is not None
        assert charging.stdout.readline() == "1\n"
        time.sleep(rng.random() * 0.03)
        charging.kill()
        said = charging.stdout.read().splitlines()
        charging.communicate(timeout=60)
        settled += 1 + len(said)
        spending = asyncio.run(looked(tmp_path))
        assert (spending.today_running, spending.month_running) == (0, 0)
        assert spending.today == spending.month == rows(tmp_path, "SELECT sum(nano) FROM calls")[0][0]
        found = dict(rows(tmp_path, "SELECT outcome, count(*) FROM calls GROUP BY outcome"))
        # Killed between its commit and its word, it may have settled one more; between two commits, left one reserved.
        assert set(found) <= {"complete", "expired"}
        assert settled <= found["complete"] <= settled + number and found.get("expired", 0) <= number
        assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]
        assert rows(tmp_path, "SELECT nano FROM days") == [(spending.today,)]
    report(f"killed {KILLS} times while charging: {found}, 0 inconsistent")


async def looked(folder: Path) -> Spending:
    """What the next server would find."""
    store = Store(folder)
    try:
        return await SqliteLedger(store, SystemClock(), Caps(10**12, 10**12, 10**12)).spending()
    finally:
        assert await store.close(WATCHDOG)
