"""One HTTP/1.1 connection of the stand-in: reads requests, writes answers, and notices at once when the client is gone.

Knows nothing of the Messages API. Standard library only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came in; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    size: int


class GoneError(Exception):
    """The client closed the connection."""


class Connection(asyncio.Protocol):
    """Serves requests one after another with `serve` until the client, or the stand-in, closes."""

    def __init__(self, number: int, serve: Callable[[Connection, HttpRequest], Awaitable[None]]) -> None:
        self.number = number
        self.received = 0
        self.gone = asyncio.Event()
        self._serve = serve
        self._buffer = bytearray()
        self._more = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._task = asyncio.ensure_future(self._run())

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self._buffer += data
        self._more.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()
        self._more.set()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def write(self, data: bytes) -> None:
        """Sends bytes. Raises GoneError when nobody is there to read them."""
        await self._writable.wait()
        if self.gone.is_set() or self._transport is None:
            raise GoneError
        self._transport.write(data)

    async def write_head(self, status: int, headers: Mapping[str, str]) -> None:
        """Sends the status line and the headers."""
        lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in headers.items())]
        await self.write("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def write_chunk(self, data: bytes) -> None:
        """Sends one chunk of a chunked body; an empty one ends it."""
        await self.write(b"%x\r\n%b\r\n" % (len(data), data))

    async def pause(self, seconds: float) -> None:
        """Waits. Raises GoneError as soon as the client closes."""
        if seconds > 0:
            try:
                await asyncio.wait_for(self.gone.wait(), seconds)
            except TimeoutError:
                return
        if self.gone.is_set():
            raise GoneError

    async def until(self, event: asyncio.Event) -> None:
        """Waits for what a test decides. Raises GoneError as soon as the client closes."""
        ends = [asyncio.ensure_future(one.wait()) for one in (event, self.gone)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        if self.gone.is_set():
            raise GoneError

    async def wait_until_gone(self) -> None:
        """Sends nothing more and waits for the client to give up."""
        await self.gone.wait()
        raise GoneError

    def close(self) -> None:
        """Ends the connection in an orderly way."""
        if self._transport is not None:
            self._transport.close()

    async def stop(self) -> None:
        """Ends the connection and what is being served on it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        # One that is closing, over TLS, cannot be told again in the first releases of 3.11.
        if self._transport is not None and not self._transport.is_closing():
            self._transport.abort()

    async def _run(self) -> None:
        try:
            while True:
                await self._serve(self, await self._request())
        except GoneError:
            return
        finally:
            self.close()

    async def _request(self) -> HttpRequest:
        head = await self._until(b"\r\n\r\n")
        request_line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        method, path, _ = request_line.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        body = await self._take(int(headers.get("content-length", "0")))
        return HttpRequest(method, path, headers, body, len(head) + len(body))

    async def _until(self, mark: bytes) -> bytes:
        while (at := self._buffer.find(mark)) < 0:
            await self._wait_for_more()
        return await self._take(at + len(mark))

    async def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            await self._wait_for_more()
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    async def _wait_for_more(self) -> None:
        if self.gone.is_set():
            raise GoneError
        self._more.clear()
        await self._more.wait()
