"""The key with the real server: a new one needs no restart, and it is nowhere to be seen."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from kireji.base.keys import Place, forget, keep
from support.messages_api import MessagesApi, script
from support.processes import children
from support.serving import Served, serving

URI = "file:///project/app.py"
TEXT = "def area(width, height):\n    return wi\n"
GOOD = "return width * height"
KEY = "sk-ant-another-key-9876543210"


def key_file(home: Path) -> Path:
    return home / "config" / "kireji" / "key"


async def answered(served: Served) -> tuple[str, object]:
    """Who answers at the end of the function's line, and why nothing came, if so."""
    await served.client.ask(URI, 1, 13, automatic=1)
    explained = await served.client.request("kireji/explain", {})
    return explained["provider"], explained.get("reason")


async def test_a_key_that_comes_changes_or_goes_is_noticed_without_a_restart(tmp_path: Path) -> None:
    async with (
        MessagesApi(script(GOOD), key=KEY) as api,
        serving(tmp_path, ANTHROPIC_BASE_URL=api.url, KIREJI_PREFETCH="false") as served,
    ):
        await served.client.initialize()
        served.client.open(URI, TEXT)
        assert (await answered(served))[0] == "local"
        keep(key_file(tmp_path), "sk-ant-a-wrong-one-0123456789", Place.FILE)
        provider, reason = await answered(served)
        assert (provider, api.asked[-1].status) == ("anthropic", 401) and reason is not None
        keep(key_file(tmp_path), KEY, Place.FILE)
        assert await answered(served) == ("anthropic", None)
        asked = len(api.asked)
        forget(key_file(tmp_path))
        served.client.change(URI, 2, TEXT + "\n\n")
        assert (await answered(served))[0] == "local"
        key_file(tmp_path).write_text(KEY)
        key_file(tmp_path).chmod(0o644)
        served.client.change(URI, 3, TEXT + "\n\n\n")
        assert (await answered(served))[0] == "local"
        await served.client.notified("window/showMessage", lambda shown: "others can read it" in shown["message"])
        assert len(api.asked) == asked


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("kept", ["environment", "file", "settings"])
async def test_the_key_is_seen_nowhere(tmp_path: Path, kept: str) -> None:
    environment: dict[str, Any] = {"ANTHROPIC_API_KEY": KEY} if kept == "environment" else {}
    if kept == "file":
        keep(key_file(tmp_path), KEY, Place.FILE)
    if kept == "settings":
        key_file(tmp_path).parent.mkdir(parents=True)
        settings = key_file(tmp_path).with_name("config.toml")
        settings.touch(mode=0o600)
        settings.write_text(f"model.api_key = '{KEY}'\nmodel.model = '{KEY}'\n")
    project = tmp_path / "project"
    project.mkdir()
    uri = (project / "app.py").as_uri()
    async with MessagesApi(script(GOOD, f'return "{KEY}"', GOOD), key=KEY) as api:
        place: dict[str, Any] = environment | {
            "ANTHROPIC_BASE_URL": api.url,
            "KIREJI_LOG": "debug",
            "KIREJI_DETERMINISTIC": "true",
            "KIREJI_TRUST": "1",
        }
        async with serving(tmp_path, None, **place) as served:
            client = served.client
            await client.initialize(workspaceFolders=[{"uri": project.as_uri(), "name": "p"}])
            client.open(uri, TEXT)
            for number in range(3):
                client.change(uri, 2 + number, TEXT + "\n" * number)
                await client.ask(uri, 1, 13, automatic=1)
            assert {asked.status for asked in api.asked} == {200}
            below = everyone_below(served.process.pid)
            assert len(below) >= 2
            for process in below:
                for name in ("environ", "cmdline"):
                    assert KEY.encode() not in Path(f"/proc/{process}/{name}").read_bytes(), (process, name)
            assert KEY.encode() not in Path(f"/proc/{served.process.pid}/cmdline").read_bytes()
            said = [await client.request("kireji/explain", {}), *client.notifications]
            await client.shutdown()
    assert KEY not in repr(said)
    assert KEY not in served.log.read_text()
    own = {key_file(tmp_path), key_file(tmp_path).with_name("config.toml")}
    holding = [p for p in tmp_path.rglob("*") if p.is_file() and p not in own and KEY.encode() in p.read_bytes()]
    assert holding == []


def everyone_below(process: int) -> set[int]:
    """The processes that a process has started, and those that they have."""
    found = children(process)
    return found.union(*map(everyone_below, found)) - {os.getpid()}
