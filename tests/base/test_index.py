"""What the index holds of a workspace: what is read and what is not, what is open instead, what is kept between starts."""

from __future__ import annotations

import json
import os
import random
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from kireji.base.files import Unread
from kireji.base.imports import Import
from kireji.base.index.entry import from_row, read_entry
from kireji.base.index.links import make_links, targets
from kireji.base.index.names import file_of
from kireji.base.index.table import Table
from kireji.base.index.words import parts
from kireji.base.index.workspace import MAX_BYTES, Workspace
from kireji.base.kept import kept_in

FILES = {
    "shop/cart.py": "class Cart:\n    def add(self, item: str) -> None: ...\n",
    "shop/tax.py": "from shop.cart import Cart\n\ndef rate(country: str) -> float: ...\n",
    "web/list.ts": "export function listAll(): void {}\n",
}


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def defined(workspace: Workspace) -> dict[str, list[str]]:
    """The names that each file defines."""
    return {
        file.path: [known.name for known in file.definitions]
        for file in (*workspace.shelves.programs, *workspace.shelves.others)
    }


def read(root: Path, files: Mapping[str, str], kept: Path | None = None) -> Workspace:
    """A workspace with these files, read once."""
    write(root, files)
    workspace = Workspace(root.resolve(), kept)
    workspace.refresh()
    return workspace


# ---- what is read


def test_files_of_all_languages_are_read(tmp_path: Path) -> None:
    workspace = read(tmp_path, FILES)
    assert workspace.ready
    assert defined(workspace) == {
        "shop/cart.py": ["Cart", "add"],
        "shop/tax.py": ["rate"],
        "web/list.ts": ["listAll"],
    }


def test_markup_and_data_are_read_and_kept_apart(tmp_path: Path) -> None:
    """Their names are no words of programs: what they define must not be voted for there."""
    files = {"a.html": '<p id="top"></p>\n', "a.css": ".card {}\n", "b/c.json": '{"rate": 1}\n', "d.toml": "levy = 1\n"}
    workspace = read(tmp_path, FILES | files, tmp_path / "state")
    workspace.keep()
    again = Workspace(tmp_path.resolve(), tmp_path / "state")
    again.refresh()
    for seen in (workspace, again):
        expected = {"a.html": ["top"], "a.css": ["card"], "b/c.json": ["rate"], "d.toml": ["levy"]}
        assert {file.path: [k.name for k in file.definitions] for file in seen.shelves.others} == expected
        assert {file.path for file in seen.shelves.programs} == set(FILES)
    (tmp_path / "a.css").unlink()
    workspace.show("a.html", "python", "def other(): ...\n")
    workspace.refresh()
    assert {file.path for file in workspace.shelves.others} == {"b/c.json", "d.toml"}


def test_of_data_files_a_part_is_enough(tmp_path: Path) -> None:
    workspace = read(tmp_path, {f"data/{n}.json": f'{{"key_{n}": 1}}\n' for n in range(1_020)} | FILES)
    assert len(workspace.shelves.others) == 1_000
    assert len(workspace.shelves.programs) == len(FILES)
    assert workspace.skipped == {Unread.TOO_MANY: 20}


def test_what_has_changed_is_read_again_and_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    workspace = read(tmp_path, FILES)
    write(tmp_path, {"shop/tax.py": "def levy(): ...\n", "new.go": "package p\nfunc Fresh() {}\n"})
    (tmp_path / "web/list.ts").unlink()
    workspace.refresh()
    assert defined(workspace) == {"shop/cart.py": ["Cart", "add"], "shop/tax.py": ["levy"], "new.go": ["Fresh"]}


def test_what_the_editor_says_has_changed_is_read_again_and_nothing_else(tmp_path: Path) -> None:
    workspace = read(tmp_path, FILES | {".kirejiignore": "hidden.py\n", "old/a.py": "A = 1\n", "old/b.py": "B = 1\n"})
    write(tmp_path, {"shop/tax.py": "def levy(): ...\n", "shop/late.py": "def late(): ...\n", "unsaid.py": "U = 1\n"})
    write(tmp_path, {"hidden.py": "H = 1\n", "node_modules/x.js": "function x() {}\n"})
    (tmp_path / "web/list.ts").unlink()
    for path in (tmp_path / "old").iterdir():
        path.unlink()
    (tmp_path / "link.py").symlink_to(tmp_path / "hidden.py")
    told = ["shop/tax.py", "shop/late.py", "web/list.ts", "old", "hidden.py", "node_modules/x.js", "link.py", "gone.py"]
    workspace.expect([str(tmp_path / name) for name in told] + ["/elsewhere/a.py"])
    workspace.refresh()
    expected = {"shop/cart.py": ["Cart", "add"], "shop/tax.py": ["levy"], "shop/late.py": ["late"]}
    assert defined(workspace) == expected
    workspace.refresh()
    assert defined(workspace) == expected | {"unsaid.py": ["U"]}


@pytest.mark.parametrize("told", [[], [".kirejiignore"], ["a/.gitignore"], ["go.mod"]])
def test_after_many_changes_and_after_those_of_ignore_files_all_is_looked_at(tmp_path: Path, told: list[str]) -> None:
    workspace = read(tmp_path, FILES)
    write(tmp_path, {"new.py": "N = 1\n"})
    workspace.expect([str(tmp_path / name) for name in told])
    workspace.refresh()
    assert defined(workspace)["new.py"] == ["N"]


@pytest.mark.skipif(sys.platform == "win32", reason="no links and FIFOs there without a privilege")
def test_what_is_skipped_says_why_and_nothing_blocks(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("def outside(): ...\n")
    root = tmp_path / "root"
    write(
        root,
        FILES
        | {
            ".gitignore": "made/\n",
            ".kirejiignore": "private.py\n",
            "made/a.py": "def ignored(): ...\n",
            "private.py": "def ignored(): ...\n",
            "x_pb2.py": "def generated(): ...\n",
            "node_modules/b.js": "function tool() {}\n",
            "binary.py": "a\0b",
            "squeezed.js": "function f(){}" * 1_000,
        },
    )
    (root / "link.py").symlink_to(outside)
    (root / "folder").symlink_to(tmp_path)
    os.mkfifo(root / "fifo.py")
    with (root / "huge.py").open("wb") as huge:
        huge.truncate(100 * 1024 * 1024)
    workspace = Workspace(root.resolve(), None)
    workspace.refresh()
    assert set(defined(workspace)) == set(FILES)
    assert workspace.skipped == {
        Unread.LINK: 1,
        Unread.NO_FILE: 1,
        Unread.NEVER: 1,
        Unread.IGNORED: 2,
        Unread.TOOL: 1,
        Unread.TOO_LARGE: 2,
        Unread.UNREADABLE: 1,
    }
    assert (root / "huge.py").stat().st_size > MAX_BYTES


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="nothing is forbidden to root")
def test_a_forbidden_folder_is_skipped(tmp_path: Path) -> None:
    write(tmp_path, FILES | {"locked/a.py": "def a(): ...\n"})
    (tmp_path / "locked").chmod(0)
    try:
        workspace = read(tmp_path, {})
    finally:
        (tmp_path / "locked").chmod(0o700)
    assert workspace.skipped == {Unread.FORBIDDEN: 1}


# ---- what is open


def test_an_open_text_counts_until_it_is_closed(tmp_path: Path) -> None:
    workspace = read(tmp_path, FILES)
    workspace.show("shop/tax.py", "python", "def typed(): ...\n")
    workspace.show("unsaved.py", "python", "def nowhere_else(): ...\n")
    workspace.refresh()
    assert defined(workspace)["shop/tax.py"] == ["typed"]
    assert defined(workspace)["unsaved.py"] == ["nowhere_else"]
    assert workspace.hide({"unsaved.py"})
    assert defined(workspace)["shop/tax.py"] == ["rate"]
    workspace.refresh()
    assert defined(workspace)["shop/tax.py"] == ["rate"]
    assert defined(workspace)["unsaved.py"] == ["nowhere_else"]


def test_the_disk_of_an_open_file_is_never_read(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    workspace = Workspace(tmp_path.resolve(), None)
    workspace.show("shop/tax.py", "python", "def typed(): ...\n")
    workspace.refresh()
    assert defined(workspace)["shop/tax.py"] == ["typed"]
    assert workspace.shelves.programs.number("rate") is None


def test_edits_leave_the_same_as_reading_afresh(tmp_path: Path) -> None:
    """Typing in a file, key by key, gives the table that reading the last text gives."""
    text = 'class A(Base):\n    """é"""\n    def f(self):\n        return helper(1)\n\ndef g():\n    return A().f()\n'
    workspace = read(tmp_path, FILES)
    rng = random.Random(1)
    shown = text
    for _ in range(150):
        at = rng.randrange(len(shown) + 1)
        piece = rng.choice(("x", "\n", "def h(a):\n    ", "(", ")", "é", "", "class B:\n"))
        shown = shown[:at] + piece + shown[at + rng.choice((0, 0, 1, 5)) :]
        workspace.show("main.py", "python", shown)
    row = workspace.shelves.programs.row("main.py")
    assert row is not None
    assert from_row(row) == read_entry("main.py", "python", shown, "open")
    fresh = Workspace(tmp_path.resolve(), None)
    fresh.refresh()
    fresh.show("main.py", "python", shown)
    assert users(workspace.shelves.programs) == users(fresh.shelves.programs)
    assert named(workspace.shelves.programs) == named(fresh.shelves.programs)


def users(table: Table) -> dict[str, list[str]]:
    """The files of the functions that use each word."""
    found = {}
    for number, word in enumerate(table.spelling):
        files = [table.files[table.unit_file[unit]] for unit in table.uses[number]]
        if files:
            found[word] = sorted(file.path for file in files if file is not None)
    return found


def named(table: Table) -> dict[str, list[str]]:
    """The files in which each name is defined, and the members of each class."""
    files = {
        table.spelling[word]: sorted(f.path for d in defined if (f := table.files[d.file]) is not None)
        for word, defined in table.definitions.items()
        if defined
    }
    return files | {f".{owner}": sorted(d.name for d in ds) for owner, ds in table.members.items() if ds}


def test_a_forgotten_file_leaves_nothing() -> None:
    table = Table()
    table.put(read_entry("a.py", "python", "def f(): return g()\n", "1"))
    table.forget("a.py")
    assert (len(table), users(table), named(table), table.unit_count) == (0, {}, {}, 0)


# ---- what is kept


def test_what_was_kept_is_not_read_again(tmp_path: Path) -> None:
    kept = tmp_path / "state"
    root = tmp_path / "root"
    before = read(root, FILES, kept)
    before.keep()
    # Of the same size and age, so that only reading it would show the difference.
    path = root / "shop/tax.py"
    status = path.stat()
    path.write_text(FILES["shop/tax.py"].replace("rate", "levy"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = read(root, {"new.py": "def fresh(): ...\n"}, kept)
    assert defined(after) == defined(before) | {"new.py": ["fresh"]}
    assert {w for w in users(after.shelves.programs) if w != "fresh"} >= set(users(before.shelves.programs))


def test_what_is_kept_is_private_known_to_the_purge_and_no_open_text(tmp_path: Path) -> None:
    kept = tmp_path / "state"
    workspace = read(tmp_path / "root", FILES, kept)
    workspace.show("shop/tax.py", "python", "def only_typed(): ...\n")
    workspace.refresh()
    workspace.keep()
    file = file_of(kept, str(workspace.root))
    assert [item.path for item in kept_in(kept).items] == [file]
    assert kept_in(kept).foreign == ()
    assert sys.platform == "win32" or stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert "Cart" in text
    assert "only_typed" not in text


KEYS = (
    'KEY = "AKIAIOSFODNN7EXAMPL3"',
    'TOKEN = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"',
    'def f():\n    connect("sk-ant-api03-a1b2c3d4e5f6g7h8i9j0")',
    'def f(key="0123456789abcdef0123456789abcdef"): ...',
)


@pytest.mark.parametrize("text", KEYS)
def test_a_file_with_what_may_be_a_key_is_not_written_down(tmp_path: Path, text: str) -> None:
    kept = tmp_path / "state"
    workspace = read(tmp_path / "root", FILES | {"deploy.py": f"{text}\ndef deployed(): ...\n"}, kept)
    assert "deployed" in defined(workspace)["deploy.py"]
    workspace.keep()
    written = file_of(kept, str(workspace.root)).read_text()
    assert "Cart" in written
    assert "deploy" not in written


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"kireji index"', '"another"', 1),
        lambda text: text.replace('"version": "', '"version": "9', 1),
        lambda text: text.replace("[", "{", 1),
        lambda text: text.replace("class Cart", "class\x00Cart"),
        lambda text: text.replace('["shop/cart.py"', '[["shop/cart.py"]', 1),
        lambda text: text + "[]\n[]",
        lambda text: "[" * 100_000,
        lambda text: "\n".join(text.splitlines()[:-1]),
    ],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, harm: object) -> None:
    kept, root = tmp_path / "state", tmp_path / "root"
    before = read(root, FILES, kept)
    before.keep()
    file = file_of(kept, str(before.root))
    assert callable(harm)
    file.write_text(harm(file.read_text()))
    after = read(root, {}, kept)
    assert defined(after) == defined(before)
    after.show("x.py", "python", "x = 1\n")


def test_another_workspace_s_file_is_not_taken(tmp_path: Path) -> None:
    kept = tmp_path / "state"
    one = read(tmp_path / "one", FILES, kept)
    one.keep()
    two = Workspace((tmp_path / "two").resolve(), kept)
    (tmp_path / "two").mkdir()
    file_of(kept, str(one.root)).rename(file_of(kept, str(two.root)))
    two.refresh()
    assert defined(two) == {}


def test_nothing_new_is_not_written_again(tmp_path: Path) -> None:
    kept = tmp_path / "state"
    workspace = read(tmp_path / "root", FILES, kept)
    workspace.keep()
    file = file_of(kept, str(workspace.root))
    file.unlink()
    workspace.refresh()
    workspace.keep()
    assert not file.exists()


def test_what_is_kept_is_lines_of_json(tmp_path: Path) -> None:
    kept = tmp_path / "state"
    workspace = read(tmp_path / "root", FILES, kept)
    workspace.keep()
    first, *rows, last = map(json.loads, file_of(kept, str(workspace.root)).read_text().splitlines())
    assert first["root"] == str(workspace.root)
    assert [row[0] for row in rows] == sorted(FILES)
    assert last == {"files": len(FILES)}


# ---- what an import means

PYTHON = ["main.py", "src/pkg/__init__.py", "src/pkg/a.py", "src/pkg/sub/__init__.py", "src/pkg/sub/b.py", "a.py"]
TS = ["web/main.ts", "web/list.ts", "web/ui/index.ts", "web/ui/button.tsx", "lib/core/list.ts"]
GO = ["go.mod", "main.go", "store/db.go", "store/key.go", "store/db_test.go"]
IMPORTS = [
    (
        "python",
        PYTHON,
        "src/pkg/a.py",
        Import("sub", (("b", "b"),), 1),
        ["src/pkg/sub/__init__.py", "src/pkg/sub/b.py"],
    ),
    ("python", PYTHON, "src/pkg/sub/b.py", Import("", (("a", "a"),), 2), ["src/pkg/__init__.py", "src/pkg/a.py"]),
    ("python", PYTHON, "main.py", Import("pkg.a", alias="pkg.a"), ["src/pkg/a.py"]),
    ("python", PYTHON, "main.py", Import("a", alias="a"), ["a.py"]),
    ("python", PYTHON, "main.py", Import("os.path", (("join", "join"),)), []),
    ("python", PYTHON, "main.py", Import("x", (("y", "y"),), 3), []),
    ("typescript", TS, "web/main.ts", Import("./list.js", (("x", "x"),)), ["web/list.ts"]),
    ("typescript", TS, "web/main.ts", Import("./ui", (("x", "x"),)), ["web/ui/index.ts"]),
    ("typescript", TS, "web/ui/button.tsx", Import("..", ()), []),
    ("typescript", TS, "web/main.ts", Import("@/core/list", (("x", "x"),)), ["lib/core/list.ts"]),
    ("typescript", TS, "web/main.ts", Import("react", (("x", "x"),)), []),
    ("go", GO, "main.go", Import("example.org/m/store", alias="store"), ["store/db.go", "store/key.go"]),
    ("go", GO, "main.go", Import("fmt", alias="fmt"), []),
]


@pytest.mark.parametrize(("language", "files", "path", "imported", "expected"), IMPORTS)
def test_what_an_import_means(
    language: str, files: list[str], path: str, imported: Import, expected: list[str]
) -> None:
    table = Table()
    for file in files:
        table.put(read_entry(file, language, "", "1"))
    found = targets(make_links(table, {"": "example.org/m"}), table, path, language, imported)
    paths = {number: path for path, number in table.numbers.items()}
    assert [paths[number] for number in found] == expected


def test_parts_of_words() -> None:
    assert parts("parseHTTPHeaders_2") == ("parse", "http", "header", "2")
    assert parts("_class") == ("class",)
