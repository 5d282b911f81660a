"""Several servers, one limit; and a server that is killed in the middle of a call."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from kireji.base.store import FILE

CHARGE = """
import asyncio, sys
from kireji.base.clock import SystemClock
from kireji.base.ledger import CallInfo, CapReached, SqliteLedger
from kireji.base.store import Store
from kireji.base.types import Usage

async def main(folder, calls):
    store = Store(folder)
    ledger = SqliteLedger(store, SystemClock(), 1_000)
    paid = 0
    for _ in range(calls):
        try:
            async with ledger.reserve(CallInfo("r", "inline", "p", "m"), 10) as reservation:
                reservation.settle(Usage(), 10 - paid % 2, "complete")
            paid += 1
        except CapReached:
            pass
    assert await store.close()
    print(paid)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""
DIE = """
import asyncio, os, signal, sys
from kireji.base.clock import SystemClock
from kireji.base.ledger import CallInfo, SqliteLedger
from kireji.base.store import Store

async def main(folder):
    async with SqliteLedger(Store(folder), SystemClock(), 1_000).reserve(CallInfo("r", "inline", "p", "m"), 600):
        print("inside", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(sys.argv[1]))
"""


def run(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_eight_processes_charge_one_limit(tmp_path: Path) -> None:
    """They also create and migrate the file at the same time. Every one calls often enough to use the cap up alone."""
    running = [run(CHARGE, str(tmp_path / "state"), "130") for _ in range(8)]
    answers = [process.communicate(timeout=120) for process in running]
    assert [error for _, error in answers if error] == []
    paid = sum(int(out) for out, _ in answers)
    with closing(sqlite3.connect(tmp_path / "state" / FILE)) as connection:
        rows = connection.execute("SELECT outcome, nano FROM calls").fetchall()
    assert Counter(outcome for outcome, _ in rows) == {"complete": paid}
    # The cap is used up as far as it goes: less is left than one more call's estimate.
    assert 990 < sum(nano for _, nano in rows) <= 1_000


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_killed_process_leaves_its_estimate_behind(tmp_path: Path) -> None:
    dying = run(DIE, str(tmp_path))
    assert dying.communicate(timeout=60)[0] == "inside\n"
    out, error = run(CHARGE, str(tmp_path), "60").communicate(timeout=60)
    assert error == "" and 39 <= int(out) <= 42
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        total = connection.execute("SELECT sum(nano) FROM calls").fetchone()[0]
        assert connection.execute("SELECT nano FROM calls WHERE outcome = 'reserved'").fetchall() == [(600,)]
    assert 990 < total <= 1_000
