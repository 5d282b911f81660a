"""Models behind an OpenAI-compatible server (vLLM, llama.cpp, Ollama, Text Generation Inference): one streamed request at a time.

Fills holes over `/completions` and follows the contract over `/chat/completions`; which of the two, the prompt says. Like
its neighbour it does not retry, cut, judge or bill, and takes nothing from the environment. No vendor's library: the wire's
own HTTP client reads the events, and there is no more to it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kireji.base.endpoint import check_server
from kireji.base.garbage import no_collection
from kireji.base.types import Block, Delta, End, EndReason, Prompt, Request, Usage
from kireji.providers import costs
from kireji.providers.fim import Fim, around, rendered
from kireji.providers.models import Model
from kireji.providers.openai_faults import failed, fault_of, refused
from kireji.providers.provider import ProviderError, ProviderInfo, StreamMeter
from kireji.providers.rates import read_compatible_rates

if TYPE_CHECKING:
    import httpx2

NAME = "openai-compatible"
# Of what is likeliest; more would bring the same line again and again.
_TEMPERATURE = 0.2
# More than these many some servers refuse.
_MOST_STOPS = 4
_DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Seconds and bytes. `drain` is how long the figures may take that come behind the text."""

    connect: float = 2.0
    drain: float = 0.25
    max_bytes: int = 4 * 1024 * 1024


DEFAULT_LIMITS = ServerLimits()


class Server:
    """One server, perhaps with a key, and the client for it, which all models that are asked there share.

    `address` ends where `/completions` goes on, most often in `/v1`. Raises EndpointError when it may not be used.
    """

    def __init__(self, *, address: str, key: str | None, limits: ServerLimits = DEFAULT_LIMITS) -> None:
        self.address = check_server(address)
        self._key = key
        self._opening = asyncio.Lock()
        self._client: httpx2.AsyncClient | None = None
        self.limits = limits

    async def client(self) -> httpx2.AsyncClient:
        """The client. Concurrent first uses wait for one import."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(open_http, self.address, self._key, self.limits)
            return self._client

    async def close(self) -> None:
        """Closes the connections; a later use opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


class OpenAiCompatible:
    """One model, asked on a server."""

    def __init__(self, server: Server, model: Model) -> None:
        self._server = server
        self._model = model

    @property
    def info(self) -> ProviderInfo:
        return ProviderInfo(NAME, self._model.id, remote=True, follows_instructions=self._model.fim is None)

    def estimate(self, prompt: Prompt) -> int:
        return costs.estimate(self._model, prompt)

    def cost(self, usage: Usage) -> int:
        return costs.cost(self._model, usage)

    async def warm(self) -> None:
        await self._server.client()

    async def close(self) -> None:
        await self._server.close()

    async def stream(self, request: Request, meter: StreamMeter) -> AsyncGenerator[Delta | End, None]:
        """The answer, piece by piece, then one End. See Provider."""
        fault: ProviderError | None = None
        try:
            async with AsyncExitStack() as held:
                async with _until(request.deadline):
                    client = await self._server.client()
                reader = _Reader(self._model, meter)
                path, body = _question(self._model, request.prompt)
                async with _until(request.deadline):
                    meter.usage = Usage(input=costs.likely_input(self._model, request.prompt))
                    sent = client.stream("POST", f"{self._server.address}{path}", json=body)
                    response = await held.enter_async_context(sent)
                    meter.rates = read_compatible_rates(response.headers)
                    if not response.is_success:
                        meter.usage = Usage()
                        raise await refused(response)
                events = _events(response)
                while not reader.finished:
                    async with _until(request.deadline):
                        event = await _next(events)
                    for delta in reader.read(event):
                        yield delta
                if reader.reason is not EndReason.TRUNCATED:
                    await _drain(events, reader, self._server.limits.drain)
            yield End(reader.reason, meter.usage)
        except Exception as err:  # noqa: BLE001 - the one funnel: everything becomes a ProviderError below
            fault = fault_of(err, meter)
        if fault is not None:
            # Raised out here so that it does not carry the client's exception, which holds the request.
            raise fault


# ---- the question


def _question(model: Model, prompt: Prompt) -> tuple[str, dict[str, Any]]:
    """The path and the body. Only what every one of these servers knows is sent."""
    common: dict[str, Any] = {
        "model": model.id,
        "max_tokens": prompt.max_tokens,
        "temperature": _TEMPERATURE,
        "stop": list(prompt.stop)[:_MOST_STOPS],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if prompt.hole is None:
        return "/chat/completions", common | {"messages": _messages(prompt)}
    fim = model.fim or Fim("")
    if fim.template:
        return "/completions", common | {"prompt": rendered(fim, prompt.hole)}
    before, after = around(fim, prompt.hole)
    return "/completions", common | {"prompt": before, "suffix": after}


def _messages(prompt: Prompt) -> list[dict[str, str]]:
    system = [{"role": "system", "content": _text(prompt.system)}] if prompt.system else []
    return [*system, *({"role": message.role, "content": _text(message.blocks)} for message in prompt.messages)]


def _text(blocks: tuple[Block, ...]) -> str:
    return "".join(block.text for block in blocks)


# ---- the answer

# What is not listed (a tool call, a reason yet to be invented) counts as cut off: it never shows as complete.
_END_REASONS = MappingProxyType(
    {
        "stop": EndReason.COMPLETE,
        "eos_token": EndReason.COMPLETE,
        "stop_sequence": EndReason.COMPLETE,
        "length": EndReason.MAX_TOKENS,
        "content_filter": EndReason.REFUSAL,
    }
)


class _Reader:
    """Turns events into deltas and keeps the meter."""

    def __init__(self, model: Model, meter: StreamMeter) -> None:
        self._model = model
        self._meter = meter
        self._chars = 0
        self._counted = False
        self.reason = EndReason.TRUNCATED
        self.finished = False

    def read(self, data: str | None) -> list[Delta]:
        """What one event, or None for the stream's end, adds to the text. Raises ValueError on a malformed event."""
        if data is None or data.strip() == _DONE:
            self.finished = True
            return []
        self._meter.begun = True
        event = json.loads(data)
        # The replacement character stands for bytes that were none: what they should have said, nobody knows.
        if not isinstance(event, dict) or "\ufffd" in data:
            raise ValueError("a malformed event")
        if event.get("error") or event.get("object") == "error":
            raise failed(event)
        self._count(event.get("usage"))
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else {}
        if not isinstance(choice, dict):
            raise ValueError("a malformed event")
        if isinstance(ended := choice.get("finish_reason"), str) and ended:
            self.finished = True
            self.reason = _END_REASONS.get(ended, EndReason.TRUNCATED)
        return self._said(choice)

    def _said(self, choice: Mapping[str, Any]) -> list[Delta]:
        delta = choice.get("delta")
        text = delta.get("content") if isinstance(delta, dict) else choice.get("text")
        if text is None or text == "":
            return []
        if not isinstance(text, str):
            raise ValueError("a malformed event")
        self._chars += len(text)
        if not self._counted:
            seen = self._meter.usage
            self._meter.usage = replace(seen, output=costs.likely_tokens(self._model, self._chars))
        return [Delta(text)]

    def _count(self, usage: object) -> None:
        """The server's own figures, where it sends them; some do so with every event."""
        if not isinstance(usage, dict):
            return
        seen = self._meter.usage
        details = usage.get("prompt_tokens_details")
        whole, output = _whole(usage.get("prompt_tokens")), _whole(usage.get("completion_tokens"))
        cached = min(_whole(details.get("cached_tokens")) or 0, whole or 0) if isinstance(details, dict) else 0
        self._counted = output is not None
        self._meter.usage = Usage(
            input=seen.input if whole is None else whole - cached,
            output=seen.output if output is None else output,
            cache_read=cached,
        )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


async def _events(response: httpx2.Response) -> AsyncGenerator[str, None]:
    import httpx2

    async for event in httpx2.EventSource(response):
        yield event.data


async def _next(events: AsyncGenerator[str, None]) -> str | None:
    """The next event, or None at the end: a connection that breaks after a 200 is an end like a truncated one."""
    import httpx2

    try:
        return await anext(events, None)
    except (httpx2.NetworkError, httpx2.ProtocolError):
        return None


async def _drain(events: AsyncGenerator[str, None], reader: _Reader, patience: float) -> None:
    """Reads what comes behind the text: the figures and the end of the stream, after which the connection is free again."""
    import httpx2

    reason = reader.reason
    try:
        async with asyncio.timeout(patience):
            async for data in events:
                reader.read(data)
    except (TimeoutError, httpx2.TransportError, ValueError, ProviderError):
        # The answer is whole; all that is lost is the connection, and perhaps the figures.
        return
    finally:
        reader.reason = reason


def _until(deadline: float) -> asyncio.Timeout:
    return asyncio.timeout(max(0.0, deadline - time.monotonic()))


def open_http(
    address: str, key: str | None, limits: ServerLimits, answers: str = "text/event-stream"
) -> httpx2.AsyncClient:
    """Imports the client, which takes a while, and makes one that obeys nothing but its arguments and reads such answers."""
    with no_collection():
        from kireji.providers import wire

    client = wire.open_client(address, connect=limits.connect, max_bytes=limits.max_bytes, stream_type=answers)
    if key is not None:
        client.headers["authorization"] = f"Bearer {key}"
    for name in ("httpx2", "httpcore2"):
        # At DEBUG they write the requests' addresses and headers.
        logging.getLogger(name).setLevel(logging.WARNING)
    return client
