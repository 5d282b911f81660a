"""Runs a feature on a snapshot: taken on arrival, answered once, written down once.

The only place where what a feature says becomes a row. Knows no feature by name.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from kireji.base import telemetry
from kireji.base.types import Document, Offered, Outcome, Proposed, Reason, Snapshot, Stage, Trigger, Withheld
from kireji.features.at_hand import Place, at_no_cost
from kireji.features.explain import Told
from kireji.lsp.client import Client
from kireji.lsp.documents import Position
from kireji.lsp.lifecycle import Lifecycle
from kireji.lsp.starting import Starting
from kireji.lsp.status import StatusTeller

if TYPE_CHECKING:
    from kireji.engine.services import Services

logger = logging.getLogger(__name__)


T = TypeVar("T", bound=Told)


@dataclass(frozen=True, slots=True)
class Edge:
    """What a door of the server needs besides the message that came through it."""

    lifecycle: Lifecycle
    starting: Starting
    client: Client
    status: StatusTeller
    spawn: Callable[[Awaitable[Any]], asyncio.Future[Any]]


@dataclass(frozen=True, slots=True)
class Here:
    """A document as it was when a request arrived. `latest` reads the text as it is later, None once it is closed."""

    uri: str
    snapshot: Snapshot
    latest: Callable[[], Document | None]


def look(edge: Edge, uri: str, trigger: Trigger) -> Here | None:
    """Takes the snapshot. Must be called on arrival: what came before has been applied, what came after has not."""
    snapshot = edge.lifecycle.snapshot(uri, trigger)
    return Here(uri, snapshot, lambda: edge.lifecycle.document(uri)) if snapshot is not None else None


def offset_of(edge: Edge, here: Here, position: Position) -> int:
    """The offset of a position of the document, in the text that the engine reads."""
    return here.snapshot.origin + edge.lifecycle.offset(here.uri, position)


def place_of(here: Here, offset: int) -> Place:
    """A cursor in it, with what else a verdict there depends on: the other open texts, the settings, the workspace."""
    snapshot = here.snapshot
    others = tuple((document.uri, document.version) for document in snapshot.open_documents)
    inputs = (frozenset(others), snapshot.options, snapshot.workspace)
    return Place(here.uri, snapshot, offset, inputs, here.latest)


def is_current(here: Here) -> bool:
    """Whether the text is still as it was."""
    now = here.latest()
    return now is not None and now.text == here.snapshot.document.text


def reader(edge: Edge, here: Here) -> Callable[[str], Document | None]:
    """Reads open documents as they are later, by the address under which the engine knows them."""
    return lambda uri: here.latest() if uri == here.snapshot.document.uri else edge.lifecycle.document(uri)


async def answer(
    edge: Edge,
    here: Here | None,
    feature: str,
    work: Callable[[Services, Here], Awaitable[T]],
    failed: Callable[[Withheld], T],
) -> T:
    """What `work` says of the snapshot, and one row about it, however it ends. `failed` makes an answer of its kind."""
    request = here.snapshot.id if here is not None else edge.lifecycle.next_id()
    since = here.snapshot.taken_at if here is not None else time.monotonic()
    told: Told = Withheld(Reason.INTERNAL, Stage.DELIVER)
    with telemetry.during(request):
        try:
            if here is None:
                result = failed(Withheld(Reason.UNKNOWN_DOCUMENT, Stage.CLASSIFY))
            else:
                services = await edge.starting.services()
                # It may have been closed before its turn came; whoever ends what is asked about it has done so by then.
                there = here.latest() is not None
                result = await work(services, here) if there else failed(Withheld(Reason.STALE, Stage.DELIVER))
                # From here to the reply nothing is awaited, so what is current now is current when it is written.
                if isinstance(result, Offered | Proposed) and not is_current(here):
                    result = failed(Withheld(Reason.STALE, Stage.DELIVER, report=result.report))
            told = result
        except asyncio.CancelledError:
            told = Withheld(Reason.CANCELLED, Stage.DELIVER)
            raise
        except Exception:
            # An editor shows an error reply to a person in mid-thought; an empty answer and a log entry serve them better.
            logger.exception("a bug: %s failed", feature)
            result = failed(Withheld(Reason.INTERNAL, Stage.DELIVER))
        finally:
            document = here.snapshot.document if here is not None else None
            _close(edge, request, feature, told, (time.monotonic() - since) * 1000, document)
    return result


async def by_itself(
    edge: Edge, here: Here, feature: str, work: Callable[[Services, Here], Awaitable[Outcome]]
) -> Outcome:
    """A question of its own, with a row of its own, where its cost stands: it outlives the request that gave rise to it.

    What is typed meanwhile may be a part of its answer: whoever hands it out sees to that.
    """
    snapshot = replace(here.snapshot, id=edge.lifecycle.next_id(), taken_at=time.monotonic())
    itself = Here(here.uri, snapshot, lambda: snapshot.document)
    return at_no_cost(await answer(edge, itself, feature, work, lambda withheld: withheld))


def _close(edge: Edge, request: str, feature: str, told: Told, milliseconds: float, document: Document | None) -> None:
    """The one row of a request, its line in the log, and what the status learns from it."""
    reason = told.reason
    logger.info("%s %s: %s (%.0f ms)", request, feature, reason.value if reason else "offered", milliseconds)
    if isinstance(told, Offered | Proposed | Withheld):
        edge.lifecycle.remember(told)
        edge.status.changed()

    def record(services: Services) -> None:
        from kireji.features.explain import outcome_row
        from kireji.features.shown import shown

        provider = services.roles.completion.provider.info.name
        row = outcome_row(request, feature, told, milliseconds, provider, document.language if document else "")
        if services.audit.kept and document is not None:
            services.audit.record(row, shown(told, document))
        else:
            services.audit.record(row)

    edge.starting.once_there(record)
