"""The index's process asked, killed, stopped: texts reach it again, answers stay right, and it leaves with its owner."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from kireji.base.child_process import resident_bytes
from kireji.base.child_protocol import ChildFailure, ChildUnavailable
from kireji.base.children import Child
from kireji.base.index.client import PACE, Hits, Index, index_spec
from kireji.base.index.names import file_of
from kireji.base.text import make_document
from kireji.base.types import Document
from support.children import gone, until

FILES = {
    "shop/cart.py": "class Cart:\n    def add(self, item: str) -> None: ...\n    def total(self) -> int: ...\n",
    "shop/tax.py": "def rate(country: str) -> float: ...\n",
}
MAIN = "from shop.cart import Cart\n\ndef bill(cart: Cart) -> int:\n    return cart.$0\n"
CHARS = 8_000


@pytest.fixture
async def child(tmp_path: Path) -> AsyncIterator[Child]:
    made = Child(index_spec(tmp_path / "state"), pace=replace(PACE, back_off=(0.0,)), homes=tmp_path / "homes")
    yield made
    await made.close()
    assert not list((tmp_path / "homes").glob("*"))


@pytest.fixture
def index(child: Child) -> Index:
    return Index(child=child)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def soon(seconds: float = 30.0) -> float:
    return asyncio.get_running_loop().time() + seconds


def document(path: Path, text: str) -> Document:
    return make_document(path.as_uri(), str(path), "python", 1, text)


async def find(index: Index, root: Path, marked: str = MAIN, *opened: Document, name: str = "main.py") -> Hits | None:
    """What is found at `$0` in a text that is open."""
    before, mark, after = marked.partition("$0")
    assert mark
    return await index.find(document(root / name, before + after), len(before), str(root), opened, CHARS, soon())


async def texts(index: Index, root: Path, marked: str = MAIN, *opened: Document) -> list[str]:
    """The signatures that are found, the workspace being read."""
    await index.ready(str(root), soon())
    hits = await find(index, root, marked, *opened)
    assert hits is not None
    assert hits.ready
    return [hit.signature for hit in hits.items]


async def test_it_answers_what_is_likely(index: Index, root: Path) -> None:
    first = {"def add(self, item: str) -> None: ...", "def total(self) -> int: ...", "class Cart:"}
    assert set((await texts(index, root))[:3]) == first


async def test_no_more_comes_than_fits(index: Index, root: Path) -> None:
    await index.ready(str(root), soon())
    asked = document(root / "main.py", MAIN.replace("$0", ""))
    hits = await index.find(asked, len(MAIN) - 3, str(root), (), 30, soon())
    assert hits is not None
    assert sum(len(hit.signature) for hit in hits.items[:-1]) <= 30 < sum(len(hit.signature) + 1 for hit in hits.items)


@pytest.mark.parametrize(
    ("name", "text"),
    [("../outside.py", MAIN), ("notes.txt.gz", "x$0"), (".env", "KEY=$0"), ("big.py", "$0" + "x = 1\n" * 100_000)],
)
async def test_what_it_does_not_serve_is_none(index: Index, root: Path, name: str, text: str) -> None:
    before, _, after = text.partition("$0")
    path = root / name
    asked = make_document(path.as_uri(), str(path), "plaintext" if name.endswith("gz") else "python", 1, before + after)
    assert await index.find(asked, len(before), str(root), (), CHARS, soon()) is None


async def test_a_document_without_a_file_is_none(index: Index, root: Path) -> None:
    asked = make_document("untitled:1", None, "python", 1, "x = 1\n")
    assert await index.find(asked, 0, str(root), (), CHARS, soon()) is None


async def test_open_texts_come_and_go_and_come_again(index: Index, root: Path) -> None:
    tab = document(root / "tab.py", "def bill_for_tab(cart): ...\n")
    for _ in range(2):
        assert "def bill_for_tab(cart): ..." in await texts(index, root, MAIN, tab)
        await until_not(index, root, "def bill_for_tab(cart): ...")
    changed = document(root / "tab.py", "def bill_for_others(cart): ...\n")
    found = await texts(index, root, MAIN, changed)
    assert "def bill_for_others(cart): ..." in found
    assert "def bill_for_tab(cart): ..." not in found


async def until_not(index: Index, root: Path, signature: str) -> None:
    """Asks until a text that was closed is forgotten: the disk is looked at in the background."""
    async with asyncio.timeout(30):
        while signature in await texts(index, root):
            await asyncio.sleep(0.01)


async def test_changes_on_disk_are_seen(index: Index, root: Path) -> None:
    await texts(index, root)
    (root / "shop/late.py").write_text("def bill_later(cart: Cart): ...\n")
    async with asyncio.timeout(30):
        while "def bill_later(cart: Cart): ..." not in await texts(index, root):
            await asyncio.sleep(0.05)


async def test_what_the_editor_says_has_changed_is_seen(index: Index, root: Path) -> None:
    await texts(index, root)
    late = root / "shop/late.py"
    late.write_text("def bill_later(cart: Cart): ...\n")
    await index.changed(str(root), [str(late), "/elsewhere.py"])
    async with asyncio.timeout(30):
        while "def bill_later(cart: Cart): ..." not in await texts(index, root):
            await asyncio.sleep(0.01)
    late.unlink()
    await index.changed(str(root), [str(root / f"shop/{n}.py") for n in range(1_000)])
    await until_not(index, root, "def bill_later(cart: Cart): ...")


async def test_a_killed_process_is_given_the_texts_again(index: Index, child: Child, root: Path) -> None:
    tab = document(root / "tab.py", "def bill_for_tab(cart): ...\n")
    before = await texts(index, root, MAIN, tab)
    for _ in range(3):
        (pid,) = child.pids
        os.kill(pid, signal.SIGKILL)
        # Its pipe closes a little before it has ended.
        await until(lambda: child.pid is None)
        await until(partial(gone, pid))
        assert await texts(index, root, MAIN, tab) == before


async def test_it_begins_with_what_was_kept(index: Index, tmp_path: Path, root: Path) -> None:
    await index.ready(str(root), soon())
    kept = file_of(tmp_path / "state", str(root.resolve()))
    await until(kept.exists)
    again = Index(child=Child(index_spec(tmp_path / "state"), pace=PACE, homes=tmp_path / "homes"))
    try:
        assert await texts(again, root) == await texts(index, root)
    finally:
        await again.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP there")
async def test_a_stopped_process_costs_no_more_than_the_deadline(index: Index, child: Child, root: Path) -> None:
    await index.ready(str(root), soon())
    (pid,) = child.pids
    os.kill(pid, signal.SIGSTOP)
    try:
        asked = document(root / "main.py", "x = 1\n")
        with pytest.raises(ChildUnavailable) as raised:
            await index.find(asked, 0, str(root), (), CHARS, soon(0.1))
        assert raised.value.failure is ChildFailure.LATE
    finally:
        os.kill(pid, signal.SIGCONT)
    assert await find(index, root) is not None


async def test_odd_questions_do_not_end_it(index: Index, child: Child, root: Path) -> None:
    await index.ready(str(root), soon())
    pid = child.pid
    for params in ({}, {"root": 1}, {"root": str(root), "opened": ["a"], "changed": [[7, "python", "x"]], "here": 0}):
        answer = await child.request("find", params, soon())
        assert answer["value"] is None
        assert answer["note"]
    with pytest.raises(ChildUnavailable):
        await child.request("no such thing", {}, soon())
    assert await texts(index, root)
    assert child.pid == pid


async def test_lone_surrogates_and_empty_texts(index: Index, root: Path) -> None:
    await index.ready(str(root), soon())
    for marked in ("$0", "x = '\ud800'\n$0", "\x00$0", "def f(:\n$0", "é" * 10 + "$0"):
        assert await find(index, root, marked) is not None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody says how large it is")
async def test_two_thousand_files_are_read_soon_and_stay_small(index: Index, child: Child, tmp_path: Path) -> None:
    """A tenth of the files, and so a tenth of the time and of the room; the whole is measured by hand."""
    folder = tmp_path / "large"
    body = "".join(
        f"class Thing{n}:\n    def act_{n}(self, value: int) -> int:\n        return helper_{n}(value)\n\n"
        for n in range(40)
    )
    for number in range(200):
        path = folder / f"p{number % 20}" / f"m{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body.replace("Thing", f"Thing{number}_"))
    await index.start()
    assert child.pid is not None
    empty = resident_bytes(child.pid) or 0
    started = asyncio.get_running_loop().time()
    assert await index.ready(str(folder), soon(60)) == 200
    # A second on an idle machine; the tests' own is seldom that.
    assert asyncio.get_running_loop().time() - started < 30
    assert (resident_bytes(child.pid) or 0) - empty < 40_000_000
