"""Private children of one tool, one for each workspace: started when first asked, told what was saved since, ended when idle.

Judges nothing. Only a trusted workspace is shown to a tool; any other text stands alone in an empty folder of ours.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from kireji.base.child_home import Home, open_home
from kireji.base.child_protocol import ChildDiagnostic, ChildFailure, ChildUnavailable
from kireji.base.children import Child
from kireji.base.languages import LANGUAGES, canonical
from kireji.base.oneshot import OneShot, OneShotSpec
from kireji.base.types import Document, Workspace
from kireji.engine.gates.changes import LastLook
from kireji.engine.gates.living import surplus
from kireji.engine.gates.tool import Ground, Tool

# A person works in few projects at a time, and a tool may hold hundreds of megabytes.
_LIVING = 2
# How long a look for a program that was not there holds.
_SEEK_AGAIN = 30.0


@dataclass(slots=True)
class _Kept:
    """A child (None: the program is not there), when it was found, and what it knows of the disk."""

    child: Child | OneShot | None
    sought: float
    look: LastLook


def root_of(workspace: Workspace, document: Document) -> str | None:
    """The workspace that a document may be judged in; None when it has to stand alone."""
    inside = (
        workspace.trusted
        and workspace.root is not None
        and document.path is not None
        and Path(document.path).is_relative_to(workspace.root)
    )
    return workspace.root if inside else None


class Pool:
    """The children of one tool."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self._home: Home | None = None
        self._opening = asyncio.Lock()
        self._kept: OrderedDict[str | None, _Kept] = OrderedDict()
        self._age = 0
        # Of those that are begun anew: what has led to that must not lead to it again.
        self._looks: dict[str | None, LastLook] = {}
        self._closed = False

    @property
    def age(self) -> int:
        """Grows in the moment in which a child begins or is told of changes: what was asked about before may not hold any more,
        whenever the answer comes."""
        return self._age

    async def refresh(self, root: str | None, document: Document, seconds: float) -> None:
        """Tells the child what was saved since it was last told. Raises ChildUnavailable."""
        kept, _ = await self._find(root, document)
        if root is None or kept.child is None:
            return
        written = await kept.look.written(root, self.tool.suffixes, self.tool.manifests, document.path)
        # Where another has taken its place meanwhile, that one has read the disk since.
        if not written.files or self._kept.get(root) is not kept:
            return
        self._age += 1
        if written.manifest:
            # What the project consists of has changed: only a fresh child sees it whole.
            del self._kept[root]
            self._looks[root] = kept.look
            await kept.child.close()
            return
        deadline = asyncio.get_running_loop().time() + seconds
        await kept.child.tell("workspace/didChangeWatchedFiles", written.as_params(), deadline)

    async def diagnostics(
        self, root: str | None, document: Document, text: str, seconds: float
    ) -> tuple[ChildDiagnostic, ...]:
        """What the tool says of `text` in the place of a document. Raises ChildUnavailable."""
        deadline = asyncio.get_running_loop().time() + seconds
        kept, home = await self._find(root, document)
        if kept.child is None:
            raise ChildUnavailable(ChildFailure.MISSING)
        path = (
            Path(document.path) if root is not None and document.path is not None else home / "alone" / _name(document)
        )
        return await kept.child.diagnostics(path.as_uri(), canonical(document.language), text, deadline)

    async def close(self) -> None:
        """Ends them for good. May be called twice."""
        self._closed = True
        async with self._opening:
            await self._end_all()
            if self._home is not None:
                home, self._home = self._home, None
                await asyncio.to_thread(home.close)

    async def _end_all(self) -> None:
        kept, self._kept = self._kept, OrderedDict()
        await asyncio.gather(*(k.child.close() for k in kept.values() if k.child is not None))

    async def _find(self, root: str | None, document: Document) -> tuple[_Kept, Path]:
        async with self._opening:
            if self._closed:
                raise ChildUnavailable(ChildFailure.CLOSED)
            try:
                if self._home is None or not self._home.is_there:
                    await self._end_all()
                    self._home = await asyncio.to_thread(open_home)
                kept = self._kept.get(root)
                if kept is None or (kept.child is None and time.monotonic() - kept.sought > _SEEK_AGAIN):
                    kept = self._kept[root] = await self._begin(root, document, self._home.path)
                    self._age += 1
            except OSError as error:
                raise ChildUnavailable(ChildFailure.MISSING, error.strerror or type(error).__name__) from None
            self._kept.move_to_end(root)
            while gone := surplus(
                self._kept, root, _LIVING, lambda one: one.child is None or one.child.idle, lambda of: of
            ):
                if gone.child is not None:
                    await gone.child.close()
            return kept, self._home.path

    async def _begin(self, root: str | None, document: Document, home: Path) -> _Kept:
        def seek() -> Child | OneShot | None:
            alone = home / "alone"
            for folder in (alone, home / "own"):
                folder.mkdir(mode=0o700, exist_ok=True)
            for name, contents in self.tool.beside.items():
                (alone / name).write_text(contents, "utf-8")
            place = Path(root) if root is not None else alone
            first = Path(document.path).parent if root is not None and document.path is not None else alone
            spec = self.tool.program(Ground(place, first, home / "own", root is not None))
            # One text at a time: another that stays open would be taken for what it was shown last, and that may be a
            # suggestion which nobody accepted.
            if isinstance(spec, OneShotSpec):
                return OneShot(spec)
            return Child(spec, pace=self.tool.pace, max_open=1) if spec is not None else None

        look = self._looks.pop(root, None) or LastLook()
        look.begin()
        return _Kept(await asyncio.to_thread(seek), time.monotonic(), look)


def _name(document: Document) -> str:
    """A file name for a text that stands alone: its own, where it has one that its language knows."""
    row = LANGUAGES.get(canonical(document.language))
    extensions = row.extensions if row is not None else ()
    own = Path(document.path).name if document.path is not None else ""
    return own if own.endswith(extensions) and extensions else f"buffer{extensions[0] if extensions else '.txt'}"
