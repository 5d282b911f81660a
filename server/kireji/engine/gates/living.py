"""The private children of one program, one for each place in which texts are judged: begun when first needed, told of what was
saved since, ended when they are too many.

Judges nothing, and knows no language: whoever keeps them says how one is begun, and asks it.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from kireji.base.child_home import Home, open_home
from kireji.base.child_protocol import ChildFailure, ChildUnavailable
from kireji.base.children import Child
from kireji.base.oneshot import OneShot
from kireji.base.types import Document, Workspace
from kireji.engine.gates.changes import LastLook

# A person works in few projects at a time, and a child holds from 60 MB to hundreds.
_LIVING = 2
# How long a look for a program that was not there holds.
_SEEK_AGAIN = 30.0

K = TypeVar("K")
V = TypeVar("V")
# Begins a child in the folder that all of them share, or says that the program is not there. Blocks. Raises OSError.
Begin = Callable[[Path], Child | OneShot | None]


@dataclass(slots=True)
class _Kept:
    """A child (None: the program is not there), when it was looked for, and what it knows of the disk."""

    child: Child | OneShot | None
    sought: float
    look: LastLook


class Living(Generic[K]):
    """The children, by what tells their places apart. `root` is the folder of a place (None: its texts stand alone); `suffixes` and
    `manifests` say which files in it count."""

    def __init__(self, root: Callable[[K], str | None], suffixes: Set[str], manifests: Set[str]) -> None:
        self._root = root
        self._suffixes = suffixes
        self._manifests = manifests
        self._home: Home | None = None
        self._opening = asyncio.Lock()
        self._kept: OrderedDict[K, _Kept] = OrderedDict()
        # Of those that are begun anew: what has led to that must not lead to it again.
        self._looks: dict[K, LastLook] = {}
        self._age = 0
        self._closed = False

    @property
    def age(self) -> int:
        """Grows in the moment in which a child begins or is told of changes: what was asked about before may not hold any more,
        whenever the answer comes."""
        return self._age

    async def find(self, place: K, begin: Begin) -> tuple[Child | OneShot, Path]:
        """The child for a place, and the folder of all of them. Raises ChildUnavailable."""
        kept, home = await self._find(place, begin)
        if kept.child is None:
            raise ChildUnavailable(ChildFailure.MISSING)
        return kept.child, home

    async def refresh(self, place: K, begin: Begin, mine: str | None, seconds: float) -> None:
        """Tells the child what was saved since it was last told, but for the file `mine`. Raises ChildUnavailable."""
        kept, _ = await self._find(place, begin)
        root = self._root(place)
        if root is None or kept.child is None:
            return
        written = await kept.look.written(root, self._suffixes, self._manifests, mine)
        # Where another has taken its place meanwhile, that one has read the disk since.
        if not written.files or self._kept.get(place) is not kept:
            return
        self._age += 1
        if written.manifest:
            # What the project consists of has changed: only a fresh child sees it whole.
            del self._kept[place]
            self._looks[place] = kept.look
            await kept.child.close()
            return
        deadline = asyncio.get_running_loop().time() + seconds
        await kept.child.tell("workspace/didChangeWatchedFiles", written.as_params(), deadline)

    async def close(self) -> None:
        """Ends them for good. May be called twice."""
        self._closed = True
        async with self._opening:
            await self._end_all()
            if self._home is not None:
                home, self._home = self._home, None
                await asyncio.to_thread(home.close)

    async def _end_all(self) -> None:
        every, self._kept = self._kept, OrderedDict()
        await asyncio.gather(*(kept.child.close() for kept in every.values() if kept.child is not None))

    async def _find(self, place: K, begin: Begin) -> tuple[_Kept, Path]:
        async with self._opening:
            if self._closed:
                raise ChildUnavailable(ChildFailure.CLOSED)
            try:
                if self._home is None or not self._home.is_there:
                    await self._end_all()
                    self._home = await asyncio.to_thread(open_home)
                kept = self._kept.get(place)
                if kept is None or (kept.child is None and time.monotonic() - kept.sought > _SEEK_AGAIN):
                    kept = self._kept[place] = await self._begun(place, begin, self._home.path)
                    self._age += 1
            except OSError as error:
                raise ChildUnavailable(ChildFailure.MISSING, error.strerror or type(error).__name__) from None
            self._kept.move_to_end(place)
            while gone := surplus(self._kept, place, _LIVING, _is_idle, self._root):
                if gone.child is not None:
                    await gone.child.close()
            return kept, self._home.path

    async def _begun(self, place: K, begin: Begin, home: Path) -> _Kept:
        look = self._looks.pop(place, None) or LastLook()
        look.begin()
        return _Kept(await asyncio.to_thread(begin, home), time.monotonic(), look)


def _is_idle(kept: _Kept) -> bool:
    return kept.child is None or kept.child.idle


def root_of(workspace: Workspace, document: Document) -> str | None:
    """The workspace that a document may be judged in; None when it has to stand alone."""
    inside = (
        workspace.trusted
        and workspace.root is not None
        and document.path is not None
        and Path(document.path).is_relative_to(workspace.root)
    )
    return workspace.root if inside else None


def surplus(
    kept: OrderedDict[K, V], wanted: K, most: int, is_idle: Callable[[V], bool], root: Callable[[K], str | None]
) -> V | None:
    """Takes out one whose folder is gone, or the one of too many that was used longest ago; never the `wanted` one, nor one that is
    asked. None where there is none.

    One at a time: whoever is cancelled while it ends leaves the others where they are found by the next.
    """
    idle = [key for key, one in kept.items() if key != wanted and is_idle(one)]
    for key in idle:
        # The copy in which a plan was proved, most often.
        if (folder := root(key)) is not None and not Path(folder).is_dir():
            return kept.pop(key)
    return kept.pop(idle[0]) if idle and len(kept) > most else None
