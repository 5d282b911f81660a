"""Files that change on the disk: a client that can watch them is asked to, and what it tells is read again."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from support.messages_api import MessagesApi, script
from support.serving import serving
from support.waiting import WATCHDOG

TEXT = "from late import bill_later\n\n\ndef bill(cart):\n    return "
LATE = "def bill_later(cart, days: int): ..."
METHOD = "workspace/didChangeWatchedFiles"


@pytest.mark.parametrize("watches", [True, False])
async def test_what_changes_on_the_disk_is_in_the_next_question(tmp_path: Path, watches: bool) -> None:
    """Without a client that watches, too: the workspace is looked at again, if later."""
    root = tmp_path / "project"
    root.mkdir()
    capabilities = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": watches}}}
    async with MessagesApi(script("None")) as api, serving(tmp_path, api, KIREJI_GATHER_MS="2000") as served:
        client = served.client
        asked: asyncio.Queue[Any] = asyncio.Queue()
        client.answers["client/registerCapability"] = asked.put_nowait
        folder = [{"uri": root.as_uri(), "name": "project"}]
        await client.initialize(workspaceFolders=folder, capabilities=capabilities)
        if watches:
            (registration,) = (await asyncio.wait_for(asked.get(), WATCHDOG))["registrations"]
            assert registration["method"] == METHOD
            patterns = [watcher["globPattern"] for watcher in registration["registerOptions"]["watchers"]]
            assert {"py", "ts", "go"} <= set(re.findall(r"\w+", patterns[0]))
            assert ".kirejiignore" in patterns[1]
        uri, late = (root / "main.py").as_uri(), root / "late.py"
        client.open(uri, TEXT)
        await client.ask(uri, 4, 11, automatic=1)
        assert LATE not in api.asked[-1].question
        late.write_text(f"{LATE}\n")
        if watches:
            client.notify(METHOD, {"changes": [{"uri": late.as_uri(), "type": 1}, {"uri": "untitled:1", "type": 2}]})
        async with asyncio.timeout(WATCHDOG):
            for version in range(2, 10_000):
                client.change(uri, version, f"{TEXT}\n# {version}\n")
                await client.ask(uri, 4, 11, automatic=1)
                if LATE in api.asked[-1].raw.decode():
                    break
                await asyncio.sleep(0.1)
        assert asked.empty()
