"""Which files of a workspace were written since a moment: a private child hears of nothing that an editor saves.

Looks at names and times only, within limits; what lies beyond them is found when the child is started anew.
"""

from __future__ import annotations

import os
import time
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

# Where tools and people put what nobody edits.
_SKIPPED = frozenset(("node_modules", "target", "build", "dist", "out", "vendor", "__pycache__", "venv", "env"))
MAX_ENTRIES = 20_000
MAX_SECONDS = 0.15
# Two clocks, that of the file system and ours, and times that are cut to whole seconds.
_SLACK = 2.0


@dataclass(frozen=True, slots=True)
class Written:
    """Files that were written, and whether one of them decides what the project consists of."""

    files: tuple[Path, ...] = ()
    manifest: bool = False


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
