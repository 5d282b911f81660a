"""`kireji stats` as a process: what it counts of the rows in the store."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

from kireji.base.audit import Audit, OutcomeRow
from kireji.base.caps import Caps
from kireji.base.clock import SystemClock
from kireji.base.ledger import CallInfo, SqliteLedger
from kireji.base.store import Store
from kireji.base.types import Feedback, Reason, Stage, Usage
from support.environment import clean_environment
from support.waiting import WATCHDOG


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


async def fill(home: Path, language: str = "python") -> None:
    store = Store(home / "state")
    audit = Audit(store, SystemClock())
    big = 10**12
    ledger = SqliteLedger(store, SystemClock(), Caps(big, big, big))
    async with ledger.reserve(CallInfo("r-0", "inline completion", "anthropic", "claude-haiku-5-5"), 1) as reservation:
        reservation.settle(Usage(input=0, output=120, cache_write=300, cache_read=700), 3_000_000, "end")
    for number, reason in enumerate((None, None, Reason.TIMEOUT)):
        stage = Stage.DELIVER if reason is None else Stage.STREAM
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
                language=language,
                model="claude",
                nano=1_000_000,
                output=40,
                spared=200,
            )
        )
    audit.feedback("r-0.1", Feedback.ACCEPTED)
    audit.feedback("r-0.1", Feedback.LASTED_30_S)
    assert await store.close(WATCHDOG)


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
        Reason.TIMEOUT.value,
        "p50 640, p90 640, p95 640, p99 640",
        "$0.0030 for 120 tokens",
        "for each accepted one        $0.003000, 120 tokens",
        "at most 600 tokens spared",
    ):
        assert words in said, said
    for words in ("today          7 days         30 days", "claude", "Read from the service's cache  70.0 %"):
        assert words in said, said
    found = json.loads(stats(tmp_path, "--json"))
    assert found["acceptance"] == [{"language": "python", "feature": "inline completion", "accepted": 1, "shown": 2}]
    assert found["lasting"] == {"lasted_30_s": [1, 1], "lasted_5_min": [0, 1]}
    assert found["money"] == {"calls": 1, "dollars": 0.003, "cacheHits": [700, 1000], "savedByCache": 55.5e-6}
    assert found["periods"]["today"]["failed"] == {"part": 1, "whole": 3}
    assert list(found["by"]["language"]) == ["python"] and len(found["by"]["day"]) == len(found["spent"]) == 30
    assert sum(found["spent"].values()) == 0.003


def test_a_table_for_spreadsheets(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path))
    rows = list(csv.DictReader(io.StringIO(stats(tmp_path, "--csv", "--days", "7"))))
    assert [row["by"] for row in rows] == ["day"] * 7 + ["language", "feature", "model"]
    assert (rows[7]["what"], rows[7]["shown"], rows[7]["accepted"], rows[7]["failed"]) == ("python", "2", "1", "1")
    assert [row["what"] for row in csv.DictReader(io.StringIO(stats(tmp_path, "--csv", "--by=model")))] == ["claude"]
    assert "python" in stats(tmp_path, "--by", "language")


def test_figures_for_a_collector(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path))
    said = stats(tmp_path, "--prometheus")
    for line in ('kireji_suggestions{what="accepted"} 1', "kireji_spent_dollars 0.003", "# TYPE kireji_requests gauge"):
        assert f"{line}\n" in said
    names = [line.split()[2] for line in said.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names)), "each is described once"


class Page(HTMLParser):
    """What a page holds, as far as it matters here."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.images: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.loads += [str(given[name]) for name in ("src", "href", "data", "action") if name in given]
        if given.get("role") == "img":
            self.images.append(str(given.get("aria-label")))
        if tag not in ("meta", "line", "rect", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            assert self.open.pop() == tag


def test_a_page_with_charts_that_loads_nothing(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path, language="<script>alert(1)</script>"))
    file = tmp_path / "page.html"
    assert str(file) in stats(tmp_path, "--html", str(file))
    text = file.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == [] and page.loads == [] and "script" not in page.tags and "@import" not in text
    assert "default-src 'none'" in text and '<html lang="en">' in text
    assert page.tags.count("svg") == len(page.images) == 4 and all("at most" in said for said in page.images)
    assert page.tags.count("figcaption") == 4 and page.tags.count("h1") == 1 and page.tags.count("table") == 5
    assert "&lt;script&gt;" in text and "$0.0030" in text
