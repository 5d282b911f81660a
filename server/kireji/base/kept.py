"""What Kireji keeps on a machine, by name, and how it is removed. Follows no link and touches nothing it does not know.

To keep one more thing, add a row to `_OURS`. Asks nobody: whoever calls `remove` has asked.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from kireji.base.aside import is_aside
from kireji.base.index.names import is_ours as is_index
from kireji.base.store import FILE

# Every file of the state folder.
_OURS: Mapping[str, str] = MappingProxyType(
    {
        FILE: "what was spent, how requests ended, and what became of suggestions",
        f"{FILE}-wal": "the newest of it",
        f"{FILE}-shm": "an index into the newest of it",
        f"{FILE}-journal": "a change of it that was interrupted",
    }
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One file that is kept. `size` in bytes."""

    path: Path
    size: int
    what: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is in a folder: files of ours, and the names of everything else (ours too, where they are not plain files)."""

    folder: Path
    items: tuple[Kept, ...] = ()
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be removed, and the system's reason."""

    path: Path
    why: str


def kept_in(folder: Path) -> Inventory:
    """What a state folder holds; nothing where there is none. Raises OSError where it cannot be read or is a link."""
    if folder.is_symlink():
        raise OSError(0, "it is a link")
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        return Inventory(folder)
    found = [kept for entry in entries if (kept := plain_file(entry, _what(entry.name))) and kept.what]
    ours = {kept.path for kept in found}
    return Inventory(folder, tuple(found), tuple(entry.name for entry in entries if entry not in ours))


def _what(name: str) -> str:
    if is_aside(name, FILE):
        return "what was damaged, as it was found"
    return _OURS.get(name, "") or ("which names a workspace defines and uses" if is_index(name) else "")


def plain_file(path: Path, what: str) -> Kept | None:
    """The file, if it is one and no link; None otherwise. Raises OSError where that cannot be found out."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Kept(path, status.st_size, what) if stat.S_ISREG(status.st_mode) else None


def remove(items: tuple[Kept, ...]) -> tuple[Failure, ...]:
    """Removes the files, each whatever becomes of the others; one that is gone already is removed."""
    failures = []
    for item in items:
        try:
            item.path.unlink(missing_ok=True)
        except OSError as error:
            failures.append(Failure(item.path, error.strerror or type(error).__name__))
    return tuple(failures)


def remove_if_empty(folder: Path) -> Failure | None:
    """Removes a folder in which nothing is left; one that is gone, holds something or is a link stays as it is."""
    try:
        if folder.is_symlink() or not folder.is_dir() or any(folder.iterdir()):
            return None
        folder.rmdir()
    except OSError as error:
        return Failure(folder, error.strerror or type(error).__name__)
    return None
