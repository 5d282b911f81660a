"""A small project on the disk and its tests in the sandbox, for tests: what a change to one of its files comes to."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from kireji.base.config_schema import Options
from kireji.base.sandbox import Walls
from kireji.base.sandbox_walls import Sandbox
from kireji.base.text import make_document
from kireji.base.types import Change, ChangeSet, Document, FileEdit, GateResult, Snapshot, Span, Workspace
from kireji.engine.proof.testing import Wanted, testing
from support.patience import PATIENT

_LANGUAGES = {".py": "python", ".ts": "typescript", ".js": "javascript", ".go": "go", ".rs": "rust"}


# What a run of pytest loads beside itself takes longer than a small test.
PLAIN = {
    "pytest.ini": "[pytest]\naddopts = -p no:hypothesispytest -p no:asyncio -p no:xdist -p no:xdist.looponfail -p no:anyio\n"
}


class NoSandbox(Sandbox):
    """A machine without walls."""

    async def walls(self) -> Walls | None:
        return None


def make(folder: Path, files: dict[str, str]) -> Path:
    """A project with these files."""
    for name, text in (PLAIN | files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


def opened(root: Path, name: str) -> Document:
    """A file of it, as an editor has it open."""
    path = root / name
    text = path.read_bytes().decode()
    return make_document(path.as_uri(), str(path), _LANGUAGES[path.suffix], 1, text)


def snapshot_of(
    root: Path, name: str, *, options: Options | None = None, python: str | None = sys.executable
) -> Snapshot:
    """The moment at which an action about one of its files is asked for; the project is trusted."""
    workspace = Workspace(str(root), True, python)
    return Snapshot("t", opened(root, name), workspace=workspace, options=options or PATIENT)


def rewritten(document: Document, text: str) -> ChangeSet:
    """The change that makes a document another text."""
    return ChangeSet((FileEdit(document, (Change(Span(0, len(document.text)), text),), document.version),))


async def proof_of(
    snapshot: Snapshot,
    *texts: str,
    wanted: Wanted = Wanted.TURNED,
    place: Sandbox | None = None,
) -> list[GateResult | None]:
    """What the tests say about each of the texts that the document may become; None where nothing may be run."""
    place = place or Sandbox()
    found: list[GateResult | None] = []
    async with testing(place, snapshot, ()) as bench:
        for text in texts:
            found.append(await bench.judge(rewritten(snapshot.document, text), wanted) if bench is not None else None)
    await place.close()
    return found


def untrusted(snapshot: Snapshot) -> Snapshot:
    """The same in a workspace that nobody trusts."""
    return replace(snapshot, workspace=replace(snapshot.workspace, trusted=False))
