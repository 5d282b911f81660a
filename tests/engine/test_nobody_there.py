"""An address at which nobody is to be reached, through the whole line and the line of an action, by the time that is given."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.clock import SystemClock
from kireji.base.config_schema import Options, Protected, Settings
from kireji.base.text import make_document
from kireji.base.types import Intent, Reason, Snapshot, Span, Trigger, Withheld
from kireji.compose import build_services
from kireji.engine import pipeline
from kireji.engine.services import Services
from kireji.features.code_action import resolve

KEY = "sk-ant-nobody"
CONNECT_MS, REQUEST_MS = 300, 10_000
# Behind a mute proxy there is nothing else to wait for.
MUTE_MS = 1_500
# What a busy machine may add.
SLACK = 10.0
LINE = make_document("file:///w/a.py", "/w/a.py", "python", 1, "total = \n")
STUB = make_document(
    "file:///w/b.py", "/w/b.py", "python", 1, "def ground(width: int) -> int:\n    raise NotImplementedError\n"
)


class Stranger:
    """Whoever listens there. `received` is what came before the connection was ended."""

    def __init__(self, says: bytes | None) -> None:
        self.says = says
        self.received = b""
        self.connections = 0
        self.port = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Stranger]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError):
            self.received += await reader.read(4_096)
            if self.says is not None:
                writer.write(self.says)
                await writer.drain()
            else:
                while await reader.read(4_096):
                    pass
        writer.close()


Address = Callable[[Stranger, pytest.MonkeyPatch], str]


def refused(_: Stranger, __: pytest.MonkeyPatch) -> str:
    return "http://127.0.0.1:1"


def unknown(_: Stranger, __: pytest.MonkeyPatch) -> str:
    return "https://nowhere.invalid"


def not_tls(stranger: Stranger, _: pytest.MonkeyPatch) -> str:
    return f"https://127.0.0.1:{stranger.port}"


def behind_a_proxy(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{stranger.port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return "https://nowhere.invalid"


async def ends(services: Services, request_ms: int) -> list[tuple[Reason | None, float]]:
    """How a completion and an action end, and after how long."""
    found = []
    options = Options(request_ms=request_ms, action_request_ms=request_ms)
    for document, offset in ((LINE, 8), (STUB, 40)):
        snapshot = Snapshot(document.uri, document, options=options, trigger=Trigger.EXPLICIT)
        since = time.monotonic()
        outcome = await (
            pipeline.complete(services, snapshot, offset)
            if document is LINE
            else resolve(services, snapshot, "implement", Intent(Span(offset, offset)), lambda _: STUB)
        )
        found.append((outcome.reason, time.monotonic() - since))
        assert isinstance(outcome, Withheld)
        assert KEY not in repr(outcome)
    return found


@pytest.mark.parametrize(
    ("address", "says", "reasons"),
    [
        (refused, None, {Reason.UNREACHABLE}),
        (unknown, None, {Reason.UNREACHABLE}),
        (not_tls, b"SSH-2.0-OpenSSH_9.9\r\n", {Reason.UNREACHABLE}),
        (not_tls, bytes(range(256)) * 100, {Reason.UNREACHABLE}),
        (not_tls, None, {Reason.UNREACHABLE}),
        (behind_a_proxy, b"HTTP/1.1 403 no\r\ncontent-length: 0\r\n\r\n", {Reason.UNREACHABLE}),
        (behind_a_proxy, b"HTTP/1.1 407 no\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n", {Reason.UNREACHABLE}),
        (behind_a_proxy, b"HTTP/1.1 302 no\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", {Reason.UNREACHABLE}),
        (behind_a_proxy, b"HTTP/1.1 200 ok\r\n\r\nnot TLS", {Reason.UNREACHABLE}),
        (behind_a_proxy, None, {Reason.UNREACHABLE, Reason.TIMEOUT}),
    ],
)  # fmt: skip
async def test_the_reason_is_named_in_time_and_nothing_was_paid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: Address, says: bytes | None, reasons: set[Reason]
) -> None:
    mute = address is behind_a_proxy and says is None
    async with Stranger(says).listening() as stranger:
        protected = Protected(api_key=KEY, base_url=address(stranger, monkeypatch), state_dir=str(tmp_path / "state"))
        settings = Settings(protected=replace(protected, connect_ms=CONNECT_MS))
        services = build_services(settings, SystemClock())
        try:
            await services.roles.completion.provider.warm()
            within = MUTE_MS if mute else REQUEST_MS
            for reason, seconds in await ends(services, within):
                assert reason in reasons
                assert seconds < within / 1000 + SLACK
            if not mute:
                # Behind a mute proxy we cannot tell how far the question has come, and count it.
                assert (await services.ledger.spending()).today == 0
        finally:
            await services.close()
    assert KEY.encode() not in stranger.received
    assert b"total" not in stranger.received, "code has left before anybody had shown who they are"
