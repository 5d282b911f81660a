"""Keeps the index of a workspace on disk between starts: JSON lines, readable by their owner alone, replaced as a whole.

What is damaged, of another version or of another workspace is as good as none. Holds names, signatures and words, no bodies,
and nothing of a file in which something looks like a key.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import kireji
from kireji.base.index.entry import Entry, from_row
from kireji.base.index.names import file_of, is_ours, unfinished
from kireji.base.index.shelves import Shelves

# Raised whenever what is read from a text changes; the version of the program counts as well.
_FORMAT = 2
# The stamp of a text that stands in an editor and perhaps nowhere else: that is not written down.
OPEN = "open"
_MAX_BYTES = 128 * 1024 * 1024
_STAMP = 2
# Nearly all that vendors issue is such a run; what people name seldom is.
_RUN = re.compile(r"[A-Za-z0-9+/=_-]{16,}")
_KEY_DIGITS = 2
_MAX_KEPT = 20
_ABANDONED_SECONDS = 3_600


class Damaged(Exception):  # noqa: N818 — it is a state of a file, and no fault of the caller's
    """What was kept is not whole: nothing of it is to be trusted."""


def load(folder: Path, root: str) -> Iterator[Entry]:
    """The entries that were kept; none where there are none. Raises Damaged, perhaps after some."""
    file = file_of(folder, root)
    count = 0
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with os.fdopen(os.open(file, flags), encoding="utf-8") as lines:
            if os.fstat(lines.fileno()).st_size > _MAX_BYTES or json.loads(next(lines, "")) != _heading(root):
                raise Damaged
            for line in lines:
                row = json.loads(line)
                if isinstance(row, dict):  # the last line: without it the file was not finished
                    if row != {"files": count}:
                        raise Damaged
                    return
                yield from_row(row)
                count += 1
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError, IndexError, KeyError, RecursionError) as error:
        raise Damaged from error
    raise Damaged


def save(folder: Path, root: str, shelves: Shelves) -> Iterator[None]:
    """Writes the tables; a step at a time, so that whoever asks meanwhile is answered. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = file_of(folder, root)
    new = unfinished(file, os.getpid())
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(os.open(new, flags, 0o600), "w", encoding="utf-8") as out:
            out.write(json.dumps(_heading(root)) + "\n")
            written = 0
            for row in shelves.rows():
                if row[_STAMP] != OPEN and not _may_hold_a_key(row):
                    out.write(json.dumps(row, separators=(",", ":")) + "\n")
                    written += 1
                    yield
            out.write(json.dumps({"files": written}) + "\n")
        new.replace(file)
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
    _tidy(folder)


def _may_hold_a_key(row: Sequence[Any]) -> bool:
    """Whether a word or a signature has a run like a key's: then the file is read anew each time, and not written down."""
    _, _, _, words, defined, _, _ = row
    return any(_is_keylike(run) for text in (*words, *(d[2] for d in defined)) for run in _RUN.findall(text))


def _is_keylike(run: str) -> bool:
    return sum(map(str.isdigit, run)) >= _KEY_DIGITS and any(map(str.isalpha, run))


def _heading(root: str) -> dict[str, object]:
    return {"kireji index": _FORMAT, "version": kireji.__version__, "root": root}


def _tidy(folder: Path) -> None:
    """Removes what a killed process left unfinished, and the workspaces that were not used for longest."""
    kept: list[tuple[float, Path]] = []
    for path in folder.iterdir():
        if is_ours(path.name) and path.is_file() and not path.is_symlink():
            kept.append((path.stat().st_mtime, path))
    kept.sort(reverse=True)
    finished = [path for _, path in kept if path.suffix == ".jsonl"]
    left = [p for when, p in kept if p.suffix == ".new" and when < time.time() - _ABANDONED_SECONDS]
    for path in (*finished[_MAX_KEPT:], *left):
        path.unlink(missing_ok=True)
