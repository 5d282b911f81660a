"""Claude over the Messages API: one streamed request at a time, with our own deadlines and one kind of error.

With `anthropic_clients.py` the only importer of `anthropic`, on first use, in a thread: the import costs most of a second.
It does not retry, cut, judge or bill, and knows no way to Claude from another but by what its errors are called.
Over 300 lines because its parts speak the SDK's types.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from kireji.base.types import Block, Delta, End, EndReason, Prompt, Reason, Request, Usage
from kireji.providers import costs
from kireji.providers.anthropic_clients import Access, checked, cloud_fault, open_client
from kireji.providers.known import KnownPrefixes
from kireji.providers.models import Model, Thinking
from kireji.providers.provider import ProviderError, ProviderInfo, StreamMeter
from kireji.providers.rates import Rates, read_rates
from kireji.providers.refusals import refusal

if TYPE_CHECKING:
    import anthropic
    import httpx2
    from anthropic import AsyncStream
    from anthropic import types as anthropic_types
    from anthropic.types import (
        MessageParam,
        OutputConfigParam,
        RawMessageStreamEvent,
        TextBlockParam,
        ThinkingConfigParam,
    )

    from kireji.providers.anthropic_clients import Client


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes. How long a silence may last is the business of who asks: see `resilience.py`."""

    connect: float = 2.0
    drain: float = 0.05
    max_bytes: int = 4 * 1024 * 1024


DEFAULT_LIMITS = Limits()
# Tokens that a service may have said between the last that we saw and its seeing that we have closed: a tenth of a second's.
_ON_THE_WAY = 10


class Account:
    """One way to Claude, and the client for it, which all models that are asked there share.

    Raises EndpointError when the address may not receive the key.
    """

    def __init__(self, access: Access, limits: Limits = DEFAULT_LIMITS) -> None:
        self._access = checked(access)
        self._opening = asyncio.Lock()
        self._client: Client | None = None
        self.limits = limits

    @property
    def name(self) -> str:
        """The service that is asked."""
        return self._access.name

    def fault(self, err: Exception, meter: StreamMeter) -> ProviderError | None:
        """What an exception means that only this way knows."""
        reason = cloud_fault(self._access, err)
        if reason is Reason.MISCONFIGURED:
            meter.usage = Usage()
        return None if reason is None else ProviderError(reason, type(err).__name__)

    async def client(self) -> Client:
        """The client. Concurrent first uses wait for one import."""
        async with self._opening:
            if self._client is None:
                limits = self.limits
                self._client = await asyncio.to_thread(open_client, self._access, limits.connect, limits.max_bytes)
            return self._client

    async def close(self) -> None:
        """Closes the connections; a later use opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()


class AnthropicProvider:
    """One model, asked on an account."""

    def __init__(self, account: Account, model: Model) -> None:
        self._account = account
        self._model = model
        self._known = KnownPrefixes()

    @property
    def info(self) -> ProviderInfo:
        return ProviderInfo(self._account.name, self._model.id, remote=True, follows_instructions=True)

    def estimate(self, prompt: Prompt) -> int:
        return costs.estimate(self._model, prompt, self._known.most(prompt))

    def cost(self, usage: Usage) -> int:
        return costs.cost(self._model, usage)

    async def warm(self) -> None:
        await self._account.client()

    async def close(self) -> None:
        await self._account.close()

    async def stream(self, request: Request, meter: StreamMeter) -> AsyncGenerator[Delta | End, None]:
        """The answer, piece by piece, then one End. `meter.usage` is right, as far as known, at every moment.

        A prefill that the model takes comes back as the first Delta, so that readers see one dialect.
        """
        fault: ProviderError | None = None
        ended = False
        limits = self._account.limits
        try:
            async with AsyncExitStack() as held:
                # Loading the SDK is our time, not the model's: only the request's own deadline counts for it.
                async with asyncio.timeout(max(0.0, request.deadline - time.monotonic())):
                    client = await self._account.client()
                reader = _Reader(self._model, request.prompt, request.deadline, meter)
                async with asyncio.timeout(reader.time_left()):
                    meter.usage = Usage(input=costs.likely_input(self._model, request.prompt))
                    events = await held.enter_async_context(await _send(client, self._model, request.prompt))
                    meter.rates = _rates(events.response)
                while not reader.finished:
                    async with asyncio.timeout(reader.time_left()):
                        event = await _next(events)
                    for delta in reader.read(event):
                        yield delta
                ended = True
                if reader.whole:
                    await _drain(events, limits.drain)
            yield End(reader.reason, meter.usage)
        except (GeneratorExit, asyncio.CancelledError):
            # Closed from our side: what the service has generated meanwhile is on its way, and is billed.
            if meter.usage.output and not ended:
                output = min(meter.usage.output + _ON_THE_WAY, max(meter.usage.output, request.prompt.max_tokens))
                meter.usage = replace(meter.usage, output=output)
            raise
        except Exception as err:  # noqa: BLE001 - the one funnel: everything becomes a ProviderError below
            fault = self._account.fault(err, meter) or fault_from(err, meter)
        finally:
            self._known.learn(request.prompt, meter.usage)
        if fault is not None:
            # Raised out here so that it does not carry the SDK's exception, which holds the request, key included.
            raise fault


class _Reader:
    """Turns events into deltas, keeps the meter, and knows when to give up."""

    def __init__(self, model: Model, prompt: Prompt, deadline: float, meter: StreamMeter) -> None:
        self._model = model
        self._deadline = deadline
        self._meter = meter
        self._prefill = _prefill(model, prompt)
        self._chars = 0
        self.reason = EndReason.TRUNCATED
        self.finished = False
        self.whole = False

    def time_left(self) -> float:
        """Seconds until the deadline; below zero, nothing that has to wait is begun."""
        return self._deadline - time.monotonic()

    def read(self, event: RawMessageStreamEvent | None) -> list[Delta]:
        """What one event, or None for the stream's end, adds to the text. Raises ValueError on a malformed event."""
        if event is None:
            self.finished, self.reason = True, EndReason.TRUNCATED
            return []
        try:
            return self._read(event)
        except (AttributeError, TypeError) as err:
            # The SDK builds its events without checking them, so a field can be missing or of any type.
            raise ValueError("a malformed event") from err

    def _read(self, event: RawMessageStreamEvent) -> list[Delta]:
        if event.type == "message_start":
            self._meter.begun = True
            self._meter.usage = _told(event.message.usage, Usage())
        elif event.type == "content_block_delta" and event.delta.type == "text_delta":
            return self._text(event.delta.text)
        elif event.type == "message_delta":
            self.reason = _END_REASONS.get(str(event.delta.stop_reason), EndReason.TRUNCATED)
            # Totals so far; what is left out keeps the figure from message_start.
            self._meter.usage = _told(event.usage, self._meter.usage)
        elif event.type == "message_stop":
            self.finished = self.whole = True
        return []

    def _text(self, text: str) -> list[Delta]:
        if not text:
            return []
        self._chars += len(text)
        seen = self._meter.usage
        self._meter.usage = replace(seen, output=max(seen.output, costs.likely_tokens(self._model, self._chars)))
        prefill, self._prefill = self._prefill, ""
        return [Delta(prefill), Delta(text)] if prefill else [Delta(text)]


# What is not listed (a tool call, a pause, a reason yet to be invented) counts as cut off: it never shows as complete.
_END_REASONS = MappingProxyType(
    {
        "end_turn": EndReason.COMPLETE,
        "stop_sequence": EndReason.STOP_SEQUENCE,
        "max_tokens": EndReason.MAX_TOKENS,
        "model_context_window_exceeded": EndReason.MAX_TOKENS,
        "refusal": EndReason.REFUSAL,
    }
)


async def _send(client: Client, model: Model, prompt: Prompt) -> AsyncStream[RawMessageStreamEvent]:
    from anthropic import omit

    thinking = _thinking(model, prompt)
    return await client.messages.create(
        model=model.id,
        max_tokens=min(prompt.max_tokens + costs.thoughts(model, prompt), model.max_output),
        system=[_block(block) for block in prompt.system] or omit,
        messages=_messages(model, prompt),
        stop_sequences=list(prompt.stop) or omit,
        thinking=omit if thinking is None else thinking,
        output_config=_output(model, prompt) or omit,
        stream=True,
    )


def _output(model: Model, prompt: Prompt) -> OutputConfigParam:
    """How much to try, and the form of the answer, where the model can be told."""
    output: OutputConfigParam = {}
    if model.effort:
        output["effort"] = "medium" if prompt.thinking else "low"
    if prompt.schema and model.structured:
        output["format"] = {"type": "json_schema", "schema": json.loads(prompt.schema)}
    return output


def _messages(model: Model, prompt: Prompt) -> list[MessageParam]:
    turns: list[MessageParam] = []
    for message in prompt.messages:
        blocks = [_block(block) for block in message.blocks]
        if message.role == "assistant":
            turns.append({"role": "assistant", "content": blocks})
        else:
            turns.append({"role": "user", "content": blocks})
    if prefill := _prefill(model, prompt):
        turns.append({"role": "assistant", "content": prefill})
    return turns


def _prefill(model: Model, prompt: Prompt) -> str:
    """The service refuses a prefill that ends in white space, so the model has to write that part itself."""
    return prompt.prefill.rstrip() if model.prefill and not prompt.thinking else ""


def _block(block: Block) -> TextBlockParam:
    if block.cache:
        return {"type": "text", "text": block.text, "cache_control": {"type": "ephemeral"}}
    return {"type": "text", "text": block.text}


def _thinking(model: Model, prompt: Prompt) -> ThinkingConfigParam | None:
    if budget := costs.thoughts(model, prompt):
        return {"type": "enabled", "budget_tokens": budget} if model.thinking is Thinking.OMIT else {"type": "adaptive"}
    match model.thinking:
        case Thinking.OMIT:
            return None
        case Thinking.DISABLED:
            return {"type": "disabled"}
        case Thinking.BETWEEN_TOOLS:
            return {"type": "between_tools"}


async def _next(events: AsyncStream[RawMessageStreamEvent]) -> RawMessageStreamEvent | None:
    """The next event, or None at the end: a connection that breaks after a 200 is an end like a truncated one."""
    import httpx2

    try:
        return await anext(events, None)
    except (httpx2.NetworkError, httpx2.ProtocolError):
        return None


async def _drain(events: AsyncStream[RawMessageStreamEvent], patience: float) -> None:
    """Reads the last bytes of a whole answer, usually there already, so that the connection can be used again."""
    import httpx2

    try:
        async with asyncio.timeout(patience):
            await anext(events, None)
    except (TimeoutError, httpx2.TransportError, ValueError):
        # The answer is whole; all that is lost is the connection.
        return


def fault_from(err: Exception, meter: StreamMeter) -> ProviderError:
    """Every exception that can end a stream as one of ours: by type, status and code, never by its message.

    Clears the meter when it is certain that the service generated nothing.
    """
    if isinstance(err, TimeoutError):
        # Before any import below: the deadline may have passed while the SDK was still being loaded.
        return ProviderError(Reason.TIMEOUT)
    if isinstance(err, ImportError):
        return ProviderError(Reason.INTERNAL, f"{type(err).__name__}: {err.name}")
    import anthropic
    import httpx2

    from kireji.providers.wire import WireError

    if isinstance(err, anthropic.APIStatusError):
        meter.rates = _rates(err.response)
        if not err.response.is_success:
            meter.usage = Usage()
        headers = err.response.headers
        return refusal(err.status_code, _kind(err), err.error_code, err.request_id, headers.get("retry-after"))
    cause = err
    if isinstance(err, anthropic.APIConnectionError) and isinstance(err.__cause__, Exception):
        cause = err.__cause__
        if isinstance(cause, WireError | httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
            meter.usage = Usage()
    if isinstance(cause, WireError):
        return ProviderError(Reason.PROTOCOL, str(cause))
    if isinstance(cause, httpx2.TransportError | OSError):
        return ProviderError(Reason.UNREACHABLE, type(cause).__name__)
    if isinstance(cause, ValueError | anthropic.APIError | httpx2.DecodingError):
        return ProviderError(Reason.PROTOCOL, type(cause).__name__)
    return ProviderError(Reason.INTERNAL, type(cause).__name__)


def _rates(response: httpx2.Response) -> Rates:
    return read_rates(response.headers, "anthropic-ratelimit", time.time())


# What Bedrock calls the kinds of its errors, where that decides: after a 200.
_AWS_KINDS = MappingProxyType(
    {
        "internalServerException": "api_error",
        "modelStreamErrorException": "api_error",
        "modelTimeoutException": "timeout_error",
        "serviceUnavailableException": "overloaded_error",
        "throttlingException": "rate_limit_error",
        "validationException": "invalid_request_error",
    }
)


def _kind(err: anthropic.APIStatusError) -> object:
    """The kind of an error in the words of whoever answered: Anthropic's own, or those of the cloud it runs in."""
    if err.type is not None:
        return _AWS_KINDS.get(err.type, err.type)
    error = err.body.get("error", err.body) if isinstance(err.body, dict) else None
    google = error.get("status") if isinstance(error, dict) else None
    return err.response.headers.get("x-amzn-errortype", "").partition(":")[0] or google


def _told(told: anthropic_types.Usage | anthropic_types.MessageDeltaUsage, seen: Usage) -> Usage:
    return Usage(
        input=_count(told.input_tokens, seen.input),
        output=_count(told.output_tokens, seen.output),
        cache_write=_count(told.cache_creation_input_tokens, seen.cache_write),
        cache_read=_count(told.cache_read_input_tokens, seen.cache_read),
    )


def _count(value: object, otherwise: int) -> int:
    """A token count as the service sent it, which need not be one."""
    return value if isinstance(value, int) and value >= 0 else otherwise
