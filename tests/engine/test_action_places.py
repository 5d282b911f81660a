"""What actions find outside the document: the frames of stack traces, and the places where a project keeps its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from kireji.engine.actions.frames import Frame, frames_of, is_trace
from kireji.engine.actions.testing import PlaceOfTests, is_test, place_of_tests, style_sample

PYTHON = 'Traceback (most recent call last):\n  File "/w/a.py", line 3, in main\n    f()\n  File "b.py", line 7, in f\nE: x\n'
NODE = "TypeError: x\n    at f (/w/src/a.ts:2:10)\n"
NODE += "    at async g (file:///w/b.mjs:9:1)\n    at node:internal/x:1:2\n    at /w/c.js:4:5\n"
JAVA = 'Exception in thread "main" java.lang.Error: x\n\tat shop.cart.Cart.total(Cart.java:12)\n\tat Main.main(Main.java:3)\n'
GO = "panic: x\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/w/main.go:8 +0x1d\nmain.main()\n\t/w/other.go:3\n"
RUST = "thread 'main' panicked at src/main.rs:4:5:\nx\nstack backtrace:\n   1: a::f\n             at ./src/lib.rs:9:3\n"


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        (PYTHON, [("b.py", 7), ("/w/a.py", 3)]),
        (NODE, [("/w/src/a.ts", 2), ("/w/b.mjs", 9), ("/w/c.js", 4)]),
        (JAVA, [("shop/cart/Cart.java", 12), ("Main.java", 3)]),
        (GO, [("/w/main.go", 8), ("/w/other.go", 3)]),
        (RUST, [("src/main.rs", 4), ("./src/lib.rs", 9)]),
    ],
)
def test_the_frames_of_a_trace(text: str, frames: list[tuple[str, int]]) -> None:
    assert is_trace(text)
    assert frames_of(text) == tuple(Frame(path, line) for path, line in frames)
    assert frames_of(text.replace("\n", "\r\n")) == frames_of(text)


@pytest.mark.parametrize(
    "text", ["", "x = 1\n", "see File a.py, line 3\n", "Traceback (most recent call last):\n", "at noon\n"]
)
def test_what_is_no_trace(text: str) -> None:
    assert not is_trace(text)


PACKAGE = {"package.json": '{"devDependencies": {"@jest/globals": "29"}}'}
UNITTEST = "import unittest\n\n\nclass TestX(unittest.TestCase):\n    pass\n"


@pytest.mark.parametrize(
    ("language", "path", "files", "place"),
    [
        ("python", "shop/cart.py", {"tests/test_cart.py": ""}, ("tests/test_cart.py", True, "pytest")),
        ("python", "src/shop/cart.py", {"tests/shop/test_cart.py": ""}, ("tests/shop/test_cart.py", True, "pytest")),
        ("python", "src/shop/cart.py", {"tests/test_x.py": ""}, ("tests/test_cart.py", False, "pytest")),
        ("python", "shop/cart.py", {"test/test_x.py": UNITTEST}, ("test/test_cart.py", False, "unittest")),
        ("python", "shop/cart.py", {"tests/test_cart.py": UNITTEST}, ("tests/test_cart.py", True, "unittest")),
        ("python", "shop/cart.py", {"shop/test_x.py": ""}, ("shop/test_cart.py", False, "pytest")),
        ("python", "shop/cart.py", {}, ("shop/test_cart.py", False, "pytest")),
        ("typescript", "src/cart.ts", PACKAGE | {"src/x.spec.ts": ""}, ("src/cart.spec.ts", False, "jest")),
        ("typescript", "src/cart.ts", {"tests/cart.test.ts": ""}, ("tests/cart.test.ts", True, "vitest")),
        ("typescript", "src/cart.ts", {"src/__tests__/x.test.ts": ""}, ("src/__tests__/cart.test.ts", False, "vitest")),
        ("typescript", "src/cart.ts", {"tests/test_x.py": ""}, ("src/cart.test.ts", False, "vitest")),
        ("go", "shop/cart.go", {}, ("shop/cart_test.go", False, "the package testing")),
        ("rust", "src/cart.rs", {}, None),
    ],
)
def test_where_tests_belong(
    tmp_path: Path, language: str, path: str, files: dict[str, str], place: tuple[str, bool, str] | None
) -> None:
    for name, text in (files | {path: ""}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = place_of_tests(language, tmp_path, tmp_path / path)
    assert found == (PlaceOfTests(*place) if place is not None else None)
    assert place_of_tests(language, tmp_path, tmp_path.parent / "elsewhere.py") is None


@pytest.mark.parametrize(
    ("language", "path", "expected"),
    [
        ("python", "tests/test_a.py", True), ("python", "a_test.py", True), ("python", "conftest.py", True),
        ("python", "contest.py", False), ("typescript", "a.test.ts", True), ("typescript", "__tests__/a.ts", True),
        ("typescript", "latest.ts", False), ("go", "a_test.go", True), ("go", "a.go", False),
    ],
)  # fmt: skip
def test_tests_are_known_by_their_names(language: str, path: str, expected: bool) -> None:
    assert is_test(language, path) is expected


def test_a_new_test_file_is_written_as_another_one(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_b.py").write_text("def test_b(): ...\n")
    (tmp_path / "tests/test_a.py").write_text("")
    place = PlaceOfTests("tests/test_cart.py", False, "pytest")
    assert style_sample("python", tmp_path, place) == (tmp_path / "tests/test_b.py", "def test_b(): ...\n")
    assert style_sample("python", tmp_path / "tests", PlaceOfTests("x/test_c.py", False, "pytest")) is None
