"""The pop-up: the names that may stand at the cursor, and for clients without ghost text the validated suggestion first.

Typing never waits for a model: what is there in a tenth of a second is the answer, and what comes later is in the next
one. Whoever asks by a key waits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kireji.base import limits
from kireji.base.languages import canonical
from kireji.base.names import names, word_at
from kireji.base.types import Name, Offered, Outcome, Reason, Snapshot, Span, Stage, Trigger
from kireji.features.ready import Ready

if TYPE_CHECKING:
    from kireji.base.analysis.answers import Description
    from kireji.engine.services import Services

MOST_NAMES = 50
SECONDS = 0.08
# How long names may take for somebody who has asked by a key, and would otherwise see an empty list on a cold start.
PATIENT_SECONDS = 2.0
# What is left to look at the text itself when the analysis is late.
_SPARE_SECONDS = 0.02
_MEMBER = (".", "->", "::")

Ask = Callable[[], Coroutine[Any, Any, Outcome]]


@dataclass(frozen=True, slots=True)
class Popup:
    """What a list shows. `word` is the word around the cursor; `complete` is false when asking again may bring more."""

    snapshot: Snapshot
    offset: int
    word: Span
    names: tuple[Name, ...] = ()
    suggestion: Offered | None = None
    complete: bool = True
    reason: Reason | None = None
    stage: Stage = Stage.DELIVER


async def completion(
    services: Services, snapshot: Snapshot, offset: int, uri: str, ready: Ready | None, ask: Ask
) -> Popup:
    """The list at `offset`. `ready` is None for clients that show suggestions otherwise; `ask` begins a new question."""
    explicit = snapshot.trigger is Trigger.EXPLICIT
    deadline = time.monotonic() + (PATIENT_SECONDS if explicit else SECONDS)
    document = snapshot.document
    word = word_at(document.text, offset)
    suggestion = ready.look(uri, document, offset) if ready is not None else None
    question = new = None
    if ready is not None and suggestion is None:
        question, new = ready.begin(uri, document, offset, ask)
    try:
        found = await _names(services, snapshot, offset, word, deadline)
        if question is not None and ready is not None:
            await asyncio.wait({question}, timeout=None if explicit else max(0.0, deadline - time.monotonic()))
            suggestion = ready.look(uri, document, offset)
    except asyncio.CancelledError:
        if new and question is not None:
            question.cancel()
            await asyncio.wait({question})
        raise
    pending = question is not None and not question.done()
    complete = not pending and found is not None and len(found) < MOST_NAMES
    reason = None if found or suggestion is not None else Reason.NOTHING_TO_ADD
    return Popup(snapshot, offset, word, found or (), suggestion, complete, reason)


async def describe(services: Services, popup: Popup, name: str) -> Description | None:
    """More about a name of the list; None where nothing is known."""
    from kireji.base.child_protocol import ChildUnavailable

    snapshot = popup.snapshot
    if canonical(snapshot.document.language) != "python":
        return None
    analysis, deadline = services.semantics.analysis, time.monotonic() + PATIENT_SECONDS
    try:
        return await analysis.describe(snapshot.document, popup.offset, snapshot.workspace, name, deadline)
    except ChildUnavailable:
        return None


async def _names(
    services: Services, snapshot: Snapshot, offset: int, word: Span, deadline: float
) -> tuple[Name, ...] | None:
    """The names, or None when they are late: of Python by the analysis worker, else, and without it, by the text itself."""
    document = snapshot.document
    if not snapshot.options.deterministic or limits.refusal(document, snapshot.options) is not None:
        return ()
    asked = snapshot.trigger is Trigger.EXPLICIT
    if not asked and word.start == offset and not document.text[:offset].rstrip().endswith(_MEMBER):
        return ()
    if canonical(document.language) == "python":
        found = await _analysed(services, snapshot, offset, deadline - _SPARE_SECONDS)
        if found is not None:
            return found
    work = asyncio.ensure_future(asyncio.to_thread(names, snapshot.document, offset, MOST_NAMES))
    done, _ = await asyncio.wait({work}, timeout=max(0.0, deadline - time.monotonic()))
    return work.result() if done else None


async def _analysed(services: Services, snapshot: Snapshot, offset: int, deadline: float) -> tuple[Name, ...] | None:
    """What the analysis worker knows; None where it does not answer in time."""
    from kireji.base.child_protocol import ChildUnavailable

    analysis = services.semantics.analysis
    try:
        return await analysis.complete(snapshot.document, offset, snapshot.workspace, MOST_NAMES, deadline)
    except ChildUnavailable:
        return None
