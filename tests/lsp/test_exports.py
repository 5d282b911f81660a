"""What a server tells programs, where the settings say so: structured logs, a file of figures, spans. One id ties them together."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from kireji.base.store import FILE
from support.messages_api import MessagesApi, script
from support.messages_http import Connection, HttpRequest
from support.serving import serving
from support.waiting import WATCHDOG

URI = "file:///project/quince.py"
TEXT = "def quince(marzipan, height):\n    return ma\n"
GOOD = "return marzipan * height"


class Collector:
    """Takes spans on a loopback port."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        self.arrived = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Collector:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(0, self._serve), "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, connection: Connection, request: HttpRequest) -> None:
        self.bodies.append((request.path, request.body))
        self.arrived.set()
        await connection.write_head(200, {"content-length": "0", "content-type": "application/x-protobuf"})


async def test_one_id_ties_log_ledger_audit_and_span_together(tmp_path: Path) -> None:
    figures = tmp_path / "figures.prom"
    async with (
        Collector() as collector,
        MessagesApi(script(GOOD)) as api,
        serving(
            tmp_path,
            api,
            KIREJI_LOG_FORMAT="json",
            KIREJI_LOG="debug",
            KIREJI_PROMETHEUS_FILE=str(figures),
            KIREJI_OTLP_ENDPOINT=collector.url,
            KIREJI_AUDIT="1",
            KIREJI_PREFETCH="false",
        ) as served,
    ):
        await served.client.initialize()
        served.client.open(URI, TEXT)
        assert (await asyncio.wait_for(served.client.ask(URI, 1, 13, automatic=1), WATCHDOG))["items"]
        await asyncio.wait_for(collector.arrived.wait(), WATCHDOG)
        await served.client.shutdown()
        assert await asyncio.wait_for(served.process.wait(), WATCHDOG) == 0
    with closing(sqlite3.connect(tmp_path / "state" / FILE)) as connection:
        ids = [
            connection.execute(f"SELECT request FROM {table}").fetchall() for table in ("calls", "outcomes", "trail")
        ]
    ((request,),) = ids[0]
    assert ids == [[(request,)]] * 3

    entries = [json.loads(line) for line in served.log.read_text().splitlines()]
    assert {tuple(entry) for entry in entries} == {("at", "level", "logger", "request", "message")}
    assert [entry for entry in entries if entry["request"] == request and "offered" in entry["message"]]

    spans = []
    for path, body in collector.bodies:
        assert path == "/v1/traces"
        told = ExportTraceServiceRequest.FromString(body)
        spans += [span for r in told.resource_spans for s in r.scope_spans for span in s.spans]
    (span,) = spans
    said = {one.key: one.value for one in span.attributes}
    assert span.name == "inline completion"
    assert said["kireji.request"].string_value == request
    assert said["kireji.outcome"].string_value == "offered"
    assert said["gen_ai.request.model"].string_value == "claude-haiku-5-5"
    assert said["kireji.cost_usd"].double_value > 0
    assert span.end_time_unix_nano > span.start_time_unix_nano

    text = figures.read_text()
    assert 'kireji_suggestions{what="shown"} 1\n' in text and "kireji_spent_dollars 0.00" in text
    assert sorted(path.name for path in tmp_path.glob("*figures*")) == [figures.name]
    for data in (text, served.log.read_text(), *(body.decode("latin-1") for _, body in collector.bodies)):
        assert not [word for word in ("marzipan", "quince", api.key) if word in data]


@pytest.mark.skipif(os.name != "posix", reason="a file below a file")
async def test_exports_that_cannot_be_made_cost_no_answer(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "figures.prom")
    async with (
        MessagesApi(script(GOOD)) as api,
        serving(tmp_path, api, KIREJI_PROMETHEUS_FILE=place, KIREJI_OTLP_ENDPOINT="http://127.0.0.1:9") as served,
    ):
        await served.client.initialize()
        served.client.open(URI, TEXT)
        assert (await asyncio.wait_for(served.client.ask(URI, 1, 13, automatic=1), WATCHDOG))["items"]
        await served.client.shutdown()
        assert await asyncio.wait_for(served.process.wait(), WATCHDOG) == 0
    assert served.log.read_text().count("figures cannot be written") == 1
    with closing(sqlite3.connect(tmp_path / "state" / FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM outcomes").fetchone() == (1,)
