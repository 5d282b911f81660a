"""The stand-in itself: it refuses what the API refuses, ends where the API ends, and counts as the API counts."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.messages_api import MessagesApi, Pace, Play, When, script

HAIKU: dict[str, object] = {
    "model": "claude-haiku-5-5",
    "max_tokens": 200,
    "stream": True,
    "thinking": {"type": "disabled"},
    "stop_sequences": ["</T1>"],
    "messages": [{"role": "user", "content": "x = "}],
}
OLD = {k: v for k, v in HAIKU.items() if k != "thinking"} | {"model": "claude-haiku-4-5"}
SONNET = HAIKU | {"model": "claude-sonnet-5-5", "thinking": {"type": "between_tools"}}
MARK = {"type": "ephemeral"}


@dataclass(frozen=True)
class Reply:
    """An answer taken apart without the SDK."""

    status: int
    headers: Mapping[str, str]
    events: list[dict[str, object]]
    error: dict[str, object]

    @property
    def text(self) -> str:
        deltas = [event["delta"] for event in self.events if event["type"] == "content_block_delta"]
        return "".join(str(delta.get("text", "")) for delta in deltas if isinstance(delta, dict))

    def field(self, event: str, *path: str) -> object:
        found: object = next(e for e in self.events if e["type"] == event)
        for name in path:
            assert isinstance(found, dict)
            found = found[name]
        return found


async def post(api: MessagesApi, body: object, *, drop: str = "", path: str = "/v1/messages", **headers: str) -> Reply:
    """One request by hand; `drop` leaves out a header, `headers` adds or replaces some (`_` for `-`)."""
    sent = {"authorization": f"Bearer {api.key}", "anthropic-version": "2026-10-21", "content-type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    sent.pop(drop, None)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [f"POST {path} HTTP/1.1", "host: x", f"content-length: {len(raw)}", *(f"{k}: {v}" for k, v in sent.items())]
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    try:
        writer.write("\r\n".join([*head, "", ""]).encode() + raw)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        got = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        status = int(lines[0].split()[1])
        if "content-length" in got:
            return Reply(status, got, [], json.loads(await reader.readexactly(int(got["content-length"]))))
        stream = b""
        while size := int(await reader.readline(), 16):
            stream += (await reader.readexactly(size + 2))[:-2]
        events = [json.loads(block.split("data: ", 1)[1]) for block in stream.decode().strip().split("\n\n")]
        return Reply(status, got, events, {})
    finally:
        writer.close()
        await writer.wait_closed()


def turns(*roles: str) -> list[dict[str, object]]:
    return [{"role": role, "content": "x"} for role in roles]


def marked(count: int) -> list[dict[str, object]]:
    return [{"type": "text", "text": "x", "cache_control": MARK} for _ in range(count)]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(HAIKU, id="haiku-5-5"),
        pytest.param(HAIKU | {"output_config": {"effort": "low"}}, id="effort"),
        pytest.param(HAIKU | {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, id="adaptive"),
        pytest.param(OLD, id="haiku-4-5"),
        pytest.param(OLD | {"messages": turns("user", "assistant")}, id="prefill"),
        pytest.param(OLD | {"thinking": {"type": "disabled"}}, id="haiku-4-5 disabled"),
        pytest.param(OLD | {"max_tokens": 2_000, "thinking": {"type": "enabled", "budget_tokens": 1_024}}, id="budget"),
        pytest.param(SONNET, id="sonnet-5-5"),
        pytest.param(HAIKU | {"system": marked(4)}, id="four marks"),
        pytest.param(HAIKU | {"messages": turns("user", "assistant", "user")}, id="turns"),
    ],
)
async def test_accepts(body: dict[str, object]) -> None:
    async with MessagesApi(script("x = 1")) as api:
        reply = await post(api, body)
    assert (reply.status, reply.error) == (200, {})
    assert reply.text == "<T1>x = 1"


@pytest.mark.parametrize(
    ("body", "status", "about"),
    [
        pytest.param(HAIKU | {"temperature": 0.2}, 400, "temperature", id="temperature"),
        pytest.param(HAIKU | {"top_p": 0.9}, 400, "top_p", id="top_p"),
        pytest.param(OLD | {"top_k": 5}, 400, "top_k", id="top_k"),
        pytest.param(HAIKU | {"max_tokens_to_sample": 5}, 400, "max_tokens_to_sample", id="unknown field"),
        pytest.param(HAIKU | {"model": "claude-3-5-haiku-20241022"}, 404, "model", id="retired model"),
        pytest.param(HAIKU | {"model": "claude-haiku-9"}, 404, "model", id="unknown model"),
        pytest.param(HAIKU | {"model": None}, 400, "model", id="no model"),
        pytest.param(HAIKU | {"max_tokens": None}, 400, "max_tokens", id="no max_tokens"),
        pytest.param(HAIKU | {"max_tokens": 0}, 400, "max_tokens", id="max_tokens 0"),
        pytest.param(HAIKU | {"max_tokens": 128_001}, 400, "max_tokens", id="max_tokens too high"),
        pytest.param(OLD | {"max_tokens": 64_001}, 400, "max_tokens", id="max_tokens too high for 4.5"),
        pytest.param(HAIKU | {"messages": turns("user", "assistant")}, 400, "prefill", id="prefill on 5.5"),
        pytest.param(SONNET | {"messages": turns("user", "assistant")}, 400, "prefill", id="prefill on sonnet 5.5"),
        pytest.param(
            OLD | {"messages": [*turns("user"), {"role": "assistant", "content": "x "}]},
            400,
            "trailing whitespace",
            id="prefill ends in white space",
        ),
        pytest.param(HAIKU | {"stop_sequences": ["\n\n"]}, 400, "stop_sequences", id="stop of white space"),
        pytest.param(HAIKU | {"stop_sequences": "</T1>"}, 400, "stop_sequences", id="stop is no list"),
        pytest.param(HAIKU | {"thinking": {"type": "enabled", "budget_tokens": 1_024}}, 400, "thinking", id="budget"),
        pytest.param(HAIKU | {"thinking": {"type": "between_tools"}}, 400, "thinking", id="between_tools on haiku"),
        pytest.param(SONNET | {"thinking": {"type": "disabled"}}, 400, "thinking", id="disabled on sonnet 5.5"),
        pytest.param(HAIKU | {"output_config": {"effort": "max"}}, 400, "effort max", id="disabled at effort max"),
        pytest.param(OLD | {"thinking": {"type": "adaptive"}}, 400, "thinking", id="adaptive on 4.5"),
        pytest.param(
            OLD | {"thinking": {"type": "enabled", "budget_tokens": 1_024}}, 400, "budget_tokens", id="budget too big"
        ),
        pytest.param(
            OLD
            | {"max_tokens": 2_000, "thinking": {"type": "enabled", "budget_tokens": 1_024}}
            | {"messages": turns("user", "assistant")},
            400,
            "prefill",
            id="thinking and prefill",
        ),
        pytest.param(OLD | {"output_config": {"effort": "low"}}, 400, "effort", id="effort on 4.5"),
        pytest.param(HAIKU | {"output_config": {"effort": "tiny"}}, 400, "effort", id="unknown effort"),
        pytest.param(HAIKU | {"system": marked(5)}, 400, "cache_control", id="five marks"),
        pytest.param(HAIKU | {"system": ""}, 400, "non-whitespace", id="empty system"),
        pytest.param(HAIKU | {"system": []}, 400, "system", id="no system blocks"),
        pytest.param(HAIKU | {"messages": []}, 400, "messages", id="no messages"),
        pytest.param(HAIKU | {"messages": turns("assistant", "user")}, 400, "alternate", id="assistant first"),
        pytest.param(HAIKU | {"messages": turns("user", "user")}, 400, "alternate", id="two user turns"),
        pytest.param(HAIKU | {"messages": turns("system")}, 400, "alternate", id="system turn"),
        pytest.param(
            HAIKU | {"messages": [{"role": "user", "content": [{"type": "text", "text": " \n"}]}]},
            400,
            "non-whitespace",
            id="blank block",
        ),
        pytest.param(
            HAIKU | {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "cache": 1}]}]},
            400,
            "block",
            id="unknown field in a block",
        ),
        pytest.param(HAIKU | {"stream": False}, 400, "stream", id="no stream"),
        pytest.param(OLD | {"messages": [{"role": "user", "content": "x" * 700_001}]}, 400, "too long", id="too long"),
        pytest.param([], 400, "object", id="a list"),
        pytest.param(b"{", 400, "JSON", id="no JSON"),
    ],
)
async def test_refuses(body: object, status: int, about: str) -> None:
    async with MessagesApi(script("x")) as api:
        reply = await post(api, body)
    error = reply.error["error"]
    assert isinstance(error, dict)
    assert reply.status == status
    assert reply.error["type"] == "error"
    assert error["type"] == {400: "invalid_request_error", 404: "not_found_error"}[status]
    assert about in str(error["message"])


async def test_refuses_headers() -> None:
    async with MessagesApi(script("x")) as api:
        assert (await post(api, HAIKU, drop="authorization")).status == 401
        assert (await post(api, HAIKU, drop="authorization", x_api_key=api.key)).status == 401
        assert (await post(api, HAIKU, x_api_key=api.key)).status == 401
        assert (await post(api, HAIKU, authorization="Bearer sk-ant-other")).status == 401
        assert (await post(api, HAIKU, drop="anthropic-version")).status == 400
        assert (await post(api, HAIKU, anthropic_version="2023-06-01")).status == 400
        assert (await post(api, HAIKU, content_type="text/plain")).status == 400
        assert (await post(api, HAIKU, path="/v1/complete")).status == 404
        assert [asked.status for asked in api.asked] == [401, 401, 401, 401, 400, 400, 400, 404]


@pytest.mark.parametrize("piece", [1, 4, 1000])
async def test_stops_where_the_api_stops(piece: int) -> None:
    play = Play("<T1>x = '</T'\n😀</T1>never sent", pace=Pace(piece=piece))
    async with MessagesApi(lambda asked: play) as api:
        reply = await post(api, HAIKU)
    assert reply.text == "<T1>x = '</T'\n😀"
    assert reply.field("message_delta", "delta") == {"stop_reason": "stop_sequence", "stop_sequence": "</T1>"}
    assert reply.events[-1]["type"] == "message_stop"


async def test_ends_at_max_tokens() -> None:
    async with MessagesApi(script("x" * 1000)) as api:
        reply = await post(api, HAIKU | {"max_tokens": 10})
    assert len(reply.text) == 27
    assert reply.field("message_delta", "delta", "stop_reason") == "max_tokens"
    assert reply.field("message_delta", "usage", "output_tokens") == 10


async def test_thinks_unless_told_not_to_and_spends_max_tokens_on_it() -> None:
    async with MessagesApi(script("x" * 1000)) as api:
        reply = await post(api, {k: v for k, v in HAIKU.items() if k != "thinking"} | {"max_tokens": 40})
    assert reply.field("content_block_start", "content_block", "type") == "thinking"
    assert len(reply.text) == 21


async def test_continues_a_prefill() -> None:
    body = OLD | {"messages": [*turns("user"), {"role": "assistant", "content": "<T1>x ="}]}
    async with MessagesApi(script("x = 1")) as api:
        reply = await post(api, body)
        assert api.asked[0].prefill == "<T1>x ="
    assert reply.text == " 1"


async def test_counts_the_prompt_cache() -> None:
    def body(last: str, size: int = 2_000) -> dict[str, object]:
        system = [{"type": "text", "text": "s" * size, "cache_control": MARK}]
        return HAIKU | {"system": system, "messages": [{"role": "user", "content": last}]}

    def usage(reply: Reply) -> list[object]:
        names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        return [reply.field("message_start", "message", "usage", name) for name in names]

    async with MessagesApi(script("x")) as api:
        assert usage(await post(api, body("one"))) == [1, 741, 0]
        assert usage(await post(api, body("other"))) == [2, 0, 741]
        assert usage(await post(api, body("one", size=1_000))) == [372, 0, 0]  # under 512 tokens nothing is kept
        assert usage(await post(api, body("one", size=2_001))) == [1, 742, 0]
        moved = [{"type": "text", "text": "s" * 2_000}, {"type": "text", "text": "t" * 270, "cache_control": MARK}]
        assert usage(await post(api, HAIKU | {"system": moved})) == [2, 100, 741]


async def test_scripts_answer_by_question_or_in_order() -> None:
    async with MessagesApi(script(When("two", "second"), "a", "b")) as api:
        asks = ["one", "two", "three", "four"]
        texts = [(await post(api, HAIKU | {"messages": [{"role": "user", "content": ask}]})).text for ask in asks]
    assert texts == ["<T1>a", "<T1>second", "<T1>b", "<T1>b"]


async def test_runs_as_a_process(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps([{"when": "x = ", "text": "x = 1"}, "y"]), encoding="utf-8")
    tests = Path(__file__).parents[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "support.messages_api", "--answers", str(answers), "--key", "k", "--piece", "1"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(tests)},
    )
    try:
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().strip()
        reply = await post(MessagesApi(key="k", port=int(address.rpartition(":")[2])), HAIKU)
        assert (reply.status, reply.text) == (200, "<T1>x = 1")
    finally:
        process.kill()
        await process.wait()
