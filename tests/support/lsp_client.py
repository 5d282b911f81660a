"""A language client for tests: real pipes or sockets, real frames, and a record of every reply by id.

Strict where a real client is: a reply to an id that is not open, or a second one, fails the test that reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kireji.lsp.framing import Decoder, Frame, encode
from support.waiting import WATCHDOG

Json = Any


class RpcError(Exception):
    """An error reply."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: int = error["code"]
        self.message: str = error["message"]


class Client:
    """One conversation. `answers` maps methods the server may call to their answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._reader = reader
        self._held: bytearray | None = None
        self._next_id = 0
        self._open: dict[int | str, asyncio.Future[Json]] = {}
        self._changed = asyncio.Condition()
        self.answers: dict[str, Callable[[Json], Json]] = {}
        self.notifications: list[tuple[str, Json]] = []
        self.replies: dict[int | str | None, int] = {}
        self.errors_without_id: list[Json] = []
        self.foreign: list[object] = []
        self.capabilities: Json = None
        self._pump = asyncio.ensure_future(self._read())

    # ---- talking -------------------------------------------------------------------------------

    def send_raw(self, data: bytes) -> None:
        """Bytes as they are."""
        if self._held is None:
            self._writer.write(data)
        else:
            self._held += data

    @contextlib.contextmanager
    def in_one_go(self) -> Iterator[None]:
        """What is said inside is written at its end and at once, so that no time passes in between, however busy the machine is.
        It must fit into a pipe."""
        self._held = bytearray()
        try:
            yield
        finally:
            data, self._held = bytes(self._held), None
            self.send_raw(data)

    def notify(self, method: str, params: Json = None) -> None:
        """A notification."""
        self.send_raw(encode({"jsonrpc": "2.0", "method": method, "params": params}))

    def start(self, method: str, params: Json = None, msg_id: int | str | None = None) -> asyncio.Future[Json]:
        """A request; await the future for its result (RpcError when it is refused)."""
        if msg_id is None:
            self._next_id += 1
            msg_id = self._next_id
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._open[msg_id] = future
        body: dict[str, Any] = {"jsonrpc": "2.0", "id": msg_id, "method": method}
        if params is not None:
            body["params"] = params
        self.send_raw(encode(body))
        return future

    async def request(self, method: str, params: Json = None) -> Json:
        """A request and its result."""
        return await asyncio.wait_for(self.start(method, params), WATCHDOG)

    @property
    def last_id(self) -> int:
        """The id of the last request that `start` numbered."""
        return self._next_id

    async def has_read(self) -> None:
        """Waits until the server has read whatever was said so far."""
        with contextlib.suppress(RpcError):
            await self.request("kireji/there is no such method")

    async def notified(self, method: str, accept: Callable[[Json], bool] = lambda _: True) -> Json:
        """Waits for a notification (or finds one that came before)."""
        async with self._changed, asyncio.timeout(WATCHDOG):
            while True:
                for name, params in self.notifications:
                    if name == method and accept(params):
                        return params
                await self._changed.wait()

    # ---- common conversations ------------------------------------------------------------------

    async def initialize(self, **extra: Json) -> Json:
        """The handshake. Returns the server's capabilities."""
        params = {
            "processId": os.getpid(),
            "rootUri": None,
            "capabilities": {"general": {"positionEncodings": ["utf-32"]}},
        } | extra
        result = await self.request("initialize", params)
        self.capabilities = result["capabilities"]
        self.notify("initialized", {})
        return result

    def open(self, uri: str, text: str, language: str = "python", version: int = 1) -> None:
        """didOpen."""
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, text: str) -> None:
        """didChange with the whole text."""
        self.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]},
        )

    def ask(self, uri: str, line: int, character: int, *, automatic: int = 2) -> asyncio.Future[Json]:
        """An inline completion request (trigger kind 1 is explicit, 2 automatic)."""
        return self.start(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": uri},
                "position": {"line": line, "character": character},
                "context": {"triggerKind": automatic},
            },
        )

    async def shutdown(self) -> None:
        """shutdown and exit."""
        await self.request("shutdown")
        self.notify("exit")

    async def closed(self) -> None:
        """Waits until the server has closed its side."""
        await asyncio.wait_for(asyncio.shield(self._pump), WATCHDOG)

    async def stop(self) -> None:
        """Closes our side."""
        self._writer.close()
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)

    # ---- listening -----------------------------------------------------------------------------

    async def _read(self) -> None:
        decoder = Decoder()
        while data := await self._reader.read(65536):
            for item in decoder.feed(data):
                if isinstance(item, Frame):
                    self._take(item.body)
                else:
                    self.foreign.append(item)
            async with self._changed:
                self._changed.notify_all()
        for future in self._open.values():
            if not future.done():
                future.set_exception(ConnectionError("the server closed the connection"))

    def _take(self, body: Json) -> None:
        if "method" in body and "id" in body:
            answer = self.answers.get(body["method"])
            self.send_raw(
                encode({"jsonrpc": "2.0", "id": body["id"], "result": answer(body.get("params")) if answer else None})
            )
        elif "method" in body:
            self.notifications.append((body["method"], body.get("params")))
        else:
            self._take_reply(body)

    def _take_reply(self, body: Json) -> None:
        msg_id = body.get("id")
        self.replies[msg_id] = self.replies.get(msg_id, 0) + 1
        if msg_id is None:
            self.errors_without_id.append(body.get("error"))
            return
        future = self._open.get(msg_id)
        if future is None or future.done():
            self.foreign.append(body)
        elif "error" in body:
            future.set_exception(RpcError(body["error"]))
        else:
            future.set_result(body["result"])


def applied(text: str, edit: Any) -> str:
    """The text with a workspace edit for its only document applied; columns are characters."""
    (change,) = edit.get("documentChanges") or [{"edits": next(iter(edit["changes"].values()))}]
    lines = text.split("\n")
    for one in sorted(change["edits"], key=lambda e: -e["range"]["start"]["line"]):
        start, end = one["range"]["start"], one["range"]["end"]
        before = "\n".join([*lines[: start["line"]], lines[start["line"]][: start["character"]]])
        after = "\n".join([lines[end["line"]][end["character"] :], *lines[end["line"] + 1 :]])
        lines = (before + one["newText"] + after).split("\n")
    return "\n".join(lines)
