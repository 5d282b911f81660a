"""A supervised private child: asked with a deadline, given up when it hangs, restarted with back-off, replaced when large.
Over 300 lines: its life is one thing.

A text is handed to it under the document's own URI and exists in the child alone: the editor never hears of it and the disk
is never touched. Nothing here judges an answer. `child_process.py` starts and ends the process, `child_talk.py` speaks with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from kireji.base import child_process
from kireji.base import child_protocol as protocol
from kireji.base.child_home import Home, open_home
from kireji.base.child_judge import JudgeConversation
from kireji.base.child_protocol import (
    ChildDiagnostic,
    ChildFailure,
    ChildSpec,
    ChildState,
    ChildUnavailable,
    Dialect,
    Pace,
    ProtocolError,
    Units,
)
from kireji.base.child_talk import Conversation
from kireji.base.child_tsserver import TsserverConversation
from kireji.base.tasks import TaskEnded, Tasks, outcome
from kireji.base.text import line_starts

MAX_OPEN = 8
_TALKS = MappingProxyType(
    {Dialect.LSP: Conversation, Dialect.TSSERVER: TsserverConversation, Dialect.JUDGE: JudgeConversation}
)

T = TypeVar("T")


class Child:
    """One child process and its successors. Belongs to one event loop; start it lazily (ask) or eagerly (`start`).

    `homes` is the folder in which each child gets its own (by default the system's temporary directory).
    """

    def __init__(
        self, spec: ChildSpec, *, pace: Pace | None = None, max_open: int = MAX_OPEN, homes: Path | None = None
    ) -> None:
        self.spec = spec
        self.state = ChildState.IDLE
        self._pace = pace if pace is not None else Pace()
        self._max_open = max_open
        self._homes = homes
        self._home: Home | None = None
        self._opening = asyncio.Lock()
        # The one that is asked; `_living` also holds one that is starting, and one that ends its last exchange.
        self._talk: Conversation | None = None
        self._living: set[Conversation] = set()
        # Whoever holds or awaits a lock keeps it alive; nobody else needs it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks = Tasks()
        self._endings: set[asyncio.Task[None]] = set()
        self._starting: asyncio.Task[None] | None = None
        self._replacing: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._asking = 0
        self._failures = 0
        self._last_failure = ChildFailure.CRASHED
        self._not_before = 0.0
        self._since = 0.0

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer of it."""
        return self._asking == 0

    @property
    def pid(self) -> int | None:
        """The process id while one is ready."""
        return self._talk.process.pid if self._talk is not None else None

    @property
    def pids(self) -> tuple[int, ...]:
        """All processes that run now: also one that is starting, and one that ends its last exchange."""
        return tuple(talk.process.pid for talk in self._living)

    @property
    def units(self) -> Units:
        """What a column counts in its answers; a program keeps to one unit."""
        return self._talk.units if self._talk is not None else Units.UTF16

    async def start(self) -> None:
        """Starts the child unless it runs. Cancelling the caller does not cancel the start. Raises ChildUnavailable."""
        if self.state is ChildState.READY:
            return
        if self.state is ChildState.CLOSED:
            raise ChildUnavailable(ChildFailure.CLOSED)
        if self._starting is None:
            if _now() < self._not_before:
                raise ChildUnavailable(ChildFailure.BACKING_OFF, self._last_failure.value)
            self._starting = self._tasks.spawn(self._start())
        try:
            await outcome(self._starting)
        except TaskEnded:
            raise ChildUnavailable(ChildFailure.CLOSED) from None

    async def request(self, method: str, params: Any, deadline: float) -> Any:
        """The result of one request. `deadline` is loop time (monotonic seconds). Raises ChildUnavailable.

        A cancelled or late waiter leaves the exchange to end by itself.
        """
        return await self._ask(deadline, lambda talk: talk.request(method, params))

    async def request_about(
        self, uri: str, language_id: str, text: str, method: str, params: Mapping[str, Any], deadline: float
    ) -> Any:
        """The result of one request about `text` as the content of `uri`, which is added to `params` as the document.

        Positions in `params` and in the result count in `units`. The next text of the same URI is shown only after this
        answer has come, so that no answer can be taken for another text's; else as `request`.
        """

        async def work(talk: Conversation) -> Any:
            talk.show(uri, language_id, protocol.clean(text), self._locks)
            return await talk.request(method, {**params, "textDocument": {"uri": uri}})

        return await self._ask(deadline, work, uri)

    async def diagnostics(self, uri: str, language_id: str, text: str, deadline: float) -> tuple[ChildDiagnostic, ...]:
        """What the child says of `text` as the content of `uri`, with spans in `text`'s string offsets; as `request_about`."""

        async def work(talk: Conversation) -> tuple[ChildDiagnostic, ...]:
            shown = protocol.clean(text)
            talk.show(uri, language_id, shown, self._locks)
            return protocol.parse_diagnostics(await talk.report(uri), shown, line_starts(shown), talk.units)

        return await self._ask(deadline, work, uri)

    async def tell(self, method: str, params: Any, deadline: float) -> None:
        """Something that has no answer; as `request`."""

        async def work(talk: Conversation) -> None:
            talk.tell(method, params)

        await self._ask(deadline, work)

    async def close(self) -> None:
        """Ends the child for good, within about a second. Whoever waits gets ChildUnavailable. May be called twice.

        Cancelling the caller does not keep it alive: nobody would ask for its end again.
        """
        self.state = ChildState.CLOSED
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        await self._end_all()
        await self._tasks.cancel()
        # A start that was under way may have spawned a process meanwhile.
        await self._end_all()
        await asyncio.gather(*self._endings)
        if self._home is not None:
            home, self._home = self._home, None
            await asyncio.to_thread(home.close)

    # -- one exchange

    async def _ask(self, deadline: float, work: Callable[[Conversation], Awaitable[T]], uri: str | None = None) -> T:
        self._asking += 1
        try:
            async with asyncio.timeout_at(deadline):
                await self.start()
                lock = None
                if uri is not None:
                    if (lock := self._locks.get(uri)) is None:
                        lock = self._locks[uri] = asyncio.Lock()
                    await lock.acquire()
                return await outcome(self._tasks.spawn(self._exchange(work, lock)))
        except TimeoutError:
            raise ChildUnavailable(ChildFailure.LATE) from None
        except TaskEnded:
            raise ChildUnavailable(ChildFailure.CLOSED) from None
        finally:
            self._asking -= 1

    async def _exchange(self, work: Callable[[Conversation], Awaitable[T]], lock: asyncio.Lock | None) -> T:
        try:
            talk = self._talk
            if talk is None:
                raise ChildUnavailable(self._last_failure)
            talk.busy += 1
            try:
                async with asyncio.timeout(self._pace.hung):
                    return await work(talk)
            except TimeoutError:
                await self._lose(talk, ChildFailure.HUNG)
                raise ChildUnavailable(ChildFailure.HUNG) from None
            except ProtocolError as error:
                await self._lose(talk, ChildFailure.PROTOCOL)
                raise ChildUnavailable(ChildFailure.PROTOCOL, str(error)) from None
            finally:
                talk.busy -= 1
                self._after_exchange(talk)
        finally:
            if lock is not None:
                lock.release()

    def _after_exchange(self, talk: Conversation) -> None:
        if self.state is ChildState.CLOSED or talk.busy:
            return
        if talk is not self._talk:  # its successor has taken over, whatever has become of that one since
            self._tasks.spawn(self._end(talk))
        elif self._replacing is None and self._is_large(talk):
            self._replacing = self._tasks.spawn(self._replace(talk))

    # -- the life of the process

    async def _start(self) -> None:
        self.state = ChildState.STARTING
        try:
            talk = await self._open()
        except ChildUnavailable as error:
            if self.state is ChildState.STARTING:
                self._count(error.failure)
            raise
        finally:
            self._starting = None
        if self.state is ChildState.STARTING:  # and not closed meanwhile
            self._talk = talk
            self.state = ChildState.READY
            self._since = _now()

    async def _open(self) -> Conversation:
        """A process of its own that has been greeted. Raises ChildUnavailable, and then leaves none."""
        talk = None
        try:
            async with asyncio.timeout(self._pace.start):
                process = await child_process.spawn(self.spec, await self._place())
                talk = _TALKS[self.spec.dialect](self.spec, process, self._max_open)
                self._living.add(talk)
                self._tasks.spawn(self._listen(talk))
                await talk.greet()
                if talk.ended is not None:  # right after its greeting
                    raise ChildUnavailable(talk.ended)
        except TimeoutError:  # which is an OSError as well
            await self._abandon(talk, ChildFailure.HUNG)
            raise ChildUnavailable(ChildFailure.HUNG, "while starting") from None
        except OSError as error:
            await self._abandon(talk, ChildFailure.MISSING)
            raise ChildUnavailable(ChildFailure.MISSING, error.strerror or type(error).__name__) from None
        except ProtocolError as error:
            await self._abandon(talk, ChildFailure.PROTOCOL)
            raise ChildUnavailable(ChildFailure.PROTOCOL, str(error)) from None
        except ChildUnavailable as error:
            await self._abandon(talk, error.failure)
            raise
        return talk

    async def _place(self) -> Path:
        """The one folder that it is run in; another once that has been cleared away."""
        async with self._opening:
            if self._home is None or not self._home.is_there:
                self._home = await asyncio.to_thread(open_home, self._homes)
            return self._home.path

    async def _listen(self, talk: Conversation) -> None:
        await self._lose(talk, await talk.listen())

    async def _lose(self, talk: Conversation, failure: ChildFailure) -> None:
        """A child is of no use any more: counts it if it was the one that is asked, tells whoever waits, and ends it."""
        if talk is self._talk:
            self._talk = None
            if self.state is ChildState.READY:
                self._count(failure)
        await self._abandon(talk, failure)

    def _count(self, failure: ChildFailure) -> None:
        if self.state is ChildState.READY and _now() - self._since > self._pace.steady:
            self._failures = 0
        self._not_before = _now() + self._pace.back_off[min(self._failures, len(self._pace.back_off) - 1)]
        self._failures += 1
        self._last_failure = failure
        self.state = ChildState.BACKING_OFF

    async def _abandon(self, talk: Conversation | None, failure: ChildFailure) -> None:
        if talk is not None:
            talk.give_up(failure)
            await self._end(talk)

    async def _end_all(self) -> None:
        self._talk = None
        self._last_failure = ChildFailure.CLOSED
        await asyncio.gather(*(self._abandon(talk, ChildFailure.CLOSED) for talk in tuple(self._living)))

    async def _end(self, talk: Conversation) -> None:
        if talk in self._living:
            self._living.discard(talk)
            ending = asyncio.get_running_loop().create_task(child_process.end(talk.process))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            # Whoever is cancelled here leaves the ending to itself: `close` waits for it.
            await asyncio.shield(ending)

    # -- replacing one that has grown

    def _is_large(self, talk: Conversation) -> bool:
        most = self.spec.recycle_bytes
        return most is not None and (child_process.resident_bytes(talk.process.pid) or 0) > most

    async def _replace(self, old: Conversation) -> None:
        """Starts a successor beside a large child, and lets it take over; the old one ends with its last exchange.

        Nobody waits for it, and nothing fails by it: a successor that cannot be started leaves the old one in its place.
        """
        try:
            await asyncio.sleep(max(0.0, old.since + self._pace.recycle - _now()))
            if old is not self._talk or not self._is_large(old):
                return
            fresh = await self._open()
            if old is self._talk:
                self._talk = fresh
            else:  # lost meanwhile: whoever asks next starts another, after the back-off
                old = fresh
            if not old.busy:
                await self._end(old)
        except ChildUnavailable:
            old.since = _now()
        finally:
            self._replacing = None


def _now() -> float:
    return asyncio.get_running_loop().time()
