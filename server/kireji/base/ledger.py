"""Money: what a model call may cost is reserved before it is made, and what it did cost is settled after it.

The caps hold for all servers together. A call is one row from its reservation on: reserving, settling and giving up are
changes of that row, so spending can neither be lost nor be counted twice. It belongs to the day, by the user's own clock,
on which it was reserved; what later days have cost counts as well, so that a clock that is set back opens no spent day
again. Amounts are whole nano-dollars. The ledger knows no prices; what follows from the sums is the business of `caps.py`.
Over 300 lines: all that changes the row of a call is one page.

    LedgerError             nothing may be spent; .reason says what a person is told
     ├─ CapReached          the estimate does not fit under a cap
     └─ LedgerDown          the file cannot be used, so nobody knows what was spent
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from kireji.base.caps import Caps, Refusal, Spending, refusal
from kireji.base.clock import Clock
from kireji.base.processes import is_alive, this_process
from kireji.base.store import Store, StoreError
from kireji.base.types import Reason, Usage

if TYPE_CHECKING:
    from kireji.base.store import Connection

T = TypeVar("T")

_log = logging.getLogger(__name__)

# A call ends long before this. A reservation that is older belongs to a process that has died, on whichever machine.
STALE_SECONDS = 600.0
_RESERVED = "reserved"
# The outcome is spelled out, because sqlite takes the index of reserved calls only where it can read the condition.
_RUNNING = "SELECT id, at, pid, started FROM calls WHERE outcome = 'reserved'"
# The plus keeps sqlite from going through all calls of the days instead.
_SUM_RUNNING = "SELECT coalesce(sum(nano), 0) FROM calls WHERE outcome = 'reserved' AND +day >= ?"


class LedgerError(Exception):
    """Nothing may be spent."""

    reason = Reason.LEDGER_DOWN


class CapReached(LedgerError):  # noqa: N818 - it is a state of the day, not a fault
    """The estimate does not fit under what is left of a cap."""

    def __init__(self, refused: Refusal) -> None:
        super().__init__(refused.detail)
        self.reason = refused.reason


class LedgerDown(LedgerError):  # noqa: N818 - named as the reason it stands for
    """The ledger cannot be written. The message is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class CallInfo:
    """Which call is paid for. Names only: nothing of its text.

    A request with parts has them numbered behind a dot: `a1-7.2` is paid for under the same cap as `a1-7`.
    """

    request: str
    feature: str
    provider: str
    model: str


class Reservation:
    """What is known of a call while it runs. Leaving the `async with` block writes it down, however it is left."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.usage = Usage()
        self.cost_nano = 0
        self.outcome = ""

    def note(self, usage: Usage, cost_nano: int) -> None:
        """What is owed so far, in total: it counts if the call ends early. Note the input once the request is sent."""
        self.usage, self.cost_nano = usage, max(0, cost_nano)

    def settle(self, usage: Usage, cost_nano: int, outcome: str) -> None:
        """What the call cost in the end."""
        self.note(usage, cost_nano)
        self.outcome = outcome


class Ledger(Protocol):
    """Where calls are paid."""

    def reserve(self, call: CallInfo, estimate_nano: int) -> AbstractAsyncContextManager[Reservation]:
        """`async with ledger.reserve(call, estimate) as reservation:`; the call is made inside.

        Raises CapReached or LedgerDown on the way in, and nothing of its own on the way out.
        """
        ...

    async def extend(self, reservation: Reservation, estimate_nano: int) -> None:
        """Reserves so much more for the same call, which has to be made again and may be billed twice.

        Raises CapReached or LedgerDown; what was reserved before stays so.
        """
        ...

    async def spending(self) -> Spending:
        """What was spent, and what may be. Raises LedgerDown."""
        ...

    async def news(self) -> tuple[str, ...]:
        """What a person has to be told about the caps, and none of their editors has told yet. Raises LedgerDown."""
        ...


class SqliteLedger:
    """The ledger in the store that all servers of a user share."""

    def __init__(self, store: Store, clock: Clock, caps: Caps) -> None:
        self._store = store
        self._clock = clock
        self._caps = caps

    @asynccontextmanager
    async def reserve(self, call: CallInfo, estimate_nano: int) -> AsyncIterator[Reservation]:
        """See Ledger."""
        identity = secrets.token_hex(8)
        await self._enter(identity, call, estimate_nano)
        reservation = Reservation(identity)
        try:
            yield reservation
        except asyncio.CancelledError:
            reservation.outcome = reservation.outcome or "cancelled"
            raise
        except BaseException:
            reservation.outcome = reservation.outcome or "failed"
            raise
        finally:
            reservation.outcome = reservation.outcome or "unsettled"
            await self._leave(identity, reservation)

    async def extend(self, reservation: Reservation, estimate_nano: int) -> None:
        """See Ledger."""
        day, caps, identity = _day(self._clock.now()), self._caps, reservation.identity

        def work(connection: Connection) -> Refusal | None:
            (request,) = connection.execute("SELECT max(request) FROM calls WHERE id = ?", (identity,)).fetchone()
            so_far = _of_request(connection, request or identity)
            refused = refusal(_spending(connection, day, caps), so_far, estimate_nano)
            if refused is None:
                more = "UPDATE calls SET nano = nano + ?, reserved = reserved + ? WHERE id = ?"
                connection.execute(more, (estimate_nano, estimate_nano, identity))
            return refused

        refused = await self._looked(work)
        if refused is not None:
            raise CapReached(refused)

    async def spending(self) -> Spending:
        """See Ledger."""
        at, caps = self._clock.now(), self._caps

        def work(connection: Connection) -> Spending:
            _recover(connection, at)
            return _spending(connection, _day(at), caps)

        return await self._looked(work)

    async def news(self) -> tuple[str, ...]:
        """See Ledger."""
        day = _day(self._clock.now())

        def work(connection: Connection) -> tuple[str, ...]:
            query = "SELECT text FROM notices WHERE day = ? AND NOT told ORDER BY text"
            found = tuple(text for (text,) in connection.execute(query, (day,)))
            connection.execute("UPDATE notices SET told = 1 WHERE day = ?", (day,))
            return found

        return await self._looked(work)

    async def _looked(self, work: Callable[[Connection], T]) -> T:
        try:
            return await self._store.run(work)
        except StoreError as error:
            raise LedgerDown(str(error)) from error

    async def _enter(self, identity: str, call: CallInfo, estimate_nano: int) -> None:
        at, caps = self._clock.now(), self._caps
        day, request = _day(at), call.request[:64]
        row = (identity, at, day, request, call.feature, call.provider, call.model, _RESERVED, *this_process())

        def work(connection: Connection) -> Refusal | None:
            _recover(connection, at)
            refused = refusal(_spending(connection, day, caps), _of_request(connection, request), estimate_nano)
            if refused is not None:
                _notice(connection, day, refused.notice)
                return refused
            connection.execute(
                "INSERT INTO calls (id, at, day, request, feature, provider, model, outcome, pid, started, nano, reserved)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, estimate_nano, estimate_nano),
            )
            return None

        try:
            entered = self._store.submit(work)
            try:
                refused = await asyncio.wrap_future(entered)
            except asyncio.CancelledError:
                self._give_up(identity)
                raise
        except StoreError as error:
            raise LedgerDown(str(error)) from error
        if refused is not None:
            raise CapReached(refused)

    def _give_up(self, identity: str) -> None:
        """No call was made. Work in the store is done in order, so this finds the row if it was written after all."""
        try:
            given_up = self._store.submit(lambda connection: _forget(connection, identity))
        except StoreError as error:
            _unsettled(error)
        else:
            given_up.add_done_callback(_report)

    async def _leave(self, identity: str, reservation: Reservation) -> None:
        """Settles. Once handed in, the settlement does not depend on this task, which may be cancelled at any time."""
        usage, day, caps = reservation.usage, _day(self._clock.now()), self._caps
        figures = (usage.input, usage.output, usage.cache_write, usage.cache_read)

        def work(connection: Connection) -> None:
            connection.execute(
                "UPDATE calls SET outcome = ?, nano = ?, input = ?, output = ?, cache_write = ?, cache_read = ?"
                " WHERE id = ?",
                (reservation.outcome, reservation.cost_nano, *figures, identity),
            )
            _notice(connection, day, _spending(connection, day, caps).warning)

        try:
            settled = self._store.submit(work)
        except StoreError as error:
            _unsettled(error)
            return
        done: Future[None] = Future()

        def finish(future: Future[None]) -> None:
            _report(future)
            done.set_result(None)

        settled.add_done_callback(finish)
        await asyncio.shield(asyncio.wrap_future(done))


def _spending(connection: Connection, day: str, caps: Caps) -> Spending:
    """The sums of a day and of its month, each with what lies behind it."""

    def since(first: str) -> tuple[int, int]:
        query = "SELECT coalesce(sum(nano), 0) FROM days WHERE day >= ?"
        (whole,) = connection.execute(query, (first,)).fetchone()
        (running,) = connection.execute(_SUM_RUNNING, (first,)).fetchone()
        return int(whole) - int(running), int(running)

    (today, today_running), (month, month_running) = since(day), since(f"{day[:7]}-01")
    return Spending(caps, today, month, today_running, month_running)


def _of_request(connection: Connection, request: str) -> int:
    """What a request and all its parts have cost, or may still cost."""
    whole = request.partition(".")[0]
    query = "SELECT coalesce(sum(nano), 0) FROM calls WHERE request = ? OR (request > ? AND request < ?)"
    # Of all names that begin with `a1-7.`, the last comes before `a1-7/`.
    (cost,) = connection.execute(query, (whole, f"{whole}.", f"{whole}/")).fetchone()
    return int(cost)


def _recover(connection: Connection, at: float) -> None:
    """Takes the reservations of the dead for spent, in full: what their calls have cost, nobody will ever say.

    One that was taken for dead and is not (a machine that was asleep, a process of another machine) settles as ever.
    """
    for identity, since, process, started in connection.execute(_RUNNING).fetchall():
        if since < at - STALE_SECONDS or (process and not is_alive(process, started)):
            connection.execute("UPDATE calls SET outcome = 'expired' WHERE id = ?", (identity,))


def _notice(connection: Connection, day: str, text: str) -> None:
    if text:
        connection.execute("DELETE FROM notices WHERE day < ?", (day,))
        connection.execute("INSERT OR IGNORE INTO notices (day, text) VALUES (?, ?)", (day, text))


def _forget(connection: Connection, identity: str) -> None:
    connection.execute("DELETE FROM calls WHERE id = ?", (identity,))


def _report(future: Future[None]) -> None:
    """The answer has been paid for and is good; only its row is not up to date, and counts as its estimate."""
    error = future.exception()
    if error is not None:
        _unsettled(error)


def _unsettled(error: BaseException) -> None:
    _log.error("a model call could not be settled and counts as its estimate: %s", error)


def _day(at: float) -> str:
    """The day by the clock on the user's wall, wherever that has been carried while this process runs."""
    if hasattr(time, "tzset"):  # Windows asks the system each time
        time.tzset()
    return time.strftime("%Y-%m-%d", time.localtime(at))
