"""Sends a span of each request to a collector, where the settings name one. The only importer of opentelemetry.

A span says what a row says: names, times, costs, and no text. What cannot be sent is lost, and logged by its kind once.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from kireji.base.audit import OutcomeRow

_log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 2
# A server that is to end has little time left for what was not sent yet.
_DELAY_MS = 500
_NANO = 1_000_000_000


class Tracing:
    """One collector. Loads its library in a thread, once the first client has its answer; until then nothing is sent."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._provider: TracerProvider | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    async def start(self) -> None:
        """Loads what is needed, once. Without the extra it says so, and nothing is sent."""
        async with self._opening:
            if self._provider is not None or self._closed:
                return
            try:
                self._provider = await asyncio.to_thread(_open, self._endpoint)
            except ImportError as error:
                _log.warning("no spans are sent: %s is not installed (kireji[otel])", error.name)

    def record(self, row: OutcomeRow) -> None:
        """Hands in the span of a request; it is sent later, with others. Called in the store's thread."""
        provider = self._provider
        if provider is None:
            return
        end = round(row.at * _NANO)
        attributes: dict[str, str | int | float | bool] = {
            "kireji.request": row.request,
            "kireji.outcome": "offered" if row.reason is None else row.reason.name,
            "kireji.stage": row.stage.name,
            "kireji.language": row.language,
            "kireji.reused": row.reused,
            "kireji.cost_usd": row.nano / _NANO,
            "gen_ai.provider.name": row.provider,
            "gen_ai.request.model": row.model,
            "gen_ai.usage.output_tokens": row.output,
        }
        tracer = provider.get_tracer("kireji")
        span = tracer.start_span(row.feature, attributes=attributes, start_time=end - round(row.ms * 1_000_000))
        span.end(end)

    async def close(self) -> None:
        """Sends what is left, for as long as one attempt takes. May be called twice."""
        self._closed = True
        async with self._opening:
            provider, self._provider = self._provider, None
            if provider is not None:
                await asyncio.to_thread(provider.shutdown)


def _open(endpoint: str) -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource({"service.name": "kireji"}), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=_TIMEOUT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_DELAY_MS))
    return provider
