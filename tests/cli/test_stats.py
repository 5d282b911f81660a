"""`kireji stats` as a process: what it counts of the rows in the store."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from kireji.base.audit import Audit, OutcomeRow
from kireji.base.clock import SystemClock
from kireji.base.store import Store
from kireji.base.types import Feedback, Reason, Stage
from support.environment import clean_environment


def stats(home: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "kireji", "stats", *arguments],
        env=clean_environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


async def fill(home: Path) -> None:
    store = Store(home / "state")
    audit = Audit(store, SystemClock())
    for number, reason in enumerate((None, None, Reason.INVALID)):
        stage = Stage.DELIVER if reason is None else Stage.GATES
        about = f"r-{number}.1" if reason is None else ""
        audit.record(
            OutcomeRow(
                f"r-{number}",
                "inline completion",
                reason,
                stage,
                640.0,
                "anthropic",
                about=about,
                language="python",
                nano=1_000_000,
                output=40,
                spared=200,
            )
        )
    audit.feedback("r-0.1", Feedback.ACCEPTED)
    audit.feedback("r-0.1", Feedback.LASTED_30_S)
    assert await store.close()


def test_nothing_asked_yet(tmp_path: Path) -> None:
    assert stats(tmp_path) == "Nothing has been asked in the last 30 days.\n"
    assert not (tmp_path / "state").exists() or not any((tmp_path / "state").glob("*.sqlite3"))


def test_what_is_counted(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path))
    said = stats(tmp_path)
    assert max(map(len, said.splitlines())) <= 80
    for words in (
        "3 requests",
        "python           inline completion         1 of      2   50.0 %",
        "there after 30 seconds",
        Reason.INVALID.value,
        "p50 640, p90 640, p99 640",
        "$0.0030 for 120 tokens",
        "for each accepted one        $0.003000, 120 tokens",
        "at most 600 tokens spared",
    ):
        assert words in said, said
    found = json.loads(stats(tmp_path, "--json"))
    assert found["acceptance"] == [{"language": "python", "feature": "inline completion", "accepted": 1, "shown": 2}]
    assert found["lasting"] == {"lasted_30_s": [1, 1], "lasted_5_min": [0, 1]}
