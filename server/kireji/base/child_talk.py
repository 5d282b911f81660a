"""The conversation with one child process: requests and their answers, and which documents it holds open.

Knows neither deadlines nor restarts: `children.py` gives a conversation up, and begins the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from kireji.base import child_protocol as protocol
from kireji.base import child_tokens
from kireji.base.child_protocol import (
    ChildFailure,
    ChildSpec,
    ChildUnavailable,
    ProtocolError,
    Readiness,
    Units,
)

# The LSP's "content modified" and "server cancelled": the child asks to be asked again.
_ASK_AGAIN = (-32801, -32802)
_ASKED_AT_MOST = 3
# How long somebody waits for a child that still reads the project; it is not ended for that.
_READING_SECONDS = 15.0


@dataclass(slots=True)
class Shown:
    """What the child holds of one document, and what it has pushed about exactly that."""

    version: int
    text: str
    pushed: Any = None


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
        self._open: OrderedDict[str, Shown] = OrderedDict()
        self._pulled = True
        self._unresolved: int | None = None
        self._settled = asyncio.Event()
        self._is_healthy = True
        if spec.readiness is Readiness.GREETED:
            self._settled.set()
        self._awaited: dict[str, asyncio.Future[None]] = {}
        self.ended: ChildFailure | None = None

    async def greet(self) -> None:
        """The handshake. Raises ProtocolError and ChildUnavailable."""
        root_uri = Path(self._spec.root).as_uri() if self._spec.root else None
        result = await self.request("initialize", protocol.initialize_params(self._spec, root_uri))
        self.units = protocol.units_of(result, self._spec.requires)
        self._pulled = protocol.can_be_pulled(result)
        self._unresolved = child_tokens.kind_of(result, self._spec.unresolved)
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
            answer = await self._answer(number, protocol.frame({"id": number, "method": method, "params": params}))
            if "error" not in answer:
                return answer.get("result")
            code = answer["error"].get("code") if isinstance(answer["error"], dict) else None
            if code not in _ASK_AGAIN:
                break
        raise ChildUnavailable(ChildFailure.REFUSED, str(code))

    async def report(self, uri: str) -> Any:
        """The child's report on what it was shown last of `uri`: pulled, or else pushed with the version that it was shown.

        Raises ChildUnavailable. A child that pushes without versions is waited for in vain.
        """
        await self._until_settled()
        if self._pulled:
            report = await self.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
            return report if self._unresolved is None else await self._with_unresolved(uri, report, self._unresolved)
        shown = self._open[uri]
        if shown.pushed is None:
            waiting = self._awaited[uri] = asyncio.get_running_loop().create_future()
            try:
                await waiting
            finally:
                self._awaited.pop(uri, None)
        return {"items": shown.pushed}

    async def _with_unresolved(self, uri: str, report: Any, kind: int) -> Any:
        tokens = await self.request("textDocument/semanticTokens/full", {"textDocument": {"uri": uri}})
        try:
            return {"items": [*report["items"], *child_tokens.unresolved(tokens, kind, report["items"])]}
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ProtocolError("malformed tokens") from None

    async def _until_settled(self) -> None:
        """What is said before a project has been read is empty, and means nothing. Raises ChildUnavailable."""
        try:
            async with asyncio.timeout(_READING_SECONDS):
                await self._settled.wait()
        except TimeoutError:
            raise ChildUnavailable(ChildFailure.LATE, "it still reads the project") from None
        if not self._is_healthy:
            raise ChildUnavailable(ChildFailure.REFUSED, "it cannot read the project")

    def tell(self, method: str, params: Any) -> None:
        """Something that has no answer. Raises ChildUnavailable."""
        self._send({"method": method, "params": params})

    def show(self, uri: str, language_id: str, text: str, needed: Container[str]) -> None:
        """Makes `text` the child's content of `uri`; closes what was used longest ago and is not `needed`."""
        known = self._open.get(uri)
        if known is not None and not self._pulled and known.text == text:
            self._open.move_to_end(uri)
            return  # nothing is pushed about a change that changes nothing
        version = next(self._versions)
        if known is not None:
            changed = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}
            self._send({"method": "textDocument/didChange", "params": changed})
        else:
            opened = {"uri": uri, "languageId": language_id, "version": version, "text": text}
            self._send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})
        # Only a text that is waited for needs to be known again.
        self._open[uri] = Shown(version, "" if self._pulled else text)
        self._open.move_to_end(uri)
        for gone in self._forgotten(needed):
            self._send({"method": "textDocument/didClose", "params": {"textDocument": {"uri": gone}}})

    def _forgotten(self, needed: Container[str]) -> list[str]:
        """The documents that are closed now: those used longest ago, when there are too many."""
        idle = [held for held in self._open if held not in needed]
        gone = idle[: max(0, len(self._open) - self._max_open)]
        for uri in gone:
            del self._open[uri]
        return gone

    def give_up(self, failure: ChildFailure) -> None:
        """Tells whoever waits, and whoever asks later, that there will be no answer. The first reason stays."""
        self.ended = self.ended or failure
        pending, self._pending = self._pending, {}
        awaited, self._awaited = self._awaited, {}
        for waiting in (*pending.values(), *awaited.values()):
            if not waiting.done():
                waiting.set_exception(ChildUnavailable(self.ended))

    async def _answer(self, number: int, words: bytes) -> dict[str, Any]:
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[number] = waiting
        try:
            self._write(words)
            if self.process.stdin is not None:
                with contextlib.suppress(ConnectionError):  # the reader sees the end and says so
                    await self.process.stdin.drain()
            return await waiting
        finally:
            self._pending.pop(number, None)

    def _receive(self, message: dict[str, Any]) -> None:
        if "method" in message:
            if "id" in message:
                self._send(protocol.reply_to(self._spec, message))
            elif message["method"] == "textDocument/publishDiagnostics" and isinstance(message.get("params"), dict):
                self._pushed(message["params"])
            elif message["method"] == "experimental/serverStatus" and isinstance(message.get("params"), dict):
                self._has_settled(message["params"])
            return
        self._hand(message.get("id"), message)

    def _has_settled(self, params: dict[str, Any]) -> None:
        self._is_healthy = params.get("health") != "error"
        if params.get("quiescent") is True:
            self._settled.set()
        elif self._spec.readiness is Readiness.QUIESCENT:
            self._settled.clear()

    def _hand(self, number: Any, answer: dict[str, Any]) -> None:
        waiting = self._pending.pop(number, None) if isinstance(number, int) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _pushed(self, params: dict[str, Any]) -> None:
        """Keeps what is said of the very text that was shown last. Servers spell one URI in several ways."""
        said = unquote(str(params.get("uri")))
        for uri, shown in self._open.items():
            if shown.version == params.get("version") and unquote(uri) == said:
                shown.pushed = params.get("diagnostics")
                waiting = self._awaited.get(uri)
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)

    def _send(self, message: dict[str, Any]) -> None:
        self._write(protocol.frame(message))

    def _write(self, words: bytes) -> None:
        if self.ended is not None or self.process.stdin is None or self.process.stdin.is_closing():
            raise ChildUnavailable(self.ended or ChildFailure.CRASHED)
        self.process.stdin.write(words)
