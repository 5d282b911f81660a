"""What the calls of the last days have used and cost, by day, model and feature, as the ledger has them. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kireji.base.figures import Share
from kireji.base.types import Usage

if TYPE_CHECKING:
    from kireji.base.store import Connection


@dataclass(frozen=True, slots=True)
class Used:
    """The calls of one day, model and feature together. `nano` is nano-dollars, running calls at what they may cost."""

    day: str
    model: str
    feature: str
    calls: int
    nano: int
    usage: Usage


def used_since(connection: Connection, day: str) -> tuple[Used, ...]:
    """All calls from a day on, `2026-05-04`, in the order of the days."""
    rows = connection.execute(
        "SELECT day, model, feature, count(*), sum(nano), sum(input), sum(output), sum(cache_write), sum(cache_read)"
        " FROM calls WHERE day >= ? GROUP BY day, model, feature ORDER BY day, model, feature",
        (day,),
    ).fetchall()
    return tuple(
        Used(date, model, feature, calls, nano, Usage(*tokens)) for date, model, feature, calls, nano, *tokens in rows
    )


def cache_hits(used: Iterable[Used]) -> Share:
    """The tokens that were read from the service's cache, of all that went into questions."""
    every = [one.usage for one in used]
    read = sum(usage.cache_read for usage in every)
    return Share(read, read + sum(usage.input + usage.cache_write for usage in every))
