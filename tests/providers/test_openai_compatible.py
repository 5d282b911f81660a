"""Servers of one's own, against the stand-in of four kinds: what is sent, what is read, and how each fault is told."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from kireji.base.endpoint import EndpointError
from kireji.base.text import make_document
from kireji.base.types import (
    Block,
    Delta,
    End,
    EndReason,
    Hole,
    Message,
    Prompt,
    Reason,
    RedactedPack,
    Request,
    Shape,
    Site,
    SiteKind,
    Span,
    Usage,
)
from kireji.providers.fim import family_of, sent_apart
from kireji.providers.models import Model, Prices, self_hosted
from kireji.providers.openai_compatible import OpenAiCompatible, Server, ServerLimits
from kireji.providers.provider import ProviderError, StreamMeter
from kireji.providers.rates import Quota, Rates
from support.chat_api import MODEL, ChatApi, Served, ServerKind
from support.messages_api import Answer, Fault, FaultKind, Pace, Play, script

KEY = "sk-own-0123456789"
FREE = Prices(0, 0, 0, 0)
FIM = family_of(MODEL)
HOLE = Hole("shop.py", "total = ", "\nprint(total)\n")
LONG = "amount = price * count\n" * 20
SITE = Site(
    make_document("file:///x.py", "/x.py", "python", 1, ""), 0, SiteKind.CODE, Shape.LINE, Span(0, 0), "", "", ""
)


def filling(model: str = MODEL, max_tokens: int = 200, within: float = 10.0) -> Request:
    """A hole to be filled."""
    prompt = Prompt(model, (), (), "", ("<|endoftext|>", "<|file_sep|>"), max_tokens, hole=HOLE)
    return Request(prompt, RedactedPack(SITE, ()), time.monotonic() + within)


def telling(model: str = MODEL) -> Request:
    """A question by the answer contract."""
    messages = (
        Message("user", (Block("example"),)),
        Message("assistant", (Block("<code_1>x</code_1>", cache=True),)),
        Message("user", (Block("context\n"), Block("the line"))),
    )
    prompt = Prompt(model, (Block("rules"),), messages, "code_2", ("</code_2>",), 200)
    return Request(prompt, RedactedPack(SITE, ()), time.monotonic() + 10)


@contextlib.asynccontextmanager
async def serving(
    answer: Answer,
    kind: ServerKind = ServerKind.VLLM,
    model: Model | None = None,
    served: Served | None = None,
    limits: ServerLimits = ServerLimits(),  # noqa: B008 - it is frozen
    key: str = KEY,
) -> AsyncIterator[tuple[ChatApi, OpenAiCompatible]]:
    async with ChatApi(answer, kind=kind, served=served, key=key) as api:
        server = Server(address=api.address, key=key or None, limits=limits)
        provider = OpenAiCompatible(server, model or self_hosted(MODEL, FREE, FIM))
        try:
            yield api, provider
        finally:
            await provider.close()


async def read(provider: OpenAiCompatible, request: Request, meter: StreamMeter | None = None) -> tuple[str, End]:
    """The whole answer and its one End."""
    async with contextlib.aclosing(provider.stream(request, meter or StreamMeter())) as stream:
        pieces = [piece async for piece in stream]
    end = pieces[-1]
    assert isinstance(end, End)
    return "".join(piece.text for piece in pieces if isinstance(piece, Delta)), end


@pytest.mark.parametrize("piece", [1, 50])
@pytest.mark.parametrize("kind", ServerKind)
async def test_every_server_fills_in_and_follows_the_contract(kind: ServerKind, piece: int) -> None:
    async with serving(script("sum(prices)", pace=Pace(piece=piece)), kind) as (api, provider):
        text, end = await read(provider, filling())
        told, second = await read(provider, telling())
    assert [asked.error for asked in api.asked] == ["", ""]
    assert [asked.path for asked in api.asked] == ["/v1/completions", "/v1/chat/completions"]
    assert api.asked[0].body["prompt"] == "<|fim_prefix|>total = <|fim_suffix|>\nprint(total)\n<|fim_middle|>"
    assert (text, end.reason) == ("sum(prices)", EndReason.COMPLETE)
    assert (told, second.reason) == ("<code_2>sum(prices)", EndReason.COMPLETE)
    assert end.usage == Usage(input=len(str(api.asked[0].body["prompt"])) // 3 + 1, output=4)
    assert api.connections == 1, "a whole answer leaves its connection for the next request"


async def test_messages_are_plain_texts_in_turns() -> None:
    async with serving(script("x")) as (api, provider):
        await read(provider, telling())
    assert api.asked[0].body["messages"] == [
        {"role": "system", "content": "rules"},
        {"role": "user", "content": "example"},
        {"role": "assistant", "content": "<code_1>x</code_1>"},
        {"role": "user", "content": "context\nthe line"},
    ]


async def test_a_server_that_has_the_template_gets_the_two_parts() -> None:
    assert FIM is not None
    model = self_hosted("qwen2.5-coder:7b", FREE, sent_apart(FIM))
    served = Served("qwen2.5-coder:7b", suffix=True)
    async with serving(script("1"), ServerKind.OLLAMA, model, served) as (api, provider):
        assert (await read(provider, filling("qwen2.5-coder:7b")))[0] == "1"
    body = api.asked[0].body
    assert (body["prompt"], body["suffix"]) == ("total = ", "\nprint(total)\n")


async def test_no_key_is_sent_where_none_is_set() -> None:
    async with serving(script("1"), key="") as (api, provider):
        await read(provider, filling())
    assert "authorization" not in api.asked[0].headers


@pytest.mark.parametrize(
    ("play", "reason", "text"),
    [
        (Play("x = 1"), EndReason.COMPLETE, "x = 1"),
        (Play(""), EndReason.COMPLETE, ""),
        (Play("x<|file_sep|>y"), EndReason.COMPLETE, "x"),
        (Play("x" * 1_000), EndReason.MAX_TOKENS, "x" * 30),
        (Play("no", stop_reason="content_filter"), EndReason.REFUSAL, "no"),
        (Play("x", stop_reason="eos_token"), EndReason.COMPLETE, "x"),
        (Play("x", stop_reason="tool_calls"), EndReason.TRUNCATED, "x"),
        (Play(LONG, fault=Fault(FaultKind.TRUNCATE, after=6)), EndReason.TRUNCATED, LONG[:6]),
        (Play(LONG, fault=Fault(FaultKind.DROP, after=7)), EndReason.TRUNCATED, LONG[:7]),
    ],
)
@pytest.mark.parametrize("piece", [1, 50])
async def test_ends(play: Play, reason: EndReason, text: str, piece: int) -> None:
    async with serving(lambda asked: replace(play, pace=Pace(piece=piece))) as (_, provider):
        got, end = await read(provider, filling(max_tokens=10))
    assert (got, end.reason) == (text, reason)
    assert end.usage.input > 0
    assert end.usage.output >= len(text) // 4, "without the server's figures, what was read is counted"


async def test_what_a_gateway_lets_one_ask_is_known() -> None:
    told = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "6s",
    }
    async with serving(lambda _: Play("x", headers=told)) as (_, provider):
        meter = StreamMeter()
        assert [piece async for piece in provider.stream(filling(), meter)]
    assert meter.rates == Rates(requests=Quota(60, 0, 6.0))


def status(code: int, kind: str = "BadRequestError", retry_after: str = "") -> Fault:
    return Fault(FaultKind.STATUS, status=code, error=kind, retry_after=retry_after)


@pytest.mark.parametrize("kind", ServerKind)
@pytest.mark.parametrize(
    ("fault", "reason", "text"),
    [
        (status(400), Reason.MISCONFIGURED, ""),
        (status(401), Reason.KEY_REFUSED, ""),
        (status(404, "NotFoundError"), Reason.MISCONFIGURED, ""),
        (status(422, "validation"), Reason.MISCONFIGURED, ""),
        (status(429, "rate_limit_error", "7"), Reason.RATE_LIMITED, ""),
        (status(500, "InternalServerError"), Reason.OVERLOADED, ""),
        (status(503, "unavailable_error"), Reason.OVERLOADED, ""),
        (Fault(FaultKind.ERROR_EVENT, after=6, status=500), Reason.OVERLOADED, LONG[:6]),
        (Fault(FaultKind.ERROR_EVENT, after=6, status=400), Reason.MISCONFIGURED, LONG[:6]),
        (Fault(FaultKind.PORTAL), Reason.PROTOCOL, ""),
        (Fault(FaultKind.COMPRESSED), Reason.PROTOCOL, ""),
        (Fault(FaultKind.GARBAGE, after=6), Reason.PROTOCOL, LONG[:6]),
        (Fault(FaultKind.ENDLESS, after=6), Reason.PROTOCOL, LONG[:6]),
        (Fault(FaultKind.HANG_UP), Reason.UNREACHABLE, ""),
    ],
)
async def test_faults(kind: ServerKind, fault: Fault, reason: Reason, text: str) -> None:
    seen = ""
    async with serving(lambda _: Play(LONG, fault=fault), kind, limits=ServerLimits(max_bytes=100_000)) as (
        _,
        provider,
    ):
        with pytest.raises(ProviderError) as error:
            async with contextlib.aclosing(provider.stream(filling(), StreamMeter())) as stream:
                async for piece in stream:
                    assert isinstance(piece, Delta)
                    seen += piece.text
    assert (error.value.reason, seen) == (reason, text)
    assert error.value.retry_after == (7.0 if fault.retry_after else None)
    said = "".join(traceback.format_exception(error.value))
    assert KEY not in said and "total = " not in said
    assert error.value.__context__ is None


@pytest.mark.parametrize("kind", [FaultKind.SILENCE, FaultKind.STALL, FaultKind.PINGS])
async def test_a_server_that_says_nothing_is_given_up_by_the_deadline(kind: FaultKind) -> None:
    async with serving(lambda _: Play(LONG, fault=Fault(kind, after=6))) as (api, provider):
        await provider.warm()
        with pytest.raises(ProviderError) as error:
            await read(provider, filling(within=1.0))
        await (await api.request()).closed.wait()
    assert error.value.reason is Reason.TIMEOUT


async def test_closing_the_stream_closes_the_connection() -> None:
    async with serving(script(LONG, pace=Pace(per_second=20))) as (api, provider):
        stream = provider.stream(filling(), StreamMeter())
        await anext(stream)
        await stream.aclose()
        await api.asked[0].closed.wait()
    assert api.asked[0].sent < len(LONG)


async def test_nothing_follows_a_redirect() -> None:
    async with ChatApi(script("stolen")) as thief:
        fault = Fault(FaultKind.REDIRECT, location=f"{thief.address}/completions")
        async with serving(lambda _: Play("", fault=fault)) as (_, provider):
            with pytest.raises(ProviderError) as error:
                await read(provider, filling())
        assert thief.received == 0
    assert error.value.reason is Reason.PROTOCOL


async def test_it_costs_what_the_settings_say() -> None:
    model = self_hosted(MODEL, Prices(input=200, output=600, cache_write=200, cache_read=200), FIM)
    async with serving(script("sum(prices)"), model=model) as (_, provider):
        _, end = await read(provider, filling())
        assert provider.cost(end.usage) == end.usage.input * 200 + end.usage.output * 600
        assert provider.cost(end.usage) <= provider.estimate(filling().prompt)


@pytest.mark.parametrize("address", ["http://example.org/v1", "http://8.8.8.8/v1", "http://user:pass@127.0.0.1/v1", ""])
def test_an_address_that_may_not_have_the_code_is_refused(address: str) -> None:
    with pytest.raises(EndpointError):
        Server(address=address, key=None)


async def test_events_are_split_at_line_ends_only() -> None:
    text = "a = '\u2028\x0b\x0c\x85 𝒳'"
    async with serving(script(text, pace=Pace(piece=1))) as (_, provider):
        assert (await read(provider, filling()))[0] == text
