"""The trail: whatever is done to its rows is found, what is old goes, and accepted text is known again without being kept."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.audit import Audit, OutcomeRow
from kireji.base.migrations import MIGRATIONS
from kireji.base.store import FILE, Store
from kireji.base.trail import COLUMNS, Entry, Shown, TrailOptions, append, line_marks
from kireji.base.trail_check import check, digests, entries, trace
from kireji.base.types import Feedback, Reason, Stage
from support.figures import report
from support.held_clock import HeldClock
from support.waiting import WATCHDOG

CORRUPTIONS = 200
DAY_MS = 86_400_000
TEXT = ("def quince(marzipan):", "    return marzipan * 2  # twice", "", "}")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        for step in MIGRATIONS:
            for statement in step:
                made.execute(statement)
        yield made


def fill(connection: sqlite3.Connection, count: int) -> None:
    for number in range(count):
        kind = ("request", "ACCEPTED")[number % 2]
        entry = Entry(1_000 * number, kind, f"r-{number}", f"r-{number}.1", "me", "hmac:1", "python", nano=number)
        append(connection, entry, TrailOptions())


def flip(rng: random.Random, value: object) -> object:
    """A value with one bit changed, of whichever type."""
    if isinstance(value, int):
        return value ^ (1 << rng.randrange(20))
    data = bytearray(str(value).encode())
    if not data:
        return " "
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data).decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape")


def corrupted_bit(rng: random.Random, connection: sqlite3.Connection) -> None:
    (identity,) = connection.execute("SELECT id FROM trail ORDER BY random() LIMIT 1").fetchone()
    column = rng.choice([*COLUMNS, "chain"])
    (value,) = connection.execute(f"SELECT {column} FROM trail WHERE id = ?", (identity,)).fetchone()
    changed = flip(rng, value)
    cast = "CAST(? AS TEXT)" if isinstance(changed, bytes) else "?"
    connection.execute(f"UPDATE trail SET {column} = {cast} WHERE id = ?", (changed, identity))


def deleted(rng: random.Random, connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM trail WHERE id = ?", (rng.randint(1, 40),))


def reordered(rng: random.Random, connection: sqlite3.Connection) -> None:
    one, other = rng.sample(range(1, 41), 2)
    for number, identity in ((-1, one), (one, other), (other, -1)):
        connection.execute("UPDATE trail SET id = ? WHERE id = ?", (number, identity))


def truncated(rng: random.Random, connection: sqlite3.Connection) -> None:
    which = rng.choice((">", "<"))
    connection.execute(f"DELETE FROM trail WHERE id {which} ?", (rng.randint(2, 39),))


def repeated(rng: random.Random, connection: sqlite3.Connection) -> None:
    columns = ", ".join((*COLUMNS, "chain"))
    query = f"INSERT INTO trail (id, {columns}) SELECT 41, {columns} FROM trail WHERE id = ?"
    connection.execute(query, (rng.randint(1, 40),))


HARM: tuple[Callable[[random.Random, sqlite3.Connection], None], ...] = (
    *(corrupted_bit, deleted, reordered, truncated, repeated),
)


def test_every_corruption_is_found(connection: sqlite3.Connection) -> None:
    fill(connection, 40)
    assert check(connection).faults == ()
    rng, found = random.Random(4), 0
    for number in range(CORRUPTIONS):
        connection.execute("BEGIN")
        before = connection.total_changes
        HARM[number % len(HARM)](rng, connection)
        assert connection.total_changes > before
        found += bool(check(connection).faults)
        connection.execute("ROLLBACK")
    assert check(connection).faults == ()
    report(f"audit: {found} of {CORRUPTIONS} corruptions found")
    assert found == CORRUPTIONS


@pytest.mark.parametrize(
    "harm", ["DELETE FROM trail", "DELETE FROM trail_head", "UPDATE trail_head SET last = last - 1"]
)
def test_a_trail_without_its_end_is_none(connection: sqlite3.Connection, harm: str) -> None:
    fill(connection, 3)
    connection.execute(harm)
    assert check(connection).faults


async def test_damage_to_the_file_is_found(tmp_path: Path) -> None:
    """One bit of what the file holds of a row: sqlite's own check looks at the structure, not at what is in it."""
    store, rng = Store(tmp_path), random.Random(5)
    await store.run(lambda connection: fill(connection, 60))
    assert await store.close(WATCHDOG)
    whole = (tmp_path / FILE).read_bytes()
    places = [at for at in range(len(whole)) if whole.startswith(b"hmac:1", at)]
    for _ in range(20):
        data = bytearray(whole)
        data[18:20] = b"\1\1"  # a database in memory has no log beside it
        data[rng.choice(places) + rng.randrange(6)] ^= 1 << rng.randrange(8)
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(bytes(data))
            assert check(connection).faults


def test_what_is_old_goes_and_the_rest_is_vouched_for(connection: sqlite3.Connection) -> None:
    fill(connection, 10)
    append(connection, Entry(10 * DAY_MS, "request"), TrailOptions(days=5))
    kept = list(entries(connection))
    assert [row["kind"] for row in kept] == ["pruned", "request"] and check(connection).faults == ()
    append(connection, Entry(17 * DAY_MS, "request"), TrailOptions(days=5))
    assert [row["id"] for row in entries(connection)] == [13, 14] and check(connection).faults == ()
    fill(connection, 3)
    connection.execute("DELETE FROM trail WHERE id = 13")
    assert check(connection).faults, "nothing vouches for what is missing now"


def test_what_is_missing_is_named(connection: sqlite3.Connection) -> None:
    fill(connection, 9)
    connection.execute("DELETE FROM trail WHERE id IN (1, 5, 6, 9)")
    said = " ".join(check(connection).faults)
    assert all(words in said for words in ("rows before 2", "rows 5 to 6 are missing", "the last row is 8, and was 9"))


def test_the_digests_are_there_to_be_compared(connection: sqlite3.Connection) -> None:
    fill(connection, 2)
    end = check(connection).end
    fill(connection, 2)
    assert end in digests(connection) and end != check(connection).end


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\n".join(TEXT), (2, 1, 2)),
        ("import this\n\n\n  def   quince(marzipan):\n# between\n\treturn marzipan * 2  # twice\n", (2, 4, 6)),
        ("    return marzipan * 2  # twice\ndef quince(marzipan):\n", None),
        ("def quince(marzipan):\n    return marzipan * 3\n", None),
        ("}\n", None),
        ("", None),
    ],
)
async def test_accepted_text_is_known_again(tmp_path: Path, text: str, found: tuple[int, int, int] | None) -> None:
    store = Store(tmp_path)
    audit = Audit(store, HeldClock(), TrailOptions())
    row = OutcomeRow("r-1", "inline completion", None, Stage.DELIVER, 1.0, "anthropic", about="r-1.1", model="a model")
    audit.record(row, Shown("/p/app.py", "digest", "1+2", TEXT, "\n".join(TEXT)))
    audit.record(replace(row, request="r-2", about="r-2.1"), Shown("/p/app.py", "digest", "1+2", TEXT))
    assert await store.run(lambda connection: trace(connection, "/p/app.py", text)) == [], "only shown so far"
    audit.feedback("r-1.1", Feedback.ACCEPTED)
    traced = await store.run(lambda connection: trace(connection, "/p/app.py", text))
    assert [(one.part, one.first_line, one.last_line) for one in traced] == ([found] if found else [])
    assert all((one.row["model"], one.row["version"], one.whole) == ("a model", "1+2", 2) for one in traced)
    elsewhere = await store.run(lambda connection: trace(connection, "/p/other.py", text))
    assert elsewhere == [], "two lines may stand anywhere"
    assert await store.close(WATCHDOG)
    data = (tmp_path / FILE).read_bytes()
    assert b"quince" not in data and b"app.py" not in data


async def test_names_and_text_are_written_only_where_that_is_wanted(tmp_path: Path) -> None:
    store = Store(tmp_path)
    audit = Audit(store, HeldClock(), TrailOptions(names=True, text=True))
    row = OutcomeRow("r-1", "inline completion", Reason.INVALID, Stage.GATES, 1.0, "local")
    audit.record(row, Shown("/p/app.py", "digest", "1+2", TEXT, "quince"))
    (kept,) = await store.run(lambda connection: list(entries(connection)))
    assert (kept["file"], kept["text"], kept["reason"]) == ("/p/app.py", "quince", "INVALID")
    assert await store.close(WATCHDOG)


async def test_without_it_nothing_is_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    audit = Audit(store, HeldClock())
    audit.record(OutcomeRow("r-1", "inline completion", None, Stage.DELIVER, 1.0, "local", about="r-1.1"), Shown("/p"))
    audit.feedback("r-1.1", Feedback.ACCEPTED)
    assert await store.run(lambda connection: list(entries(connection))) == []
    assert await store.run(check) == await store.run(check)
    assert await store.close(WATCHDOG)


def test_lines_that_say_nothing_have_no_mark() -> None:
    assert line_marks(b"salt", ["", "}", "  a,", "):", "pass"]) == line_marks(b"salt", ["  pass"])
    assert line_marks(b"salt", ["pass"]) != line_marks(b"other", ["pass"])
