"""What `kireji stats` has to say, gathered from the store; how it is written down is others' business."""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kireji.base.audit import KEEP_ROWS, Audit, OutcomeRow
from kireji.base.clock import SystemClock
from kireji.base.figures import Figures, Group, Share, figures, group, grouped
from kireji.base.store import Store, StoreError, is_there
from kireji.base.types import Feedback
from kireji.base.usage import Used, cache_hits, used_since
from kireji.cli.main import CommandError
from kireji.cli.settings import load_settings

BY: Mapping[str, Callable[[OutcomeRow], str]] = MappingProxyType(
    {
        "day": lambda row: day_of(row.at),
        "language": lambda row: row.language or "any",
        "feature": lambda row: row.feature,
        "model": lambda row: row.model or row.provider,
    }
)


@dataclass(frozen=True, slots=True)
class Money:
    """What calls have cost and how much of their questions came from the service's cache, by the ledger. Dollars."""

    calls: int
    dollars: float
    hits: Share
    saved: float


@dataclass(frozen=True, slots=True)
class Period:
    """One stretch of time, up to now."""

    name: str
    requests: Group
    money: Money


@dataclass(frozen=True, slots=True)
class Stats:
    """All figures of the last days. `by` has one table for each key of BY; the days are in order and without gaps."""

    days: int
    figures: Figures
    money: Money
    periods: tuple[Period, ...]
    by: Mapping[str, Mapping[str, Group]]
    spent: Mapping[str, float]


def gathered(days: int) -> Stats:
    """The figures of the last days. Raises CommandError."""
    return asyncio.run(_gathered(days))


def day_of(at: float) -> str:
    """The day of a time, by the clock on the wall."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


async def _gathered(days: int) -> Stats:
    now = time.time()
    first = _first_day(now, max(days, 30))
    folder = load_settings({}).protected.state_dir
    rows: tuple[OutcomeRow, ...] = ()
    feedback: tuple[tuple[str, Feedback], ...] = ()
    used: tuple[Used, ...] = ()
    if is_there(folder):
        store = Store(folder)
        audit = Audit(store, SystemClock())
        try:
            rows, feedback = await audit.recent(KEEP_ROWS), await audit.recent_feedback(KEEP_ROWS)
            used = await store.run(lambda connection: used_since(connection, first))
        except StoreError as error:
            raise CommandError(str(error)) from None
        finally:
            await store.close()
    names = [_first_day(now, back) for back in range(days, 0, -1)]
    wanted = [row for row in rows if day_of(row.at) >= names[0]]
    by = {key: grouped(wanted, feedback, said) for key, said in BY.items()}
    empty = group((), ())
    by["day"] = {name: by["day"].get(name, empty) for name in names}
    spent = dict.fromkeys(names, 0.0)
    for one in used:
        if one.day in spent:
            spent[one.day] += one.nano / 1e9
    return Stats(
        days,
        figures(wanted, feedback),
        _money(one for one in used if one.day in spent),
        tuple(_period(name, back, now, rows, feedback, used) for name, back in _PERIODS),
        by,
        spent,
    )


_PERIODS = (("today", 1), ("7 days", 7), ("30 days", 30))


def _period(
    name: str,
    days: int,
    now: float,
    rows: Iterable[OutcomeRow],
    feedback: Iterable[tuple[str, Feedback]],
    used: Iterable[Used],
) -> Period:
    first = _first_day(now, days)
    part = [row for row in rows if day_of(row.at) >= first]
    return Period(name, group(part, feedback), _money(one for one in used if one.day >= first))


def _money(used: Iterable[Used]) -> Money:
    every = list(used)
    return Money(
        calls=sum(one.calls for one in every),
        dollars=sum(one.nano for one in every) / 1e9,
        hits=cache_hits(every),
        saved=sum(map(_saved, every)) / 1e9,
    )


def _saved(used: Used) -> int:
    from kireji.providers import costs, models

    row = models.row_of(used.model)
    return costs.saved(row, used.usage) if row is not None else 0


def _first_day(now: float, days: int) -> str:
    """The first of the last so many days, today being one of them."""
    return (datetime.date.fromtimestamp(now) - datetime.timedelta(days=days - 1)).isoformat()
