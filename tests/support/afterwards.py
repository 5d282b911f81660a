"""What was asked, and what was told, once nothing can be on its way any more: a count that is taken sooner proves nothing."""

from __future__ import annotations

import asyncio

from kireji.features import tempo
from support.lsp_client import Client
from support.messages_api import Asked, MessagesApi
from support.waiting import WATCHDOG

_LINE = "afterwards = "
# While someone types, a question leaves after the longest wait at most, and each of these after the shortest at least.
_ENOUGH = 1 + int(tempo._MOST / tempo._LEAST)


async def asked_in_all(client: Client, api: MessagesApi) -> list[Asked]:
    """All questions but those that are put here, one after the other, until whatever had begun before has left."""
    for number in range(_ENOUGH):
        uri = f"file:///project/afterwards_{number}.py"
        client.open(uri, f"{_LINE}\n")
        await asyncio.wait_for(client.ask(uri, 0, len(_LINE), automatic=2), WATCHDOG)
    return [asked for asked in api.asked if f"{_LINE}<cursor_" not in asked.question]


async def messages_in_all(client: Client) -> list[str]:
    """All messages that a client which knows our status was shown, once whatever was to be told has been: each in its turn."""
    await client.request("workspace/executeCommand", {"command": "kireji.pause"})
    await client.notified("kireji/status", lambda status: status["state"] == "paused")
    return [params["message"] for method, params in client.notifications if method == "window/showMessage"]
