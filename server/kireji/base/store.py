"""One sqlite file in the user's state folder, and the one thread that touches it.

The file is shared by every running server; what is written in it is the business of `ledger.py` and `audit.py`. Nothing
of sqlite is imported and nothing is created before the first use. A damaged file is set aside (`aside.py`) and no new one is
begun in its place; one of a newer Kireji, or of somebody else, is left as it is: its owner may be using it.

    StoreError      the file cannot be used; the message is one line that says why and what to do
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from kireji.base.aside import kept_aside, set_aside
from kireji.base.migrations import MIGRATIONS, Migration

if TYPE_CHECKING:
    from sqlite3 import Connection as Connection

T = TypeVar("T")

FILE = "kireji.sqlite3"
# How long one server waits for the others. Eight of them charging at full speed make each other wait 1.5 seconds.
BUSY_SECONDS = 5.0
# How often, and how far apart, a server tries to switch the file to write-ahead logging.
_SWITCHING_TRIES, _SWITCHING_SECONDS = 40, 0.025


class StoreError(Exception):
    """The store cannot be used."""


class Store:
    """A sqlite file with a worker thread. Work is done in the order in which it was handed in, each in one transaction.

    A store that could not be opened is tried again at the next use, so that a repaired disk needs no restart.
    """

    def __init__(self, folder: str | Path, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
        self._folder = Path(folder)
        self._migrations = migrations
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()
        self._closed = False
        self._connection: Connection | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self._folder / FILE

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Hands in work, which is then done even if nobody waits for it.

        The future fails with StoreError, or with what the work raised, after a rollback. Raises StoreError if closed.
        """
        future: Future[T] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = self._transact(work)
            except Exception as error:  # noqa: BLE001 - handed to whoever waits
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._guard:
            if self._closed:
                raise StoreError("the store is closed")
            if self._thread is None:
                # A daemon, so that a process whose editor has died is not kept alive by a slow disk. What is lost then
                # is a settlement at worst, and an unsettled reservation counts as spent.
                self._thread = threading.Thread(target=self._serve, name="kireji-store", daemon=True)
                self._thread.start()
            self._queue.put(job)
        return future

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Does work in a transaction and gives its result. Cancelling forgets work that has not begun."""
        return await asyncio.wrap_future(self.submit(work))

    async def close(self, seconds: float = 2.0) -> bool:
        """Finishes what was handed in and closes the file. False if that took longer than `seconds`."""
        with self._guard:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
            thread = self._thread
        if thread is None:
            return True
        await asyncio.to_thread(thread.join, seconds)
        return not thread.is_alive()

    # From here on: in the worker thread only.

    def _serve(self) -> None:
        while (job := self._queue.get()) is not None:
            job()
        self._drop()

    def _transact(self, work: Callable[[Connection], T]) -> T:
        import sqlite3

        try:
            connection = self._connection = self._connection or _open(self._folder, self.path, self._migrations)
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
            except BaseException:
                if connection.in_transaction:  # a full disk has taken it back already
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            # A connection that has failed is not used again; closing it takes back what was not committed.
            self._drop()
            raise StoreError(_explained(error, self.path)) from error
        return result

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def is_there(folder: str | Path) -> bool:
    """Whether there is a store to open, or was until it was set aside. To look makes none."""
    path = Path(folder) / FILE
    try:
        return os.path.lexists(path) or kept_aside(path) is not None
    except OSError:  # opening it says why
        return True


def in_use(folder: str | Path) -> bool:
    """Whether somebody has the file open at this moment, as a server has from its first request to its end.

    False also where that cannot be known: no such file, no database, or a file system without write-ahead logging.
    """
    import sqlite3

    path = Path(folder) / FILE
    if path.is_symlink() or not path.is_file():
        return False
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=0.0, isolation_level=None)
    try:
        # In write-ahead mode every open connection holds a shared lock for as long as it lives; this asks to be alone.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        return _code(error) in (_BUSY, _LOCKED)
    finally:
        connection.close()
    return False


def _open(folder: Path, path: Path, migrations: tuple[Migration, ...]) -> Connection:
    import sqlite3

    _private_folder(folder)
    _refuse_while_aside(path)
    # Created here, because sqlite would create it readable for others; its side files take the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if os.name == "posix":
        path.chmod(0o600)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        _migrate(connection, path, migrations)
        _write_ahead(connection)
        # Another server may have set the file aside in between, and this be a new one.
        _refuse_while_aside(path)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error) and _code(error) in (_CORRUPT, _NOTADB):
            set_aside(path)
            _refuse_while_aside(path)
        raise
    return connection


def _refuse_while_aside(path: Path) -> None:
    """Nobody can say what was spent while the store that knew it is aside; what is found there is left to a person."""
    if (kept := kept_aside(path)) is not None:
        raise StoreError(_ASIDE.format(path=path, kept=kept.name))


def _private_folder(folder: Path) -> None:
    """Makes the folder, for this user only. On Windows (untested) user folders are private without modes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix":
        state = folder.stat()
        if state.st_uid != os.geteuid():
            raise StoreError(f"the state folder {folder} belongs to another user; set KIREJI_STATE to one of your own")
        if state.st_mode & 0o077:
            folder.chmod(0o700)


def _migrate(connection: Connection, path: Path, migrations: tuple[Migration, ...]) -> None:
    """Brings the schema up to date, in one transaction, so that several servers may start at once."""
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version > len(migrations):
        raise StoreError(
            f"{path} was written by a newer Kireji (schema {version}, this one knows {len(migrations)}); update Kireji"
        )
    if version == 0 and tables:
        raise StoreError(f"{path} is not Kireji's; move it away, or set KIREJI_STATE to another folder")
    (damage,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if damage != "ok":
        raise _corrupt(damage)
    for number, statements in enumerate(migrations[version:], version + 1):
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    connection.execute("COMMIT")


def _write_ahead(connection: Connection) -> None:
    """Write-ahead logging: a commit costs one flush to disk. Set once the schema has been judged, since it writes.

    Only who is alone for a moment can switch the file, and sqlite does not wait for that moment. Who is in the way may be
    another server, which switches it, or somebody who only looks (`in_use`), and then nobody would: so it is tried again.
    A file system that cannot do it keeps the rollback journal, which is as safe.
    """
    import sqlite3

    connection.execute("PRAGMA synchronous = FULL")
    for _ in range(_SWITCHING_TRIES):
        try:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            if mode != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _code(error) not in (_BUSY, _LOCKED):
                raise
            time.sleep(_SWITCHING_SECONDS)
        else:
            return


# Result codes of sqlite (sqlite.org/rescode.html); written out, because the module is not imported before it is used.
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 26
_LOCKED_TEXT = "{path} is locked by another program; close the one that holds it"
_DAMAGED = "{path} is damaged; the next request sets it aside"
_ASIDE = (
    "{path} was damaged and is set aside as {kept}, so what was spent is not known; move that file out of the folder or delete"
    " it, and a new one is begun (today's and this month's count of spending start again at 0)"
)
_REASONS = MappingProxyType(
    {
        _BUSY: _LOCKED_TEXT,
        _LOCKED: _LOCKED_TEXT,
        _READONLY: "{path} cannot be written; make it writable, or set KIREJI_STATE to another folder",
        _IOERR: "{path} cannot be read or written; check the disk",
        _CORRUPT: _DAMAGED,
        _FULL: "the disk that holds {path} is full; make room on it",
        _CANTOPEN: "{path} cannot be opened; make it writable, or set KIREJI_STATE to another folder",
        _NOTADB: _DAMAGED,
    }
)


def _corrupt(damage: str) -> Exception:
    """What sqlite raises itself where it comes upon the damage while it works."""
    import sqlite3

    error = sqlite3.DatabaseError(damage)
    error.sqlite_errorcode = _CORRUPT
    return error


def _code(error: BaseException) -> int:
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _explained(error: Exception, path: Path) -> str:
    if isinstance(error, OSError):
        return f"{path} cannot be used ({error.strerror}); make it writable, or set KIREJI_STATE to another folder"
    return _REASONS.get(_code(error), "{path} cannot be used ({kind})").format(path=path, kind=type(error).__name__)
