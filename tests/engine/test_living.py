"""Several children of one program, of which only a few are kept: the others end, and none while somebody waits for its answer."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kireji.base.child_protocol import ChildSpec
from kireji.base.children import Child
from kireji.base.text import make_document
from kireji.base.types import Document
from kireji.engine.gates.checkers import Checkers, Surroundings
from kireji.engine.gates.pool import Pool
from kireji.engine.gates.ruff import RuffGate
from kireji.engine.gates.tool import Tool
from support.children import gone, program, until

# Each leaves a file under its own number. Asked about a text that begins so, it says that it has begun, and waits.
SERVER = """
place = @PLACE@
open(f"{place}/{os.getpid()}.pid", "w").close()
def answer(n, message):
    if texts[message["params"]["textDocument"]["uri"]].startswith("slow"):
        open(f"{place}/begun", "w").close()
        while not os.path.exists(f"{place}/go"): time.sleep(0.01)
    report(message, "answered")
"""

Ask = Callable[[int, str], Awaitable[object]]
Close = Callable[[], Awaitable[object]]


def texts(place: Path, number: int, text: str) -> Document:
    path = place / str(number) / "t.py"
    path.parent.mkdir(exist_ok=True)
    return make_document(path.as_uri(), str(path), "python", 1, text)


def a_pool(place: Path, command: tuple[str, ...]) -> tuple[Ask, Close]:
    pool = Pool(Tool("fake", frozenset({"python"}), lambda ground: ChildSpec("fake", command, str(ground.root))))

    async def ask(number: int, text: str) -> object:
        document = texts(place, number, text)
        return await pool.diagnostics(str(place / str(number)), document, text, 20.0)

    return ask, pool.close


def checkers(place: Path, command: tuple[str, ...]) -> tuple[Ask, Close]:
    several = Checkers(lambda ground: ChildSpec("fake", command, str(ground.root)))

    async def ask(number: int, text: str) -> object:
        document = texts(place, number, text)
        return await several.diagnostics(Surroundings(str(place / str(number))), document, text, 20.0)

    return ask, several.close


def pythons(place: Path, command: tuple[str, ...]) -> tuple[Ask, Close]:
    gate = RuffGate(Child(ChildSpec("fake", command, None, {"settings": {"configuration": {}}})))

    async def ask(number: int, text: str) -> object:
        return await gate.report(texts(place, number, text), (3, 8 + number))

    return ask, gate.close


@pytest.mark.parametrize(("several", "most"), [(a_pool, 2), (checkers, 2), (pythons, 1)])
async def test_what_is_asked_is_kept_and_what_is_too_many_ends(
    tmp_path: Path, several: Callable[[Path, tuple[str, ...]], tuple[Ask, Close]], most: int
) -> None:
    ask, close = several(tmp_path, program(tmp_path, SERVER.replace("@PLACE@", repr(str(tmp_path)))))

    def running() -> int:
        return sum(not gone(int(file.stem)) for file in tmp_path.glob("*.pid"))

    try:
        slow = asyncio.ensure_future(ask(0, "slow"))
        await until((tmp_path / "begun").exists)
        for number in (1, 2):
            await ask(number, "quick")
        assert not slow.done()
        (tmp_path / "go").touch()
        await slow  # what has come since did not end it
        await ask(2, "quick again")
        assert running() == most
    finally:
        await close()
    assert running() == 0


@pytest.mark.parametrize("several", [a_pool, checkers])
async def test_where_their_folder_was_cleared_away_others_begin_in_another(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    several: Callable[[Path, tuple[str, ...]], tuple[Ask, Close]],
) -> None:
    homes = tmp_path / "homes"
    monkeypatch.setattr(tempfile, "tempdir", str(homes))
    ask, close = several(tmp_path, program(tmp_path, SERVER.replace("@PLACE@", repr(str(tmp_path)))))
    await ask(0, "quick")
    shutil.rmtree(homes)
    for number in (1, 0):
        await ask(number, "quick again")
    await close()
    assert list(homes.iterdir()) == []
    assert all(gone(int(file.stem)) for file in tmp_path.glob("*.pid"))


@pytest.mark.parametrize("several", [a_pool, checkers])
async def test_what_is_for_a_folder_that_is_gone_ends_with_the_next_question(
    tmp_path: Path, several: Callable[[Path, tuple[str, ...]], tuple[Ask, Close]]
) -> None:
    ask, close = several(tmp_path, program(tmp_path, SERVER.replace("@PLACE@", repr(str(tmp_path)))))
    try:
        for number in (0, 1):
            await ask(number, "quick")
        shutil.rmtree(tmp_path / "0")
        await ask(1, "quick again")
        assert sum(not gone(int(file.stem)) for file in tmp_path.glob("*.pid")) == 1
    finally:
        await close()
