"""The conversation with one child process: requests and their answers, and which documents it holds open.

Knows neither deadlines nor restarts: `children.py` gives a conversation up, and begins the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import OrderedDict
from collections.abc import Container
from pathlib import Path
from typing import Any

from kireji.base import child_protocol as protocol
from kireji.base.child_protocol import ChildFailure, ChildSpec, ChildUnavailable, ProtocolError, Units

# The LSP's "content modified" and "server cancelled": the child asks to be asked again.
_ASK_AGAIN = (-32801, -32802)
_ASKED_AT_MOST = 3


class Conversation:
    """One process, from its greeting to its end. `busy` counts the exchanges that still need it; `since` is loop time.

    `ended` is why there will be no further answer.
    """

    def __init__(self, spec: ChildSpec, process: asyncio.subprocess.Process, max_open: int) -> None:
        self.process = process
        self.units = Units.UTF16
        self.busy = 0
        self.since = asyncio.get_running_loop().time()
        self._spec = spec
        self._max_open = max_open
        self._ids = itertools.count(1)
        self._versions = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._open: OrderedDict[str, None] = OrderedDict()
        self.ended: ChildFailure | None = None

    async def greet(self) -> None:
        """The handshake. Raises ProtocolError and ChildUnavailable."""
        root_uri = Path(self._spec.root).as_uri() if self._spec.root else None
        result = await self.request("initialize", protocol.initialize_params(self._spec, root_uri))
        self.units = protocol.units_of(result, self._spec.requires)
        self._send({"method": "initialized", "params": {}})

    async def listen(self) -> ChildFailure:
        """Hands answers to whoever waits for them, until the process says no more; returns why."""
        assert self.process.stdout is not None  # noqa: S101 — it was started with a pipe
        try:
            while (message := await protocol.read_message(self.process.stdout)) is not None:
                self._receive(message)
        except ProtocolError:
            return ChildFailure.PROTOCOL
        except ChildUnavailable:
            pass  # its input was closed while we answered it: it has ended
        return ChildFailure.CRASHED

    async def request(self, method: str, params: Any) -> Any:
        """One question and its result. Raises ChildUnavailable."""
        for _ in range(_ASKED_AT_MOST):
            number = next(self._ids)
            waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._pending[number] = waiting
            try:
                self._send({"id": number, "method": method, "params": params})
                if self.process.stdin is not None:
                    with contextlib.suppress(ConnectionError):  # the reader sees the end and says so
                        await self.process.stdin.drain()
                answer = await waiting
            finally:
                self._pending.pop(number, None)
            if "error" not in answer:
                return answer.get("result")
            code = answer["error"].get("code") if isinstance(answer["error"], dict) else None
            if code not in _ASK_AGAIN:
                break
        raise ChildUnavailable(ChildFailure.REFUSED, str(code))

    def show(self, uri: str, language_id: str, text: str, needed: Container[str]) -> None:
        """Makes `text` the child's content of `uri`; closes what was used longest ago and is not `needed`."""
        version = next(self._versions)
        if uri in self._open:
            changed = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}
            self._send({"method": "textDocument/didChange", "params": changed})
        else:
            opened = {"uri": uri, "languageId": language_id, "version": version, "text": text}
            self._send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})
        self._open[uri] = None
        self._open.move_to_end(uri)
        idle = [known for known in self._open if known not in needed]
        for known in idle[: max(0, len(self._open) - self._max_open)]:
            del self._open[known]
            self._send({"method": "textDocument/didClose", "params": {"textDocument": {"uri": known}}})

    def give_up(self, failure: ChildFailure) -> None:
        """Tells whoever waits, and whoever asks later, that there will be no answer. The first reason stays."""
        self.ended = self.ended or failure
        pending, self._pending = self._pending, {}
        for waiting in pending.values():
            if not waiting.done():
                waiting.set_exception(ChildUnavailable(self.ended))

    def _receive(self, message: dict[str, Any]) -> None:
        if "method" in message:
            if "id" in message:
                self._send(protocol.reply_to(self._spec, message))
            return
        number = message.get("id")
        waiting = self._pending.pop(number, None) if isinstance(number, int) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    def _send(self, message: dict[str, Any]) -> None:
        if self.ended is not None or self.process.stdin is None or self.process.stdin.is_closing():
            raise ChildUnavailable(self.ended or ChildFailure.CRASHED)
        self.process.stdin.write(protocol.frame(message))
