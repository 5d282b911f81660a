"""What was asked, how it ended, and what became of what was shown, in the shared store. Holds no source text."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kireji.base.clock import Clock
from kireji.base.store import Store, StoreError
from kireji.base.types import Feedback, Reason, Stage

if TYPE_CHECKING:
    from kireji.base.store import Connection

_log = logging.getLogger(__name__)

KEEP_ROWS = 10_000
_OFFERED = "offered"


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """How one request ended. `reason` is None for a suggestion that was offered; `ms` is from arrival to answer."""

    request: str
    feature: str
    reason: Reason | None
    stage: Stage
    ms: float
    provider: str


class Audit:
    """The outcomes in the store; the newest KEEP_ROWS are kept."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._failing = False

    def record(self, row: OutcomeRow) -> None:
        """Hands the row in and returns at once, so that it fits in a `finally`. A store that is down is logged once."""
        reason = _OFFERED if row.reason is None else row.reason.name
        values = (self._clock.now(), row.request[:64], row.feature, reason, row.stage.name, row.ms, row.provider)

        def work(connection: Connection) -> None:
            added = connection.execute(
                "INSERT INTO outcomes (at, request, feature, reason, stage, ms, provider) VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            ).lastrowid
            connection.execute("DELETE FROM outcomes WHERE id <= ?", ((added or 0) - KEEP_ROWS,))

        self._submit(work)

    def feedback(self, about: str, what: Feedback) -> None:
        """Hands in what became of the suggestion with the id `about`, and returns at once."""
        values = (self._clock.now(), about[:64], what.name)

        def work(connection: Connection) -> None:
            added = connection.execute("INSERT INTO feedback (at, about, what) VALUES (?, ?, ?)", values).lastrowid
            connection.execute("DELETE FROM feedback WHERE id <= ?", ((added or 0) - KEEP_ROWS,))

        self._submit(work)

    async def recent_feedback(self, count: int) -> tuple[tuple[str, Feedback], ...]:
        """What became of the newest suggestions, newest first, by id. Raises StoreError."""

        def work(connection: Connection) -> list[tuple[str, str]]:
            query = "SELECT about, what FROM feedback ORDER BY id DESC LIMIT ?"
            return connection.execute(query, (count,)).fetchall()

        return tuple((about, Feedback[what]) for about, what in await self._store.run(work))

    async def recent(self, count: int) -> tuple[OutcomeRow, ...]:
        """The newest rows, newest first. Raises StoreError."""

        def work(connection: Connection) -> list[tuple[str, str, str, str, float, str]]:
            return connection.execute(
                "SELECT request, feature, reason, stage, ms, provider FROM outcomes ORDER BY id DESC LIMIT ?", (count,)
            ).fetchall()

        return tuple(
            OutcomeRow(request, feature, None if reason == _OFFERED else Reason[reason], Stage[stage], ms, provider)
            for request, feature, reason, stage, ms, provider in await self._store.run(work)
        )

    def _submit(self, work: Callable[[Connection], None]) -> None:
        try:
            self._store.submit(work).add_done_callback(self._report)
        except StoreError as error:
            self._say_once(error)

    def _report(self, future: Future[None]) -> None:
        error = future.exception()
        if error is None:
            self._failing = False
        else:
            self._say_once(error)

    def _say_once(self, error: BaseException) -> None:
        if not self._failing:
            self._failing = True
            _log.warning("outcomes are not recorded: %s", error)
