"""`kireji audit` with the real server: one row for each request, what became of it, and where its text still stands."""

from __future__ import annotations

import asyncio
import csv
import getpass
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from kireji.base.store import FILE
from support.environment import clean_environment
from support.messages_api import MessagesApi, script
from support.serving import serving
from support.waiting import WATCHDOG

HEAD = "def area(width, height):\n    margin = width * 2\n"
LINE = "    return wi"
GOOD = "return width * height + margin"


def audit(home: Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "kireji", "audit", *arguments],
        env=clean_environment(home),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


async def work(home: Path, file: Path, **environment: Any) -> None:
    """Two requests, of which the first is accepted and the second dismissed."""
    async with (
        MessagesApi(script(GOOD, "return width - height")) as api,
        serving(home, api, KIREJI_PREFETCH="false", **environment) as served,
    ):
        client, uri = served.client, file.as_uri()
        await client.initialize()
        client.open(uri, f"{HEAD}{LINE}\n")
        (item,) = (await asyncio.wait_for(client.ask(uri, 2, len(LINE), automatic=1), WATCHDOG))["items"]
        text = f"{HEAD}    {GOOD}\n"
        file.write_text(text)
        client.change(uri, 2, text)
        await client.request("workspace/executeCommand", item["command"])
        client.change(uri, 3, f"{text}\n\n{HEAD}{LINE}\n")
        (item,) = (await asyncio.wait_for(client.ask(uri, 7, len(LINE), automatic=1), WATCHDOG))["items"]
        dismiss = {"command": "kireji.dismiss", "arguments": item["command"]["arguments"][:1]}
        await client.request("workspace/executeCommand", dismiss)
        await client.shutdown()
        await asyncio.wait_for(served.process.wait(), WATCHDOG)


def test_what_was_asked_shown_accepted_and_dismissed(tmp_path: Path) -> None:
    assert "nothing is kept yet" in audit(tmp_path, "verify", code=2)
    file = tmp_path / "app.py"
    asyncio.run(work(tmp_path, file, KIREJI_AUDIT="1"))
    whole = audit(tmp_path, "verify")
    assert whole.startswith("The trail is whole: 4 rows, from 20")
    last = whole.split()[-1]
    rows = [json.loads(line) for line in audit(tmp_path, "export").splitlines()]
    assert [row["kind"] for row in rows] == ["request", "ACCEPTED", "request", "DISMISSED"]
    assert rows[-1]["chain"] == last and "whole" in audit(tmp_path, "verify", f"--last={last}")
    first = rows[0]
    assert (first["user"], first["reason"], first["language"]) == (getpass.getuser(), "offered", "python")
    assert (first["model"], first["provider"], len(first["prompt"])) == ("claude-haiku-5-5", "anthropic", 64)
    assert first["file"].startswith("hmac:") and first["nano"] > 0 and first["text"] == ""
    assert {gate for gate, _, _ in first["gates"]} >= {"syntax", "types"}
    assert first["about"] == rows[1]["about"] and rows[2]["about"] == rows[3]["about"]
    with closing(sqlite3.connect(tmp_path / "state" / FILE)) as connection:
        outcomes = connection.execute("SELECT request FROM outcomes ORDER BY id").fetchall()
        calls = connection.execute("SELECT request FROM calls ORDER BY at").fetchall()
    assert outcomes == calls == [(rows[0]["request"],), (rows[2]["request"],)], "one id ties them together"
    table = list(csv.DictReader(io.StringIO(audit(tmp_path, "export", "--csv"))))
    assert [row["request"] for row in table] == [row["request"] for row in rows]

    said = audit(tmp_path, "trace", str(file))
    assert said.startswith("line 3: 1 of 1 lines, claude-haiku-5-5, prompt ") and said.count("\n") == 1
    (found,) = map(json.loads, audit(tmp_path, "trace", str(file), "--json").splitlines())
    assert (found["about"], found["lines"], found["version"]) == (first["about"], [3, 3], first["version"])
    file.write_text(f"{HEAD}    return 3\n")
    assert "Nothing" in audit(tmp_path, "trace", str(file))
    assert "cannot be read" in audit(tmp_path, "trace", str(tmp_path / "none.py"), code=2)

    with closing(sqlite3.connect(tmp_path / "state" / FILE)) as connection, connection:
        connection.execute("UPDATE trail SET model = 'another' WHERE id = 1")
    assert "row 1 is not what was written" in audit(tmp_path, "verify", code=1)
    assert "is not there" in audit(tmp_path, "verify", "--last=0000", code=1)


def test_text_is_kept_where_that_is_wanted_and_without_secrets(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    asyncio.run(work(tmp_path, file, KIREJI_AUDIT="1", KIREJI_AUDIT_NAMES="1", KIREJI_AUDIT_TEXT="1"))
    first, *_ = [json.loads(line) for line in audit(tmp_path, "export").splitlines()]
    assert first["file"] == str(file) and "height + margin" in first["text"]
