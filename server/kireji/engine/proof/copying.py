"""A private copy of a workspace, in which changes are tried: the workspace itself is never written to. Runs nothing.

Left out are keys and credentials, version control, caches, and links that lead out. Folders of installed packages are not
copied but lent: they are shown read-only in their place.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from kireji.base.edit import apply
from kireji.base.files import never_read
from kireji.base.types import ChangeSet, Document

_LENT = frozenset({"node_modules", ".venv", "venv", "vendor"})
_TOOLS = """
.git .hg .svn .jj .tox .nox .mypy_cache .ruff_cache .pytest_cache .hypothesis .cache .idea .vscode __pycache__ target
.gradle .next .nuxt .turbo .parcel-cache .eggs .ipynb_checkpoints htmlcov
"""
_LEFT_OUT = frozenset(_TOOLS.split())
# Nobody reads them for context, but they hold no secret, and without them nothing can be built offline.
_LOCKED = """
cargo.lock package-lock.json npm-shrinkwrap.json pnpm-lock.yaml yarn.lock go.sum poetry.lock uv.lock pdm.lock
"""
_LOCKS = frozenset(_LOCKED.split())
_MOST_FILES = 20_000
_MOST_BYTES = 300 * 2**20
_TOO_LARGE = "the workspace is too large to be copied"


class CopyError(Exception):
    """The workspace cannot be copied. One line that says why."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy in `folder` of the workspace at `root`; `lent` are folders of the workspace, relative to it."""

    root: str
    folder: Path
    lent: tuple[str, ...]


def copied(root: str, folder: Path) -> Copy:
    """Copies a workspace into a folder that does not exist yet; what goes meanwhile is left out. Blocks. Raises CopyError."""
    lent: list[str] = []
    files = size = 0
    pending = [""]
    try:
        while pending:
            below = pending.pop()
            (folder / below).mkdir()
            for entry in _entries(Path(root), below):
                where = f"{below}/{entry.name}" if below else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if entry.name in _LENT:
                        lent.append(where)
                    elif entry.name not in _LEFT_OUT:
                        pending.append(where)
                elif entry.is_symlink():
                    _copy_link(root, folder, where)
                elif entry.is_file() and (entry.name.lower() in _LOCKS or not never_read(where)):
                    files, size = files + 1, size + _copy_file(Path(root, where), folder / where, _MOST_BYTES - size)
                    if files > _MOST_FILES:
                        raise CopyError(_TOO_LARGE)
    except OSError as error:
        raise CopyError(f"the workspace cannot be copied: {error.strerror}") from None
    return Copy(root, folder, tuple(lent))


def again(copy: Copy, folder: Path) -> Copy:
    """A copy of a copy, for one run: what a run leaves behind must not decide the next one. Blocks. Raises CopyError."""
    try:
        shutil.copytree(copy.folder, folder, symlinks=True)
    except (OSError, shutil.Error) as error:
        raise CopyError(f"the copy cannot be copied: {type(error).__name__}") from None
    return Copy(copy.root, folder, copy.lent)


def written(copy: Copy, documents: tuple[Document, ...], changes: ChangeSet) -> None:
    """Brings a copy to the state that editors show, and then to that of a change. Blocks. Raises CopyError."""
    texts = {d.path: d.text for d in documents if d.path is not None}
    texts |= {e.document.path: apply(e.document.text, e.changes) for e in changes.edits if e.document.path is not None}
    texts |= {new.path: new.text for new in changes.created}
    for path, text in texts.items():
        with contextlib.suppress(ValueError):  # a text outside the workspace is none of the copy's
            _write(copy.folder / Path(path).relative_to(copy.root), text, copy.folder)


def _write(path: Path, text: str, folder: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.parent.resolve().is_relative_to(folder.resolve()):
            raise CopyError("a path leads out of the copy")
        path.unlink(missing_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise CopyError(f"the copy cannot be written: {error.strerror}") from None


def _entries(root: Path, below: str) -> list[os.DirEntry[str]]:
    """What is in a folder, by name: nothing, if that has gone since it was listed."""
    try:
        with os.scandir(root / below) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        if not below:
            raise
        return []


def _copy_file(source: Path, target: Path, most: int) -> int:
    """Copies a file of at most so many bytes, and returns how many it has.

    Opening never waits, and what was a file when it was listed may be something else by now, or gone: editors and tools write
    beside a file what they put in its place.
    """
    try:
        handle = os.open(source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return 0
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            return 0
        if found.st_size > most:
            raise CopyError(_TOO_LARGE)
        with target.open("xb") as copy:
            shutil.copyfileobj(file, copy)
    target.chmod(0o700 if found.st_mode & 0o100 else 0o600)
    return found.st_size


def _copy_link(root: str, folder: Path, where: str) -> None:
    """A link that stays inside, and that says so without a root of its own, is a link in the copy as well."""
    link = Path(root, where)
    with contextlib.suppress(OSError, RuntimeError):
        target = link.readlink()
        if not target.is_absolute() and link.resolve().is_relative_to(Path(root).resolve()):
            (folder / where).symlink_to(target)
