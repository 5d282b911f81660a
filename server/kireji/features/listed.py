"""Names that an analysis has listed at one place, for whoever types the word on: in a long file it takes longer than a key.

One question for each document; what it brings is narrowed down to the word as it is by then. Knows no protocol.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kireji.base.types import Document, Name, Snapshot
from kireji.features.reuse import typed_since

if TYPE_CHECKING:
    from kireji.engine.services import Services

# More than a list shows, so that there is something to narrow down.
_ASKED_FOR = 300
_PATIENT_SECONDS = 5.0

Names = tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    document: Document
    offset: int
    task: asyncio.Future[Names | None]


class Listed:
    """The last question of each document, running or answered. Used on the event loop only."""

    def __init__(self, spawn: Callable[[Awaitable[Any]], asyncio.Future[Any]]) -> None:
        # Whoever runs our questions also ends them when the server ends.
        self._spawn = spawn
        self._questions: dict[str, _Question] = {}

    async def names(
        self, services: Services, snapshot: Snapshot, offset: int, uri: str, begun: str, deadline: float
    ) -> Names | None:
        """The names that `begun` begins, in their order; None where they are late, or there is nobody to list them."""
        question = self._questions.get(uri)
        if question is None or not _serves(question, snapshot.document, offset):
            task = self._spawn(_asked(services, snapshot, offset))
            question = self._questions[uri] = _Question(snapshot.document, offset, task)
        await asyncio.wait({question.task}, timeout=max(0.0, deadline - time.monotonic()))
        if not question.task.done() or question.task.cancelled() or question.task.exception() is not None:
            return None
        found = question.task.result()
        wanted = begun.casefold()
        return tuple(name for name in found if name.text.casefold().startswith(wanted)) if found is not None else None

    def drop(self, uri: str) -> None:
        """Forgets a document that is of no interest any more."""
        question = self._questions.pop(uri, None)
        if question is not None:
            question.task.cancel()


def _serves(question: _Question, document: Document, offset: int) -> bool:
    """Whether the answer to an older question also answers one at a later place."""
    typed = typed_since(question.document, question.offset, document, offset)
    if typed is None or not (typed == "" or typed.isidentifier() or typed.isalnum()):
        return False
    if not question.task.done():
        return True
    if question.task.cancelled() or question.task.exception() is not None:
        return False
    found = question.task.result()
    # A list that was cut off may lack what the longer word begins.
    return found is not None and (typed == "" or len(found) < _ASKED_FOR)


async def _asked(services: Services, snapshot: Snapshot, offset: int) -> Names | None:
    from kireji.base.child_protocol import ChildUnavailable  # with the services, after the client's first answer

    analysis, deadline = services.semantics.analysis, time.monotonic() + _PATIENT_SECONDS
    try:
        return await analysis.complete(snapshot.document, offset, snapshot.workspace, _ASKED_FOR, deadline)
    except ChildUnavailable:
        return None
