"""Asks the index's process which definitions a place may need. Reads no file of a workspace and keeps no index itself.

Every method raises ChildUnavailable when there is no answer by its deadline, or none at all; `deadline` is loop time
(monotonic seconds).
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kireji.base.child_protocol import ChildFailure, ChildSpec, ChildState, ChildUnavailable, Pace, clean
from kireji.base.children import Child
from kireji.base.types import Document, Span

logger = logging.getLogger(__name__)

# Ten thousand files take some 300 MB; a process that needs more is begun anew, from what it has kept.
MEMORY_BYTES = 900 * 1024 * 1024
RECYCLE_BYTES = 600 * 1024 * 1024
PACE = Pace(start=20.0, hung=10.0)
# The index reads no larger text.
_MAX_CHARS = 400_000
_POLL_SECONDS = 0.02
# Of more, a look at the whole workspace is no dearer.
_MOST_CHANGED = 500
# As for the analysis: isolated, with our own package's folder alone, in case the package is not installed.
_START = """
import sys
root, *folder = sys.argv[1:]
root in sys.path or sys.path.insert(0, root)
from kireji.base.index.worker import main
main(*folder)
"""


def index_spec(folder: Path | None = None) -> ChildSpec:
    """How to run the process; `folder` is where it keeps indexes between starts, None for nowhere."""
    kept = () if folder is None else (str(folder),)
    command = (sys.executable, "-I", "-c", _START, str(Path(__file__).parents[3]), *kept)
    return ChildSpec("index", command, requires=frozenset(), memory_bytes=MEMORY_BYTES, recycle_bytes=RECYCLE_BYTES)


@dataclass(frozen=True, slots=True)
class Hit:
    """A definition that may be needed. `signature` is verbatim source; `score` compares within one answer only."""

    uri: str
    signature: str
    span: Span
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Hits:
    """The likeliest first. `ready` is False while the workspace has not been read once: then much is missing."""

    items: tuple[Hit, ...]
    ready: bool


class Index:
    """The process, seen from the server. Starts with the first question or by `start`; belongs to one event loop."""

    def __init__(self, folder: Path | None = None, child: Child | None = None) -> None:
        self._child = child if child is not None else Child(index_spec(folder), pace=PACE)
        self._pid: int | None = None
        self._sent: dict[str, str] = {}

    @property
    def state(self) -> ChildState:
        """Where the process is in its life."""
        return self._child.state

    async def start(self) -> None:
        """Starts the process. Raises ChildUnavailable."""
        await self._child.start()

    async def close(self) -> None:
        """Ends the process for good. May be called twice."""
        await self._child.close()

    async def find(
        self, document: Document, offset: int, root: str, opened: Iterable[Document], chars: int, deadline: float
    ) -> Hits | None:
        """What may be needed at `offset`, as much as fills `chars` characters; None where the index does not serve the text:
        it has no file, or one outside the root, or one that an ignore file excludes.

        The text of the editor counts for all that is `opened`.
        """
        if document.path is None or len(document.text) > _MAX_CHARS:
            return None
        await self._started(deadline)
        documents = {d.path: d for d in (*opened, document) if d.path is not None and len(d.text) <= _MAX_CHARS}
        paths = list(documents)
        # The process forgets what is no longer open.
        self._sent = {path: text for path, text in self._sent.items() if path in documents}
        changed = [[n, d.language, clean(d.text)] for n, d in enumerate(documents.values()) if self._is_new(d)]
        params = {"root": root, "opened": paths, "changed": changed, "here": paths.index(document.path)}
        value = await self._ask("find", params | {"offset": offset, "chars": chars}, deadline)
        if value is None:
            self._sent.clear()
            return None
        try:
            uris = [documents[paths[f]].uri if isinstance(f, int) else Path(f).as_uri() for f in value["files"]]
            items = tuple(
                Hit(uris[file], str(signature), Span(int(start), int(end)), float(score), str(why))
                for file, signature, start, end, score, why in value["items"]
            )
            return Hits(items, bool(value["ready"]))
        except (KeyError, TypeError, ValueError, IndexError):
            raise ChildUnavailable(ChildFailure.PROTOCOL, "a malformed answer") from None

    async def open(self, root: str) -> None:
        """Has a workspace read, so that the first question finds it known; does not wait for it. Raises ChildUnavailable."""
        await self._ask("state", {"root": root}, asyncio.get_running_loop().time() + PACE.start)

    async def changed(self, root: str, paths: Sequence[str]) -> None:
        """Has files that have changed on the disk read again, those of them that lie below the root; does not wait for it.

        Nothing where the process does not run: when it begins, it looks at the whole disk. Raises ChildUnavailable.
        """
        inside = [path for path in paths if Path(path).is_relative_to(root)]
        if inside and self._child.state is ChildState.READY:
            params = {"root": root, "paths": inside if len(inside) <= _MOST_CHANGED else []}
            await self._ask("changed", params, asyncio.get_running_loop().time() + PACE.hung)

    async def ready(self, root: str, deadline: float) -> int:
        """Waits until a workspace has been read once; how many files of it are known."""
        while True:
            value = await self._ask("state", {"root": root}, deadline)
            if not isinstance(value, dict):
                raise ChildUnavailable(ChildFailure.PROTOCOL, "a malformed answer")
            if value.get("ready"):
                return int(value.get("files", 0))
            await asyncio.sleep(_POLL_SECONDS)

    async def _started(self, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._child.start()
        except TimeoutError:
            raise ChildUnavailable(ChildFailure.LATE) from None
        if self._child.pid != self._pid:
            self._pid = self._child.pid
            self._sent.clear()

    def _is_new(self, document: Document) -> bool:
        """Whether the process does not have the text yet; from now on it has."""
        assert document.path is not None  # noqa: S101 — only such are asked about
        if self._sent.get(document.path) == document.text:
            return False
        self._sent[document.path] = document.text
        return True

    async def _ask(self, method: str, params: dict[str, Any], deadline: float) -> Any:
        try:
            answer = await self._child.request(method, params, deadline)
        except ChildUnavailable as error:
            if error.failure is not ChildFailure.LATE:
                self._sent.clear()
            raise
        if not isinstance(answer, dict):
            raise ChildUnavailable(ChildFailure.PROTOCOL, "a malformed answer")
        if note := answer.get("note"):
            logger.warning("index: %s: %s", method, note)
        return answer.get("value")
