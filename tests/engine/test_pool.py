"""The children of one tool, while requests overlap and are taken back: none is forgotten, and none answers from before."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kireji.base.child_protocol import ChildSpec
from kireji.base.text import make_document
from kireji.base.types import GateResult, GateState, Snapshot, Workspace
from kireji.engine.gates import changes, pool
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.changes import Written, written_since
from kireji.engine.gates.delegate import DelegateGate
from kireji.engine.gates.tool import Ground, Tool
from support.children import gone, program, until
from support.gating import candidate_at

# The word "bad" is an error once the file beside it is known: at the start, or because the server is told of it. Each server
# leaves a file under its own number. An answer that knows nothing of the file says that it has begun, and waits.
SERVER = """
root = None
def known(): return os.path.exists(f"{root}/other.lua")
def initialized(message, then=initialized):
    global root, there
    root = message["params"]["rootUri"].removeprefix("file://")
    there = known()
    open(f"{root}/{os.getpid()}.pid", "w").close()
    then(message)
def read(reading=read):
    global there
    message = reading()
    if message is not None and message.get("method") == "workspace/didChangeWatchedFiles":
        there = known()
        with open(f"{root}/{os.getpid()}.pid", "a") as told: told.write("x")
    return message
def answer(n, message):
    text = texts[message["params"]["textDocument"]["uri"]]
    at = text.find("bad")
    place = [{"line": 0, "character": at}, {"line": 0, "character": at + 3}]
    item = {"range": dict(zip(("start", "end"), place)), "code": "bad", "message": "no", "severity": 1}
    found = [item] if there and at >= 0 else []
    open(f"{root}/begun", "w").close()
    while not there and os.path.exists(f"{root}/wait"): time.sleep(0.01)
    send({"id": message["id"], "result": {"kind": "full", "items": found}})
"""

Made = Callable[..., DelegateGate]


@pytest.fixture
async def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Made]:
    """Makes a gate that looks at the disk at every question."""
    monkeypatch.setattr(changes, "LEAST_PAUSE", 0.0)
    monkeypatch.setattr(changes, "PAUSE_FACTOR", 0.0)
    gates: list[DelegateGate] = []

    def make(manifests: Set[str] = frozenset()) -> DelegateGate:
        command = program(tmp_path, SERVER)

        def run(ground: Ground) -> ChildSpec:
            return ChildSpec("told", command, str(ground.root))

        suffixes = frozenset({".lua"})
        gates.append(
            DelegateGate(Tool("told", frozenset({"lua"}), run, suffixes=suffixes, manifests=frozenset(manifests)))
        )
        return gates[-1]

    yield make
    for gate in gates:
        await gate.close()


def folder(tmp_path: Path, name: str) -> Path:
    path = tmp_path / name
    path.mkdir()
    return path


def asked(root: Path, name: str = "t.lua") -> Snapshot:
    """Somebody about to write behind what may be wrong there already."""
    path = root / name
    document = make_document(path.as_uri(), str(path), "lua", 1, "x = bad\n")
    snapshot, _ = candidate_at(document, len("x = bad"), "")
    return replace(snapshot, workspace=Workspace(str(root), trusted=True))


async def prepared(gate: DelegateGate, root: Path, name: str = "t.lua") -> None:
    snapshot = asked(root, name)
    await gate.prepare(snapshot, snapshot.document)


async def check_nothing_is_new(gate: DelegateGate, root: Path) -> None:
    """What was wrong before the answer is not the answer's fault."""
    snapshot = asked(root)
    _, candidate = candidate_at(snapshot.document, len("x = bad"), " .. y")
    result: GateResult = await gate.check(trial(snapshot, candidate))
    assert (result.state, result.findings) == (GateState.PASS, ())


async def test_an_answer_from_before_a_file_was_saved_is_not_kept(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, root = made(), folder(tmp_path, "w")
    refresh, told = pool.Pool.refresh, asyncio.Event()

    async def refreshed(*given: Any) -> None:
        await refresh(*given)
        told.set()

    (root / "wait").touch()
    slow = asyncio.ensure_future(prepared(gate, root))
    await until((root / "begun").exists)
    (root / "other.lua").touch()
    monkeypatch.setattr(pool.Pool, "refresh", refreshed)
    second = asyncio.ensure_future(prepared(gate, root, "other document.lua"))
    await told.wait()
    (root / "wait").unlink()
    await asyncio.gather(slow, second)
    await check_nothing_is_new(gate, root)


@pytest.mark.parametrize("manifests", [frozenset(), frozenset({"other.lua"})], ids=["told", "begun anew"])
async def test_what_was_saved_counts_also_when_who_heard_of_it_is_taken_back(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manifests: Set[str]
) -> None:
    monkeypatch.setattr(changes, "_SLACK", 0.0)
    for turns in range(12):
        gate, root = made(manifests), folder(tmp_path, f"w{turns}")
        looked = asyncio.Event()
        loop = asyncio.get_running_loop()

        def look(*given: Any, loop: asyncio.AbstractEventLoop = loop, looked: asyncio.Event = looked) -> Written:
            found = written_since(*given)
            loop.call_soon_threadsafe(looked.set)
            return found

        await prepared(gate, root)
        (root / "other.lua").touch()
        os.utime(root / "other.lua", (time.time(), time.time()))  # the file system's clock may lag behind ours
        monkeypatch.setattr(changes, "written_since", look)
        second = asyncio.ensure_future(prepared(gate, root))
        await looked.wait()
        for _ in range(turns):
            await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait({second})
        monkeypatch.setattr(changes, "written_since", written_since)
        await prepared(gate, root)
        await check_nothing_is_new(gate, root)


async def test_who_is_replaced_while_the_disk_is_looked_at_takes_nobody_with_it(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = made(frozenset({"other.lua"}))
    first, second, third = (folder(tmp_path, name) for name in ("one", "two", "three"))
    await prepared(gate, first)
    begun, go = threading.Event(), threading.Event()

    def slow(*given: object) -> Written:
        begun.set()
        go.wait(60)
        return Written((first / "other.lua",), manifest=True)

    monkeypatch.setattr(changes, "written_since", slow)
    looking = asyncio.ensure_future(prepared(gate, first))
    await asyncio.to_thread(begun.wait, 60)
    monkeypatch.setattr(changes, "written_since", written_since)
    for root in (second, third, first):
        await prepared(gate, root, "other document.lua")
    go.set()
    await looking
    await gate.close()
    pids = [int(file.stem) for file in tmp_path.glob("*/*.pid")]
    assert len(pids) == 4
    assert all(map(gone, pids))


@pytest.mark.parametrize(
    ("manifests", "children", "told"),
    [(frozenset(), 1, 1), (frozenset({"other.lua"}), 2, 0)],
    ids=["told", "begun anew"],
)
async def test_what_was_saved_once_is_told_once(
    made: Made, tmp_path: Path, manifests: Set[str], children: int, told: int
) -> None:
    """However soon after it the next questions come."""
    gate, root = made(manifests), folder(tmp_path, "w")
    await prepared(gate, root)
    (root / "other.lua").touch()
    for _ in range(5):
        await prepared(gate, root)
    await check_nothing_is_new(gate, root)
    assert len(list(root.glob("*.pid"))) == children
    assert sum(len(file.read_text()) for file in root.glob("*.pid")) == told
    (root / "other.lua").write_text("again")
    await prepared(gate, root)
    assert len(list(root.glob("*.pid"))) == children + (1 if manifests else 0)
