"""Counts what the index would read of a folder, and what it leaves out and why, without reading any of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kireji.base.files import Skipped, Unread, survey
from kireji.base.index.workspace import MAX_BYTES, MAX_FILES, wanted


@dataclass(frozen=True, slots=True)
class Census:
    """`whole` is False where there was no time to look at everything."""

    files: int
    left_out: Mapping[Unread, int]
    whole: bool


def census(root: Path, seconds: float) -> Census:
    """Looks for at most so many seconds."""
    ends = time.monotonic() + seconds
    left_out: Counter[Unread] = Counter()
    files = 0
    for found in survey(root, MAX_FILES, wanted):
        if isinstance(found, Skipped):
            left_out[found.why] += 1
        elif _is_large(found):
            left_out[Unread.TOO_LARGE] += 1
        else:
            files += 1
        if time.monotonic() > ends:
            return Census(files, left_out, whole=False)
    return Census(files, left_out, whole=True)


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size > MAX_BYTES
    except OSError:  # it has gone since
        return False
