"""Messages that arrive in one read: the protocol itself, without a process."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

from pygls.protocol import default_converter
from pygls.server import JsonRPCServer

from kireji.lsp.framing import Decoder, Frame
from kireji.lsp.protocol import Phase, Protocol

METHOD = "test/work"


class Wire:
    """The other end: what the server has written, message by message."""

    def __init__(self) -> None:
        self._decoder = Decoder()
        self.said: list[Any] = []

    def write(self, data: bytes) -> None:
        self.said += [item.body for item in self._decoder.feed(data) if isinstance(item, Frame)]

    def close(self) -> None:
        """Nothing to close."""


def conversation(work: Callable[[Any], Awaitable[Any]]) -> tuple[Protocol, Wire]:
    """A conversation that has begun, with one method."""
    protocol = JsonRPCServer(Protocol, default_converter).protocol
    assert isinstance(protocol, Protocol)
    protocol.phase = Phase.INITIALIZED
    protocol.fm.feature(METHOD)(functools.partial(work))
    wire = Wire()
    protocol.set_writer(wire)
    return protocol, wire


def request(msg_id: int) -> Frame:
    return Frame({"jsonrpc": "2.0", "id": msg_id, "method": METHOD, "params": None})


async def test_an_id_that_is_used_again_at_once_is_answered_for_each_request() -> None:
    count = 0

    async def work(_params: object) -> int:
        nonlocal count
        count += 1
        return count

    protocol, wire = conversation(work)
    protocol.receive(request(1))
    # Read when the first has just been answered, and nothing else has happened since.
    asyncio.get_running_loop().call_soon(protocol.receive, request(1))
    for _ in range(5):
        await asyncio.sleep(0)
    assert [(said["id"], said.get("result")) for said in wire.said] == [(1, 1), (1, 2)]
