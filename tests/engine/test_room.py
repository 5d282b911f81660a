"""Copies of a workspace that nobody waits for any more: whoever is taken back while one is made leaves none of it behind."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kireji.base.sandbox import Walls
from kireji.base.sandbox_walls import Sandbox
from kireji.base.types import ChangeSet, FileEdit, NewFile, Snapshot
from kireji.engine import together
from kireji.engine.proof import copying, testing
from kireji.engine.proof.copying import CopyError
from kireji.engine.proof.room import Room
from support.proving import make, rewritten, snapshot_of


class Standing(Sandbox):
    """Walls that nobody gets as far as."""

    async def walls(self) -> Walls | None:
        return Walls.UNSHARE


async def judged_by_tests(snapshot: Snapshot) -> None:
    async with testing.testing(Standing(), snapshot, ()) as bench:
        assert bench is not None
        await bench.judge(rewritten(snapshot.document, "x = 2\n"), testing.Wanted.KEPT)


async def put_together(snapshot: Snapshot) -> None:
    (edit,) = rewritten(snapshot.document, "x = 2\n").edits
    path = Path(edit.document.path or "").with_name("new.py")
    changes = ChangeSet(
        (FileEdit(edit.document, edit.changes, 1),), (NewFile(path.as_uri(), str(path), "python", "y = 1\n"),)
    )
    async with together._in_place(snapshot, changes):
        pass


@pytest.mark.parametrize(
    ("user", "work"), [(testing, judged_by_tests), (together, put_together)], ids=["tested", "put together"]
)
async def test_cancelled_while_a_copy_is_written_it_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    user: ModuleType,
    work: Callable[[Snapshot], Coroutine[Any, Any, None]],
) -> None:
    own = tmp_path / "tmp"
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    begun, go, done = threading.Event(), threading.Event(), threading.Event()

    def slow(*given: Any) -> None:
        begun.set()
        go.wait(60)
        try:
            copying.written(*given)
        finally:
            done.set()

    monkeypatch.setattr(user, "written", slow)
    root = make(tmp_path / "project", {"shop.py": "x = 1\n", "test_shop.py": "def test_shop(): pass\n"})
    running = asyncio.ensure_future(work(snapshot_of(root, "shop.py")))
    await asyncio.to_thread(begun.wait, 60)
    running.cancel()
    await asyncio.wait({running}, timeout=0.5)  # whoever does not wait for the copy is done by then
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.to_thread(done.wait, 60)
    assert list(own.iterdir()) == []


async def test_what_comes_after_the_end_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    room = Room()
    assert await room.make(lambda folder: folder.is_dir())
    await room.close()
    await room.close()
    with pytest.raises(CopyError):
        await room.make(lambda folder: folder.is_dir())
    assert list(tmp_path.iterdir()) == []
