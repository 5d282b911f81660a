"""Which files may be in no question: by their names, and by the ignore files as they stand on the disk at that moment.

Reads ignore files and nothing else, and those anew only when they have changed. Blocking: call it off the event loop.
"""

# Strings instead of Path: this is asked of every file in every question.
# ruff: noqa: PTH110, PTH116, PTH117, PTH118, PTH120
from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from kireji.base.files import in_tools, never_read, read_text
from kireji.base.ignoring import GIT_FILE, MAX_IGNORE_BYTES, OWN_FILE, Rules

_MAX_FOLDERS = 5_000
_REPOSITORY = ".git"
_BOTH = (GIT_FILE, OWN_FILE)

# What tells one content of an ignore file from another; None where there is none.
_Stamp = tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read of a folder, and on top of which rules."""

    stamps: tuple[_Stamp, _Stamp]
    above: Rules
    rules: Rules


class Exclusions:
    """Remembers what ignore files said until they change. Safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    def among(self, paths: Iterable[str], root: str | None) -> frozenset[str]:
        """Those of the paths that are excluded, by their own name or by that of the file to which they lead.

        For a file below `root` the ignore files from there on count; for another those of the repository around it, and where
        there is none, each `.kirejiignore` above it. Installed packages lie in folders that Git ignores: of them, which are
        published, only `.kirejiignore` says that they are excluded.
        """
        look = _Look(self)
        with self._lock:
            found = frozenset(path for path in paths if look.excludes(path, root))
            while len(self._kept) > _MAX_FOLDERS:
                self._kept.popitem(last=False)
        return found

    def rules(self, folder: str, above: Rules, git: _Stamp, own: _Stamp) -> Rules:
        """The rules that hold in a folder, on top of those above it. The lock is held."""
        kept = self._kept.get(folder)
        if kept is None or kept.stamps != (git, own) or kept.above is not above:
            texts = [_text(folder, name) if there else "" for name, there in ((GIT_FILE, git), (OWN_FILE, own))]
            kept = self._kept[folder] = _Kept(
                (git, own), above, above.below(texts[0], texts[1], _slashed(folder) + "/")
            )
        return kept.rules


class _Look:
    """One look at the disk: each folder is asked about once."""

    def __init__(self, exclusions: Exclusions) -> None:
        self._exclusions = exclusions
        self._folders: dict[tuple[str, str, tuple[str, ...]], Rules | None] = {}
        self._real: dict[str, str] = {}
        self._tops: dict[str, str] = {}

    def excludes(self, path: str, root: str | None) -> bool:
        if never_read(path) or "\0" in path:
            return True
        if not os.path.isabs(path):
            return False
        folder, name = os.path.split(path)
        real = self._real.get(folder)
        if real is None:
            real = self._real[folder] = os.path.realpath(folder)
        led_to = os.path.realpath(os.path.join(real, name))
        if self._ignored(path, root):
            return True
        return led_to != path and (
            never_read(led_to) or self._ignored(led_to, os.path.realpath(root) if root else None)
        )

    def _ignored(self, path: str, root: str | None) -> bool:
        folder = os.path.dirname(path)
        top = (
            root if root is not None and (path + os.sep).startswith(root.rstrip(os.sep) + os.sep) else self._top(folder)
        )
        top = top.rstrip(os.sep) or top
        # Outside of all repositories, what Git ignores means nothing.
        names = (OWN_FILE,) if os.path.dirname(top) == top or in_tools(path[len(top) :]) else _BOTH
        rules = self._rules(folder, top, names)
        return rules is None or rules.exclude(_slashed(path))

    def _rules(self, folder: str, top: str, names: tuple[str, ...]) -> Rules | None:
        """What holds in a folder; None where it is excluded itself."""
        key = (folder, top, names)
        if key not in self._folders:
            parent = os.path.dirname(folder)
            above = Rules() if folder == top or parent == folder else self._rules(parent, top, names)
            if above is not None and folder != top and above.exclude(_slashed(folder) + "/"):
                above = None
            git = _stamp(os.path.join(folder, GIT_FILE)) if GIT_FILE in names else None
            own = _stamp(os.path.join(folder, OWN_FILE))
            self._folders[key] = self._exclusions.rules(folder, above, git, own) if above is not None else None
        return self._folders[key]

    def _top(self, folder: str) -> str:
        """The folder from which on ignore files count: the repository's, else the outermost of all."""
        if folder not in self._tops:
            parent = os.path.dirname(folder)
            here = parent == folder or os.path.exists(os.path.join(folder, _REPOSITORY))
            self._tops[folder] = folder if here else self._top(parent)
        return self._tops[folder]


def _stamp(file: str) -> _Stamp:
    try:
        status = os.stat(file)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _text(folder: str, name: str) -> str:
    path = Path(folder, name)
    return read_text(path, Path(path.anchor), MAX_IGNORE_BYTES) or ""


def _slashed(path: str) -> str:
    return path if os.sep == "/" else path.replace(os.sep, "/")
