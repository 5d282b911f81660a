"""The worker's end of the pipes: framed JSON requests in, answers out, and a death that waits for nothing.

Used inside the worker process only. Standard input and output are taken away from everything else that runs there, so that
no library can speak in between.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from kireji.base.child_protocol import frame

_MAX_BYTES = 16 * 1024 * 1024


class Channel:
    """Takes the standard streams of this process. One per process."""

    def __init__(self) -> None:
        self._incoming = os.fdopen(os.dup(0), "rb")
        self._outgoing = os.fdopen(os.dup(1), "wb")
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        self._requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        _end_with_parent()
        # Reads while the main thread computes: the end of the input must be seen then, too.
        threading.Thread(target=self._read, daemon=True).start()

    def requests(self) -> Iterator[dict[str, Any]]:
        """The messages, in order, for ever."""
        while True:
            yield self._requests.get()

    def answer(self, number: object, result: object) -> None:
        """The result of the request with that id."""
        self._outgoing.write(frame({"id": number, "result": result}))
        self._outgoing.flush()

    def refuse(self, number: object) -> None:
        """Says that there is no such request."""
        self._outgoing.write(frame({"id": number, "error": {"code": -32601, "message": "not supported"}}))
        self._outgoing.flush()

    def _read(self) -> None:
        try:
            while (message := _read_message(self._incoming)) is not None:
                self._requests.put(message)
        finally:
            die()


def die() -> NoReturn:
    """Ends this process and those it has started, at once, whatever its threads are doing."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():  # elsewhere untested: those we started see our end
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _end_with_parent() -> None:
    """Asks Linux to kill this process with the one that started it: a library that computes without ever letting another
    thread run would keep us from seeing the end of the input. Elsewhere that remains."""
    if sys.platform == "linux":
        import ctypes

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _read_message(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message; None at the end of the stream, and at what is none: our own server speaks properly."""
    length = 0
    while (line := stream.readline(1000)) not in (b"", b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"Content-Length":
            length = int(value)
    if not line or not 0 < length < _MAX_BYTES:
        return None
    message = json.loads(stream.read(length))
    return message if isinstance(message, dict) else None
