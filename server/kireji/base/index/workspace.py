"""One workspace in the index: what of it is read from the disk, what is open in the editor instead, and what is kept.

Two threads share it: one reads files (`refresh`), the other shows texts and asks. Ranks nothing.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from threading import Lock
from typing import Any

from kireji.base.exclusions import Exclusions
from kireji.base.files import Skipped, Unread, in_tools, read_text, survey
from kireji.base.ignoring import GIT_FILE, OWN_FILE
from kireji.base.index.entry import Entry, from_row, read_entry
from kireji.base.index.keep import OPEN, Damaged, load, save
from kireji.base.index.shelves import Shelves
from kireji.base.languages import canonical, language_of
from kireji.base.outline_markup import MARKUP
from kireji.base.outline_tables import TABLES
from kireji.base.syntax import Tree, parse, supported

MAX_FILES = 10_000
# What people write is smaller; and the reading of one file holds up the whole index.
MAX_BYTES = 400_000
# So much text makes an index of some 300 MB.
_MAX_ALL_BYTES = 60_000_000
# Data comes in thousands of files, of which the first tell as much as all.
_MAX_OTHERS = 1_000
_MAX_LINE = 5_000
_MODULE = re.compile(r"^module\s+(\S+)", re.M)
_GO_MOD = "go.mod"
_RULES = frozenset({_GO_MOD, GIT_FILE, OWN_FILE})


@dataclass(frozen=True, slots=True)
class Shown:
    """A text that is open in the editor; `disk` is the row of the file that it covers, None for one not known."""

    text: str = field(repr=False)
    tree: Tree = field(repr=False)
    entry: Entry
    disk: list[Any] | None = field(repr=False)


class Workspace:
    """A folder's index. `root` is resolved; `kept` is the folder of what is kept between starts, None for nowhere.

    `lock` is held by whoever looks into `shelves` or changes them. `give_way` is called before each file that is read.
    """

    def __init__(self, root: Path, kept: Path | None, give_way: Callable[[], object] = lambda: None) -> None:
        self.root = root
        self.shelves = Shelves()
        self.lock = Lock()
        # Whether the disk has been read once: before that, much is missing.
        self.ready = False
        self.skipped: Mapping[Unread, int] = {}
        self._kept = kept
        self._give_way = give_way
        self._opened: dict[str, Shown] = {}
        self._exclusions = Exclusions()
        # What the editor says has changed; None: anything may have.
        self._changed: set[str] | None = set()
        self._changes = 0
        self._saved = 0

    # -- the thread that asks

    def relative(self, path: str) -> str | None:
        """The path below the root, with slashes; None for one outside it. `path` is resolved."""
        try:
            return Path(path).relative_to(self.root).as_posix()
        except ValueError:
            return None

    def open_to(self, paths: Iterable[str]) -> dict[str, str]:
        """Of these paths, which are resolved, those that may be read, each with its path below the root."""
        inside = {path: here for path in paths if (here := self.relative(path)) is not None and not in_tools(here)}
        excluded = self._exclusions.among(inside, str(self.root))
        return {path: here for path, here in inside.items() if path not in excluded}

    def show(self, path: str, language: str, text: str) -> None:
        """Makes a text that is open in the editor the file's content; what is on disk no longer counts."""
        language = canonical(language)
        shown = self._opened.get(path)
        if (shown is not None and shown.text == text) or not _known(language) or _is_heavy(text):
            return
        # A key that is pressed leaves most of the tree as it was.
        tree = parse(language, text, shown.tree if shown is not None else None)
        entry = read_entry(path, language, text, OPEN, tree)
        with self.lock:
            disk = shown.disk if shown is not None else self.shelves.row(path)
            self._opened[path] = Shown(text, tree, entry, disk)
            self.shelves.put(entry)

    def shown(self, path: str) -> Shown | None:
        """What is open under a path; None for a file that is not."""
        return self._opened.get(path)

    def hide(self, keep: Container[str]) -> bool:
        """Texts other than these are no longer open; whether there was one. What was on disk counts again, until the next
        `refresh` sees that it has changed."""
        gone = [path for path in self._opened if path not in keep]
        for path in gone:
            with self.lock:
                disk = self._opened.pop(path).disk
                if disk is not None:
                    self.shelves.put(from_row(disk))
                else:
                    self.shelves.forget(path)
        return bool(gone)

    def expect(self, paths: Iterable[str]) -> None:
        """Has the next `refresh` read these files alone; all, where there are none, or an ignore file is among them."""
        told = list(paths)
        with self.lock:
            if not told or any(PurePath(path).name in _RULES for path in told):
                self._changed = None
            elif self._changed is not None:
                self._changed.update(told)

    # -- the thread that reads

    def refresh(self) -> bool:
        """Reads what has changed on disk since the last time, or since the index was kept; whether all was looked at."""
        with self.lock:
            changed, self._changed = self._changed, set()
        if self.ready and changed:
            self._read_again(changed)
            return False
        self._look_at_all()
        return True

    def _read_again(self, paths: Iterable[str]) -> None:
        """Reads files of which the editor says that they have come, gone or changed."""
        real = [str(Path(os.path.realpath(folder), name)) for folder, name in map(os.path.split, paths)]
        allowed = self.open_to(real)
        for given in real:
            path = allowed.get(given)
            found = Path(given)
            if path is not None and wanted(found.name) and found.is_file() and not found.is_symlink():
                if self._has_room(path) and isinstance(self._read(found, path), int):
                    continue
            elif (path := self.relative(given)) is None:
                continue
            with self.lock:
                gone = [known for known in self.shelves.paths() if known == path or known.startswith(f"{path}/")]
            self._forget(gone)
            self._changes += len(gone)

    def _has_room(self, path: str) -> bool:
        with self.lock:
            return len(self.shelves) < MAX_FILES or path in self.shelves

    def _look_at_all(self) -> None:
        if not self.ready and self._kept is not None:
            self._load(self._kept)
        seen: set[str] = set()
        skipped: Counter[Unread] = Counter()
        modules: dict[str, str] = {}
        room, others = _MAX_ALL_BYTES, _MAX_OTHERS
        for found in survey(self.root, MAX_FILES, wanted):
            if isinstance(found, Skipped):
                skipped[found.why] += 1
                continue
            path = found.relative_to(self.root).as_posix()
            if canonical(language_of(path)) in MARKUP:
                if others == 0:
                    skipped[Unread.TOO_MANY] += 1
                    continue
                others -= 1
            if found.name == _GO_MOD:
                if match := _MODULE.search(read_text(found, self.root, MAX_BYTES) or ""):
                    modules[path.rpartition("/")[0]] = match[1]
                continue
            size = self._read(found, path)
            if isinstance(size, Unread):
                skipped[size] += 1
            else:
                seen.add(path)
                room -= size
                if room < 0:
                    skipped[Unread.TOO_MANY] += 1
                    break
        with self.lock:
            gone = self.shelves.paths() - seen - self._opened.keys()
        self._forget(gone)
        self._changes += len(gone)
        with self.lock:
            self.shelves.name_modules(modules)
            self.skipped = dict(skipped)
            self.ready = True

    def _load(self, folder: Path) -> None:
        loaded: list[str] = []
        try:
            for entry in load(folder, str(self.root)):
                self._give_way()
                loaded.append(entry.path)
                self._put(entry)
        except Damaged:
            self._forget(loaded)

    def _forget(self, paths: Iterable[str]) -> None:
        """Takes files out, each in its own time: a whole branch may go at once, and someone asks meanwhile."""
        for path in paths:
            with self.lock:
                if path not in self._opened:
                    self.shelves.forget(path)

    def keep(self) -> None:
        """Writes the index down, if it has changed since it was last written. Raises OSError."""
        if self._kept is None or self._changes == self._saved:
            return
        changes = self._changes
        steps = save(self._kept, str(self.root), self.shelves)
        while True:
            with self.lock:  # a file at a time, so that whoever asks waits for no more
                if next(steps, self) is self:
                    break
        self._saved = changes

    def _read(self, found: Path, path: str) -> int | Unread:
        """The size of the file, which is then in the table; or why it is not."""
        try:
            status = found.stat()
        except OSError:
            return Unread.UNREADABLE
        if status.st_size > MAX_BYTES:
            return Unread.TOO_LARGE
        stamp = f"{status.st_mtime_ns}-{status.st_size}"
        with self.lock:
            known = self.shelves.file(path)
        if path not in self._opened and (known is None or known.stamp != stamp):
            self._give_way()
            text = read_text(found, self.root, MAX_BYTES)
            if text is None:
                return Unread.UNREADABLE
            if _is_heavy(text):
                return Unread.TOO_LARGE
            self._put(read_entry(path, canonical(language_of(path)), text, stamp))
            self._changes += 1
        return status.st_size

    def _put(self, entry: Entry) -> None:
        with self.lock:
            if entry.path not in self._opened:
                self.shelves.put(entry)


def wanted(name: str) -> bool:
    """Whether the index reads files of this name."""
    return _known(canonical(language_of(name))) or name == _GO_MOD


def _is_heavy(text: str) -> bool:
    """Whether a parser might not come to an end with it: there is a line that no person wrote."""
    return any(len(line) > _MAX_LINE for line in text.split("\n"))


def _known(language: str) -> bool:
    return (language in TABLES or language in MARKUP) and supported(language)
