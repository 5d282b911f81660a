"""Asking for a pop-up until the analysis, which starts with the server, has come that far."""

from __future__ import annotations

import asyncio

from support.lsp_client import Client
from support.waiting import WATCHDOG


async def until_listed(client: Client, uri: str, line: int, character: int, label: str) -> None:
    """Asks until `label` is among the names, or the watchdog barks. Each question waits for the answer to the last."""
    where = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
    async with asyncio.timeout(2 * WATCHDOG):
        while True:
            answer = await client.request("textDocument/completion", where | {"context": {"triggerKind": 1}})
            if label in [item["label"] for item in answer["items"]]:
                return
