"""One tool's private children: how each is begun, and under which name a text is shown to it. Judges nothing, keeps none.

Only a trusted workspace is shown to a tool; any other text stands alone in an empty folder of ours.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from kireji.base.child_protocol import ChildDiagnostic
from kireji.base.children import Child
from kireji.base.languages import LANGUAGES, canonical
from kireji.base.oneshot import OneShot, OneShotSpec
from kireji.base.types import Document
from kireji.engine.gates.living import Begin, Living
from kireji.engine.gates.tool import Ground, Tool

_ALONE, _OWN = "alone", "own"


class Pool:
    """The children of one tool, one for each workspace."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self._living: Living[str | None] = Living(lambda root: root, tool.suffixes, tool.manifests)

    @property
    def age(self) -> int:
        """As `Living.age`."""
        return self._living.age

    async def refresh(self, root: str | None, document: Document, seconds: float) -> None:
        """Tells the child what was saved since it was last told. Raises ChildUnavailable."""
        await self._living.refresh(root, self._beginning(root, document), document.path, seconds)

    async def diagnostics(
        self, root: str | None, document: Document, text: str, seconds: float
    ) -> tuple[ChildDiagnostic, ...]:
        """What the tool says of `text` in the place of a document. Raises ChildUnavailable."""
        deadline = asyncio.get_running_loop().time() + seconds
        child, home = await self._living.find(root, self._beginning(root, document))
        inside = root is not None and document.path is not None
        path = Path(document.path or "") if inside else home / _ALONE / _name(document)
        return await child.diagnostics(path.as_uri(), canonical(document.language), text, deadline)

    async def close(self) -> None:
        """Ends them for good. May be called twice."""
        await self._living.close()

    def _beginning(self, root: str | None, document: Document) -> Begin:
        def begin(home: Path) -> Child | OneShot | None:
            alone = home / _ALONE
            for folder in (alone, home / _OWN):
                folder.mkdir(mode=0o700, exist_ok=True)
            for name, contents in self.tool.beside.items():
                (alone / name).write_text(contents, "utf-8")
            place = Path(root) if root is not None else alone
            first = Path(document.path).parent if root is not None and document.path is not None else alone
            spec = self.tool.program(Ground(place, first, home / _OWN, root is not None))
            # One text at a time: another that stays open would be taken for what it was shown last, and that may be a
            # suggestion which nobody accepted.
            if isinstance(spec, OneShotSpec):
                return OneShot(spec)
            return Child(spec, pace=self.tool.pace, max_open=1) if spec is not None else None

        return begin


def _name(document: Document) -> str:
    """A file name for a text that stands alone: its own, where it has one that its language knows."""
    row = LANGUAGES.get(canonical(document.language))
    extensions = row.extensions if row is not None else ()
    own = Path(document.path).name if document.path is not None else ""
    return own if own.endswith(extensions) and extensions else f"buffer{extensions[0] if extensions else '.txt'}"
