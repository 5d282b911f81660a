"""Which files of a workspace were written since a moment: a private child hears of nothing that an editor saves.

Looks at names and times only, within limits; what lies beyond them is found when the child is started anew. Tells no child.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Where tools and people put what nobody edits.
_SKIPPED = frozenset(("node_modules", "target", "build", "dist", "out", "vendor", "__pycache__", "venv", "env"))
MAX_ENTRIES = 20_000
MAX_SECONDS = 0.15
# Two clocks, that of the file system and ours, and times that are cut to whole seconds.
_SLACK = 2.0
# How long a look holds: so long at least, and so many times as long as it took.
LEAST_PAUSE = 0.5
PAUSE_FACTOR = 10.0
_CREATED, _CHANGED = 1, 2


@dataclass(frozen=True, slots=True)
class Written:
    """Files that were written, and whether one of them decides what the project consists of."""

    files: tuple[Path, ...] = ()
    manifest: bool = False

    def as_params(self) -> dict[str, Any]:
        """How a language server is told of them: nobody knows which of them are new."""
        return {"changes": [{"uri": p.as_uri(), "type": kind} for p in self.files for kind in (_CREATED, _CHANGED)]}


class LastLook:
    """Up to which moment one child knows the disk. Begins with the child; looks when it is asked, and not too often."""

    def __init__(self) -> None:
        self._told: dict[Path, int] = {}
        self._looking = asyncio.Lock()
        self.begin()

    def begin(self) -> None:
        """A child begins, and reads the disk: also one that takes another's place."""
        self._known = time.time()
        self._next = time.monotonic() + LEAST_PAUSE

    async def written(self, root: str, suffixes: Set[str], manifests: Set[str], mine: str | None) -> Written:
        """What was written below `root` since it was last told; nothing where that is not known yet, or is the file `mine` alone,
        which the child is shown as it stands in the editor."""

        def look() -> dict[Path, int]:
            found = written_since(Path(root), self._known, suffixes, manifests)
            return {path: _stamp(path) for path in found.files}

        async with self._looking:
            began, now = time.monotonic(), time.time()
            if began < self._next:
                return Written()
            found = await asyncio.to_thread(look)
            ended = time.monotonic()
            self._next = ended + max(LEAST_PAUSE, PAUSE_FACTOR * (ended - began))
            # For the slack's sake, what was just told is found again.
            fresh = tuple(path for path, stamp in found.items() if self._told.get(path) != stamp)
            if all(str(path) == mine for path in fresh):
                return Written()
            self._known, self._told = now, found
            return Written(fresh, any(path.name in manifests for path in fresh))


def _stamp(path: Path) -> int:
    """What tells one content of a file from another; 0 for one that is gone again."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def written_since(root: Path, moment: float, suffixes: Set[str], manifests: Set[str]) -> Written:
    """Files below `root` whose name ends in one of `suffixes` or is one of `manifests`, written after `moment` (Unix time).

    Blocks: call it in a thread. What cannot be read is passed over.
    """
    until = time.monotonic() + MAX_SECONDS
    found: list[Path] = []
    manifest = False
    folders, seen = [str(root)], 0
    while folders and seen < MAX_ENTRIES and time.monotonic() < until:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    seen += 1
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in _SKIPPED and not entry.name.startswith("."):
                            folders.append(entry.path)
                        continue
                    decides = entry.name in manifests
                    if not decides and os.path.splitext(entry.name)[1] not in suffixes:  # noqa: PTH122 — hot
                        continue
                    if entry.stat().st_mtime >= moment - _SLACK:
                        found.append(Path(entry.path))
                        manifest = manifest or decides
        except OSError:
            continue
    return Written(tuple(found), manifest)
