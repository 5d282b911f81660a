"""Whatever a client does, and in whatever order: nothing is asked, or paid, twice, and everybody is answered."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kireji.base.config_schema import Options
from kireji.base.edit import apply
from kireji.base.text import make_document
from kireji.base.types import (
    Candidate,
    Change,
    Document,
    Edit,
    Offered,
    Outcome,
    RawCompletion,
    Reason,
    Report,
    Shape,
    Site,
    SiteKind,
    Snapshot,
    Span,
    Stage,
    Trigger,
    Verdict,
    Withheld,
)
from kireji.engine.services import Services
from kireji.features import completion as listing
from kireji.features.at_hand import Place, at_no_cost
from kireji.features.listed import Listed
from kireji.features.suggestions import SUPERSEDED, Engine, Suggestions
from support.skipped_time import run

URI = "file:///w/main"
HEAD, TAIL = "x = ", "\n"
# Longer than any grace.
_A_WHILE = 1.0
_LASTING = (Reason.NOTHING_TO_ADD, Reason.INVALID)


@dataclass(frozen=True)
class Brings:
    """What the model says to one question, and after how long: a suggestion, a reason against one, or a bug."""

    what: str | Reason | None
    seconds: float


@dataclass(frozen=True)
class Key:
    """A place, in its circumstances."""

    text: str
    offset: int
    inputs: int


@dataclass
class Asked:
    """One question as the model sees it. `began` and `over` count what has happened."""

    number: int
    key: Key
    by_itself: bool
    task: asyncio.Task[object] | None
    over: int | None = None
    outcome: Outcome | None = None
    forgotten: bool = False

    @property
    def running(self) -> bool:
        """Whether it goes on: one that is being ended does not."""
        return self.over is None and not self.ended

    @property
    def ended(self) -> bool:
        """Whether it was ended before it was over."""
        return self.task is not None and self.task.cancelling() > 0


@dataclass
class Request:
    """One request of the client, in its own place."""

    place: Place
    began: int = 0
    on_its_way: tuple[Asked, ...] = ()
    task: asyncio.Future[Outcome] | None = None
    taken_back: bool = False
    overtaken: bool = False


@dataclass
class Play:
    """A client, the text it edits, and the model it asks. `lists`: it has no ghost text, but lists."""

    lists: bool
    answers: list[Brings]
    refutes: set[int]
    late: float
    typed: str = ""
    undone: str = ""
    version: int = 1
    inputs: int = 0
    happened: int = 0
    counted_on: bool = False
    asked: list[Asked] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    told: Counter[int] = field(default_factory=Counter)
    served: set[int] = field(default_factory=set)
    became: dict[str, str] = field(default_factory=dict)
    latest: Offered | None = None
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.suggestions = Suggestions(_spawned)
        self.listed = Listed(asyncio.ensure_future)

    # ---- what the client does

    def change(self, typed: str) -> None:
        self.typed = typed
        self.version += 1

    async def ask(self, trigger: Trigger) -> None:
        """As the doors do: who has no ghost text asks for a list, whose question has a row of its own."""
        request = self._request(trigger)
        request.task = asyncio.ensure_future(self._asking(request))
        request.task.add_done_callback(lambda _: self._answered(request))

    async def _asking(self, request: Request) -> Outcome:
        self._begins(request)
        self.counted_on = self.counted_on or self.lists
        engine = self._engine(request, own_row=self.lists)
        if not self.lists:
            return await self.suggestions.suggest(request.place, engine)
        nobody = cast(Services, None)
        popup = await listing.completion(nobody, request.place, self.listed, self.suggestions, engine)
        return popup.suggestion if popup.suggestion is not None else SUPERSEDED

    def _begins(self, request: Request) -> None:
        request.began = self.happened
        request.on_its_way = tuple(a for a in self.asked if a.running and place_is_of(a.key, request.place))

    def accept(self) -> None:
        """Takes the last suggestion, where it fits still, and has what comes next asked for."""
        offered, text = self.latest, self._document().text
        if offered is None or offered.candidate.site.document.text != text:
            return
        self.undone = self.typed
        self.change(apply(text, offered.candidate.edit.changes)[len(HEAD) : -len(TAIL)])
        self.counted_on = True
        request = self._request(Trigger.AUTOMATIC)
        self.requests.remove(request)
        self._begins(request)
        self.suggestions.anticipate(request.place, self._engine(request, own_row=True))

    def take_back(self) -> None:
        pending = [r for r in self.requests if r.task is not None and not r.task.done()]
        if pending:
            pending[-1].taken_back = True
            assert pending[-1].task is not None
            pending[-1].task.cancel()

    def close_and_open(self) -> None:
        self.counted_on = False
        for asked in self.asked:
            asked.forgotten = True
        for request in self.requests:
            request.overtaken = True
        self.latest = None
        self.suggestions.drop(URI)

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        running = [asked for asked in self.asked if asked.running]
        assert len(running) <= 1, "a document has one question at a time"
        waiting = [r for r in self.requests if r.task is not None and not r.task.done()]
        if seconds >= _A_WHILE and not waiting and not self.counted_on:
            assert running == [], "nobody wants it"

    async def names(self, *_: object) -> object:
        """The names of a list are late, or there at once."""
        await asyncio.sleep(self.late)
        return listing._Found((), whole=True)

    # ---- what it sees

    def hold(self, true: bool, why: str) -> None:
        """What is found wrong in a task or a callback is told at the end: there, nobody would hear of it."""
        if not true:
            self.wrong.append(why)

    def _answered(self, request: Request) -> None:
        task = request.task
        assert task is not None
        if task.cancelled():
            self.hold(request.taken_back, "nobody has taken it back")
            return
        if task.exception() is not None:
            self.hold(isinstance(task.exception(), ZeroDivisionError), f"it failed: {task.exception()!r}")
            return
        outcome = task.result()
        if outcome is SUPERSEDED:
            self.hold(self.lists or request.overtaken, "it was the last, and is left without an answer")
        elif isinstance(outcome, Offered):
            text, identity = request.place.snapshot.document.text, outcome.candidate.id
            self.hold(apply(text, outcome.candidate.edit.changes) == self.became[identity], "it does not fit")
            self._counted(int(identity), outcome.report)
            self.latest = outcome
        elif outcome.reason is Reason.STALE:
            self.hold(request.place.snapshot.document.text != self._document().text, "it is not stale")
        else:
            self._counted(int(outcome.detail), outcome.report)

    def _counted(self, number: int, report: Report) -> None:
        self.served.add(number)
        self.hold(report.cost in (0, 1000 + number), "it has the cost of another")
        self.told[number] += report.cost > 0

    # ---- what it asks

    def _request(self, trigger: Trigger) -> Request:
        for older in self.requests:
            older.overtaken = True
        self.happened += 1
        snapshot = Snapshot(
            f"r{self.happened}", self._document(), options=Options(deterministic=False), trigger=trigger
        )
        place = Place(URI, snapshot, len(HEAD + self.typed), self.inputs, self._document)
        self.requests.append(Request(place))
        return self.requests[-1]

    def _document(self) -> Document:
        return make_document(URI, None, "python", self.version, HEAD + self.typed + TAIL)

    def _engine(self, request: Request, *, own_row: bool) -> Engine:
        async def ask() -> Outcome:
            return await self._ask(request, own_row)

        return Engine(ask, self._judge)

    async def _ask(self, request: Request, own_row: bool) -> Outcome:
        place = request.place
        key = Key(place.snapshot.document.text, place.offset, self.inputs_of(place))
        for past in self.asked:
            if past.key == key and not past.forgotten:
                self._check_new(past, request)
        for past in request.on_its_way:
            self.hold(past.forgotten or not past.ended, "it was on its way, and was ended for who wants it")
        asked = Asked(len(self.asked), key, place.by_itself, asyncio.current_task())
        self.asked.append(asked)
        self.hold(not place.by_itself or key.text == self._document().text, "its text is gone, and it is asked")
        brings = self.answers[asked.number % len(self.answers)]
        try:
            await asyncio.sleep(brings.seconds)
            if brings.what is None:
                raise ZeroDivisionError
            asked.outcome = self._outcome(asked, brings.what, place)
        except asyncio.CancelledError:
            # Closing a stream takes a moment.
            await asyncio.sleep(0.02)
            raise
        finally:
            self.happened += 1
            asked.over = self.happened
        if own_row:
            self.told[asked.number] += 1
            return at_no_cost(asked.outcome)
        return asked.outcome

    def _check_new(self, past: Asked, request: Request) -> None:
        """Why there may be another question at the same place in the same circumstances."""
        self.hold(not past.running, "it is on its way, and asked again")
        self.hold(not isinstance(past.outcome, Offered), "it is at hand, and asked again")
        if isinstance(past.outcome, Withheld):
            by_itself, lasting = request.place.by_itself, past.outcome.reason in _LASTING
            waited = (by_itself or not past.by_itself) and (past.over or 0) > request.began
            self.hold(not waited, "its answer came to who waited for it, and it is asked again")
            self.hold(not (by_itself and lasting), "it is known to be nothing, and asked again")

    def _outcome(self, asked: Asked, what: str | Reason, place: Place) -> Outcome:
        report = Report(cost=1000 + asked.number)
        if isinstance(what, Reason):
            return Withheld(what, Stage.TRIM, str(asked.number), report=report)
        document, offset, identity = place.snapshot.document, place.offset, str(asked.number)
        edit = Edit(URI, document.version, (Change(Span(offset, offset), what),))
        self.became[identity] = apply(document.text, edit.changes)
        site = Site(document, offset, SiteKind.CODE, Shape.LINE, Span(0, 0), HEAD, "", "")
        return Offered(
            Candidate(identity, site, edit, RawCompletion(what, "", True, None, 0.0, 0.0)), Verdict(()), report
        )

    async def _judge(self, offered: Offered) -> Outcome:
        """In other circumstances it may be wrong."""
        identity = int(offered.candidate.id)
        await asyncio.sleep(0.02)
        if identity in self.refutes:
            return Withheld(Reason.INVALID, Stage.GATES, str(identity))
        return replace(offered, report=Report())

    @staticmethod
    def inputs_of(place: Place) -> int:
        assert isinstance(place.inputs, int)
        return place.inputs


def place_is_of(key: Key, place: Place) -> bool:
    """Whether the place is that one, or what was typed on from there."""
    text = place.snapshot.document.text
    return len(text) >= len(key.text) and text.startswith(key.text[: key.offset])


def _spawned(work: Awaitable[Any]) -> asyncio.Future[Any]:
    """As the server does it: somebody looks at how it ended, whoever waits for it."""
    task: asyncio.Future[Any] = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


async def play(play: Play, steps: list[str]) -> None:
    """One client's steps, and what must hold while they are taken and at their end."""
    for step in steps:
        match step:
            case "ask" | "key":
                await play.ask(Trigger.AUTOMATIC if step == "ask" else Trigger.EXPLICIT)
            case "back":
                play.change(play.typed[:-1])
            case "accept":
                play.accept()
            case "undo":
                play.change(play.undone)
            case "take back":
                play.take_back()
            case "close":
                play.close_and_open()
            case "elsewhere":
                play.inputs += 1
            case "tick" | "a moment" | "a while":
                await play.wait({"tick": 0.0, "a moment": 0.15, "a while": _A_WHILE}[step])
            case letters:
                # Somebody types, and their editor asks at once.
                play.change(play.typed + letters[0])
                if letters.endswith("?"):
                    await play.ask(Trigger.AUTOMATIC)
    tasks = [request.task for request in play.requests if request.task is not None]
    # Each of them ends, however slow the model is: the loop says so where one does not.
    await asyncio.wait(tasks) if tasks else None
    play.counted_on = play.counted_on or play.lists
    await play.wait(_A_WHILE)
    assert play.wrong == []
    for asked in play.asked:
        assert play.told[asked.number] <= 1, "its cost was counted twice"
        if asked.number in play.served:
            assert play.told[asked.number] == 1, "its cost stands nowhere"


STEPS = ("a", "b", "a?", "b?", "back", "ask", "key", "take back", "accept", "undo", "close", "elsewhere")
PAUSES = ("tick", "a moment", "a while")
WORDS = ("a", "ab", "ba", "aab", Reason.NOTHING_TO_ADD, Reason.INVALID, Reason.OVERLOADED, None)
SECONDS = (0.0, 0.05, 0.3, 30.0)


def test_nothing_is_asked_or_paid_twice_and_everybody_is_answered() -> None:
    """Each client does a few things, again and again: what goes wrong needs them to meet."""
    for seed in range(int(os.environ.get("SOAK_EXAMPLES", "1500"))):
        chance = random.Random(seed)
        kinds = [*chance.sample(STEPS, 4), "ask", "a moment", chance.choice(PAUSES)]
        words, seconds = chance.sample(WORDS, 3), chance.sample(SECONDS, 2)
        answers = [Brings(chance.choice(words), chance.choice(seconds)) for _ in range(6)]
        refutes = set(chance.sample(range(6), chance.choice((0, 3))))
        client = Play(chance.random() < 0.3, answers, refutes, chance.choice((0.0, 0.06, 0.2)))
        steps = chance.choices(kinds, k=20)
        try:
            run(_watched(client, steps))
        except AssertionError as error:
            raise AssertionError(
                f"{error}\nseed {seed}, lists: {client.lists}, {steps}, {answers}, {refutes}"
            ) from error


async def _watched(client: Play, steps: list[str]) -> None:
    loop = asyncio.get_running_loop()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(listing, "time", SimpleNamespace(monotonic=loop.time))
        patched.setattr(listing, "_names", client.names)
        await play(client, steps)
