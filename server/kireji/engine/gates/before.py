"""The gates' look at the text before the candidate, taken while the model generates, and never at the question's expense.

Computes nothing itself: the baseline and the gates do. Ends with the request that it belongs to.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Iterable

from kireji.base.types import Document, Site, Snapshot
from kireji.engine.gates.baseline import baseline_document
from kireji.engine.gates.gate import Gate
from kireji.engine.gates.run import prepare_gates

logger = logging.getLogger(__name__)

# The question has left by then, and the processor would be idle until the answer begins.
_HEAD_START = 0.03


class Before:
    """The baseline of one site, being prepared."""

    def __init__(self, gates: Iterable[Gate], snapshot: Snapshot, site: Site) -> None:
        self._gates = gates
        self._snapshot = snapshot
        self._site = site
        self._wanted = asyncio.Event()
        self._baseline: Document | None = None
        self._work = asyncio.ensure_future(self._prepare())

    async def document(self, seconds: float) -> Document:
        """The baseline, at once; the gates have then looked at it, unless that takes them longer than `seconds`."""
        self._wanted.set()
        await asyncio.wait({self._work}, timeout=seconds)
        return self._baseline or baseline_document(self._snapshot, self._site)

    async def end(self) -> None:
        """Stops what still runs."""
        self._work.cancel()
        await asyncio.wait({self._work})
        if not self._work.cancelled() and (error := self._work.exception()) is not None:
            # `document` has computed the baseline itself then, and has failed in the open.
            logger.debug("the baseline could not be prepared: %s", type(error).__name__)

    async def _prepare(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_HEAD_START):
                await self._wanted.wait()
        self._baseline = baseline_document(self._snapshot, self._site)
        await prepare_gates(self._gates, self._snapshot, self._baseline)


@contextlib.asynccontextmanager
async def preparing(gates: Iterable[Gate], snapshot: Snapshot, site: Site) -> AsyncGenerator[Before, None]:
    """Prepares for as long as the block runs."""
    before = Before(gates, snapshot, site)
    try:
        yield before
    finally:
        await before.end()
