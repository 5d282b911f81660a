"""Claude behind a gateway, in Bedrock and in Vertex, asked by the real server in each one's own wire format."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kireji.base.clock import SystemClock
from kireji.base.config import load
from kireji.compose import ConfigurationError, build_services
from support.cloud_api import BedrockApi, GatewayApi, VertexApi
from support.lsp_client import RpcError
from support.messages_api import Fault, FaultKind, MessagesApi, Pace, Play, script
from support.serving import Served, serving

URI = "file:///project/shop.py"
TEXT = "def total(prices: list[int]) -> int:\n    return \n"
WAYS = [GatewayApi, BedrockApi, VertexApi]


async def suggested(served: Served) -> list[str]:
    """What is suggested behind the `return`."""
    client = served.client
    await client.initialize()
    client.open(URI, TEXT)
    params = {
        "textDocument": {"uri": URI},
        "position": {"line": 1, "character": 11},
        "context": {"triggerKind": 1},
    }
    found: Any = await client.request("textDocument/inlineCompletion", params)
    return [item["insertText"] for item in (found["items"] if isinstance(found, dict) else found)]


async def reason(served: Served, home: Path) -> tuple[str, str]:
    """Why nothing was suggested, and by whom, once the server is gone."""
    assert await suggested(served) == []
    await served.client.shutdown()
    await served.process.wait()
    with closing(sqlite3.connect(next(home.rglob("*.sqlite3")))) as store:
        (row,) = store.execute("SELECT reason, provider FROM outcomes").fetchall()
    return row[0], row[1]


@pytest.mark.parametrize("piece", [3, 100])
@pytest.mark.parametrize("way", WAYS)
async def test_an_answer_is_the_same_by_every_way(tmp_path: Path, way: type[MessagesApi], piece: int) -> None:
    async with way(script("return sum(prices)", pace=Pace(piece=piece))) as api, serving(tmp_path, api) as served:
        assert await suggested(served) == ["sum(prices)"]
        await served.client.shutdown()
        await served.process.wait()
    assert [(asked.status, asked.error) for asked in api.asked] == [(200, "")]
    with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        ((provider, nano, output),) = store.execute("SELECT provider, nano, output FROM calls").fetchall()
    assert provider == way.__name__.removesuffix("Api").lower()
    assert nano > 0 and output > 0


@pytest.mark.parametrize("way", WAYS)
async def test_a_key_that_is_not_theirs_is_named(tmp_path: Path, way: type[MessagesApi]) -> None:
    wrong: dict[str, Any] = {"KIREJI_SERVER_KEY": "no-key-of-theirs"}
    if way is BedrockApi:
        wrong = {"AWS_SECRET_ACCESS_KEY": "no-secret-of-theirs"}
    async with way(script("x")) as api, serving(tmp_path, api, **wrong) as served:
        assert (await reason(served, tmp_path))[0] == "KEY_REFUSED"


async def test_without_credentials_nothing_leaves_for_bedrock(tmp_path: Path) -> None:
    none: dict[str, Any] = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    async with BedrockApi(script("x")) as api, serving(tmp_path, api, **none) as served:
        assert (await reason(served, tmp_path))[0] == "MISCONFIGURED"
    assert api.received == 0


async def test_a_broken_frame_is_no_answer(tmp_path: Path) -> None:
    fault = Fault(FaultKind.GARBAGE)
    async with BedrockApi(lambda _: Play("x", fault=fault)) as api, serving(tmp_path, api) as served:
        assert (await reason(served, tmp_path))[0] == "PROTOCOL"


@pytest.mark.parametrize(
    ("way", "error"),
    [
        (GatewayApi, "overloaded_error"),
        (VertexApi, "overloaded_error"),
        (BedrockApi, "serviceUnavailableException"),
        (BedrockApi, "internalServerException"),
    ],
)
async def test_an_error_in_the_middle_is_told_apart(tmp_path: Path, way: type[MessagesApi], error: str) -> None:
    fault = Fault(FaultKind.ERROR_EVENT, after=0, error=error)
    async with way(lambda _: Play("sum", fault=fault)) as api, serving(tmp_path, api) as served:
        assert (await reason(served, tmp_path))[0] == "OVERLOADED"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [FaultKind.TRUNCATE, FaultKind.DROP, FaultKind.PORTAL, FaultKind.REDIRECT])
async def test_what_was_cut_off_is_not_shown(tmp_path: Path, way: type[MessagesApi], kind: FaultKind) -> None:
    async with MessagesApi(script("x")) as thief:
        fault = Fault(kind, after=18, location=f"{thief.url}/v1/messages")
        async with (
            way(lambda asked: Play(f"<{asked.tag}>sum(pri", fault=fault)) as api,
            serving(tmp_path, api) as served,
        ):
            assert await suggested(served) == []
        assert thief.received == 0


async def test_cancelling_closes_bedrocks_stream(tmp_path: Path) -> None:
    answer = script("return sum(prices)" * 50, pace=Pace(per_second=5))
    async with BedrockApi(answer) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        place = {"textDocument": {"uri": URI}, "position": {"line": 1, "character": 11}}
        answered = client.start("textDocument/inlineCompletion", place | {"context": {"triggerKind": 1}}, 7)
        asked = await api.request()
        client.notify("$/cancelRequest", {"id": 7})
        await asked.closed.wait()
        assert asked.sent < 100
        with pytest.raises(RpcError):
            await answered


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"KIREJI_PROVIDER": "gateway"}, "name its address in model.server_url"),
        ({"KIREJI_PROVIDER": "gateway", "KIREJI_SERVER_URL": "https://g.example"}, "no key for the gateway"),
        ({"KIREJI_PROVIDER": "bedrock"}, "no region"),
        ({"KIREJI_PROVIDER": "bedrock", "KIREJI_REGION": "x.evil.example/"}, "no region"),
        ({"KIREJI_PROVIDER": "bedrock", "KIREJI_REGION": "us-east-1"}, "name it as Bedrock does"),
        ({"KIREJI_PROVIDER": "vertex", "KIREJI_REGION": "global"}, "no project"),
        (
            {
                "KIREJI_PROVIDER": "vertex",
                "KIREJI_REGION": "global",
                "KIREJI_PROJECT": "p",
                "KIREJI_MODEL": "claude-3-5-haiku@20241022",
            },
            "was retired on 2026-02-19",
        ),
    ],
)
def test_what_is_missing_is_named(environment: dict[str, str], said: str) -> None:

    settings = load({"KIREJI_CONFIG": "/dev/null", **environment}, {})
    with pytest.raises(ConfigurationError, match=said):
        build_services(settings, SystemClock())
