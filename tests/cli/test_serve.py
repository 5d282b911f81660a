"""`kireji serve` with settings that cannot be: it starts, says so once to the person, and goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from support.serving import serving

TEXT = """def first(items, name):
    if name not in items:
        raise KeyError(f"no such item: {name}")
    return items[name]


def second(items, name):
    if name not in
        raise KeyError(f"no such item: {name}")
    return items[name]
"""


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        (
            {"ANTHROPIC_API_KEY": "k", "KIREJI_MODEL": "claude-3-5-haiku-20241022"},
            "use claude-haiku-5-5; the local engine answers meanwhile",
        ),
        ({"KIREJI_PROVIDER": "anthropic"}, "set ANTHROPIC_API_KEY"),
        ({"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": "http://evil.example"}, "needs https"),
        ({"KIREJI_CONTEXT_TOKENS": "many"}, "KIREJI_CONTEXT_TOKENS"),
    ],
)
async def test_settings_that_cannot_be_are_said_once(tmp_path: Path, environment: dict[str, str], says: str) -> None:
    async with serving(tmp_path, None, tcp=False, **environment) as served:
        client = served.client
        await client.initialize()
        message = await client.notified("window/showMessage", lambda params: says in params["message"])
        assert "\n" not in message["message"]
        client.open("file:///project/app.py", TEXT)
        answer = await asyncio.wait_for(client.ask("file:///project/app.py", 7, 18, automatic=1), 60)
        assert [item["insertText"] for item in answer["items"]] == [" items:"]
        client.notify("workspace/didChangeConfiguration", {"settings": {"kireji": {}}})
        await client.shutdown()
        await client.closed()
        said = [p["message"] for method, p in client.notifications if method == "window/showMessage"]
        assert len([text for text in said if says in text]) == 1
