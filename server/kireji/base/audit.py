"""What was asked, how it ended, and what became of what was shown, in the shared store. Holds no source text."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kireji.base.clock import Clock
from kireji.base.store import Store, StoreError
from kireji.base.trail import Entry, Kind, Shown, TrailOptions, append, hidden, line_marks, salt_of, user
from kireji.base.types import Feedback, GateState, Reason, Stage

if TYPE_CHECKING:
    from kireji.base.store import Connection

_log = logging.getLogger(__name__)

KEEP_ROWS = 10_000
_OFFERED = "offered"
_NOTHING = Shown()
_COLUMNS = (
    "at, request, feature, reason, stage, ms, provider, about, language, model, gates, repairs, reused, nano, output, spared,"
    " trouble"
)


@dataclass(frozen=True, slots=True)
class GateLine:
    """What one gate said, without a word of the text: codes, and where in the resulting text they apply (offsets)."""

    gate: str
    state: GateState
    ms: float
    findings: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """How one request ended. `reason` is None for a suggestion that was offered; `ms` is from arrival to answer.

    `at` is the clock's seconds when it was written. `about` is the suggestion's id. `nano` is the cost in nano-dollars,
    `output` and `spared` are tokens. `trouble` is why the local engine has answered in the model's stead.
    """

    request: str
    feature: str
    reason: Reason | None
    stage: Stage
    ms: float
    provider: str
    at: float = 0.0
    about: str = ""
    language: str = ""
    model: str = ""
    gates: tuple[GateLine, ...] = ()
    repairs: tuple[str, ...] = ()
    reused: bool = False
    nano: int = 0
    output: int = 0
    spared: int = 0
    trouble: Reason | None = None


class Audit:
    """The outcomes in the store; the newest KEEP_ROWS are kept. Listeners hear of each in the store's own thread."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        trail: TrailOptions | None = None,
        listeners: Sequence[Callable[[Connection, OutcomeRow], None]] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._trail = trail
        self._listeners = tuple(listeners)
        self._failing = False

    @property
    def kept(self) -> bool:
        """Whether a trail is kept that can be shown to others: then `record` wants to know what was shown."""
        return self._trail is not None

    def record(self, row: OutcomeRow, shown: Shown = _NOTHING) -> None:
        """Hands the row in and returns at once, so that it fits in a `finally`. A store that is down is logged once."""
        reason = _OFFERED if row.reason is None else row.reason.name
        gates = json.dumps([[g.gate, g.state.value, round(g.ms, 1), g.findings] for g in row.gates])
        at, trail = self._clock.now(), self._trail
        values = (
            *(at, row.request[:64], row.feature, reason, row.stage.name, row.ms, row.provider),
            *(row.about[:64], row.language[:64], row.model, gates, json.dumps(row.repairs), int(row.reused)),
            *(row.nano, row.output, row.spared, row.trouble.name if row.trouble else ""),
        )

        def work(connection: Connection) -> None:
            added = connection.execute(
                f"INSERT INTO outcomes ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608
                values,
            ).lastrowid
            connection.execute("DELETE FROM outcomes WHERE id <= ?", ((added or 0) - KEEP_ROWS,))
            if trail is not None:
                append(connection, _entry(connection, at, row, shown, trail), trail)
            for listener in self._listeners:
                listener(connection, replace(row, at=at))

        self._submit(work)

    def feedback(self, about: str, what: Feedback) -> None:
        """Hands in what became of the suggestion with the id `about`, and returns at once."""
        at, trail = self._clock.now(), self._trail
        values = (at, about[:64], what.name)

        def work(connection: Connection) -> None:
            added = connection.execute("INSERT INTO feedback (at, about, what) VALUES (?, ?, ?)", values).lastrowid
            connection.execute("DELETE FROM feedback WHERE id <= ?", ((added or 0) - KEEP_ROWS,))
            if trail is not None:
                append(connection, Entry(_ms(at), what.name, about=about[:64], user=user()), trail)

        self._submit(work)

    async def recent_feedback(self, count: int) -> tuple[tuple[str, Feedback], ...]:
        """What became of the newest suggestions, newest first, by id. Raises StoreError."""

        def work(connection: Connection) -> list[tuple[str, str]]:
            query = "SELECT about, what FROM feedback ORDER BY id DESC LIMIT ?"
            return connection.execute(query, (count,)).fetchall()

        return tuple((about, Feedback[what]) for about, what in await self._store.run(work))

    async def recent(self, count: int) -> tuple[OutcomeRow, ...]:
        """The newest rows, newest first. Raises StoreError."""

        def work(connection: Connection) -> list[tuple[Any, ...]]:
            return connection.execute(
                f"SELECT {_COLUMNS} FROM outcomes ORDER BY id DESC LIMIT ?",  # noqa: S608
                (count,),
            ).fetchall()

        return tuple(map(_row, await self._store.run(work)))

    async def last(self, seconds: float) -> tuple[tuple[OutcomeRow, ...], tuple[tuple[str, Feedback], ...]]:
        """The rows of the last seconds, without what gates said, and what became of suggestions. Raises StoreError."""
        since = self._clock.now() - seconds
        return await self._store.run(lambda connection: rows_since(connection, since))

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


def rows_since(connection: Connection, since: float) -> tuple[tuple[OutcomeRow, ...], tuple[tuple[str, Feedback], ...]]:
    """The rows from a time on, without what gates said, which takes longer to read than all else; and the feedback."""
    columns = _COLUMNS.replace("gates, repairs", "'[]', '[]'")
    rows = connection.execute(f"SELECT {columns} FROM outcomes WHERE at >= ? ORDER BY id DESC", (since,))  # noqa: S608
    outcomes = tuple(map(_row, rows.fetchall()))
    became = connection.execute("SELECT about, what FROM feedback WHERE at >= ?", (since,)).fetchall()
    return outcomes, tuple((about, Feedback[what]) for about, what in became)


def _entry(connection: Connection, at: float, row: OutcomeRow, shown: Shown, options: TrailOptions) -> Entry:
    """The row of the trail that says of a request who, what, and how it ended."""
    salt = salt_of(connection)
    return Entry(
        at=_ms(at),
        kind=Kind.REQUEST.value,
        request=row.request[:64],
        about=row.about[:64],
        user=user(),
        file=shown.path if options.names else hidden(salt, shown.path),
        language=row.language[:64],
        feature=row.feature,
        provider=row.provider,
        model=row.model,
        prompt=shown.prompt,
        version=shown.version,
        reason=_OFFERED if row.reason is None else row.reason.name,
        gates=json.dumps([[g.gate, g.state.value, sorted({code for code, *_ in g.findings})] for g in row.gates]),
        repairs=json.dumps(row.repairs),
        nano=row.nano,
        lines=json.dumps(line_marks(salt, shown.lines)),
        text=shown.text if options.text else "",
    )


def _ms(at: float) -> int:
    return round(at * 1000)


def _row(values: tuple[Any, ...]) -> OutcomeRow:
    at, request, feature, reason, stage, ms, provider, *rest = values
    about, language, model, gates, repairs, reused, nano, output, spared, trouble = rest
    lines = (
        GateLine(gate, GateState(state), elapsed, tuple((code, start, end) for code, start, end in findings))
        for gate, state, elapsed, findings in json.loads(gates)
    )
    return OutcomeRow(
        request,
        feature,
        None if reason == _OFFERED else Reason[reason],
        Stage[stage],
        ms,
        provider,
        at,
        about,
        language,
        model,
        tuple(lines),
        tuple(json.loads(repairs)),
        bool(reused),
        nano,
        output,
        spared,
        Reason[trouble] if trouble else None,
    )
