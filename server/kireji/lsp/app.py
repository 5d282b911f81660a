"""The composition root of the server: puts protocol, session and services together and runs them until the client leaves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from pygls.protocol import default_converter
from pygls.server import JsonRPCServer

from kireji.base.config_schema import Settings
from kireji.lsp import routes
from kireji.lsp.client import Client
from kireji.lsp.commands import NAMES
from kireji.lsp.framing import Decoder
from kireji.lsp.lifecycle import Lifecycle
from kireji.lsp.on_snapshot import Edge
from kireji.lsp.protocol import Phase, Protocol
from kireji.lsp.starting import Starting
from kireji.lsp.status import StatusTeller
from kireji.lsp.transport import Stdio, Tcp

logger = logging.getLogger(__name__)

_CLEAN_UP_SECONDS = 1.0


class Server:
    """One client's server. Build it with `build_server`, then await one of the `serve` functions."""

    def __init__(self, protocol: Protocol, starting: Starting) -> None:
        self.protocol = protocol
        self.starting = starting
        self._ended = asyncio.Event()
        protocol.on_exit = self._ended.set

    async def serve(self, writer: Any, start: Callable[[Callable[[bytes], None], Callable[[], None]], None]) -> int:
        """Runs until the client exits or is gone; returns the process's exit code (0 only after `shutdown`)."""
        self.protocol.set_writer(writer)
        decoder = Decoder()

        def receive(data: bytes) -> None:
            for item in decoder.feed(data):
                self.protocol.receive(item)

        start(receive, self._ended.set)
        await self._ended.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLEAN_UP_SECONDS):
                await self.protocol.drain(_CLEAN_UP_SECONDS)
                await self.starting.close()
        writer.close()
        return 0 if self.protocol.phase in (Phase.SHUT_DOWN, Phase.EXITED) else 1


def build_server(settings: Settings, starting: Starting) -> Server:
    """Wires one server. Must be called on the event loop that will run it."""
    framework = JsonRPCServer(Protocol, default_converter)
    protocol = framework.protocol
    assert isinstance(protocol, Protocol)  # noqa: S101 — tells the type checker what we passed one line above
    client = Client(protocol)
    lifecycle = Lifecycle(protocol, client, settings, starting, NAMES)
    status = StatusTeller(lifecycle, starting, client, protocol.spawn)
    lifecycle.when_ready(status.changed)
    routes.register(protocol, Edge(lifecycle, starting, client, status, protocol.spawn))
    return Server(protocol, starting)


async def serve_stdio(settings: Settings, starting: Starting) -> int:
    """Serves the client at the other end of stdin and stdout."""
    stdio = Stdio()
    return await build_server(settings, starting).serve(stdio, stdio.start)


async def serve_tcp(host: str, port: int, settings: Settings, starting: Starting) -> int:
    """Serves the first client that connects to a loopback port, then ends. Port 0 takes a free one; stderr names it."""
    first: asyncio.Future[Tcp] = asyncio.get_running_loop().create_future()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if first.done():
            writer.close()
        else:
            first.set_result(Tcp(reader, writer))

    listener = await asyncio.start_server(connected, host, port)
    logger.warning("listening on %s:%d", *listener.sockets[0].getsockname()[:2])
    tcp = await first
    listener.close()

    def start(on_data: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        pump = asyncio.ensure_future(tcp.run(on_data))
        pump.add_done_callback(lambda _: on_end())

    return await build_server(settings, starting).serve(tcp, start)
