"""What a person sets in the editor reaches the server: asked for at the start and after each change, or pushed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from support.lsp_client import Client
from support.messages_api import MessagesApi, script
from support.serving import serving
from support.waiting import WATCHDOG

TEXT = "def quince(marzipan):\n    return mar\n"
PULLING: dict[str, Any] = {
    "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}}
}


async def suggests(client: Client, uri: str, wanted: bool) -> None:
    """Waits until suggestions come while typing, or come no more: an answer to the server is taken some time after it was sent."""
    async with asyncio.timeout(WATCHDOG):
        while bool((await client.ask(uri, 1, 14))["items"]) is not wanted:
            await asyncio.sleep(0)


@pytest.mark.parametrize("off", [{"completion.automatic": False}, {"completion": {"automatic": False}}])
async def test_settings_are_asked_for_at_the_start_and_after_each_change(tmp_path: Path, off: dict[str, Any]) -> None:
    said = [off]
    async with MessagesApi(script("return marzipan")) as api, serving(tmp_path, api) as served:
        client, uri = served.client, (tmp_path / "app.py").as_uri()
        client.answers["workspace/configuration"] = lambda params: said * len(params["items"])
        await client.initialize(capabilities=PULLING)
        client.open(uri, TEXT)
        await suggests(client, uri, False)

        for now, wanted in (({}, True), (off, False)):
            said[:] = [now]
            client.notify("workspace/didChangeConfiguration", {"settings": None})
            await suggests(client, uri, wanted)
        await client.shutdown()


async def test_settings_that_are_pushed_count_where_nothing_can_be_asked_for(tmp_path: Path) -> None:
    async with MessagesApi(script("return marzipan")) as api, serving(tmp_path, api) as served:
        client, uri = served.client, (tmp_path / "app.py").as_uri()
        await client.initialize(capabilities={})
        client.open(uri, TEXT)
        for automatic in (False, True):
            pushed = {"kireji": {"completion": {"automatic": automatic}}}
            client.notify("workspace/didChangeConfiguration", {"settings": pushed})
            await suggests(client, uri, automatic)
        await client.shutdown()
