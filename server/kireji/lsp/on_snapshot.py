"""Runs a feature on a snapshot: taken on arrival, answered once, written down once.

The only place where a request's outcome becomes a reply and a row. Knows no feature by name.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from kireji.base.types import Document, Outcome, Reason, Snapshot, Stage, Trigger, Withheld
from kireji.lsp.documents import Position
from kireji.lsp.lifecycle import Lifecycle
from kireji.lsp.starting import Starting
from kireji.lsp.turns import Turns

if TYPE_CHECKING:
    from kireji.base.audit import OutcomeRow
    from kireji.engine.services import Services

logger = logging.getLogger(__name__)

Latest = Callable[[], Document | None]
Body = Callable[["Services", Snapshot, int, Latest], Coroutine[Any, Any, Outcome]]


def on_snapshot(
    lifecycle: Lifecycle,
    turns: Turns,
    starting: Starting,
    uri: str,
    position: Position,
    trigger: Trigger,
    feature: str,
    body: Body,
) -> Awaitable[Outcome]:
    """Takes the snapshot now, while the messages that came before have been applied and none that came after has."""
    snapshot = lifecycle.snapshot(uri, trigger)
    if snapshot is None:
        return _unknown()
    offset = lifecycle.documents.offset(snapshot.document, position)
    return _run(lifecycle, turns, starting, snapshot, offset, feature, body)


async def _unknown() -> Outcome:
    return Withheld(Reason.UNKNOWN_DOCUMENT, Stage.CLASSIFY)


async def _run(
    lifecycle: Lifecycle,
    turns: Turns,
    starting: Starting,
    snapshot: Snapshot,
    offset: int,
    feature: str,
    body: Body,
) -> Outcome:
    services = await starting.services()
    outcome: Outcome = Withheld(Reason.INTERNAL, Stage.DELIVER)
    try:
        work = body(services, snapshot, offset, lambda: lifecycle.documents.get(snapshot.document.uri))
        outcome = await turns.take(snapshot.document.uri, work, Withheld(Reason.SUPERSEDED, Stage.DELIVER))
    except asyncio.CancelledError:
        outcome = Withheld(Reason.CANCELLED, Stage.DELIVER)
        raise
    except Exception:
        # An editor shows an error reply to a person in mid-thought; an empty answer and a log entry serve them better.
        logger.exception("a bug: %s failed", feature)
    finally:
        lifecycle.remember(outcome)
        services.audit.record(_row(services, snapshot, feature, outcome))
    return outcome


def _row(services: Services, snapshot: Snapshot, feature: str, outcome: Outcome) -> OutcomeRow:
    from kireji.base.audit import OutcomeRow

    reason, stage = (outcome.reason, outcome.stage) if isinstance(outcome, Withheld) else (None, Stage.DELIVER)
    milliseconds = (time.monotonic() - snapshot.taken_at) * 1000
    row = OutcomeRow(snapshot.id, feature, reason, stage, milliseconds, services.asking.provider.info.name)
    logger.info("%s %s: %s (%.0f ms)", row.request, feature, reason.value if reason else "offered", milliseconds)
    return row
