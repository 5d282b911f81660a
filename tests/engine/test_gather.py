"""What is gathered at a cursor, and that the deadline holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from kireji.base.child_protocol import ChildState
from kireji.base.children import Child
from kireji.base.index.client import PACE, Index, index_spec
from kireji.base.text import line_at, line_span, make_document
from kireji.base.types import ContextPack, Document, ItemKind, Shape, Site, SiteKind, Snapshot, Span, Workspace
from kireji.engine.context.gather import gather
from kireji.engine.context.symbols import Found, SymbolReader
from support.children import until
from support.waiting import WATCHDOG, leap

FILES = {
    "shop/cart.py": "class Cart:\n    def add(self, item: str) -> None: ...\n    def total(self) -> int: ...\n",
    "shop/tax.py": "def rate(country: str) -> float: ...\ndef unrelated(): ...\n",
}
CHARS = 16_000
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
    pack = await gather(snapshot, site, SymbolReader(), None, 10.0, CHARS)
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
    before, after = (await gather(snapshot, site, SymbolReader(), None, 10.0, CHARS)).items[:2]
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
        self.let_go.wait(2 * WATCHDOG)
        yield found[1]
        self.went_on = True


async def test_the_window_holds_what_is_needed_however_long_it_is(tmp_path: Path) -> None:
    lines = [f"    x{n} = {n}\n" for n in range(4_000)]
    code = f"import os\n\n\ndef f():\n{''.join(lines[:2_000])}$0{''.join(lines[2_000:])}\n\nx = 1\n"
    snapshot, site = make_snapshot(tmp_path, code)
    text = site.document.text
    needed = Span(text.index("def f"), text.index("    x3999") + 4)
    before, after = (await gather(snapshot, site, SymbolReader(), None, 10.0, CHARS, needed)).items[:2]
    assert before.span.start <= needed.start and after.span.end >= text.index("\n", needed.end)
    before, after = (await gather(snapshot, site, SymbolReader(), None, 10.0, CHARS)).items[:2]
    assert before.span.start > needed.start and after.span.end < needed.end


async def test_at_the_deadline_what_is_there_is_returned(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    snapshot, site = make_snapshot(tmp_path, MAIN)
    reader = SlowReader()
    try:
        gathering = asyncio.ensure_future(gather(snapshot, site, reader, None, WATCHDOG, CHARS))
        await until(reader.hanging.is_set)
        leap(WATCHDOG)
        pack = await gathering
        assert [i.text for i in pack.items[2:]] == ["class Cart:"]
        assert "".join(i.text for i in pack.items[:2]) == site.document.text
    finally:
        reader.let_go.set()
    # Told to stop, the thread reads no further.
    await asyncio.get_running_loop().shutdown_default_executor()
    assert not reader.went_on


async def test_no_time_at_all_still_gives_the_window(tmp_path: Path) -> None:
    snapshot, site = make_snapshot(tmp_path, MAIN)
    pack = await gather(snapshot, site, SymbolReader(), None, 0.0, CHARS)
    assert [i.kind for i in pack.items[:2]] == [ItemKind.WINDOW_BEFORE, ItemKind.WINDOW_AFTER]


async def test_cancelling_ends_it_and_stops_the_thread(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    snapshot, site = make_snapshot(tmp_path, MAIN)
    reader = SlowReader()
    task = asyncio.create_task(gather(snapshot, site, reader, None, 20.0, CHARS))
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
    packs = [await gather(snapshot, site, SymbolReader(), None, 10.0, CHARS) for _ in range(3)]
    assert packs[0] == packs[1] == packs[2]


# ---- with the index


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[Index]:
    made = Index(child=Child(index_spec(), pace=PACE, homes=tmp_path / "homes"))
    yield made
    await made.close()


def soon() -> float:
    return asyncio.get_running_loop().time() + 30.0


async def test_the_index_answers_once_it_has_read_the_workspace(tmp_path: Path, index: Index) -> None:
    root = tmp_path / "root"
    write(root, FILES | {"main.py": "THE DISK IS NOT READ"})
    snapshot, site = make_snapshot(root, MAIN, {"tab.py": "def bill_of(cart: Cart): ...\n"})
    await index.ready(str(root), soon())
    pack = await gather(snapshot, site, SymbolReader(), index, 20.0, CHARS)
    found = {i.text: i for i in pack.items[2:]}
    first = {"def add(self, item: str) -> None: ...", "def total(self) -> int: ...", "class Cart:"}
    assert set([*found][:3]) == first
    assert found["def total(self) -> int: ..."].why.endswith("member of what stands before the dot")
    assert found["def total(self) -> int: ..."].uri == (root / "shop/cart.py").as_uri()
    assert found["def bill_of(cart: Cart): ..."].uri == (root / "tab.py").as_uri()
    for item in pack.items[2:]:
        text = next((d.text for d in snapshot.open_documents if d.uri == item.uri), None)
        text = text if text is not None else FILES[str(Path(item.uri.removeprefix("file://")).relative_to(root))]
        assert text[item.span.start :].startswith(item.text)
    assert not any("DISK" in i.text for i in pack.items)


async def test_open_texts_that_the_index_does_not_serve_count_too(tmp_path: Path, index: Index) -> None:
    root = tmp_path / "root"
    write(root, FILES | {"main.py": "THE DISK IS NOT READ"})
    snapshot, site = make_snapshot(root, MAIN)
    notebook = str(root / "report.ipynb")
    cells = [
        make_document(f"vscode-notebook-cell:{notebook}#{n}", notebook, "python", 1, f"def bill_{n}(cart): ...\n")
        for n in ("first", "second")
    ]
    untitled = make_document("untitled:1", None, "python", 1, "def bill_untitled(cart): ...\ndef unrelated(): ...\n")
    outside = _open(tmp_path / "elsewhere", "away.py", "def bill_elsewhere(cart): ...\n")
    snapshot = replace(snapshot, open_documents=(*snapshot.open_documents, *cells, untitled, outside))
    await index.ready(str(root), soon())
    pack = await gather(snapshot, site, SymbolReader(), index, 20.0, CHARS)
    found = {i.text: i for i in pack.items if i.kind is ItemKind.OPEN_FILE}
    assert {i.uri for i in found.values()} == {cells[0].uri, cells[1].uri, untitled.uri, outside.uri}
    assert "def unrelated(): ..." not in found
    assert "def total(self) -> int: ..." in [i.text for i in pack.items], "and the index answers as before"
    assert all(0 < i.score < 1 for i in found.values())


async def test_what_is_excluded_stays_out_also_when_it_is_open(tmp_path: Path, index: Index) -> None:
    root = tmp_path / "root"
    write(root, FILES | {".kirejiignore": "private/\n", "private/keys.py": "def bill_secretly(cart): ...\n"})
    main = "from private import keys\nfrom shop.cart import Cart\nbill_secretly(1)\n$0\n"
    others = {"private/open.py": "def bill_openly_secret(cart): ...\n"}
    snapshot, site = make_snapshot(root, main, others)
    await index.ready(str(root), soon())
    for asked in (index, None):
        pack = await gather(snapshot, site, SymbolReader(), asked, 20.0, CHARS)
        texts = [i.text for i in pack.items[2:]]
        assert "class Cart:" in texts
        assert "def bill_secretly(cart): ..." not in texts
    pack = await gather(snapshot, site, SymbolReader(), index, 20.0, CHARS)
    assert "def bill_openly_secret(cart): ..." not in [i.text for i in pack.items]


@pytest.mark.parametrize("where", ["outside/main.py", "root/private/main.py"])
async def test_imports_are_followed_where_the_index_does_not_serve(tmp_path: Path, index: Index, where: str) -> None:
    root = tmp_path / "root"
    write(root, FILES | {".kirejiignore": "private/\n"})
    snapshot, site = make_snapshot(root, MAIN, name=f"../{where}")
    await index.ready(str(root), soon())
    pack = await gather(snapshot, site, SymbolReader(), index, 20.0, CHARS)
    assert "def bill(cart: Cart) -> int:" in [i.text for i in pack.items]


async def test_imports_are_followed_while_the_index_cannot_answer(tmp_path: Path, index: Index) -> None:
    root = tmp_path / "root"
    write(root, FILES)
    snapshot, site = make_snapshot(root, MAIN)
    await index.close()
    assert index.state is ChildState.CLOSED
    pack = await gather(snapshot, site, SymbolReader(), index, 10.0, CHARS)
    assert [i.text for i in pack.items[2:]][:1] == ["class Cart:"]
