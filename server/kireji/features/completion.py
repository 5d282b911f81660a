"""The pop-up: the names that may stand at the cursor, and for clients without ghost text the validated suggestion first.

Typing never waits for a model: what is there in a tenth of a second is the answer, and what comes later is in the next
one. Whoever asks by a key waits.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kireji.base import limits
from kireji.base.languages import canonical
from kireji.base.names import names, word_at
from kireji.base.types import Name, Offered, Outcome, Reason, Snapshot, Span, Stage, Trigger
from kireji.features.at_hand import Place
from kireji.features.listed import Listed
from kireji.features.suggestions import Engine, Question, Suggestions

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
    services: Services, place: Place, listed: Listed, suggestions: Suggestions | None, engine: Engine
) -> Popup:
    """The list at a place. `suggestions` is None for clients that show them otherwise."""
    snapshot, offset = place.snapshot, place.offset
    explicit = snapshot.trigger is Trigger.EXPLICIT
    deadline = time.monotonic() + (PATIENT_SECONDS if explicit else SECONDS)
    word = word_at(snapshot.document.text, offset)
    wanted = suggestions is not None and not snapshot.paused
    hit = await suggestions.at_hand(place, engine) if suggestions is not None and wanted else None
    pending = False
    if suggestions is None or not wanted or hit is not None:
        found = await _names(services, place, word, listed, deadline)
    else:
        question = suggestions.begin(place, engine)
        async with suggestions.wanting(question):
            found = await _names(services, place, word, listed, deadline)
            hit, pending = await _suggested(place, suggestions, engine, question, math.inf if explicit else deadline)
    suggestion = hit if isinstance(hit, Offered) else None
    reason = None if found.names or suggestion is not None else Reason.NOTHING_TO_ADD
    return Popup(snapshot, offset, word, found.names, suggestion, found.whole and not pending, reason)


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


async def _suggested(
    place: Place, suggestions: Suggestions, engine: Engine, question: Question, deadline: float
) -> tuple[Outcome | None, bool]:
    """What there is at a place by the deadline; true where more may come. What was asked at an earlier place may not fit here."""
    while True:
        async with suggestions.wanting(question):
            left = None if deadline == math.inf else max(0.0, deadline - time.monotonic())
            await asyncio.wait({question.task}, timeout=left)
        pending = not question.task.done()
        hit = await suggestions.at_hand(place, engine)
        if hit is not None or pending or question.is_at(place) or not suggestions.is_latest(question):
            return hit, pending
        question = suggestions.begin(place, engine)


async def _names(services: Services, place: Place, word: Span, listed: Listed, deadline: float) -> _Found:
    """Of Python what the analysis worker knows; else, and until it answers, what the text itself holds."""
    snapshot, offset = place.snapshot, place.offset
    document = snapshot.document
    if not snapshot.options.deterministic or limits.refusal(document, snapshot.options) is not None:
        return _Found((), whole=True)
    asked = snapshot.trigger is Trigger.EXPLICIT
    if not asked and word.start == offset and not document.text[:offset].rstrip().endswith(_MEMBER):
        return _Found((), whole=True)
    analysed = canonical(document.language) == "python"
    if analysed:
        begun = document.text[word.start : offset]
        found = await listed.names(services, snapshot, offset, place.uri, begun, deadline - _SPARE_SECONDS)
        if found is not None:
            return _Found(found[:MOST_NAMES], whole=len(found) <= MOST_NAMES)
    work = asyncio.ensure_future(asyncio.to_thread(names, document, offset, MOST_NAMES))
    done, _ = await asyncio.wait({work}, timeout=max(0.0, deadline - time.monotonic()))
    if not done:
        return _Found((), whole=False)
    return _Found(work.result(), whole=not analysed and len(work.result()) < MOST_NAMES)


@dataclass(frozen=True, slots=True)
class _Found:
    """Names; not `whole` when asking again may bring others."""

    names: tuple[Name, ...]
    whole: bool
