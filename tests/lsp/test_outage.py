"""The model service goes away and comes back: who answers meanwhile, what is said about it, and how often it is tried."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from support.lsp_client import Client
from support.messages_api import Asked, MessagesApi, tagged
from support.messages_play import Fault, FaultKind, Play
from support.serving import serving

URI = "file:///project/shop.py"
# The local engine is sure of this line: it stands in the text already.
TEXT = """\
def first(items, name):
    if name not in items:
        raise KeyError(f"no such item: {name}")
    return items[name]


def second(items, name):
    if name not in
        raise KeyError(f"no such item: {name}")
    return items[name]
"""
LINE, COLUMN = 7, 18
WANTS_STATUS = {"experimental": {"kireji": {"status": True}}, "general": {"positionEncodings": ["utf-32"]}}
COOL_DOWN = 0.3


class Service:
    """A model that answers while `well`, and fails with `fault` while not."""

    def __init__(self, fault: Fault) -> None:
        self.well = True
        self.fault = fault

    def __call__(self, asked: Asked) -> Play:
        if self.well:
            return Play(tagged(asked, "if name not in items.keys():"))
        return Play("", fault=self.fault)


async def suggested(client: Client, number: int) -> list[str]:
    """What is shown by a key, in a text that nobody has asked about before."""
    client.open(URI, f"{TEXT}# {number}\n", version=number)
    return [item["insertText"] for item in (await client.ask(URI, LINE, COLUMN, automatic=1))["items"]]


def limited(status: Any) -> bool:
    return bool(status["state"] == "limited")


async def test_the_local_engine_serves_while_the_model_is_away_and_nothing_needs_a_restart(tmp_path: Path) -> None:
    service = Service(Fault(FaultKind.STATUS, status=529))
    async with (
        MessagesApi(service) as api,
        serving(tmp_path, api, KIREJI_COOL_DOWN_MS=f"{COOL_DOWN * 1000:.0f}") as served,
    ):
        client = served.client
        await client.initialize(capabilities=WANTS_STATUS)
        assert await suggested(client, 1) == [" items.keys():"]
        service.well = False
        for number in range(2, 7):
            assert await suggested(client, number) == [" items:"]
        explained = await client.request("kireji/explain", {})
        assert (explained["provider"], explained["trouble"]) == ("local", "the model service is overloaded")
        status = await client.notified("kireji/status", limited)
        assert status["reason"] == "the model service is overloaded; the local engine answers meanwhile"
        calls = len(api.asked)
        assert calls == 1 + 5 * 3, "each question is tried three times"
        since = time.monotonic()
        for number in range(7, 12):
            assert await suggested(client, number) == [" items:"]
        most = 1 + (time.monotonic() - since) / COOL_DOWN
        assert len(api.asked) - calls <= most, "in each cool-down, one probe is asked and nothing else"
        service.well = True
        client.notifications.clear()
        number = 12
        while await suggested(client, number) != [" items.keys():"]:
            number += 1
            await asyncio.sleep(0.05)
        await client.notified("kireji/status", lambda status: status["state"] == "ready")
