"""What is gathered at a cursor, and that the deadline holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event

import pytest

from kireji.base.text import line_at, line_span, make_document
from kireji.base.types import ContextPack, Document, ItemKind, Shape, Site, SiteKind, Snapshot, Span, Workspace
from kireji.engine.context.gather import gather
from kireji.engine.context.symbols import Found, SymbolReader

FILES = {
    "shop/cart.py": "class Cart:\n    def add(self, item: str) -> None: ...\n    def total(self) -> int: ...\n",
    "shop/tax.py": "def rate(country: str) -> float: ...\ndef unrelated(): ...\n",
}
MAIN = "from shop.cart import Cart\nfrom shop import tax\n\ndef bill(cart: Cart) -> int:\n    return cart.$0\n"


def make_snapshot(
    root: Path, marked: str, others: dict[str, str] | None = None, name: str = "main.py"
) -> tuple[Snapshot, Site]:
    """A snapshot of an open file with the cursor at `$0`, other files open beside it; and the site."""
    offset = marked.index("$0")
    document = _open(root, name, marked.replace("$0", "", 1))
    line = line_span(document.text, document.lines, line_at(document.lines, offset))
    before, after = document.text[line.start : offset], document.text[offset : line.end]
    site = Site(document, offset, SiteKind.CODE, Shape.LINE, Span(0, len(document.text)), "", before, after)
    opened = tuple(_open(root, n, t) for n, t in (others or {}).items())
    return Snapshot("1", document, (document, *opened), Workspace(str(root))), site


def _open(root: Path, name: str, text: str) -> Document:
    return make_document((root / name).as_uri(), str(root / name), "go" if name.endswith(".go") else "python", 1, text)


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


async def check_gather(root: Path, marked: str, others: dict[str, str], expected: list[str]) -> ContextPack:
    """`expected`: `kind file: signature` of every item but the window, the likeliest first."""
    snapshot, site = make_snapshot(root, marked, others)
    pack = await gather(snapshot, site, SymbolReader(), 10.0)
    windows = [i for i in pack.items if i.kind in (ItemKind.WINDOW_BEFORE, ItemKind.WINDOW_AFTER)]
    assert "".join(w.text for w in windows) == site.document.text
    got = [f"{i.kind.value} {i.uri.rpartition('/')[2]}: {i.text}" for i in pack.items if i not in windows]
    assert got == expected
    return pack


async def test_members_of_the_receiver_then_what_is_imported_then_the_rest(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    await check_gather(
        tmp_path,
        MAIN,
        {},
        [
            "signature cart.py: class Cart:",
            "signature cart.py: def add(self, item: str) -> None: ...",
            "signature cart.py: def total(self) -> int: ...",
            "signature main.py: def bill(cart: Cart) -> int:",
            "signature tax.py: def rate(country: str) -> float: ...",
            "signature tax.py: def unrelated(): ...",
        ],
    )


async def test_the_open_text_counts_not_the_disk(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "def on_disk(): ...\n"})
    await check_gather(tmp_path, "def typed(): ...\n$0", {}, ["signature main.py: def typed(): ..."])


async def test_other_open_files_share_what_stands_near(tmp_path: Path) -> None:
    others = {
        "tab.py": "def parse_header(line): ...\ndef unrelated_thing(): ...\n",
        "tab.go": "package p\nfunc parse_header() {}\n",
    }
    expected = ["signature main.py: header = 1", "open file tab.py: def parse_header(line): ..."]
    await check_gather(tmp_path, "header = 1\n$0\n", others, expected)


async def test_the_window_meets_at_the_cursor(tmp_path: Path) -> None:
    body = "".join(f"x{i} = {i}\n" for i in range(9_000))
    snapshot, site = make_snapshot(tmp_path, body + "here = $0 + 1\n" + body)
    before, after = (await gather(snapshot, site, SymbolReader(), 10.0)).items[:2]
    assert (before.kind, after.kind) == (ItemKind.WINDOW_BEFORE, ItemKind.WINDOW_AFTER)
    assert before.span.end == after.span.start == site.offset
    for item in (before, after):
        assert item.text == site.document.text[item.span.start : item.span.end]
    assert before.text.startswith("x") and after.text.endswith("\n") and len(before.text) > 15_000


class SlowReader(SymbolReader):
    """A reader that finds one thing, then hangs like a network drive until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.hanging = Event()
        self.let_go = Event()
        self.went_on = False

    def in_reach(
        self, document: Document, root: Path | None, open_documents: Mapping[Path, Document]
    ) -> Iterator[Found]:
        found = list(super().in_reach(document, root, open_documents))
        yield found[0]
        self.hanging.set()
        self.let_go.wait(20)
        yield found[1]
        self.went_on = True


async def test_at_the_deadline_what_is_there_is_returned(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    snapshot, site = make_snapshot(tmp_path, MAIN)
    reader = SlowReader()
    try:
        started = time.monotonic()
        pack = await gather(snapshot, site, reader, 0.5)
        assert time.monotonic() - started < 10
        assert [i.text for i in pack.items[2:]] == ["class Cart:"]
        assert "".join(i.text for i in pack.items[:2]) == site.document.text
    finally:
        reader.let_go.set()
    # Told to stop, the thread reads no further.
    await asyncio.get_running_loop().shutdown_default_executor()
    assert not reader.went_on


async def test_no_time_at_all_still_gives_the_window(tmp_path: Path) -> None:
    snapshot, site = make_snapshot(tmp_path, MAIN)
    pack = await gather(snapshot, site, SymbolReader(), 0.0)
    assert [i.kind for i in pack.items[:2]] == [ItemKind.WINDOW_BEFORE, ItemKind.WINDOW_AFTER]


async def test_cancelling_ends_it_and_stops_the_thread(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    snapshot, site = make_snapshot(tmp_path, MAIN)
    reader = SlowReader()
    task = asyncio.create_task(gather(snapshot, site, reader, 20.0))
    await asyncio.to_thread(reader.hanging.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    reader.let_go.set()
    await asyncio.get_running_loop().shutdown_default_executor()
    assert not reader.went_on


async def test_equal_input_gives_equal_output(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    snapshot, site = make_snapshot(tmp_path, MAIN, {"tab.py": "def cart_of(): ...\ndef bill_of(): ...\n"})
    packs = [await gather(snapshot, site, SymbolReader(), 10.0) for _ in range(3)]
    assert packs[0] == packs[1] == packs[2]
