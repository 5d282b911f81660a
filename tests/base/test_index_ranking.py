"""What the index finds likely at a cursor (`$0`): each case names what must be among the first few."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import pytest

from kireji.base.index.candidates import Sort
from kireji.base.index.rank import Reasons, ranked
from kireji.base.index.search import Memory, look
from kireji.base.index.weights import BIAS, WEIGHTS
from kireji.base.index.workspace import Workspace
from kireji.base.languages import language_of

# Something to choose among: two dozen files that have nothing to do with any case.
NOISE = {
    f"noise/{word}.{ending}": text.replace("NAME", word.capitalize()).replace("name", word)
    for word in ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel")
    for ending, text in (
        ("py", "class NAME:\n    def run_name(self, value): ...\n\ndef make_name(value):\n    return NAME()\n"),
        (
            "ts",
            "export class NAME { runName(value: number): void {} }\nexport function makeName(): NAME { return null }\n",
        ),
        (
            "go",
            "package noise\n\ntype NAME struct{}\n\nfunc (n *NAME) RunName() {}\n\nfunc MakeName() *NAME { return nil }\n",
        ),
    )
}


def likely(root: Path, files: Mapping[str, str], path: str, among: int) -> list[tuple[str, str]]:
    """The likeliest `among` definitions at the cursor in `path`: signatures, and why."""
    for name, text in (NOISE | dict(files)).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text if name != path else "THE DISK IS NOT READ")
    workspace = Workspace(root.resolve(), None)
    before, mark, after = files[path].partition("$0")
    assert mark, "no cursor"
    workspace.show(path, language_of(path), before + after)
    workspace.refresh()
    shown = workspace.shown(path)
    assert shown is not None
    view = look(workspace.shelves.graph(shown.entry.language), Memory(), shown.entry, shown.text, len(before))
    assert view is not None
    reasons = Reasons()
    return [(found.known.signature, reasons.of(found)) for found in [*islice(ranked(view), among)]]


def check_likely(root: Path, files: Mapping[str, str], path: str, expected: Mapping[str, str], among: int = 9) -> None:
    """`expected`: signatures that must be among the first, each with a part of the reason."""
    found = dict(likely(root, files, path, among))
    for signature, reason in expected.items():
        assert signature in found, f"{signature!r} is not among {list(found)}"
        assert reason in found[signature]


CART = "class Cart:\n    def add(self, item: str) -> None: ...\n    def total(self) -> int: ...\n"
CASES: dict[str, tuple[dict[str, str], str, dict[str, str]]] = {
    "members of the receiver's type": (
        {"shop/cart.py": CART, "main.py": "from shop.cart import Cart\n\ndef bill(c: Cart):\n    return c.$0\n"},
        "main.py",
        {"def total(self) -> int: ...": "before the dot", "def add(self, item: str) -> None: ...": "before the dot"},
    ),
    "names out of a module": (
        {
            "shop/tax.py": "def rate(country): ...\ndef levy(country): ...\n",
            "main.py": "from shop import tax\n\ndef bill():\n    return tax.$0\n",
        },
        "main.py",
        {"def rate(country): ...": "module before the dot", "def levy(country): ...": "module before the dot"},
    ),
    "a base class's members": (
        {
            "base.py": "class Base:\n    def opened(self): ...\n    def closed(self): ...\n",
            "main.py": "from base import Base\n\nclass Door(Base):\n    def slam(self):\n        self.$0\n",
        },
        "main.py",
        {"def opened(self): ...": "base class", "def closed(self): ...": "base class"},
    ),
    "a base class's base": (
        {
            "base.py": "class Base:\n    def opened(self): ...\n",
            "middle.py": "from base import Base\n\nclass Middle(Base):\n    pass\n",
            "main.py": "from middle import Middle\n\nclass Door(Middle):\n    def slam(self):\n        self.$0\n",
        },
        "main.py",
        {"def opened(self): ...": "base class"},
    ),
    "what is imported and not yet used": (
        {"shop/cart.py": CART, "main.py": "from shop.cart import Cart\n\ndef bill():\n    $0\n"},
        "main.py",
        {"class Cart:": "imported"},
    ),
    "what may be raised": (
        {
            "app/faults.py": "class BrokenError(Exception):\n    pass\n\ndef unrelated(): ...\n",
            "app/one.py": "from app.faults import BrokenError\n\ndef check(x):\n    raise BrokenError(x)\n",
            "app/main.py": "from app import faults\n\ndef run(x):\n    raise faults.$0\n",
        },
        "app/main.py",
        {"class BrokenError(Exception):": "raised"},
    ),
    "what a similar function in the folder uses, though the file says it nowhere": (
        {
            "app/paint.py": "def blend_colours(one, two): ...\n",
            "app/one.py": "from app.paint import blend_colours\n\ndef draw_circle(canvas, radius):\n"
            "    canvas.outline(radius)\n    return blend_colours(canvas, radius)\n",
            "app/two.py": "def draw_square(canvas, radius):\n    canvas.outline(radius)\n    return $0\n",
        },
        "app/two.py",
        {"def blend_colours(one, two): ...": "not named in this file"},
    ),
    "typescript": (
        {
            "src/cart.ts": "export class Cart {\n  total(): number { return 0 }\n}\n",
            "src/main.ts": 'import { Cart } from "./cart"\n\nfunction bill(c: Cart) {\n  return c.$0\n}\n',
        },
        "src/main.ts",
        {"total(): number { return 0 }": "before the dot"},
    ),
    "go, the same package": (
        {
            "go.mod": "module example.org/m\n",
            "store/db.go": "package store\n\ntype DB struct{}\n\nfunc (d *DB) Close() error { return nil }\n",
            "store/main.go": "package store\n\nfunc run(d *DB) {\n\td.$0\n}\n",
        },
        "store/main.go",
        {"func (d *DB) Close() error { return nil }": "before the dot"},
    ),
    "rust, named above": (
        {
            "src/shape.rs": "pub fn area_of(side: f64) -> f64 { side }\n",
            "src/main.rs": "fn one() -> f64 { area_of(1.0) }\nfn two() -> f64 {\n    $0\n}\n",
        },
        "src/main.rs",
        {"pub fn area_of(side: f64) -> f64 { side }": "named near"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_likely(tmp_path: Path, case: str) -> None:
    check_likely(tmp_path, *CASES[case])


def test_other_languages_names_are_not_meant(tmp_path: Path) -> None:
    files = {"a.go": "package p\n\nfunc area_of() {}\n", "main.py": "x = area_of(1)\ny = $0\n"}
    assert not [s for s, _ in likely(tmp_path, files, "main.py", 400) if "area_of" in s]


def test_what_stands_right_around_the_cursor_is_not_said_again(tmp_path: Path) -> None:
    files = {"main.py": "def here(): ...\n\n" + "filling = 1\n" * 300 + "def there(): ...\n$0\n"}
    found = [signature for signature, _ in likely(tmp_path, files, "main.py", 400)]
    assert "def here(): ..." in found
    assert "def there(): ..." not in found


def test_broken_text_is_normal(tmp_path: Path) -> None:
    files = {"shop/cart.py": CART, "main.py": "from shop.cart import Cart\nx = foo((\n\ndef bill(c: Cart):\n    c.$0"}
    assert "def total(self) -> int: ..." in dict(likely(tmp_path, files, "main.py", 8))


def test_all_weights_are_finite_and_every_sort_has_its_own() -> None:
    assert set(BIAS) == set(WEIGHTS) == set(Sort)
    assert all(abs(weight) < 30 for weights in WEIGHTS.values() for weight in weights.values())


@pytest.mark.parametrize("line", ["0", "A", "_", "a.", "x:", "x(", "a = A(", "A<", "<", "Aa ", "a "])
@pytest.mark.parametrize("path", ["main.py", "main.ts", "main.go"])
def test_odd_lines_do_not_take_for_ever(tmp_path: Path, path: str, line: str) -> None:
    started = time.thread_time()
    likely(tmp_path, {path: line * (4_900 // len(line)) + "$0\n" + f"{line}\n" * 4_000}, path, 10)
    assert time.thread_time() - started < 10


@pytest.mark.parametrize("text", ["def one(near):\n    $0\n", "$0\n"])
def test_a_workspace_of_one_definition_is_no_special_case(tmp_path: Path, text: str) -> None:
    workspace = Workspace(tmp_path.resolve(), None)
    workspace.show("a.py", "python", text.replace("$0", ""))
    workspace.refresh()
    shown = workspace.shown("a.py")
    assert shown is not None
    view = look(workspace.shelves.graph(shown.entry.language), Memory(), shown.entry, shown.text, text.index("$0"))
    assert view is not None
    assert len(list(ranked(view))) <= 1
