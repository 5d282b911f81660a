"""Carries bytes between the client and the protocol: stdio on two threads of its own, or one loopback TCP connection.

Owns the file descriptors, so that nothing else can write to the protocol or read from it. Knows no messages.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from ipaddress import ip_address

logger = logging.getLogger(__name__)

_PIECE = 256 * 1024

OnData = Callable[[bytes], None]
OnEnd = Callable[[], None]


class Stdio:
    """The protocol's private ends of stdin and stdout."""

    def __init__(self) -> None:
        self._incoming = os.dup(0)
        self._outgoing = os.dup(1)
        _divert()
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, name="lsp-write", daemon=True)

    def start(self, on_data: OnData, on_end: OnEnd) -> None:
        """Starts both threads; callbacks run on the current event loop, `on_end` once."""
        loop = asyncio.get_running_loop()
        self._writer.start()
        threading.Thread(target=self._read_all, args=(loop, on_data, on_end), name="lsp-read", daemon=True).start()

    def write(self, data: bytes) -> None:
        """Queues bytes; never blocks, so that a client that does not read cannot stop the loop."""
        self._queue.put(data)

    def close(self, seconds: float = 0.5) -> None:
        """Flushes what is queued, for at most `seconds`."""
        self._queue.put(None)
        if self._writer.is_alive():
            self._writer.join(seconds)

    def _read_all(self, loop: asyncio.AbstractEventLoop, on_data: OnData, on_end: OnEnd) -> None:
        while data := _read(self._incoming):
            loop.call_soon_threadsafe(on_data, data)
        # The client is gone; its own clean exit comes first.
        exit_soon(1)
        try:
            loop.call_soon_threadsafe(on_end)
        except RuntimeError:
            logger.debug("the loop ended before the client did")

    def _write_all(self) -> None:
        while (data := self._queue.get()) is not None:
            view = memoryview(data)
            try:
                while view:
                    view = view[os.write(self._outgoing, view) :]
            except OSError:
                return


class Tcp:
    """One accepted connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Queues bytes on the connection."""
        if not self._writer.is_closing():
            self._writer.write(data)

    async def run(self, on_data: OnData) -> None:
        """Reads until the client closes."""
        try:
            while data := await self._reader.read(_PIECE):
                on_data(data)
        except OSError:
            logger.info("the client's connection broke")

    def close(self) -> None:
        """Closes the connection."""
        self._writer.close()


def exit_soon(code: int) -> None:
    """Ends the process within two seconds, even if the loop or a thread that it waits for hangs."""
    timer = threading.Timer(1.5, os._exit, args=(code,))
    timer.daemon = True
    timer.start()


def loopback(address: str) -> tuple[str, int]:
    """`HOST:PORT` of the loopback interface. Raises ValueError with one line for anything else."""
    host, colon, port = address.rpartition(":")
    bare = host.strip("[]")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{address!r} is not HOST:PORT, for example 127.0.0.1:7777")
    if bare == "localhost":
        return "127.0.0.1", int(port)
    try:
        private = ip_address(bare).is_loopback
    except ValueError:
        private = False
    if not private:
        raise ValueError(f"{bare!r} is not a loopback address: the server listens on this machine only, e.g. 127.0.0.1")
    return bare, int(port)


def _divert() -> None:
    """From here on descriptor 1 is stderr and descriptor 0 is empty, for us, for C code and for every child."""
    sys.stdout.flush()
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdout = sys.stderr


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _PIECE)
    except OSError:
        return b""
