"""Reads the audit: is it whole, what is in it, and which of a text's lines came from a model. Changes nothing.

What is looked at may be damaged in any way, so every value is taken for whatever it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kireji.base.trail import COLUMNS, Kind, digest, hidden, line_marks, salt_of

if TYPE_CHECKING:
    from kireji.base.store import Connection

_MOST_FAULTS = 20
_NEARLY_ALL = 0.8
# So many lines found together tell a suggestion in whichever file they stand.
_ANYWHERE = 3
_TAKEN = ("ACCEPTED", "ACCEPTED_LINE", "ACCEPTED_WORD")
# What is shown before anyone has asked for it. Whatever else is offered, a person has chosen, and editors make the change then.
_UNASKED = ("inline completion", "completion", "ahead")


@dataclass(frozen=True, slots=True)
class Checked:
    """How many rows there are, from when to when (milliseconds), the last digest, and what is wrong, one line each."""

    rows: int
    first: int = 0
    last: int = 0
    end: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A suggestion that was accepted and stands in a text: its row, how many of its lines, and where (from 1)."""

    row: dict[str, Any]
    part: int
    whole: int
    first_line: int
    last_line: int


def check(connection: Connection) -> Checked:
    """Whether every row is what it was when it was written, and none is missing."""
    rows = _raw(connection)
    heads = connection.execute("SELECT last, chain FROM trail_head").fetchall()
    if len(heads) != 1:
        return Checked(len(rows), faults=("what vouches for the last row is gone",))
    last, end = heads[0]
    faults = list(_broken(rows, last, end))
    times = [row[1] for row in rows if isinstance(row[1], int)]
    return Checked(len(rows), min(times, default=0), max(times, default=0), str(end), tuple(faults[:_MOST_FAULTS]))


def digests(connection: Connection) -> frozenset[str]:
    """The digests of all rows."""
    return frozenset(str(chain) for *_, chain in _raw(connection))


def entries(connection: Connection, since: int = 0) -> Iterator[dict[str, Any]]:
    """The rows from a time on, in milliseconds, as they can be handed on; lists are lists again."""
    for identity, *values, chain in _raw(connection):
        row = {"id": identity, **dict(zip(COLUMNS, values, strict=True)), "chain": chain}
        if isinstance(row["at"], int) and row["at"] >= since:
            yield {
                name: _listed(value) if name in ("gates", "repairs", "lines") else value for name, value in row.items()
            }


def trace(connection: Connection, path: str, text: str) -> list[Found]:
    """Which accepted suggestions are still in a text, in the order of their places."""
    salt = salt_of(connection)
    names = {path, hidden(salt, path)}
    places: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for mark in line_marks(salt, [line]):
            places.setdefault(mark, []).append(number)
    rows = list(entries(connection))
    taken = {row["about"] for row in rows if row["kind"] in _TAKEN}
    found: dict[str, Found] = {}
    for row in rows:
        chosen = row["about"] in taken or (bool(row["about"]) and row["feature"] not in _UNASKED)
        if row["kind"] != Kind.REQUEST.value or not chosen or not isinstance(row["lines"], list):
            continue
        at = _in_order(row["lines"], places)
        enough = len(at) >= _NEARLY_ALL * len(row["lines"]) and bool(at)
        if enough and (row["file"] in names or len(at) >= _ANYWHERE):
            # One that was shown again has a row for each time.
            found.setdefault(row["about"], Found(row, len(at), len(row["lines"]), at[0], at[-1]))
    return sorted(found.values(), key=lambda one: (one.first_line, one.row["id"]))


def _raw(connection: Connection) -> list[Sequence[Any]]:
    # A damaged text need not be UTF-8; it is read all the same, and its digest then tells.
    kept, connection.text_factory = connection.text_factory, lambda data: data.decode("utf-8", "surrogateescape")
    try:
        return connection.execute(f"SELECT id, {', '.join(COLUMNS)}, chain FROM trail ORDER BY id").fetchall()  # noqa: S608
    finally:
        connection.text_factory = kept


def _broken(rows: Sequence[Sequence[Any]], last: object, end: object) -> Iterator[str]:
    pruned = {
        tuple(_listed(row[-2])) for row in rows if row[2] == Kind.PRUNED.value and isinstance(_listed(row[-2]), list)
    }
    before, identity = "", 0
    if rows and rows[0][0] != 1:
        # What came before was kept long enough, if a row says so.
        identity = rows[0][0] - 1
        before = next((chain for up_to, chain in (p for p in pruned if len(p) == 2) if up_to == identity), "")
        if not before:
            yield f"rows before {rows[0][0]} are missing"
    for number, *values, chain in rows:
        if number != identity + 1:
            yield f"rows {identity + 1} to {number - 1} are missing"
        if digest(before, number, values) != chain:
            yield f"row {number} is not what was written, or does not follow the row before"
        before, identity = chain, number
    if (identity, before) != (last, end):
        yield f"the end is missing: the last row is {identity}, and was {last}"


def _in_order(marks: Iterable[str], places: dict[str, list[int]]) -> list[int]:
    """Where the marks stand one below the other; those that do not are left out."""
    at: list[int] = []
    for mark in marks:
        line = next((n for n in places.get(mark, ()) if not at or n > at[-1]), None)
        if line is not None:
            at.append(line)
    return at


def _listed(value: object) -> Any:
    """A list that was written as JSON; the value itself where it is none."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
