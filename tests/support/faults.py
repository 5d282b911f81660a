"""The catalogue of what a model service, or somebody on the way to it, may do wrong: one row each, for any dialect.

`ends` names how a question may end there: GOOD is the right answer, everything else the reason that is told.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass

from kireji.base.types import Reason
from support.fault_server import Exchange, Play

GOOD = "the right answer"
End = Reason | str


@dataclass(frozen=True)
class Fault:
    """One row. `openai` are the ends with servers of one's own, where they are others."""

    name: str
    play: Play
    anthropic: frozenset[End]
    openai: frozenset[End]

    def ends(self, dialect: str) -> frozenset[End]:
        """How a question may end in a dialect."""
        return self.anthropic if dialect == "anthropic" else self.openai


def _row(name: str, play: Play, *ends: End, openai: Collection[End] = ()) -> Fault:
    return Fault(name, play, frozenset(ends), frozenset(openai or ends))


# ---- instead of an answer


def _refused(status: int, kind: str, *lines: str, code: str = "") -> Play:
    async def play(exchange: Exchange) -> None:
        await exchange.refuse(status, kind, *lines, code=code)

    return play


def _page(status: int, *lines: str, kind: str = "text/html") -> Play:
    async def play(exchange: Exchange) -> None:
        await exchange.whole(status, b"<html><h1>Who are you?</h1></html>", *lines, kind=kind)

    return play


def _moved(status: int) -> Play:
    async def play(exchange: Exchange) -> None:
        await exchange.whole(status, b"", f"location: {exchange.elsewhere}/v1/messages")

    return play


async def _gzipped(exchange: Exchange) -> None:
    await exchange.whole(
        200, gzip.compress(b"".join(exchange.frames)), "content-encoding: gzip", kind="text/event-stream"
    )


async def _brotli(exchange: Exchange) -> None:
    await exchange.whole(200, b"\x8b\x02\x80", "content-encoding: br", kind="text/event-stream")


async def _one_json(exchange: Exchange) -> None:
    await exchange.whole(200, json.dumps({"type": "message", "content": []}).encode())


async def _untyped(exchange: Exchange) -> None:
    await exchange.whole(200, b"".join(exchange.frames), kind="")


async def _no_content(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 204 x\r\n\r\n")


def _raw(data: bytes) -> Play:
    async def play(exchange: Exchange) -> None:
        await exchange.send(data)
        exchange.writer.close()

    return play


async def _hangs_up(exchange: Exchange) -> None:
    exchange.writer.close()


async def _resets(exchange: Exchange) -> None:
    exchange.reset()


async def _silent(exchange: Exchange) -> None:
    await exchange.stall()


async def _endless_headers(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 x\r\n")
    while True:
        await exchange.send(b"x-more: " + b"y" * 1_000 + b"\r\n")


async def _one_endless_header(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 x\r\nx-more: ")
    while True:
        await exchange.send(b"y" * 10_000)


async def _slow_headers(exchange: Exchange) -> None:
    for byte in b"HTTP/1.1 200 x\r\nx-more: " + b"y" * 10_000:
        await exchange.send(bytes([byte]))
        await exchange.pause(0.02)


# ---- a stream that does not come to its end


def _after_the_head(then: Callable[[Exchange], object]) -> Play:
    async def play(exchange: Exchange) -> None:
        await exchange.head()
        then(exchange)

    return play


async def _stalls_after_the_head(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.stall()


async def _stalls_after_the_start(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.chunk(*exchange.frames[: exchange.dialect.starts()])
    await exchange.stall()


async def _stalls_in_the_text(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.stall()


async def _pings_for_ever(exchange: Exchange) -> None:
    await exchange.head()
    while True:
        await exchange.chunk(b": a comment\n\n", b'event: ping\ndata: {"type": "ping"}\n\n')
        await exchange.pause(0.02)


async def _pings_after_the_text(exchange: Exchange) -> None:
    await exchange.begin()
    while True:
        await exchange.chunk(b": a comment\n\n")
        await exchange.pause(0.02)


async def _drips(exchange: Exchange) -> None:
    await exchange.head()
    for byte in b"".join(exchange.frames):
        await exchange.chunk(bytes([byte]))
        await exchange.pause(0.02)


async def _drops_in_the_text(exchange: Exchange) -> None:
    await exchange.begin()
    exchange.writer.close()


async def _resets_in_the_text(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.pause(0.05)
    exchange.reset()


async def _ends_in_the_text(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.end()


def _without_the_last(events: int) -> Play:
    async def play(exchange: Exchange) -> None:
        await exchange.stream(exchange.frames[:-events])

    return play


async def _only_the_start(exchange: Exchange) -> None:
    await exchange.stream(exchange.frames[:1])


async def _empty(exchange: Exchange) -> None:
    await exchange.stream([])


async def _shorter_than_said(exchange: Exchange) -> None:
    body = b"".join(exchange.half)
    head = f"HTTP/1.1 200 x\r\ncontent-type: text/event-stream\r\ncontent-length: {len(body) + 999}\r\n\r\n"
    await exchange.send(head.encode() + body)
    exchange.writer.close()


async def _longer_than_said(exchange: Exchange) -> None:
    body = b"".join(exchange.frames)
    head = f"HTTP/1.1 200 x\r\ncontent-type: text/event-stream\r\ncontent-length: {len(body) // 2}\r\n\r\n"
    await exchange.send(head.encode() + body)


async def _bad_chunk(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.send(b"zz\r\nnot a chunk\r\n")
    exchange.writer.close()


async def _bad_first_chunk(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.send(b"zz\r\nnot a chunk\r\n")
    exchange.writer.close()


# ---- a stream of the wrong things


def _with(*events: bytes) -> Play:
    """These events in the middle of the text, and then the rest of it."""

    async def play(exchange: Exchange) -> None:
        half = exchange.half
        await exchange.stream([*half, *events, *exchange.frames[len(half) :]])

    return play


def _first(*events: bytes) -> Play:
    async def play(exchange: Exchange) -> None:
        await exchange.stream([*events, *exchange.frames])

    return play


def _error_event(kind: str) -> Play:
    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.chunk(exchange.dialect.failed(kind))
        await exchange.end()

    return play


def _error_event_first(kind: str) -> Play:
    async def play(exchange: Exchange) -> None:
        await exchange.stream([exchange.dialect.failed(kind)])

    return play


def _ended(reason: str) -> Play:
    """Half an answer and a reason for its end."""

    async def play(exchange: Exchange) -> None:
        text = exchange.answer[: len(exchange.answer) // 2]
        await exchange.stream(exchange.dialect.ended(text, exchange.body, reason))

    return play


async def _refuses(exchange: Exchange) -> None:
    await exchange.stream(exchange.dialect.ended("", exchange.body, "refusal"))


async def _said_twice(exchange: Exchange) -> None:
    await exchange.stream([exchange.frames[0], *exchange.frames])


async def _a_number_for_text(exchange: Exchange) -> None:
    await exchange.stream([*exchange.half, exchange.dialect.text(5), *exchange.frames[len(exchange.half) :]])


async def _nothing_for_text(exchange: Exchange) -> None:
    await exchange.stream([*exchange.half, exchange.dialect.text(None), *exchange.frames[len(exchange.half) :]])


async def _split_characters(exchange: Exchange) -> None:
    await exchange.head()
    data = b"".join(exchange.frames)
    for at in range(0, len(data), 7):
        await exchange.chunk(data[at : at + 7])
    await exchange.end()


async def _invalid_characters(exchange: Exchange) -> None:
    half = exchange.half
    broken = exchange.dialect.text("MARK").replace(b"MARK", b"\xff\xc3(")
    await exchange.stream([*half, broken, *exchange.frames[len(half) :]])


async def _endless_event(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.chunk(b"event: content_block_delta\ndata: ")
    while True:
        await exchange.chunk(b"x" * 65_536)


async def _endless_text(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.chunk(*exchange.frames[: exchange.dialect.starts()])
    while True:
        await exchange.chunk(exchange.dialect.text("x" * 10_000))


async def _more_after_the_end(exchange: Exchange) -> None:
    await exchange.stream([*exchange.frames, exchange.dialect.text("and more"), b"data: {\n\n"])


async def _hints_first(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")
    await exchange.stream(exchange.frames)


async def _until_closed(exchange: Exchange) -> None:
    await exchange.head(chunked=False)
    await exchange.send(b"".join(exchange.frames))
    exchange.writer.close()


R = Reason
# Where nobody can tell whether anything was generated, it is tried again, and may end by its deadline.
LATE = R.TIMEOUT

FAULTS: tuple[Fault, ...] = (
    _row("400", _refused(400, "invalid_request_error"), R.MISCONFIGURED),
    _row("401", _refused(401, "authentication_error"), R.KEY_REFUSED),
    _row("401 of somebody on the way", _page(401), R.PROTOCOL),
    _row("402", _refused(402, "billing_error"), R.SPEND_LIMIT),
    _row("403", _refused(403, "permission_error"), R.KEY_REFUSED),
    _row("404", _refused(404, "not_found_error"), R.MISCONFIGURED),
    _row("407", _page(407, "proxy-authenticate: Basic"), R.PROTOCOL),
    _row("408", _refused(408, "timeout_error"), R.TIMEOUT),
    _row("409", _refused(409, "conflict_error"), R.OVERLOADED),
    _row("413", _refused(413, "request_too_large"), R.MISCONFIGURED),
    _row("418", _page(418), R.PROTOCOL),
    _row("422", _refused(422, "invalid_request_error"), R.MISCONFIGURED),
    _row("429", _refused(429, "rate_limit_error"), R.RATE_LIMITED),
    _row("429, soon", _refused(429, "rate_limit_error", "retry-after: 0"), R.RATE_LIMITED),
    _row("429, in an hour", _refused(429, "rate_limit_error", "retry-after: 3600"), R.RATE_LIMITED),
    _row(
        "429, at a date",
        _refused(429, "rate_limit_error", "retry-after: Wed, 21 Oct 2037 07:28:00 GMT"),
        R.RATE_LIMITED,
    ),
    _row("429, spent", _refused(429, "rate_limit_error", code="enforced_spend_limit_reached"), R.SPEND_LIMIT),
    _row("500", _refused(500, "api_error"), R.OVERLOADED),
    _row("500 without a word", _page(500, kind=""), R.OVERLOADED),
    _row("502 of a balancer", _page(502), R.OVERLOADED),
    _row("503", _refused(503, "api_error", "retry-after: 0"), R.OVERLOADED),
    _row("504", _refused(504, "timeout_error"), R.TIMEOUT),
    _row("511", _page(511), R.PROTOCOL),
    _row("529", _refused(529, "overloaded_error"), R.OVERLOADED),
    *(_row(f"{status}", _moved(status), R.PROTOCOL) for status in (301, 302, 303, 307, 308)),
    _row("300 without a place", _page(300), R.PROTOCOL),
    _row("a captive portal", _page(200), R.PROTOCOL),
    _row("one JSON object", _one_json, R.PROTOCOL),
    _row("no content type", _untyped, R.PROTOCOL),
    _row("no content", _no_content, R.PROTOCOL),
    _row("gzip", _gzipped, R.PROTOCOL),
    _row("brotli", _brotli, R.PROTOCOL),
    _row("not HTTP", _raw(b"SSH-2.0-OpenSSH_9.9\r\n"), R.UNREACHABLE),
    _row("noise", _raw(bytes(range(256)) * 8), R.UNREACHABLE),
    _row("half a head", _raw(b"HTTP/1.1 200 x\r\ncontent-ty"), R.UNREACHABLE),
    _row("two lengths", _raw(b"HTTP/1.1 200 x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx"), R.UNREACHABLE),
    _row("hangs up", _hangs_up, R.UNREACHABLE),
    _row("resets", _resets, R.UNREACHABLE),
    _row("says nothing", _silent, LATE),
    _row("headers without end", _endless_headers, R.UNREACHABLE),
    _row("a header without end", _one_endless_header, R.UNREACHABLE),
    _row("headers byte by byte", _slow_headers, LATE),
    _row("closes after the headers", _after_the_head(lambda e: e.writer.close()), R.BROKEN_OFF),
    _row("resets after the headers", _after_the_head(Exchange.reset), R.BROKEN_OFF, R.UNREACHABLE),
    _row("stalls after the headers", _stalls_after_the_head, LATE),
    _row("stalls before the text", _stalls_after_the_start, LATE),
    _row("stalls in the text", _stalls_in_the_text, LATE),
    _row("pings for ever", _pings_for_ever, LATE),
    _row("pings in place of text", _pings_after_the_text, LATE),
    _row("drips", _drips, LATE),
    _row("drops in the text", _drops_in_the_text, R.INCOMPLETE),
    _row("resets in the text", _resets_in_the_text, R.INCOMPLETE),
    _row("ends in the text", _ends_in_the_text, R.INCOMPLETE),
    _row("ends without its last event", _without_the_last(1), R.INCOMPLETE, openai={GOOD}),
    _row("ends without its last two events", _without_the_last(2), R.INCOMPLETE, openai={GOOD}),
    _row("ends behind its text", _without_the_last(3), R.INCOMPLETE),
    _row("only a start", _only_the_start, R.BROKEN_OFF),
    _row("empty", _empty, R.BROKEN_OFF),
    _row("shorter than it said", _shorter_than_said, R.INCOMPLETE),
    _row("longer than it said", _longer_than_said, R.INCOMPLETE),
    _row("a chunk that is none", _bad_chunk, R.INCOMPLETE),
    _row("a first chunk that is none", _bad_first_chunk, R.BROKEN_OFF),
    _row("overloaded in the text", _error_event("overloaded_error"), R.OVERLOADED),
    _row("an error in the text", _error_event("api_error"), R.OVERLOADED),
    _row("an unknown error in the text", _error_event("an error of tomorrow"), R.PROTOCOL, openai={R.OVERLOADED}),
    _row("overloaded at once", _error_event_first("overloaded_error"), R.OVERLOADED),
    _row("bad JSON at once", _first(b"event: message_start\ndata: {\n\n"), R.PROTOCOL),
    _row("bad JSON that is no event", _first(b"data: {\n\n"), GOOD, openai={R.PROTOCOL}),
    _row("bad JSON in the text", _with(b'event: content_block_delta\ndata: {"type": "content_bl\n\n'), R.PROTOCOL),
    _row("a list for an event", _with(b"event: content_block_delta\ndata: [1]\n\n"), R.PROTOCOL),
    _row("an event of tomorrow", _with(b'event: tomorrow\ndata: {"type": "tomorrow"}\n\n'), GOOD),
    _row("comments and blank lines", _with(b": hello\n\n\n\n:\n\n"), GOOD),
    _row("a start said twice", _said_twice, GOOD),
    _row("a number for text", _a_number_for_text, R.PROTOCOL),
    _row("null for text", _nothing_for_text, GOOD, R.PROTOCOL),
    _row("characters split over chunks", _split_characters, GOOD),
    _row("bytes that are no characters", _invalid_characters, R.PROTOCOL),
    _row("an event without end", _endless_event, R.PROTOCOL),
    _row("text without end", _endless_text, R.PROTOCOL, R.TOO_LONG, R.INVALID, LATE),
    _row("more after the end", _more_after_the_end, GOOD),
    _row("hints first", _hints_first, GOOD),
    _row("a body until it closes", _until_closed, GOOD),
    _row("reaches its limit", _ended("max_tokens"), R.TOO_LONG),
    _row("ends for a reason of tomorrow", _ended("tomorrow"), R.INCOMPLETE),
    _row("refuses", _refuses, R.REFUSED),
)
