"""SECURITY.md and PRIVACY.md are true: the tests they name exist, and what they list is what there is."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kireji.base.audit import KEEP_ROWS
from kireji.base.index.names import is_ours as is_index
from kireji.base.migrations import MIGRATIONS
from kireji.cli.main import cli
from support.messages_api import MessagesApi, script
from support.popup_client import until_listed
from support.serving import serving
from support.waiting import WATCHDOG

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
PAGES = ("SECURITY.md", "PRIVACY.md")
# What the protocol underneath needs, and what we set ourselves.
PLAIN_HEADERS = {"host", "connection", "accept", "accept-encoding", "content-type", "content-length", "authorization"}
TEXT = "def quince(marzipan):\n    return mar\n"


def page(name: str) -> str:
    """A page of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*PAGES, "README.md"])
def test_what_a_page_leads_to_exists(name: str) -> None:
    text = page(name)
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", text)
    assert bool(named) == (name in PAGES)
    for file, test in named:
        source = (TESTS / file).read_text(encoding="utf-8")
        assert re.search(rf"^(?:async )?def {test}\(", source, re.M), f"{name} names {file}::{test}, which is not there"
    for verb in re.findall(r"`kireji ([a-z]+)", text):
        assert verb in cli.list_commands(None), f"{name} speaks of `kireji {verb}`"  # type: ignore[arg-type]
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / target).exists(), f"{name} leads to {target}"


def test_the_page_names_all_that_the_store_keeps() -> None:
    text = page("PRIVACY.md")
    with closing(sqlite3.connect(":memory:")) as store:
        for step in MIGRATIONS:
            for statement in step:
                store.execute(statement)
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = {table: [row[1] for row in store.execute(f"PRAGMA table_info({table})")] for table in tables}
    del kept["sqlite_sequence"]
    told = dict(re.findall(r"^- `(\w+)`,(.*?)(?=^- |^$)", text, re.M | re.S))
    assert set(told) == set(kept), "PRIVACY.md does not list the tables of the store"
    for table, columns in kept.items():
        assert re.findall(r"`(\w+)`", told[table]) == columns, f"PRIVACY.md lists other columns of {table}"
    assert text.count(f"the newest {KEEP_ROWS:,}**") == 2


async def test_a_question_carries_the_headers_that_the_page_names_and_no_others(tmp_path: Path) -> None:
    told = set(re.findall(r"`((?:anthropic|user|x)-[\w-]+)`", page("PRIVACY.md")))
    async with MessagesApi(script("return marzipan")) as api, serving(tmp_path, api) as served:
        folder = tmp_path / "folder-of-mine"
        await served.client.initialize(workspaceFolders=[{"uri": folder.as_uri(), "name": "workspace-of-mine"}])
        uri = (folder / "app.py").as_uri()
        served.client.open(uri, TEXT)
        assert await served.client.ask(uri, 1, 14, automatic=1)
        (asked,) = api.asked
        await served.client.shutdown()
    assert set(asked.headers) - PLAIN_HEADERS == told
    # Nothing of the machine or the person but what the library says of the system and of Python.
    sent = asked.raw.decode() + " ".join(asked.headers.values())
    assert "marzipan" in sent
    assert "of-mine" not in sent
    assert tmp_path.name not in sent


async def test_nothing_of_the_text_is_left_in_store_log_or_temporary_folder(tmp_path: Path) -> None:
    project, temporary = tmp_path / "project", tmp_path / "temporary"
    for folder in (project, temporary):
        folder.mkdir()
    (project / "quince.py").write_text("def marzipan(): ...\n", encoding="utf-8")
    uri, other = (project / "app.py").as_uri(), (project / "other.py").as_uri()
    place = str(temporary)
    async with MessagesApi(script("return marzipan")) as api:
        async with serving(tmp_path, api, KIREJI_LOG="debug", KIREJI_DETERMINISTIC="true", TMPDIR=place) as served:
            await served.client.initialize(workspaceFolders=[{"uri": project.as_uri(), "name": "project"}])
            served.client.open(uri, TEXT)
            assert (await served.client.ask(uri, 1, 14, automatic=1))["items"]
            # The analysis reads the other file, and keeps what it has read while it runs.
            served.client.open(other, "import quince\nquince.ma")
            await until_listed(served.client, other, 1, 9, "marzipan")
            assert any(temporary.iterdir())
            await served.client.shutdown()
            await asyncio.wait_for(served.process.wait(), WATCHDOG)
        key = api.key
    assert list(temporary.iterdir()) == []
    files = [path for path in (tmp_path / "state").iterdir() if path.is_file()]
    # The index holds names and signatures, as the page says, for their owner alone.
    indexes = [path for path in files if path.name.startswith("index-")]
    assert "`index-….jsonl`" in page("PRIVACY.md")
    assert all(path.stat().st_mode & 0o077 == 0 for path in indexes)
    kept = [path for path in files if path not in indexes]
    assert kept
    assert served.log.stat().st_size
    # The index is the exception that the page names: what files of the workspace define, and no open text.
    indexes = [path for path in kept if is_index(path.name)]
    for path in (*kept, served.log):
        data = path.read_bytes()
        secret = (TEXT.encode(), key.encode()) if path in indexes else (b"marzipan", b"quince", key.encode())
        assert not [word for word in secret if word in data], path.name
    assert "names, signatures and words" in page("PRIVACY.md")
