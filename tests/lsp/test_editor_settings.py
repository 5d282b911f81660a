"""What a person sets in the editor reaches the server: asked for at the start and after each change, or pushed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kireji.lsp.framing import encode
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


async def test_an_answer_that_was_overtaken_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A client may take its time: what it says of the newer question is newer, whenever it says the rest."""
    async with MessagesApi(script("return marzipan")) as api, serving(tmp_path, api) as served:
        client, uri = served.client, (tmp_path / "app.py").as_uri()
        asked: list[Any] = []
        client.answers["workspace/configuration"] = lambda params: [{}] * len(params["items"])
        take = client._take

        def late(body: Any) -> None:
            if body.get("method") == "workspace/configuration":
                asked.append(body["id"])
            else:
                take(body)

        await client.initialize(capabilities=PULLING)
        client.open(uri, TEXT)
        await suggests(client, uri, True)
        with monkeypatch.context() as patch:
            patch.setattr(client, "_take", late)
            for _ in range(2):
                client.notify("workspace/didChangeConfiguration", {"settings": None})
            async with asyncio.timeout(WATCHDOG):
                while len(asked) < 2:
                    await asyncio.sleep(0)
        for question, said in zip(reversed(asked), ({"completion.automatic": False}, {}), strict=True):
            client.send_raw(encode({"jsonrpc": "2.0", "id": question, "result": [said]}))
        await suggests(client, uri, False)
        await suggests(client, uri, False)
        await client.shutdown()
