"""Private checkers of Python, one for each project and interpreter: what they are told, also of what was saved since, and under
which name a text is shown.

Judges nothing. Nothing of the workspace decides what is looked for: each checker reads a settings file that we write. Only
a trusted workspace is shown to it; any other text stands alone in an empty folder.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kireji.base.child_home import Home, open_home
from kireji.base.child_protocol import ChildDiagnostic, ChildFailure, ChildSpec, ChildUnavailable
from kireji.base.children import Child
from kireji.base.python_version import Version
from kireji.base.types import Document, Workspace
from kireji.engine.gates import grounds
from kireji.engine.gates.changes import LastLook
from kireji.engine.gates.grounds import Ground
from kireji.engine.gates.living import surplus

# A person works in few projects at a time, and each checker holds 60 to 130 MB.
_LIVING = 2
_LONE = "kireji_buffer"
_SUFFIXES = (".py", ".pyi")
# What of a project is read before its checker begins.
_MANIFESTS = frozenset({"pyproject.toml"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a text is checked in: the folder whose modules exist (None: it stands alone), whose packages are installed, and
    for which Python (None: the interpreter's own)."""

    root: str | None = None
    python: str | None = None
    version: Version | None = None


@dataclass(slots=True)
class _Kept:
    """A child, and what it knows of the disk."""

    child: Child
    look: LastLook


def surroundings(workspace: Workspace, document: Document) -> Surroundings:
    """Those of a document. An interpreter that is not there is none: nothing can be said of its packages."""
    python = workspace.python if workspace.python is not None and Path(workspace.python).exists() else None
    inside = (
        workspace.trusted
        and workspace.root is not None
        and document.path is not None
        and Path(document.path).is_relative_to(workspace.root)
    )
    return Surroundings(workspace.root if inside else None, python, workspace.version)


class Checkers:
    """The children, started when first needed. `spec` says how to run one; None when the program is not there."""

    def __init__(self, spec: Callable[[Ground], ChildSpec] | None) -> None:
        self._spec = spec
        self._home: Home | None = None
        self._opening = asyncio.Lock()
        self._kept: OrderedDict[Surroundings, _Kept] = OrderedDict()
        self._numbers = itertools.count(1)
        self._age = 0
        # Of those that are begun anew: what has led to that must not lead to it again.
        self._looks: dict[Surroundings, LastLook] = {}
        self._closed = False

    @property
    def installed(self) -> bool:
        """Whether there is a program to run."""
        return self._spec is not None

    @property
    def age(self) -> int:
        """Grows in the moment in which a child begins or is told of changes, as in `pool.py`."""
        return self._age

    async def refresh(self, where: Surroundings, document: Document, seconds: float) -> None:
        """Tells the child what was saved since it was last told. Raises ChildUnavailable."""
        kept, _ = await self._find(where)
        if where.root is None:
            return
        written = await kept.look.written(where.root, frozenset(_SUFFIXES), _MANIFESTS, document.path)
        # Where another has taken its place meanwhile, that one has read the disk since.
        if not written.files or self._kept.get(where) is not kept:
            return
        self._age += 1
        if written.manifest:
            del self._kept[where]
            self._looks[where] = kept.look
            await kept.child.close()
            return
        deadline = asyncio.get_running_loop().time() + seconds
        await kept.child.tell("workspace/didChangeWatchedFiles", written.as_params(), deadline)

    async def diagnostics(
        self, where: Surroundings, document: Document, text: str, seconds: float
    ) -> tuple[ChildDiagnostic, ...]:
        """What the checker says of `text` in the place of a document. Raises ChildUnavailable."""
        deadline = asyncio.get_running_loop().time() + seconds
        kept, home = await self._find(where)
        path = Path(document.path) if document.path is not None else Path()
        if where.root is None:
            # Under its own name it might stand before a module of the library.
            path = home / grounds.ALONE / (_LONE + (path.suffix if path.suffix in _SUFFIXES else ".py"))
        elif path.suffix not in _SUFFIXES:  # a notebook's cells, or a script without a suffix
            path = path.with_name(f"{_LONE}.py")
        return await kept.child.diagnostics(path.as_uri(), "python", text, deadline)

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
        await asyncio.gather(*(kept.child.close() for kept in every.values()))

    async def _find(self, where: Surroundings) -> tuple[_Kept, Path]:
        if self._spec is None:
            raise ChildUnavailable(ChildFailure.MISSING)
        async with self._opening:
            if self._closed:
                raise ChildUnavailable(ChildFailure.CLOSED)
            try:
                if self._home is None or not self._home.is_there:
                    await self._end_all()
                    self._home = await asyncio.to_thread(open_home)
                found = self._kept.get(where)
                if found is None:
                    look = self._looks.pop(where, None) or LastLook()
                    look.begin()
                    ground = await asyncio.to_thread(
                        grounds.prepared, where.root, where.python, where.version, self._home.path, next(self._numbers)
                    )
                    # One text at a time: another file that is open in the child would be taken for what it was shown last,
                    # and that may be a suggestion which nobody accepted.
                    found = self._kept[where] = _Kept(Child(self._spec(ground), max_open=1), look)
                    self._age += 1
            except OSError as error:
                raise ChildUnavailable(ChildFailure.MISSING, error.strerror or type(error).__name__) from None
            self._kept.move_to_end(where)
            while gone := surplus(self._kept, where, _LIVING, lambda one: one.child.idle, lambda of: of.root):
                await gone.child.close()
            return found, self._home.path
