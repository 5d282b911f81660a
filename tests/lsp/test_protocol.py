"""Messages that arrive in one read, and calls to a client that does not answer: the protocol itself, without a process."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from lsprotocol import types
from pygls.protocol import default_converter
from pygls.server import JsonRPCServer

from kireji.lsp.client import Client, Level
from kireji.lsp.framing import Decoder, Frame
from kireji.lsp.protocol import ErrorCode, Phase, Protocol

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


async def test_a_cancellation_that_comes_with_the_persons_answer_ends_the_work() -> None:
    agreed: list[bool] = []

    async def work(_params: object) -> None:
        agreed.append(await Client(protocol).confirm(Level.INFO, "Shall it be done?", "Yes"))

    protocol, wire = conversation(work)
    protocol.receive(request(1))
    while not wire.said:
        await asyncio.sleep(0)
    (asked,) = wire.said
    protocol.receive(Frame({"jsonrpc": "2.0", "id": asked["id"], "result": {"title": "Yes"}}))
    protocol.receive(Frame({"jsonrpc": "2.0", "method": types.CANCEL_REQUEST, "params": {"id": 1}}))
    for _ in range(20):
        await asyncio.sleep(0)
    assert wire.said[1]["error"]["code"] == ErrorCode.CANCELLED
    assert agreed == []


@pytest.mark.parametrize("cancelled", [False, True])
async def test_nothing_is_kept_of_a_call_that_nobody_waits_for_any_more(cancelled: bool) -> None:
    protocol, wire = conversation(lambda _: asyncio.sleep(0))
    edit = types.ApplyWorkspaceEditParams(types.WorkspaceEdit())
    calling = asyncio.ensure_future(protocol.call(types.WORKSPACE_APPLY_EDIT, edit, 60.0 if cancelled else 0.01))
    while not wire.said:
        await asyncio.sleep(0)
    if cancelled:
        calling.cancel()
    # A failure that nobody has heard of is told wherever the garbage is collected. In the middle of `ast.parse`, Python 3.11
    # stumbles over that: to tell it, it parses as well.
    with pytest.raises(asyncio.CancelledError if cancelled else TimeoutError):
        await calling
    assert (protocol._request_futures, protocol._result_types) == ({}, {})
    # An answer that comes all the same is nobody's.
    protocol.receive(Frame({"jsonrpc": "2.0", "id": wire.said[0]["id"], "result": {"applied": True}}))
    assert len(wire.said) == 1
