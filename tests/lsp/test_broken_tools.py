"""A checker that is missing, dies, hangs or talks nonsense: the suggestion comes, marked as unverified, and the status says why."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from support.messages_api import MessagesApi, script
from support.serving import serving

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the stand-ins are shell scripts")

URI = "file:///project/area.py"
TEXT = "def area(width, height):\n    return wi\n"
END = len("    return wi")
TELLS = {"experimental": {"kireji": {"status": True}}}
WAYS = {
    "dies": "exit 3",
    "nonsense": "cat > /dev/null & printf 'Content-Length: 7\\r\\n\\r\\nnonsens'; wait",
    "hangs": "exec sleep 600",
}


def tool(folder: Path, way: str) -> str:
    """A program that is a checker by name only."""
    path = folder / f"ty-{way}"
    path.write_text(f"#!/bin/sh\n{WAYS[way]}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize("way", WAYS)
async def test_it_is_shown_as_unverified_and_said_in_the_status(tmp_path: Path, way: str) -> None:
    async with (
        MessagesApi(script("return width * height")) as api,
        serving(tmp_path, api, KIREJI_TY=tool(tmp_path, way)) as served,
    ):
        client = served.client
        await client.initialize(capabilities=TELLS)
        for version in range(1, 40):
            client.open(URI, f"{TEXT}# {version}\n", version=version)
            reply = await client.ask(URI, 1, END, automatic=2)
            assert [item["insertText"] for item in reply["items"]] == ["dth * height"]
            explained = await client.request("kireji/explain", {})
            (types,) = (gate for gate in explained["gates"] if gate["gate"] == "types")
            assert types["state"] == "unknown"
            # The first answers may come before it is known what is wrong with a child that says nothing.
            status = await client.request("workspace/executeCommand", {"command": "kireji.status"})
            if "not everything is checked: types" in status["reason"]:
                break
            client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        assert status["state"] == "ready"
        assert "not everything is checked: types" in status["reason"], status
        reasons = [body["reason"] for method, body in client.notifications if method == "kireji/status"]
        told = sum("not everything is checked" in reason for reason in reasons)
        assert told <= 2, "said when it becomes so, and not with every answer"


async def test_who_wants_only_what_is_verified_gets_nothing(tmp_path: Path) -> None:
    environment = {"KIREJI_TY": tool(tmp_path, "dies"), "KIREJI_SHOW_UNVERIFIED": "false"}
    async with (
        MessagesApi(script("return width * height")) as api,
        serving(tmp_path, api, tcp=False, **environment) as served,
    ):
        await served.client.initialize()
        served.client.open(URI, TEXT)
        reply = await served.client.ask(URI, 1, END, automatic=2)
        assert reply["items"] == []
        explained = await served.client.request("kireji/explain", {})
        assert explained["reason"].startswith("a gate could not answer in time")
