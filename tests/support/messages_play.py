"""How the stand-in plays one answer: the events of the stream, their pace, and the faults that can befall them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Protocol

from support.messages_cache import Counted
from support.messages_http import Connection
from support.messages_rules import Json, Rules, prefill, thinks, tokens

_KINDS: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
_THOUGHT_TOKENS = 32
_PING_SECONDS = 0.02


@dataclass(frozen=True)
class Pace:
    """Seconds to the first event, then tokens a second (0: as fast as the socket), `piece` characters an event."""

    first_token: float = 0.0
    per_second: float = 0.0
    piece: int = 4


AT_ONCE = Pace()


class FaultKind(Enum):
    """What can go wrong: the first group comes instead of a stream, the second after `after` characters of it."""

    STATUS = "an error status"
    PORTAL = "a login page with status 200"
    REDIRECT = "a 307 to `location`"
    COMPRESSED = "a body in an encoding nobody asked for"
    SILENCE = "no answer at all"
    HANG_UP = "closed before the first byte"

    ERROR_EVENT = "an error event after the 200"
    DROP = "the connection breaks"
    STALL = "nothing more comes"
    TRUNCATE = "the body ends in good order, the message does not"
    PINGS = "pings for ever"
    GARBAGE = "an event that is not JSON"
    ENDLESS = "an event without end"


@dataclass(frozen=True)
class Fault:
    """One fault; the other fields belong to the kinds that need them."""

    kind: FaultKind
    after: int = 0
    status: int = 500
    error: str = "overloaded_error"
    code: str = ""
    retry_after: str = ""
    location: str = ""


@dataclass(frozen=True)
class Play:
    """What the model writes, tags included, and how. `stop_reason` overrides what the text and the limits lead to; `headers`
    are those that a gateway in between adds; `until` is an event that nothing is said before."""

    text: str
    pace: Pace = AT_ONCE
    fault: Fault | None = None
    stop_reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    until: asyncio.Event | None = None


class Sink(Protocol):
    """The record of the request that is answered."""

    body: dict[str, object]
    sent: int
    status: int
    counted: Counted | None
    output: int


async def perform(connection: Connection, asked: Sink, rules: Rules, counted: Counted, play: Play) -> None:
    """Answers one accepted request. Raises GoneError when the client closes before the answer is over."""
    if play.fault is not None and await instead(connection, asked, play.fault):
        return
    await connection.pause(play.pace.first_token)
    if play.until is not None:
        await connection.until(play.until)
    await connection.write_head(200, {"content-type": "text/event-stream; charset=utf-8", **_rates(), **_CHUNKED})
    asked.counted, asked.output = counted, 1
    spent = await _opening(connection, asked.body, rules, counted)
    text, reason, stop = _limited(play, asked.body, rules, spent)
    index = 1 if spent else 0
    await _event(connection, "content_block_start", index=index, content_block={"type": "text", "text": ""})
    await _event(connection, "ping")
    await _text(connection, asked, rules, play, text, index)
    if play.fault is not None:
        await break_off(connection, play.fault)
        return
    await _event(connection, "content_block_stop", index=index)
    asked.output = spent + tokens(rules, text)
    await _event(
        connection,
        "message_delta",
        delta={"stop_reason": reason, "stop_sequence": stop},
        usage={"output_tokens": asked.output},
    )
    await _event(connection, "message_stop")
    await connection.write_chunk(b"")


async def send_error(connection: Connection, status: int, kind: str, message: str, fault: Fault | None = None) -> None:
    """An error in the API's envelope."""
    error: dict[str, object] = {"type": kind, "message": message}
    headers = {"content-type": "application/json"}
    if fault is not None and fault.code:
        error["details"] = {"error_code": fault.code}
    if fault is not None and fault.retry_after:
        headers["retry-after"] = fault.retry_after
    body = json.dumps({"type": "error", "error": error, "request_id": "req_stand_in"}).encode()
    await write_whole(connection, status, headers, body)


_CHUNKED: Mapping[str, str] = {"transfer-encoding": "chunked", "cache-control": "no-cache"}


# What may be asked in a minute, by what is counted.
RATES: Mapping[str, int] = {"requests": 4_000, "input-tokens": 2_000_000, "output-tokens": 400_000}


def _rates() -> dict[str, str]:
    reset = datetime.now(UTC) + timedelta(seconds=1)
    named = {
        f"anthropic-ratelimit-{kind}-{what}": value
        for kind, limit in RATES.items()
        for what, value in (
            ("limit", str(limit)),
            ("remaining", str(limit - 10)),
            ("reset", f"{reset:%Y-%m-%dT%H:%M:%SZ}"),
        )
    }
    return named | {"request-id": "req_stand_in"}


async def write_whole(connection: Connection, status: int, headers: Mapping[str, str], body: bytes) -> None:
    await connection.write_head(status, {**headers, "request-id": "req_stand_in", "content-length": str(len(body))})
    await connection.write(body)


async def instead(connection: Connection, asked: Sink, fault: Fault) -> bool:
    """Plays a fault that comes instead of a stream; False when it is none of these."""
    match fault.kind:
        case FaultKind.STATUS:
            asked.status = fault.status
            await send_error(connection, fault.status, _KINDS.get(fault.status, "api_error"), "played", fault)
        case FaultKind.PORTAL:
            await write_whole(
                connection, 200, {"content-type": "text/html"}, b"<html><h1>Log in to the Wi-Fi</h1></html>"
            )
        case FaultKind.REDIRECT:
            asked.status = 307
            await write_whole(connection, 307, {"location": fault.location}, b"")
        case FaultKind.COMPRESSED:
            await write_whole(
                connection, 200, {"content-type": "text/event-stream", "content-encoding": "gzip"}, b"\x1f\x8b"
            )
        case FaultKind.SILENCE:
            await connection.wait_until_gone()
        case FaultKind.HANG_UP:
            connection.close()
        case _:
            return False
    return True


async def break_off(connection: Connection, fault: Fault) -> None:
    """Plays a fault that comes in the middle of a stream."""
    match fault.kind:
        case FaultKind.ERROR_EVENT:
            await _event(connection, "error", error={"type": fault.error, "message": "played"})
            await connection.write_chunk(b"")
        case FaultKind.DROP:
            connection.close()
        case FaultKind.TRUNCATE:
            await connection.write_chunk(b"")
        case FaultKind.PINGS:
            while True:
                await _event(connection, "ping")
                await connection.pause(_PING_SECONDS)
        case FaultKind.GARBAGE:
            await connection.write_chunk(b'event: content_block_delta\ndata: {"type": "content_bl\n\n')
            await connection.write_chunk(b"")
        case FaultKind.ENDLESS:
            await connection.write_chunk(b"event: content_block_delta\ndata: ")
            while True:
                await connection.write_chunk(b"x" * 65_536)
        case _:
            await connection.wait_until_gone()


async def _opening(connection: Connection, body: Json, rules: Rules, counted: Counted) -> int:
    """The events before the text: the message's start and, where it was not switched off, a thought. Tokens spent."""
    usage = {
        "input_tokens": counted.input,
        "cache_creation_input_tokens": counted.written,
        "cache_read_input_tokens": counted.read,
        "output_tokens": 1,
    }
    message = {"id": "msg_stand_in", "type": "message", "role": "assistant", "model": body["model"], "content": []}
    rest = {"stop_reason": None, "stop_sequence": None, "usage": usage}
    await _event(connection, "message_start", message=message | rest)
    if not thinks(body, rules):
        return 0
    block = {"type": "thinking", "thinking": "", "signature": ""}
    await _event(connection, "content_block_start", index=0, content_block=block)
    await _event(connection, "content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "Hm."})
    await _event(connection, "content_block_delta", index=0, delta={"type": "signature_delta", "signature": "c2ln"})
    await _event(connection, "content_block_stop", index=0)
    return _THOUGHT_TOKENS


def _limited(play: Play, body: Json, rules: Rules, spent: int) -> tuple[str, str, str | None]:
    """The text up to what ends it, why it ended, and the stop sequence that did."""
    text, reason, stop = play.text.removeprefix(prefill(body)), "end_turn", None
    stops = body.get("stop_sequences")
    found = [(at, s) for s in stops if (at := text.find(s)) >= 0] if isinstance(stops, list) else []
    if found:
        at, stop = min(found)
        text, reason = text[:at], "stop_sequence"
    max_tokens = body["max_tokens"]
    assert isinstance(max_tokens, int)
    room = max(0, max_tokens - spent)
    if tokens(rules, text) > room:
        text, reason, stop = text[: int(room * rules.chars_per_token)], "max_tokens", None
    return text, play.stop_reason or reason, stop


async def _text(connection: Connection, asked: Sink, rules: Rules, play: Play, text: str, index: int) -> None:
    """The text as events."""
    async for piece in paced(connection, play, text, rules.chars_per_token):
        await _event(connection, "content_block_delta", index=index, delta={"type": "text_delta", "text": piece})
        asked.sent += len(piece)
        asked.output = max(1, (_THOUGHT_TOKENS if index else 0) + tokens(rules, text[: asked.sent]))


async def paced(connection: Connection, play: Play, text: str, chars_per_token: float) -> AsyncIterator[str]:
    """The text in pieces, each no sooner than the pace allows; up to the fault, when there is one."""
    began = time.monotonic()
    if play.fault is not None:
        text = text[: play.fault.after]
    for start in range(0, len(text), play.pace.piece):
        if play.pace.per_second and start:
            due = began + start / chars_per_token / play.pace.per_second
            await connection.pause(due - time.monotonic())
        yield text[start : start + play.pace.piece]


async def _event(connection: Connection, kind: str, **fields: object) -> None:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    await connection.write_chunk(f"event: {kind}\ndata: {data}\n\n".encode())
