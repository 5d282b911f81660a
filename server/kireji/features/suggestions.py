"""Decides for each document whether a suggestion is at hand, on its way, or has to be asked for, and when.

At hand and on its way also mean: of an earlier text, of which only more has been typed since. What is served so leads to
the very text that was verified; where what the gates look at besides has changed, it is judged again. Knows no protocol;
one client's, on the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from kireji.base.types import Document, Offered, Outcome, Reason, Snapshot, Stage, Trigger, Withheld
from kireji.features.at_hand import Answer, AtHand, Place, at_no_cost
from kireji.features.reuse import typed_since
from kireji.features.tempo import Tempo

# How long a question outlives the request that was taken back; the longer time holds where the text has just grown at its
# cursor, because editors take a request back before they ask the next one.
_GRACE_SECONDS = 0.01
_LONG_GRACE_SECONDS = 0.3

SUPERSEDED = Withheld(Reason.SUPERSEDED, Stage.DELIVER)


@dataclass(frozen=True, slots=True)
class Engine:
    """How a question is put, and how a suggestion is judged again. `foresee` begins what the question will need, at once.

    What `ask` says it has cost stands in no row yet.
    """

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
        self.task: asyncio.Future[Answer]
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

    def speaks_for(self, place: Place) -> bool:
        """Whether it was asked at that very place, in the same circumstances, and no less was wanted of it."""
        no_less = place.by_itself or not self.place.by_itself
        return no_less and self.place.inputs == place.inputs and self.is_at(place)

    def is_at(self, place: Place) -> bool:
        """Whether it was asked at that very place."""
        return self._typed(place) == ""

    def _typed(self, place: Place) -> str | None:
        return typed_since(self.place.snapshot.document, self.place.offset, place.snapshot.document, place.offset)


class Suggestions:
    """What one client has been offered, and what is being asked for it."""

    def __init__(self, spawn: Callable[[Awaitable[Any]], asyncio.Future[Any]]) -> None:
        # Whoever runs our questions also ends them when the server ends.
        self._spawn = spawn
        self._tempo = Tempo()
        self._at_hand = AtHand()
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
        # A newer request may come between the end of a question and whoever waits for it: its own must not be ended then.
        while not turn.done():
            question = self.begin(place, engine)
            answer = await self._awaited(question, turn)
            if answer is None:
                break
            if question.place is place:
                return answer.told(answer.outcome)
            # Somebody else has asked it. What it brought may have its rest here, or is nothing here as well.
            if (hit := await self.at_hand(place, engine)) is not None:
                return hit
            if isinstance(answer.outcome, Withheld) and question.speaks_for(place):
                return answer.told(answer.outcome)
        return SUPERSEDED

    async def at_hand(self, place: Place, engine: Engine) -> Outcome | None:
        """What can be served at once; judged again where more than the text counts for its verdict and has changed."""
        for kept, rest in self._at_hand.offered_at(place):
            if kept.inputs == place.inputs:
                return kept.answer.told(rest)
            judged = await engine.judge(rest)
            if isinstance(judged, Offered):
                return kept.answer.told(judged)
            if judged.reason is Reason.INVALID:
                # It was refuted: here as it is now, there may be another.
                self._at_hand.forget(kept)
            elif place.by_itself:
                return at_no_cost(judged)
        # Who asks by a key asks anew.
        return self._at_hand.nothing_at(place) if place.by_itself else None

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

    def is_latest(self, question: Question) -> bool:
        """Whether nothing newer has been asked about its document, which is open still."""
        return self._questions.get(question.place.uri) is question

    def anticipate(self, place: Place, engine: Engine) -> None:
        """Puts a question that nobody has asked yet, if its text is the text still, and nobody has asked about that."""
        older = self._questions.get(place.uri)
        if not _is_now(place) or self._at_hand.knows(place):
            return
        if older is None or not older.is_about(place.snapshot.document):
            self.begin(place, engine)

    def drop(self, uri: str) -> None:
        """Ends what is asked about a document that is of no interest any more, and forgets what was offered there."""
        self._at_hand.drop(uri)
        _over(self._turns.pop(uri, None))
        question = self._questions.pop(uri, None)
        if question is not None:
            question.end()

    def find(self, identity: str) -> tuple[str, Offered] | None:
        """The suggestion with an id, and its document's address."""
        return self._at_hand.find(identity)

    @contextlib.asynccontextmanager
    async def wanting(self, question: Question) -> AsyncGenerator[None, None]:
        """For as long as somebody waits for an answer. Who is taken back meanwhile may end the question."""
        question.waiting += 1
        question.wanted += 1
        try:
            yield
        except asyncio.CancelledError:
            self._left(question)
            raise
        finally:
            question.waiting -= 1

    # ---- helpers

    async def _put(self, question: Question, engine: Engine) -> Answer:
        """Waits until the next key is overdue, then asks."""
        if question.place.by_itself:
            engine.foresee()
            self._tempo.key(asyncio.get_running_loop().time())
            await asyncio.sleep(self._tempo.wait())
            if not _is_now(question.place):
                # The next key has come: whoever asks about what it made asks anew.
                return Answer(Withheld(Reason.STALE, Stage.CLASSIFY))
        question.asked = True
        answer = Answer(await engine.ask())
        self._tempo.first_token(answer.outcome.report.first_token)
        self._at_hand.keep(question.place, answer)
        return answer

    async def _awaited(self, question: Question, turn: asyncio.Future[None]) -> Answer | None:
        """What the question brings; None when a newer request came first. Who is taken back, or overtaken, may end it."""
        async with self.wanting(question):
            ends: set[asyncio.Future[Any]] = {question.task, turn}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not question.task.done():
                self._left(question)
                return None
        # One that was ended had lost its place to a newer one.
        return None if question.task.cancelled() else question.task.result()

    def _left(self, question: Question) -> None:
        """One of those who wait for it is about to go: with the last of them, the question may."""
        if question.waiting == 1 and not question.task.done():
            self._spawn(self._grace(question, question.wanted))

    async def _grace(self, question: Question, wanted: int) -> None:
        """Ends a question that nobody has wanted since: who has come later may count on it, and not wait."""
        place = question.place
        await asyncio.sleep(_GRACE_SECONDS)
        now = place.latest()
        if question.wanted == wanted and now is not None and _has_grown(place, now):
            await asyncio.wait({question.task}, timeout=_LONG_GRACE_SECONDS)
        if question.wanted == wanted and not question.task.done():
            question.end()

    def _take_turn(self, uri: str) -> asyncio.Future[None]:
        """Ends the wait of the request before this one."""
        _over(self._turns.get(uri))
        turn = self._turns[uri] = asyncio.get_running_loop().create_future()
        return turn


def _over(turn: asyncio.Future[None] | None) -> None:
    """Nobody waits any more whose turn it was."""
    if turn is not None and not turn.done():
        turn.set_result(None)


def _unwanted(snapshot: Snapshot) -> bool:
    """Whether nothing may be served, not even what is at hand: the engine says why."""
    return snapshot.paused or (snapshot.trigger is Trigger.AUTOMATIC and not snapshot.options.automatic)


def _is_now(place: Place) -> bool:
    """Whether the text is still as it was."""
    now = place.latest()
    return now is not None and now.text == place.snapshot.document.text


def _has_grown(place: Place, now: Document) -> bool:
    """Whether something has been typed at the cursor, and nothing else happened."""
    offset = place.offset + len(now.text) - len(place.snapshot.document.text)
    return bool(typed_since(place.snapshot.document, place.offset, now, offset))
