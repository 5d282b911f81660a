"""A company's network on loopback: certificates of its own authority, and a proxy that lets nothing through but what asks for it.

The proxy resolves no name: whatever host is asked for, it connects to the one server that it is for.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import trustme

HOST = "models.company.example"


@dataclass
class Authority:
    """An authority, and what a server needs to be believed by those who know it."""

    certificate: Path
    server: ssl.SSLContext


def authority(folder: Path) -> Authority:
    """A new one, its certificate in a file of `folder`."""
    ca = trustme.CA()
    path = folder / "company-ca.pem"
    ca.cert_pem.write_to_path(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(HOST, "localhost").configure_cert(context)
    return Authority(path, context)


@dataclass
class Proxy:
    """A proxy in front of the server at `port`. `asked` are the hosts that were asked for, `seen` all bytes of clients."""

    port: int
    asked: list[str] = field(default_factory=list)
    seen: bytearray = field(default_factory=bytearray)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """What stands in HTTPS_PROXY."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.seen += head
            method, host, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            self.asked.append(host)
            if method != "CONNECT":
                writer.write(b"HTTP/1.1 405 no\r\ncontent-length: 0\r\n\r\n")
                return
            there, back = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(b"HTTP/1.1 200 ok\r\n\r\n")
            with contextlib.suppress(OSError):
                await asyncio.gather(self._pass(reader, back, self.seen), self._pass(there, writer, bytearray()))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, seen: bytearray) -> None:
        while data := await source.read(65_536):
            seen += data
            target.write(data)
            await target.drain()
        target.close()
