"""Decides for each document whether a suggestion is at hand, on its way, or has to be asked for, and when.

At hand and on its way also mean: of an earlier text, of which only more has been typed since. What is served so leads to
the very text that was verified; where what the gates look at besides has changed, it is judged again. Knows no protocol;
one client's, on the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from kireji.base.types import Document, Offered, Outcome, Reason, Snapshot, Stage, Trigger, Usage, Withheld
from kireji.features.reuse import typed_since, typed_through
from kireji.features.tempo import Tempo

# Suggestions that are kept for one client: enough to go back a few steps, in a few files.
_KEPT = 32
# How long a question outlives the request that was taken back; the longer time holds where the text has just grown at its
# cursor, because editors take a request back before they ask the next one.
_GRACE_SECONDS = 0.01
_LONG_GRACE_SECONDS = 0.3
# What would be the same again if it were asked again.
_LASTING = frozenset({Reason.INVALID, Reason.NOTHING_TO_ADD, Reason.LOW_CONFIDENCE, Reason.REFUSED})

T = TypeVar("T", Offered, Withheld)

SUPERSEDED = Withheld(Reason.SUPERSEDED, Stage.DELIVER)


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in one text. `inputs` is what else a verdict there depends on; `latest` reads the text as it is later."""

    uri: str
    snapshot: Snapshot
    offset: int
    inputs: Hashable
    latest: Callable[[], Document | None]


@dataclass(frozen=True, slots=True)
class Engine:
    """How a question is put, and how a suggestion is judged again. `foresee` begins what the question will need, at once."""

    ask: Callable[[], Coroutine[Any, Any, Outcome]]
    judge: Callable[[Offered], Coroutine[Any, Any, Outcome]]
    foresee: Callable[[], None] = lambda: None


class Question:
    """One question on its way. `asked` once it has left; `waiting` counts the requests that want its answer now, `wanted` those
    that ever did."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.asked = False
        self.waiting = self.wanted = 0
        self.task: asyncio.Future[Outcome]
        self._ended = False

    def end(self) -> None:
        """Nobody wants its answer. Its task takes a moment to end, and nobody may join it meanwhile."""
        self._ended = True
        self.task.cancel()

    def is_about(self, document: Document) -> bool:
        """Whether it is about that very text, at whatever place: on its way, or answered."""
        return not self._ended and self.place.snapshot.document.text == document.text

    def answers(self, place: Place) -> bool:
        """Whether its answer may be the answer there as well."""
        if self._ended:
            return False
        typed = self._typed(place)
        return typed == "" or (typed is not None and self.asked and not self.task.done())

    def nothing_at(self, place: Place) -> Withheld | None:
        """Why there was nothing at this very place, in the same circumstances, once that is known."""
        same = self._typed(place) == "" and self.place.inputs == place.inputs
        known = same and self.task.done() and not self.task.cancelled() and self.task.exception() is None
        outcome = self.task.result() if known else None
        return _at_no_cost(outcome) if isinstance(outcome, Withheld) else None

    def _typed(self, place: Place) -> str | None:
        return typed_since(self.place.snapshot.document, self.place.offset, place.snapshot.document, place.offset)


@dataclass(frozen=True, slots=True)
class _Kept:
    uri: str
    offered: Offered
    inputs: Hashable


class Suggestions:
    """What one client has been offered, and what is being asked for it."""

    def __init__(self, spawn: Callable[[Awaitable[Any]], asyncio.Future[Any]]) -> None:
        # Whoever runs our questions also ends them when the server ends.
        self._spawn = spawn
        self._tempo = Tempo()
        self._kept: list[_Kept] = []
        self._questions: dict[str, Question] = {}
        self._turns: dict[str, asyncio.Future[None]] = {}

    async def suggest(self, place: Place, engine: Engine) -> Outcome:
        """The suggestion at a place, as soon as there is one. A newer request for the same document ends an older one."""
        turn = self._take_turn(place.uri)
        question = self._questions.get(place.uri)
        if question is not None and not question.answers(place):
            question.end()
        if _unwanted(place.snapshot):
            return await engine.ask()
        if (hit := await self.at_hand(place, engine)) is not None:
            return hit
        # Who asks by a key asks anew.
        by_itself = place.snapshot.trigger is Trigger.AUTOMATIC
        if question is not None and by_itself and (why := question.nothing_at(place)) and why.reason in _LASTING:
            return why
        # A newer request may come between the end of a question and whoever waits for it: its own must not be ended then.
        while not turn.done():
            question = self.begin(place, engine)
            outcome = await self._awaited(question, turn)
            if outcome is None:
                break
            if question.place is place:
                return outcome
            # Somebody else has asked it. What it brought may have its rest here, or is nothing here as well.
            if (hit := await self.at_hand(place, engine)) is not None:
                return hit
            if by_itself and (why := question.nothing_at(place)):
                return why
        return SUPERSEDED

    async def at_hand(self, place: Place, engine: Engine) -> Outcome | None:
        """What can be served at once; judged again where more than the text counts for its verdict and has changed."""
        for kept in reversed(self._kept):
            offered = (
                typed_through(kept.offered, place.snapshot.document, place.offset) if kept.uri == place.uri else None
            )
            if offered is not None:
                offered = _at_no_cost(offered)
                return offered if kept.inputs == place.inputs else await engine.judge(offered)
        return None

    def begin(self, place: Place, engine: Engine) -> Question:
        """The question whose answer counts at a place: one that is on its way, or a new one, which ends any other."""
        older = self._questions.get(place.uri)
        if older is not None:
            if older.answers(place) and not older.task.done():
                return older
            older.end()
        question = self._questions[place.uri] = Question(place)
        question.task = self._spawn(self._put(question, engine))
        return question

    def anticipate(self, place: Place, engine: Engine) -> None:
        """Puts a question that nobody has asked yet, if its text is the text still, and nobody has asked about that."""
        older, now = self._questions.get(place.uri), place.latest()
        if now is None or now.text != place.snapshot.document.text:
            return
        if older is None or not older.is_about(place.snapshot.document):
            self.begin(place, engine)

    def drop(self, uri: str) -> None:
        """Ends what is asked about a document that is of no interest any more, and forgets what was offered there."""
        self._kept = [kept for kept in self._kept if kept.uri != uri]
        self._turns.pop(uri, None)
        question = self._questions.pop(uri, None)
        if question is not None:
            question.end()

    def find(self, identity: str) -> tuple[str, Offered] | None:
        """The suggestion with an id, and its document's address."""
        return next(((k.uri, k.offered) for k in self._kept if k.offered.candidate.id == identity), None)

    @contextlib.asynccontextmanager
    async def wanting(self, question: Question) -> AsyncGenerator[None, None]:
        """For as long as somebody waits for an answer. Who is taken back meanwhile may end the question."""
        question.waiting += 1
        question.wanted += 1
        try:
            yield
        except asyncio.CancelledError:
            if question.waiting == 1 and not question.task.done():
                self._spawn(self._grace(question, question.wanted))
            raise
        finally:
            question.waiting -= 1

    # ---- helpers

    async def _put(self, question: Question, engine: Engine) -> Outcome:
        """Waits until the next key is overdue, then asks."""
        if question.place.snapshot.trigger is Trigger.AUTOMATIC:
            engine.foresee()
            self._tempo.key(time.monotonic())
            await asyncio.sleep(self._tempo.wait())
        question.asked = True
        outcome = await engine.ask()
        self._tempo.first_token(outcome.report.first_token)
        if isinstance(outcome, Offered):
            # The first comes last, so that it is found first.
            every = (*reversed(outcome.others), replace(outcome, others=()))
            self._kept += [_Kept(question.place.uri, offered, question.place.inputs) for offered in every]
            del self._kept[:-_KEPT]
        return outcome

    async def _awaited(self, question: Question, turn: asyncio.Future[None]) -> Outcome | None:
        """The question's outcome; None when a newer request came first. Cancelling the waiter may end the question."""
        async with self.wanting(question):
            ends: set[asyncio.Future[Any]] = {question.task, turn}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if question.task.done():
            # One that was ended had lost its place to a newer one.
            return None if question.task.cancelled() else question.task.result()
        return None

    async def _grace(self, question: Question, wanted: int) -> None:
        """Ends a question that nobody has wanted since: who has come later may count on it, and not wait."""
        place = question.place
        await asyncio.sleep(_GRACE_SECONDS)
        now = place.latest()
        if question.wanted == wanted and now is not None and _has_grown(place, now):
            await asyncio.wait({question.task}, timeout=_LONG_GRACE_SECONDS)
        if question.wanted == wanted:
            question.end()

    def _take_turn(self, uri: str) -> asyncio.Future[None]:
        """Ends the wait of the request before this one."""
        older = self._turns.get(uri)
        if older is not None and not older.done():
            older.set_result(None)
        turn = self._turns[uri] = asyncio.get_running_loop().create_future()
        return turn


def _at_no_cost(outcome: T) -> T:
    """The same once more: what it has cost was counted when it was asked for."""
    return replace(outcome, report=replace(outcome.report, reused=True, usage=Usage(), cost=0, spared=0))


def _unwanted(snapshot: Snapshot) -> bool:
    """Whether nothing may be served, not even what is at hand: the engine says why."""
    return snapshot.paused or (snapshot.trigger is Trigger.AUTOMATIC and not snapshot.options.automatic)


def _has_grown(place: Place, now: Document) -> bool:
    """Whether something has been typed at the cursor, and nothing else happened."""
    offset = place.offset + len(now.text) - len(place.snapshot.document.text)
    return bool(typed_since(place.snapshot.document, place.offset, now, offset))
