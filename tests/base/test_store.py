"""The store: one thread, whole transactions, private files, and what it refuses to touch."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from kireji.base import store as store_module
from kireji.base.aside import kept_aside, set_aside
from kireji.base.migrations import MIGRATIONS
from kireji.base.store import FILE, Store, StoreError, in_use, is_there
from support.waiting import WATCHDOG

STEPS = (
    ("CREATE TABLE t (n INTEGER)",),
    ("ALTER TABLE t ADD COLUMN m INTEGER DEFAULT 7", "INSERT INTO t (n) VALUES (0)"),
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = Store(tmp_path / "state", STEPS)
    yield made
    assert await made.close(WATCHDOG)


def numbers(connection: sqlite3.Connection) -> list[int]:
    return [n for (n,) in connection.execute("SELECT n FROM t ORDER BY rowid")]


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def check_refused(folder: Path, *words: str, steps: tuple[tuple[str, ...], ...] = STEPS) -> None:
    """The store refuses, says why in one line that holds the words, and closes cleanly."""
    store = Store(folder, steps)
    with pytest.raises(StoreError) as caught:
        await store.run(lambda _: None)
    assert await store.close(WATCHDOG)
    assert "\n" not in str(caught.value) and all(word in str(caught.value) for word in (str(folder), *words))


async def test_work_is_one_transaction_in_one_thread_in_order(store: Store) -> None:
    threads: set[int] = set()

    def add(connection: sqlite3.Connection, n: int) -> None:
        threads.add(threading.get_ident())
        connection.execute("INSERT INTO t (n) VALUES (?)", (n,))
        if n % 2:
            raise LookupError(n)

    results = await asyncio.gather(
        *(store.run(lambda connection, n=n: add(connection, n)) for n in range(1, 7)),  # type: ignore[misc]
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [LookupError, type(None)] * 3
    assert await store.run(numbers) == [0, 2, 4, 6]
    assert len(threads) == 1 and threading.get_ident() not in threads


async def test_the_loop_goes_on_while_the_store_works(store: Store) -> None:
    released = threading.Event()
    running = asyncio.ensure_future(store.run(lambda _: released.wait(30)))
    await asyncio.sleep(0)  # the loop turns while the worker waits for this very task
    released.set()
    assert await running is True


async def test_cancelling_forgets_work_that_has_not_begun(store: Store) -> None:
    released = threading.Event()
    blocking = store.submit(lambda _: released.wait(30))
    waiting = asyncio.ensure_future(store.run(lambda connection: connection.execute("INSERT INTO t (n) VALUES (9)")))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    released.set()
    assert blocking.result(30) is True
    assert await store.run(numbers) == [0]


async def test_closing_finishes_what_was_handed_in(tmp_path: Path) -> None:
    store = Store(tmp_path, STEPS)
    for n in range(50):
        store.submit(lambda connection, n=n: connection.execute("INSERT INTO t (n) VALUES (?)", (n,)))  # type: ignore[misc]
    assert await store.close(WATCHDOG)
    assert await store.close(WATCHDOG)
    with pytest.raises(StoreError, match="closed"):
        await store.run(numbers)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert len(numbers(connection)) == 51
    assert listed(tmp_path) == [FILE], "side files are cleared away"


async def test_closing_is_bounded(tmp_path: Path) -> None:
    store, released = Store(tmp_path, STEPS), threading.Event()
    stuck = store.submit(lambda _: released.wait(30))
    assert await store.close(0.01) is False
    released.set()
    assert stuck.result(30) is True
    assert await store.close(WATCHDOG)


async def test_nothing_happens_before_the_first_use(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    assert await store.close(WATCHDOG)
    assert listed(tmp_path) == []


def test_sqlite_is_not_imported_before_the_first_use() -> None:
    code = (
        "import sys; import kireji.base.ledger, kireji.base.audit; from kireji.base.store import Store; Store('x');"
        "print('sqlite3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
async def test_files_are_private(tmp_path: Path) -> None:
    folder, loose = tmp_path / "made" / "state", tmp_path / "loose"
    loose.mkdir(mode=0o755)
    (loose / FILE).touch(mode=0o644)
    (loose / FILE).chmod(0o644)
    before = os.umask(0)
    try:
        for place in (folder, loose):
            store = Store(place)
            await store.run(lambda c: c.execute("SELECT count(*) FROM calls").fetchone())
            modes = {name: (place / name).stat().st_mode & 0o777 for name in listed(place)}
            assert place.stat().st_mode & 0o777 == 0o700 and set(modes.values()) == {0o600}, modes
            assert len(modes) > 1, "the side files of an open store are looked at too"
            assert await store.close(WATCHDOG)
    finally:
        os.umask(before)


async def test_migrations_are_appended(tmp_path: Path) -> None:
    for steps, columns in ((STEPS[:1], 1), (STEPS, 2), (STEPS, 2)):
        store = Store(tmp_path, steps)
        assert len(await store.run(lambda c: c.execute("PRAGMA table_info(t)").fetchall())) == columns
        assert await store.close(WATCHDOG)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert numbers(connection) == [0] and connection.execute("PRAGMA user_version").fetchone() == (2,)


async def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    await check_refused(tmp_path, steps=(*STEPS, ("CREATE TABLE u (n)", "no sql")))
    store = Store(tmp_path, STEPS)
    assert await store.run(numbers) == [0]
    assert await store.close(WATCHDOG)


async def test_a_newer_schema_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    newer = Store(tmp_path, (*STEPS, ("CREATE TABLE u (n)",)))
    await newer.run(numbers)
    assert await newer.close(WATCHDOG)
    before = (tmp_path / FILE).read_bytes()
    await check_refused(tmp_path, "newer", "update")
    assert (tmp_path / FILE).read_bytes() == before


async def test_someone_elses_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("CREATE TABLE theirs (n)")
    before = (tmp_path / FILE).read_bytes()
    await check_refused(tmp_path, "not Kireji's")
    assert (tmp_path / FILE).read_bytes() == before


@pytest.mark.parametrize("where", [0, 4_096 + 8, -2_048], ids=["header", "table", "end"])
async def test_a_damaged_file_is_set_aside_and_nothing_new_begun_until_a_person_has_taken_it(
    tmp_path: Path, where: int
) -> None:
    store = Store(tmp_path, STEPS)
    await store.run(lambda c: c.executemany("INSERT INTO t (n) VALUES (?)", ((n,) for n in range(20_000))))
    assert await store.close(WATCHDOG)
    data = bytearray((tmp_path / FILE).read_bytes())
    start = where % len(data)
    data[start : start + 1_024] = b"\xa5" * 1_024
    (tmp_path / FILE).write_bytes(data)
    assert is_there(tmp_path)
    for _ in range(2):
        await check_refused(tmp_path, "damaged", "set aside as", "move that file")
        (kept,) = tmp_path.iterdir()
        assert kept.name.startswith(f"{FILE}.damaged-") and kept.read_bytes() == bytes(data)
        assert is_there(tmp_path)
    kept.unlink()
    assert not is_there(tmp_path)
    begun = Store(tmp_path, STEPS)
    assert await begun.run(numbers) == [0]
    assert await begun.close(WATCHDOG)


async def test_who_begins_anew_while_another_sets_a_store_aside_is_refused_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_bytes(b"no database " * 500)
    real = kept_aside

    def first_look(path: Path) -> Path | None:
        """The other one is quicker, from when this one has looked."""
        found = real(path)
        if path.exists() and found is None:
            set_aside(path)
        return found

    monkeypatch.setattr(store_module, "kept_aside", first_look)
    await check_refused(tmp_path, "set aside as", "move that file")


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file that is open keeps its name")
async def test_who_has_the_damaged_file_open_goes_on_counting_in_it(tmp_path: Path) -> None:
    older = Store(tmp_path, STEPS)
    await older.run(lambda c: c.execute("INSERT INTO t (n) VALUES (1)"))
    kept = set_aside(tmp_path / FILE)
    await check_refused(tmp_path, "set aside as")
    await older.run(lambda c: c.execute("INSERT INTO t (n) VALUES (2)"))
    assert await older.run(numbers) == [0, 1, 2]
    assert await older.close(WATCHDOG)
    with closing(sqlite3.connect(kept)) as connection:
        assert numbers(connection) == [0, 1, 2]


async def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    await check_refused(tmp_path / "file", "KIREJI_STATE")
    await check_refused(tmp_path / "file" / "state", "KIREJI_STATE")
    (tmp_path / "state" / FILE).mkdir(parents=True)
    await check_refused(tmp_path / "state", "KIREJI_STATE")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a folder away")
async def test_another_users_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 12_345, -1)
    await check_refused(folder, "belongs to another user")
    (tmp_path / "link").symlink_to(folder)
    await check_refused(tmp_path / "link", "belongs to another user")
    assert listed(folder) == []


async def test_a_repaired_place_is_used_without_a_restart(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    store = Store(tmp_path / "state", STEPS)
    with pytest.raises(StoreError):
        await store.run(numbers)
    (tmp_path / "state").unlink()
    assert await store.run(numbers) == [0]
    assert await store.close(WATCHDOG)


async def test_a_full_disk_is_named_and_takes_nothing_half(store: Store) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t (n) VALUES (1)")
        connection.execute("INSERT INTO t (n, m) VALUES (2, zeroblob(10000000))")

    (pages,) = await store.run(lambda c: c.execute("PRAGMA max_page_count = 10").fetchone())
    assert pages == 10
    with pytest.raises(StoreError, match="full"):
        await store.run(fill)
    assert await store.run(numbers) == [0]


async def test_a_transaction_that_sqlite_took_back_fails_with_its_own_cause(store: Store) -> None:
    def clash(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE UNIQUE INDEX one ON t (n)")
        connection.execute("INSERT OR ROLLBACK INTO t (n) VALUES (0)")

    with pytest.raises(StoreError, match="IntegrityError"):
        await store.run(clash)
    await store.run(lambda connection: connection.execute("INSERT INTO t (n) VALUES (0)"))
    assert await store.run(numbers) == [0, 0]


async def test_work_that_has_only_read_keeps_other_writers_out(store: Store) -> None:
    """Otherwise two servers could both find room under the cap, or one would be turned away when it comes to write."""

    def read(connection: sqlite3.Connection) -> int | None:
        numbers(connection)
        with (
            closing(sqlite3.connect(store.path, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError) as caught,
        ):
            other.execute("INSERT INTO t (n) VALUES (1)")
        return caught.value.sqlite_errorcode

    assert await store.run(read) == sqlite3.SQLITE_BUSY


async def test_two_stores_share_a_file(tmp_path: Path) -> None:
    def increase(connection: sqlite3.Connection) -> None:
        (highest,) = connection.execute("SELECT max(n) FROM t").fetchone()
        connection.execute("INSERT INTO t (n) VALUES (?)", (highest + 1,))

    stores = [Store(tmp_path, STEPS) for _ in range(2)]
    await asyncio.gather(*(store.run(increase) for _ in range(50) for store in stores))
    assert await stores[0].run(numbers) == list(range(101))
    assert [await store.close(WATCHDOG) for store in stores] == [True, True]


def test_released_migrations_are_never_edited() -> None:
    """When this fails, append a step to MIGRATIONS instead of changing one, and add its checksum here."""
    sums = [hashlib.sha256(repr(step).encode()).hexdigest()[:12] for step in MIGRATIONS]
    assert sums == ["20060ebebebc", "493f3736f387", "6e5a7e0c299c", "42fd289bf96d", "33991226deb8", "7e2d0922b540"]


async def test_who_looks_while_the_file_is_opened_does_not_hide_the_server(tmp_path: Path) -> None:
    hidden = 0
    for number in range(20):
        folder, opened = tmp_path / str(number), threading.Event()

        def look(folder: Path = folder, opened: threading.Event = opened) -> None:
            while not opened.is_set():
                in_use(folder)

        lookers = [threading.Thread(target=look) for _ in range(2)]
        for looker in lookers:
            looker.start()
        kept = Store(folder)
        await kept.run(lambda connection: None)
        opened.set()
        for looker in lookers:
            await asyncio.to_thread(looker.join)
        hidden += not in_use(folder)
        assert await kept.close(WATCHDOG)
        assert not in_use(folder)
    assert hidden == 0
