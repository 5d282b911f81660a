"""What the local engine may copy from in each workspace, indexed in the background at the first question.

Reads files that may be read and no others (`base/files.py` decides), and executes nothing. An index is built once in a
server's life; the open buffer, which changes, is not taken from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from kireji.base.files import read_text, walk
from kireji.providers.copy_corpus import Corpus, build_corpus

_MAX_FILES = 2_000
_MAX_BYTES = 400_000
_PATIENCE = 0.1
"""Seconds that a question waits for its workspace's index: enough for a small project, too little to be felt."""


class Workspaces:
    """One index for each workspace folder. Belongs to the event loop; the work is done in threads."""

    def __init__(self) -> None:
        self._indexes: dict[str, asyncio.Task[Corpus]] = {}

    async def corpus(self, root: str | None) -> Corpus | None:
        """The index of a workspace; None without one, or while it is still being built."""
        if root is None:
            return None
        if root not in self._indexes:
            self._indexes[root] = asyncio.create_task(asyncio.to_thread(index, Path(root)))
        building = self._indexes[root]
        await asyncio.wait({building}, timeout=_PATIENCE)
        return building.result() if building.done() and not building.cancelled() else None


def index(root: Path, without: str | None = None) -> Corpus:
    """The index of a folder's readable files, by absolute path; `without` leaves one out. Takes seconds for a large one."""
    return build_corpus(_texts(root, without))


def _texts(root: Path, without: str | None) -> Iterator[tuple[str, str]]:
    for path in walk(root, _MAX_FILES):
        if str(path) != without and (text := read_text(path, root, _MAX_BYTES)) is not None:
            yield str(path), text
