"""A model service on its bad days, byte by byte: answers every request with the fault that is set, over a raw socket.

Where `messages_api.py` is strict about what it is asked, this one is careless about what it says. Standard library only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = dict[str, Any]


class GoneError(Exception):
    """The client has closed the connection."""


class Dialect(Protocol):
    """How a kind of service says things."""

    @property
    def name(self) -> str: ...

    def environment(self, url: str, key: str) -> dict[str, str]:
        """What leads a server there. Without the key, where it may lie in a file."""
        ...

    def tag(self, body: Json) -> str:
        """The tag in which the request wants its answer; empty where it wants none."""
        ...

    def frames(self, text: str, body: Json) -> list[bytes]:
        """The events of a whole and good answer; those that hold text are in the middle."""
        ...

    def starts(self) -> int:
        """How many events come before the first text."""
        ...

    def ends(self) -> int:
        """How many events come after the last text."""
        ...

    def ended(self, text: str, body: Json, reason: str) -> list[bytes]:
        """The same with another reason for its end."""
        ...

    def failed(self, kind: str) -> bytes:
        """An error in the middle of a stream."""
        ...

    def error(self, status: int, kind: str, code: str = "") -> bytes:
        """The body of an error status."""
        ...

    def text(self, said: object) -> bytes:
        """One event of text; `said` should be a string."""
        ...


@dataclass
class Exchange:
    """One request and the way to answer it."""

    dialect: Dialect
    body: Json
    answer: str
    writer: asyncio.StreamWriter
    gone: asyncio.Event
    elsewhere: str

    async def send(self, data: bytes) -> None:
        if self.gone.is_set():
            raise GoneError
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int = 200, *lines: str, kind: str = "text/event-stream", chunked: bool = True) -> None:
        """The status line and the headers; the body in chunks, or until the connection closes."""
        length = ["transfer-encoding: chunked"] if chunked else ["connection: close"]
        typed = [f"content-type: {kind}"] if kind else []
        await self.send("\r\n".join([f"HTTP/1.1 {status} x", *typed, *length, *lines, "", ""]).encode("latin-1"))

    async def chunk(self, *parts: bytes) -> None:
        data = b"".join(parts)
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self) -> None:
        await self.send(b"0\r\n\r\n")

    async def whole(self, status: int, body: bytes, *lines: str, kind: str = "application/json") -> None:
        """A response with a body of known length."""
        typed = [f"content-type: {kind}"] if kind else []
        head = [f"HTTP/1.1 {status} x", *typed, f"content-length: {len(body)}", *lines, "", ""]
        await self.send("\r\n".join(head).encode("latin-1") + body)

    async def refuse(self, status: int, kind: str, *lines: str, code: str = "") -> None:
        """An error as the service itself would put it."""
        await self.whole(status, self.dialect.error(status, kind, code), "request-id: req_fault", *lines)

    async def stream(self, frames: Sequence[bytes]) -> None:
        """An answer of these events, ended in good order."""
        await self.head()
        for frame in frames:
            await self.chunk(frame)
        await self.end()

    @property
    def frames(self) -> list[bytes]:
        """The events of the good answer."""
        return self.dialect.frames(self.answer, self.body)

    @property
    def half(self) -> list[bytes]:
        """The events up to the middle of its text."""
        frames = self.frames
        texts = len(frames) - self.dialect.starts() - self.dialect.ends()
        return frames[: self.dialect.starts() + texts // 2]

    @property
    def recorded(self) -> bytes:
        """All bytes of the good answer, as they go over the wire."""
        chunks = [b"%x\r\n%b\r\n" % (len(frame), frame) for frame in self.frames]
        head = b"HTTP/1.1 200 x\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        return b"".join((head, *chunks, b"0\r\n\r\n"))

    async def begin(self) -> None:
        """The head and the first half of the answer."""
        await self.head()
        await self.chunk(*self.half)

    async def stall(self) -> None:
        """Nothing more."""
        await self.gone.wait()
        raise GoneError

    def reset(self) -> None:
        """Breaks the connection as a crash does."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.gone.wait(), seconds)
        if self.gone.is_set():
            raise GoneError


Play = Callable[[Exchange], Awaitable[None]]


async def good(exchange: Exchange) -> None:
    """No fault."""
    await exchange.stream(exchange.frames)


@dataclass
class FaultServer:
    """Plays `play` to all who ask. `answers` holds what a good day's answer is, by a word of the question."""

    dialect: Dialect
    answers: Mapping[str, str]
    play: Play = good
    key: str = "sk-ant-fault-server"
    asked: list[Json] = field(default_factory=list)
    elsewhere: str = ""
    port: int = 0
    # Closed connections that are still being answered.
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[FaultServer]:
        """Listens, on the same port each time."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in list(self._open):
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        gone = asyncio.Event()
        try:
            while (body := await _request(reader)) is not None:
                self.asked.append(body)
                watch = asyncio.ensure_future(_until_gone(reader, gone))
                try:
                    exchange = Exchange(self.dialect, body, self._answer(body), writer, gone, self.elsewhere)
                    await self.play(exchange)
                finally:
                    watch.cancel()
                    await asyncio.gather(watch, return_exceptions=True)
                if self.play is not good:
                    return
        except (GoneError, ConnectionError):
            return
        finally:
            self._open.discard(task)
            writer.close()

    def _answer(self, body: Json) -> str:
        said = json.dumps(body, ensure_ascii=False)
        answer = next(text for word, text in self.answers.items() if word in said)
        tag = self.dialect.tag(body)
        return f"<{tag}>{answer}" if tag else answer


async def _request(reader: asyncio.StreamReader) -> Json | None:
    """The body of the next request; None when there is no other."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        size = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
        return dict(json.loads(await reader.readexactly(size)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def _until_gone(reader: asyncio.StreamReader, gone: asyncio.Event) -> None:
    """A client says nothing while it is answered, so whatever can be read is its end."""
    with contextlib.suppress(ConnectionError):
        await reader.read(1)
    gone.set()


class Anthropic:
    """The Messages API."""

    name = "anthropic"

    def environment(self, url: str, key: str) -> dict[str, str]:
        return {"ANTHROPIC_BASE_URL": url}

    def tag(self, body: Json) -> str:
        return str(body["stop_sequences"][0])[2:-1]

    def starts(self) -> int:
        return 3

    def ends(self) -> int:
        return 3

    def frames(self, text: str, body: Json) -> list[bytes]:
        return self.ended(text, body, "stop_sequence")

    def ended(self, text: str, body: Json, reason: str) -> list[bytes]:
        usage = {
            "input_tokens": 100,
            "output_tokens": 1,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        }
        message = {"id": "msg", "type": "message", "role": "assistant", "model": body["model"], "content": []}
        start = message | {"stop_reason": None, "stop_sequence": None, "usage": usage}
        pieces = [text[at : at + 4] for at in range(0, len(text), 4)]
        return [
            _event("message_start", message=start),
            _event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
            _event("ping"),
            *map(self.text, pieces),
            _event("content_block_stop", index=0),
            _event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage={"output_tokens": 9}),
            _event("message_stop"),
        ]

    def failed(self, kind: str) -> bytes:
        return _event("error", error={"type": kind, "message": "played"})

    def error(self, status: int, kind: str, code: str = "") -> bytes:
        details = {"details": {"error_code": code}} if code else {}
        error = {"type": kind, "message": "played"} | details
        return json.dumps({"type": "error", "error": error, "request_id": "req_fault"}).encode()

    def text(self, said: object) -> bytes:
        return _event("content_block_delta", index=0, delta={"type": "text_delta", "text": said})


def _event(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields}, ensure_ascii=False)}\n\n".encode()


class OpenAi:
    """A server of one's own that follows the contract over chat completions."""

    name = "openai"

    def environment(self, url: str, key: str) -> dict[str, str]:
        names = {"KIREJI_PROVIDER": "openai-compatible", "KIREJI_MODEL": "some-instruct-model"}
        return names | {"KIREJI_SERVER_URL": f"{url}/v1", "KIREJI_SERVER_KEY": key}

    def tag(self, body: Json) -> str:
        return next(stop for stop in map(str, body["stop"]) if stop.startswith("</code_"))[2:-1]

    def starts(self) -> int:
        return 1

    def ends(self) -> int:
        return 3

    def frames(self, text: str, body: Json) -> list[bytes]:
        return self.ended(text, body, "stop_sequence")

    def ended(self, text: str, body: Json, reason: str) -> list[bytes]:
        named = {"stop_sequence": "stop", "max_tokens": "length", "refusal": "content_filter"}
        finish = {"index": 0, "delta": {}, "finish_reason": named.get(reason, reason)}
        pieces = [text[at : at + 4] for at in range(0, len(text), 4)]
        return [
            _chunk({"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}),
            *map(self.text, pieces),
            _chunk(finish),
            _chunk(usage={"prompt_tokens": 100, "completion_tokens": 9, "total_tokens": 109}),
            b"data: [DONE]\n\n",
        ]

    def failed(self, kind: str) -> bytes:
        code = 503 if kind == "overloaded_error" else 500
        return f"data: {json.dumps({'error': {'type': kind, 'message': 'played', 'code': code}})}\n\n".encode()

    def error(self, status: int, kind: str, code: str = "") -> bytes:
        return json.dumps(
            {"error": {"type": kind, "message": "played", "param": None, "code": code or status}}
        ).encode()

    def text(self, said: object) -> bytes:
        return _chunk({"index": 0, "delta": {"content": said}, "finish_reason": None})


class Filling(OpenAi):
    """The same server with a model that fills holes: no contract, no tag, nothing but the text."""

    name = "filling"

    def environment(self, url: str, key: str) -> dict[str, str]:
        return super().environment(url, key) | {"KIREJI_MODEL": "Qwen/Qwen2.5-Coder-7B"}

    def tag(self, body: Json) -> str:
        return ""

    def text(self, said: object) -> bytes:
        return _chunk({"index": 0, "text": said, "finish_reason": None})


def _chunk(*choices: Json, **more: object) -> bytes:
    chunk = {
        "id": "chat",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": list(choices),
    } | more
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()
