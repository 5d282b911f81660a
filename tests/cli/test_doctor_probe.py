"""What the doctor finds out of a model's service when it is told to ask, and that it asks nobody otherwise."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from kireji.base import config
from kireji.base.clock import SystemClock
from kireji.cli import doctor, doctor_probe
from kireji.cli.health import Line, Machine, State
from support.chat_api import MODEL, ChatApi, Served, ServerKind, script
from support.cloud_api import GatewayApi
from support.messages_api import MessagesApi

TALKING = "meta-llama/Llama-3.3-70B-Instruct"


async def lines(home: Path, environment: dict[str, str]) -> list[Line]:
    """What the check says, in a thread of its own, as it has an event loop of its own."""
    place = config.Home(home / "config.toml", home / "state")
    settings = config.load(environment, {}, place)
    machine = Machine(settings, config.sources(environment, {}, place), None, SystemClock())
    return await asyncio.to_thread(lambda: list(doctor_probe.service(machine)))


async def check_probe(home: Path, api: MessagesApi, *expected: tuple[State, str], **environment: str) -> None:
    """The lines, each by its state and by words of it. Nothing was generated."""
    found = await lines(home, api.environment | environment)
    assert [
        (line.state, words in f"{line.text} {line.remedy}") for line, (_, words) in zip(found, expected, strict=True)
    ] == [(state, True) for state, _ in expected], found
    assert all(asked.body == {} for asked in api.asked)
    assert all("authorization" not in asked.headers or api.key for asked in api.asked)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ServerKind.VLLM, f"vLLM 0.11.0 at 127.0.0.1:PORT; models: {MODEL}; 32,768 tokens of context"),
        (ServerKind.LLAMA_CPP, f"llama.cpp at 127.0.0.1:PORT; models: {MODEL}; 32,768 tokens of context"),
        (ServerKind.TGI, f"Text Generation Inference at 127.0.0.1:PORT; models: {MODEL}; 32,768 tokens"),
    ],
)
async def test_a_server_is_known_by_what_it_says(tmp_path: Path, kind: ServerKind, words: str) -> None:
    async with ChatApi(script(""), kind=kind, key="sk-own-1") as api:
        port = api.url.rpartition(":")[2]
        await check_probe(tmp_path, api, (State.OK, words.replace("PORT", port)), (State.OK, "filling in, which fits"))


async def test_what_does_not_fit_has_a_remedy(tmp_path: Path) -> None:
    async with ChatApi(kind=ServerKind.OLLAMA) as api:
        wants = (State.NOTE, 'Say model.fim = "suffix".')
        await check_probe(tmp_path, api, (State.OK, "Ollama 0.12.0"), wants)
        other = {"KIREJI_MODEL": "mistralai/Codestral-22B-v0.1", "KIREJI_FIM": "suffix"}
        await check_probe(
            tmp_path, api, (State.WRONG, "It has no mistralai/Codestral"), (State.OK, "which fits"), **other
        )
    async with ChatApi(kind=ServerKind.VLLM) as api:
        wants = (State.WRONG, "takes no suffix")
        await check_probe(tmp_path, api, (State.OK, "vLLM"), wants, KIREJI_FIM="suffix")
    async with ChatApi(kind=ServerKind.LLAMA_CPP, served=Served(TALKING, context=3_000, chat=False)) as api:
        small, mute = (State.NOTE, "Lower completion.context_tokens"), (State.WRONG, "has no template for messages")
        await check_probe(tmp_path, api, (State.OK, "llama.cpp"), small, mute)


async def test_a_server_that_refuses_or_is_not_there_is_said(tmp_path: Path) -> None:
    async with ChatApi(key="sk-own-1") as api:
        await check_probe(tmp_path, api, (State.WRONG, "the model service refused the key"), KIREJI_SERVER_KEY="no")
        gone = api.environment
    (line,) = await lines(tmp_path, gone)
    assert line.state is State.WRONG and "cannot be reached" in line.text


@pytest.mark.parametrize("model", ["claude-haiku-5-5", "claude-haiku-4-5"])
async def test_claude_says_how_long_it_will_be_there(tmp_path: Path, model: str) -> None:
    async with MessagesApi() as api:
        await check_probe(tmp_path, api, (State.OK, "tokens; it is active"), KIREJI_MODEL=model)


async def test_claude_refuses_a_key(tmp_path: Path) -> None:
    async with MessagesApi() as api:
        await check_probe(tmp_path, api, (State.WRONG, "refused the key"), ANTHROPIC_API_KEY="sk-ant-other")


async def test_a_gateway_is_asked_as_claude_is(tmp_path: Path) -> None:
    async with GatewayApi() as api:
        (line,) = await lines(tmp_path, api.environment)
    assert line.state is State.WRONG, "this one knows nothing but messages"
    assert [asked.headers["x-company-key"] for asked in api.asked] == [api.key]


async def test_clouds_and_the_local_engine_are_asked_nothing(tmp_path: Path) -> None:
    assert "local engine" in (await lines(tmp_path, {}))[0].text
    vertex = {"KIREJI_PROVIDER": "vertex", "KIREJI_REGION": "global", "KIREJI_PROJECT": "p"}
    assert "first suggestion" in (await lines(tmp_path, vertex))[0].text


def test_only_the_flag_makes_it_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    sections: list[str] = []

    def seen(_: object, checks: doctor.Sections) -> list[Line]:
        sections[:] = [title for title, _ in checks]
        return []

    monkeypatch.setattr(doctor, "_printed", seen)
    CliRunner().invoke(doctor.command, [])
    assert "The model's service" not in sections
    CliRunner().invoke(doctor.command, ["--probe"])
    assert "The model's service" in sections
