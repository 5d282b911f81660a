"""A private, empty folder for a child to run in, and the sweeping of folders whose owner was killed. Starts nothing.

Each folder holds a lock, which the system releases when its owner ends in whatever way; who can take the lock of another's
folder knows that nobody needs it any more. A process id would not do: it is used again, and means nothing in a container.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
import weakref
from pathlib import Path

_PREFIX = "kireji-"
_LOCK = "lock"
_HOME = "home"
_ATTEMPTS = 3


class Home:
    """One folder, `path`, until `close`, the end of the object or the end of the process. May be closed twice."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.path = folder / _HOME
        self.path.mkdir(mode=0o700)
        self._finalizer = weakref.finalize(self, _remove, folder, lock)

    @property
    def is_there(self) -> bool:
        """Whether it still stands, and is ours: machines clear their temporary folders, and a server may live for weeks."""
        try:
            return _is_ours(self.path.parent) and _is_ours(self.path)
        except OSError:
            return False

    def close(self) -> None:
        """Removes the folder and whatever the child has left in it."""
        self._finalizer()


def open_home(parent: Path | None = None) -> Home:
    """A new folder below `parent` (by default the temporary directory); sweeps there first. Blocks. Raises OSError."""
    place = parent if parent is not None else Path(tempfile.gettempdir())
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(place)
    for _ in range(_ATTEMPTS):
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        # Another's sweep may have come between the making and the locking: then the folder is theirs to remove.
        if _take(lock):
            with contextlib.suppress(FileNotFoundError):
                return Home(folder, lock)
        os.close(lock)
    raise OSError(f"no folder of its own for a child in {place}")


def sweep(place: Path) -> None:
    """Removes the folders in `place` whose owner is gone. What cannot be opened or removed is left for another time."""
    for folder in place.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if not _is_ours(folder):
                continue
            lock = os.open(folder / _LOCK, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
            if _take(lock):
                _remove(folder, lock)
            else:
                os.close(lock)


def _is_ours(folder: Path) -> bool:
    """Whether it is a real folder of this user's: the temporary directory is everyone's."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and (sys.platform == "win32" or found.st_uid == os.getuid())


def _take(lock: int) -> bool:
    try:
        if sys.platform == "win32":  # untested
            import msvcrt

            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove(folder: Path, lock: int) -> None:
    """Removes a folder whose lock we hold. The lock's file goes last but one, so that half a removal can be taken up again, also
    where somebody was still writing there."""
    home = folder / _HOME
    shutil.rmtree(home, ignore_errors=True)
    if sys.platform == "win32":  # untested: an open file cannot be removed there
        os.close(lock)
    if not home.exists():
        with contextlib.suppress(OSError):
            (folder / _LOCK).unlink()
            folder.rmdir()
    if sys.platform != "win32":
        os.close(lock)
