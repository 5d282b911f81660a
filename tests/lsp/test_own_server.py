"""A server of one's own behind the real language server: holes are filled, the contract is followed, nothing leaves for others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.chat_api import ChatApi, Served, ServerKind
from support.lsp_client import Client
from support.messages_api import Pace, Play, script
from support.serving import serving

URI = "file:///project/shop.py"
TEXT = "def total(prices: list[int]) -> int:\n    amount = 0\n    \n    return amount\n\n\nprint(total([1]))\n"
CURSOR = {"line": 2, "character": 4}
# What a model that fills in goes on to say: nothing tells it where to stop.
OVER = "for price in prices:\n        amount += price\n    return amount\n\n\ndef other() -> None:\n    pass\n"
WANTED = "for price in prices:\n        amount += price"
INSTRUCT = Served("Qwen/Qwen2.5-Coder-7B-Instruct")
STUB = "def total(prices: list[int]) -> int:\n    raise NotImplementedError\n"
LITERALS = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "refactor"]}}}
ABLE = {"textDocument": {"codeAction": LITERALS | {"dataSupport": True, "resolveSupport": {"properties": ["edit"]}}}}


async def suggested(client: Client, text: str = TEXT, place: dict[str, int] = CURSOR) -> list[str]:
    """What is suggested in a text at a place."""
    client.open(URI, text)
    params = {"textDocument": {"uri": URI}, "position": place, "context": {"triggerKind": 1}}
    found: Any = await client.request("textDocument/inlineCompletion", params)
    return [item["insertText"] for item in (found["items"] if isinstance(found, dict) else found)]


@pytest.mark.parametrize("piece", [1, 40])
async def test_an_answer_without_end_is_cut_and_closed(tmp_path: Path, piece: int) -> None:
    play = Play(OVER + "x = 1\n" * 2_000, pace=Pace(piece=piece, per_second=400))
    async with ChatApi(lambda _: play) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        assert await suggested(served.client) == [WANTED]
        await api.asked[0].closed.wait()
        await served.client.shutdown()
        await served.process.wait()
    before, _, after = str(api.asked[0].body["prompt"]).partition("<|fim_suffix|>")
    assert (
        before.endswith(TEXT.split("\n    return")[0])
        and after == TEXT[len(TEXT.split("\n    return")[0]) :] + "<|fim_middle|>"
    )
    assert api.asked[0].sent < 600
    with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        (row,) = store.execute("SELECT provider, model, nano FROM calls").fetchall()
    assert row == ("openai-compatible", api.served.id, 0), "what costs nothing is written down all the same"


async def test_what_is_proved_wrong_is_not_shown(tmp_path: Path) -> None:
    async with ChatApi(script("amount = undefined_helper(prices)")) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        assert await suggested(served.client) == []
    assert len(api.asked) == 1, "a model that only fills in cannot be told what was wrong"


async def test_a_secret_does_not_leave_for_it_either(tmp_path: Path) -> None:
    key = "AKIA" + "IOSFODNN7EXAMPLQ"
    async with ChatApi(script("1")) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        await suggested(served.client, f"KEY = '{key}'\n{TEXT}", {"line": 3, "character": 4})
    assert key not in str(api.asked[0].body)


@pytest.mark.parametrize("kind", ServerKind)
async def test_a_model_that_only_talks_follows_the_contract(tmp_path: Path, kind: ServerKind) -> None:
    talking = Served("meta-llama/Llama-3.3-70B-Instruct")
    answer = script("    for price in prices:\n        amount += price")
    async with ChatApi(answer, kind=kind, served=talking, key="sk-own-1") as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        assert await suggested(served.client) == [WANTED]
    assert api.asked[0].path == "/v1/chat/completions"


async def acted(client: Client) -> Any:
    """The first action on the stub, with its edit; None where none is offered."""
    client.open(URI, STUB)
    place = {"line": 1, "character": 4}
    params = {"textDocument": {"uri": URI}, "range": {"start": place, "end": place}, "context": {"diagnostics": []}}
    actions = await client.request("textDocument/codeAction", params)
    return await client.request("codeAction/resolve", actions[0]) if actions else None


async def test_one_that_was_taught_to_be_told_acts_over_its_chat(tmp_path: Path) -> None:
    body = STUB.replace("raise NotImplementedError", "return sum(prices)").rstrip()
    async with ChatApi(script(body), served=INSTRUCT) as api, serving(tmp_path, api) as served:
        await served.client.initialize(capabilities=ABLE)
        assert "return sum(prices)" in str(await acted(served.client))
    assert [asked.path for asked in api.asked] == ["/v1/chat/completions"]


async def test_one_that_was_not_is_asked_for_no_action(tmp_path: Path) -> None:
    async with ChatApi(script("x")) as api, serving(tmp_path, api) as served:
        await served.client.initialize(capabilities=ABLE)
        assert await acted(served.client) is None
    assert api.asked == []


async def test_claudes_key_is_not_sent_there(tmp_path: Path) -> None:
    async with (
        ChatApi(script("1")) as api,
        serving(tmp_path, api, ANTHROPIC_API_KEY="sk-ant-secret", ANTHROPIC_BASE_URL=api.url) as served,
    ):
        await served.client.initialize()
        await suggested(served.client)
    assert api.asked and "sk-ant-secret" not in str(api.asked[0].headers)


async def test_an_editor_cannot_move_the_server(tmp_path: Path) -> None:
    async with ChatApi(script("1")) as thief, ChatApi(script("1")) as api, serving(tmp_path, api) as served:
        options = {"model": {"server_url": thief.address, "fim": "{prefix}{suffix}"}, "serverUrl": thief.address}
        await served.client.initialize(options=options)
        await suggested(served.client)
        assert thief.received == 0 and len(api.asked) == 1


async def test_the_local_engine_serves_while_it_is_away(tmp_path: Path) -> None:
    text = "for price in prices:\n    total = total + price\n\nfor price in prices:\n    total = total + pri\n"
    async with ChatApi(script("1")) as api:
        gone: dict[str, Any] = dict(api.environment)
    async with serving(tmp_path, None, **gone) as served:
        await served.client.initialize()
        assert await suggested(served.client, text, {"line": 4, "character": 23}) == ["ce"]
