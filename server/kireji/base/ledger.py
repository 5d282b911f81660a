"""Money: what a model call may cost is reserved before it is made, and what it did cost is settled after it.

The cap holds for one calendar day and for all servers together. A call is one row from its reservation on: reserving,
settling and giving up are changes of that row, so spending can neither be lost nor be counted twice. Amounts are whole
nano-dollars. The ledger knows no prices.

    LedgerError             nothing may be spent; .reason says what a person is told
     ├─ CapReached          the estimate does not fit under the day's cap
     └─ LedgerDown          the file cannot be used, so nobody knows what was spent
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from kireji.base.clock import Clock
from kireji.base.store import Store, StoreError
from kireji.base.types import Reason, Usage

if TYPE_CHECKING:
    from kireji.base.store import Connection

_log = logging.getLogger(__name__)

# A call ends long before this. A reservation that is older belongs to a process that has died.
STALE_SECONDS = 600.0
_RESERVED = "reserved"
# The outcome is spelled out, because sqlite takes the index of reserved calls only where it can read the condition.
_EXPIRE = "UPDATE calls SET outcome = 'expired' WHERE outcome = 'reserved' AND at < ?"


class LedgerError(Exception):
    """Nothing may be spent."""

    reason = Reason.LEDGER_DOWN


class CapReached(LedgerError):  # noqa: N818 - it is a state of the day, not a fault
    """The estimate does not fit under what is left of the day's cap."""

    reason = Reason.CAP_REACHED


class LedgerDown(LedgerError):  # noqa: N818 - named as the reason it stands for
    """The ledger cannot be written. The message is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class CallInfo:
    """Which call is paid for. Names only: nothing of its text."""

    request: str
    feature: str
    provider: str
    model: str


class Reservation:
    """What is known of a call while it runs. Leaving the `async with` block writes it down, however it is left."""

    def __init__(self) -> None:
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

    async def spent_today(self) -> int:
        """Nano-dollars settled since the day began, without running calls. Raises LedgerDown."""
        ...


def nano_dollars(dollars: float) -> int:
    """Dollars in whole nano-dollars."""
    return round(dollars * 1_000_000_000)


class SqliteLedger:
    """The ledger in the store that all servers of a user share. `cap_nano` is the most that one day may cost."""

    def __init__(self, store: Store, clock: Clock, cap_nano: int) -> None:
        self._store = store
        self._clock = clock
        self._cap_nano = cap_nano

    @asynccontextmanager
    async def reserve(self, call: CallInfo, estimate_nano: int) -> AsyncIterator[Reservation]:
        """See Ledger."""
        identity = secrets.token_hex(8)
        await self._enter(identity, call, estimate_nano)
        reservation = Reservation()
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

    async def spent_today(self) -> int:
        """See Ledger."""
        day = _day(self._clock.now())
        try:
            return await self._store.run(lambda connection: _sums(connection, day)[0])
        except StoreError as error:
            raise LedgerDown(str(error)) from error

    async def _enter(self, identity: str, call: CallInfo, estimate_nano: int) -> None:
        at = self._clock.now()
        row = (identity, at, _day(at), call.request[:64], call.feature, call.provider, call.model, _RESERVED)
        cap = self._cap_nano

        def work(connection: Connection) -> None:
            connection.execute(_EXPIRE, (at - STALE_SECONDS,))
            settled, reserved = _sums(connection, row[2])
            if settled + reserved + estimate_nano > cap:
                raise CapReached(_refusal(settled, reserved, estimate_nano, cap))
            connection.execute(
                "INSERT INTO calls (id, at, day, request, feature, provider, model, outcome, nano)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, estimate_nano),
            )

        try:
            entered = self._store.submit(work)
            try:
                await asyncio.wrap_future(entered)
            except asyncio.CancelledError:
                # Work in the store is done in order, so this finds the row if it was written after all. No call was
                # made.
                given_up = self._store.submit(lambda connection: _forget(connection, identity))
                given_up.add_done_callback(_report)
                raise
        except StoreError as error:
            raise LedgerDown(str(error)) from error

    async def _leave(self, identity: str, reservation: Reservation) -> None:
        """Settles. Once handed in, the settlement does not depend on this task, which may be cancelled at any time."""
        usage = reservation.usage
        figures = (usage.input, usage.output, usage.cache_write, usage.cache_read)

        def work(connection: Connection) -> None:
            connection.execute(
                "UPDATE calls SET outcome = ?, nano = ?, input = ?, output = ?, cache_write = ?, cache_read = ?"
                " WHERE id = ?",
                (reservation.outcome, reservation.cost_nano, *figures, identity),
            )

        try:
            settled = self._store.submit(work)
        except StoreError as error:
            _log.error("a model call could not be settled and counts as its estimate: %s", error)
            return
        done: Future[None] = Future()

        def finish(future: Future[None]) -> None:
            _report(future)
            done.set_result(None)

        settled.add_done_callback(finish)
        await asyncio.shield(asyncio.wrap_future(done))


def _sums(connection: Connection, day: str) -> tuple[int, int]:
    """Nano-dollars of a day: settled (or expired), and reserved."""
    row = connection.execute(
        "SELECT coalesce(sum(nano) FILTER (WHERE outcome != ?), 0), coalesce(sum(nano) FILTER (WHERE outcome = ?), 0)"
        " FROM calls WHERE day = ?",
        (_RESERVED, _RESERVED, day),
    ).fetchone()
    return int(row[0]), int(row[1])


def _forget(connection: Connection, identity: str) -> None:
    connection.execute("DELETE FROM calls WHERE id = ?", (identity,))


def _report(future: Future[None]) -> None:
    """The answer has been paid for and is good; only its row is not up to date, and counts as its estimate."""
    error = future.exception()
    if error is not None:
        _log.error("a model call could not be settled and counts as its estimate: %s", error)


def _refusal(settled: int, reserved: int, estimate: int, cap: int) -> str:
    spent, running, asked, limit = (f"${amount / 1e9:.4f}" for amount in (settled, reserved, estimate, cap))
    return f"{spent} spent today and {running} in running calls, {asked} asked for, the daily cap is {limit}"


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))
