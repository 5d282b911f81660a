"""Private checkers of Python, one for each project and interpreter: what each is begun with, and under which name a text is shown.

Judges nothing, keeps none. Nothing of the workspace decides what is looked for: each checker reads a settings file
that we write. Only a trusted workspace is shown to it; any other text stands alone in an empty folder.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kireji.base.child_protocol import ChildDiagnostic, ChildFailure, ChildSpec, ChildUnavailable
from kireji.base.children import Child
from kireji.base.oneshot import OneShot
from kireji.base.python_version import Version
from kireji.base.types import Document, Workspace
from kireji.engine.gates import grounds
from kireji.engine.gates.grounds import Ground
from kireji.engine.gates.living import Begin, Living, root_of

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


def surroundings(workspace: Workspace, document: Document) -> Surroundings:
    """Those of a document. An interpreter that is not there is none: nothing can be said of its packages."""
    python = workspace.python if workspace.python is not None and Path(workspace.python).exists() else None
    return Surroundings(root_of(workspace, document), python, workspace.version)


class Checkers:
    """The children, started when first needed. `spec` says how to run one; None when the program is not there."""

    def __init__(self, spec: Callable[[Ground], ChildSpec] | None) -> None:
        self._spec = spec
        self._numbers = itertools.count(1)
        self._living: Living[Surroundings] = Living(lambda where: where.root, frozenset(_SUFFIXES), _MANIFESTS)

    @property
    def installed(self) -> bool:
        """Whether there is a program to run."""
        return self._spec is not None

    @property
    def age(self) -> int:
        """As `Living.age`."""
        return self._living.age

    async def refresh(self, where: Surroundings, document: Document, seconds: float) -> None:
        """Tells the child what was saved since it was last told. Raises ChildUnavailable."""
        await self._living.refresh(where, self._beginning(where), document.path, seconds)

    async def diagnostics(
        self, where: Surroundings, document: Document, text: str, seconds: float
    ) -> tuple[ChildDiagnostic, ...]:
        """What the checker says of `text` in the place of a document. Raises ChildUnavailable."""
        deadline = asyncio.get_running_loop().time() + seconds
        child, home = await self._find(where)
        path = Path(document.path) if document.path is not None else Path()
        if where.root is None:
            # Under its own name it might stand before a module of the library.
            path = home / grounds.ALONE / (_LONE + (path.suffix if path.suffix in _SUFFIXES else ".py"))
        elif path.suffix not in _SUFFIXES:  # a notebook's cells, or a script without a suffix
            path = path.with_name(f"{_LONE}.py")
        return await child.diagnostics(path.as_uri(), "python", text, deadline)

    async def close(self) -> None:
        """Ends them for good. May be called twice."""
        await self._living.close()

    async def _find(self, where: Surroundings) -> tuple[Child | OneShot, Path]:
        return await self._living.find(where, self._beginning(where))

    def _beginning(self, where: Surroundings) -> Begin:
        spec = self._spec
        if spec is None:
            raise ChildUnavailable(ChildFailure.MISSING)

        def begin(home: Path) -> Child:
            number = next(self._numbers)
            ground = grounds.prepared(where.root, where.python, where.version, home, number)
            # One text at a time: another file that is open in the child would be taken for what it was shown last, and that
            # may be a suggestion which nobody accepted.
            return Child(spec(ground), max_open=1)

        return begin
