"""One outcome row per request, bounded, without source text, and never in the way of an answer."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kireji.base.audit import Audit, GateLine, OutcomeRow
from kireji.base.store import FILE, Store
from kireji.base.types import GateState, Reason, Stage
from support.held_clock import HeldClock
from support.waiting import WATCHDOG


def row(request: str, reason: Reason | None = None) -> OutcomeRow:
    gates = (GateLine("ruff", GateState.FAIL, 1.5, (("F821", 3, 7),)), GateLine("types", GateState.UNKNOWN, 300.0))
    return OutcomeRow(
        request,
        "inline",
        reason,
        Stage.DELIVER,
        12.5,
        "local",
        HeldClock().now(),
        "1.1",
        "python",
        "a model",
        gates,
        ("closed",),
        reused=True,
        nano=70_000,
        output=21,
        spared=40,
    )


async def test_rows_come_back_newest_first(tmp_path: Path) -> None:
    store = Store(tmp_path)
    audit = Audit(store, HeldClock())
    rows = [row("1"), row("2", Reason.INVALID), row("3", Reason.CANCELLED)]
    for one in rows:
        audit.record(one)
    assert await audit.recent(10) == tuple(reversed(rows))
    assert await audit.recent(1) == (rows[-1],)
    assert await store.close(WATCHDOG)


async def test_only_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kireji.base.audit.KEEP_ROWS", 5)
    store = Store(tmp_path)
    audit = Audit(store, HeldClock())
    for number in range(12):
        audit.record(row(str(number)))
    assert [one.request for one in await audit.recent(100)] == ["11", "10", "9", "8", "7"]
    assert await store.close(WATCHDOG)


async def test_a_long_request_id_is_cut(tmp_path: Path) -> None:
    store = Store(tmp_path)
    Audit(store, HeldClock()).record(row("x" * 100_000))
    assert await store.close(WATCHDOG)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("SELECT length(request) FROM outcomes").fetchall() == [(64,)]


async def test_a_store_that_is_down_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state").touch()
    store = Store(tmp_path / "state")
    audit = Audit(store, HeldClock())
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            audit.record(row("1"))
        assert await store.close(WATCHDOG)
        audit.record(row("1"))
    assert len(caplog.records) == 1 and "KIREJI_STATE" in caplog.text
