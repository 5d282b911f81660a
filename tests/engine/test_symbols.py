"""Imports of an open file, resolved to definitions of the workspace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kireji.base.text import make_document
from kireji.base.types import Document
from kireji.engine.context.symbols import SymbolReader


def make_workspace(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def open_file(root: Path, name: str, text: str, language: str = "python") -> Document:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return make_document(path.as_uri(), str(path), language, 1, text)


def check_in_reach(
    root: Path, files: dict[str, str], name: str, text: str, expected: str, language: str = "python"
) -> None:
    """`expected`: `file:Container.name` of everything in reach, in order, repeats left out."""
    make_workspace(root, files)
    reader = SymbolReader()
    found = reader.in_reach(open_file(root, name, text, language), root, {})
    base = root.resolve()
    got = [
        f"{f.path.relative_to(base).as_posix()}:{'.'.join(p for p in (f.definition.container, f.definition.name) if p)}"
        for f in found
    ]
    assert list(dict.fromkeys(got)) == expected.split()


PYTHON = {
    "absolute": ({"p/m.py": "def f(): ...\ndef g(): ...\n"}, "from p.m import f", "p/m.py:f"),
    "a module": ({"p/m.py": "def f(): ...\nX = 1\n"}, "import p.m as m", "p/m.py:f p/m.py:X"),
    "relative": ({"q/m.py": "def f(): ...\n"}, "from .m import f", "q/m.py:f"),
    "relative, up": ({"m.py": "def f(): ...\n"}, "from ..m import f", "m.py:f"),
    "not above the root": ({"m.py": "def f(): ...\n"}, "from ....m import f", ""),
    "a submodule": ({"q/m.py": "def f(): ...\n"}, "from . import m", "q/m.py:f"),
    "a package": ({"p/__init__.py": "def f(): ...\n"}, "from p import f", "p/__init__.py:f"),
    "re-exported": (
        {"p/__init__.py": "from .m import f as g\n", "p/m.py": "def f(): ...\n"},
        "from p import g",
        "p/m.py:f",
    ),
    "re-exported by star": (
        {"p/__init__.py": "from .m import *\n", "p/m.py": "def f(): ...\n"},
        "from p import f",
        "p/m.py:f",
    ),
    "star": ({"p/m.py": "def f(): ...\nX = 1\n"}, "from p.m import *", "p/m.py:f p/m.py:X"),
    "in a source root": ({"src/p/m.py": "X = 1\n"}, "from p.m import X", "src/p/m.py:X"),
    "a class with members": (
        {"p/m.py": "class A:\n    x = 1\n    def f(self): ...\n"},
        "from p.m import A",
        "p/m.py:A p/m.py:A.x p/m.py:A.f",
    ),
    "inherited through a file": (
        {"p/m.py": "from .b import B\nclass A(B):\n    x = 1\n", "p/b.py": "class B:\n    y = 1\n"},
        "from p.m import A",
        "p/m.py:A p/m.py:A.x p/b.py:B p/b.py:B.y",
    ),
    "base of a class in this file": (
        {"p/b.py": "class B:\n    y = 1\n"},
        "import p.b\nfrom p.b import B\nclass C(B):\n    pass\n",
        "p/b.py:B p/b.py:B.y",
    ),
    "outside": ({"p/m.py": "X = 1\n"}, "import os\nfrom json import loads\n", ""),
    "a circle": ({"p/a.py": "from .b import x\n", "p/b.py": "from .a import x\n"}, "from p.a import x", ""),
    "a class that is its own base": (
        {"p/a.py": "class A(A):\n    x = 1\n"},
        "from p.a import A",
        "p/a.py:A p/a.py:A.x",
    ),
    "broken code": ({"p/m.py": "def f(:\n  x = (\ndef g(): ...\n"}, "x = (\nfrom p.m import g", "p/m.py:g"),
    "missing": ({}, "from p.m import g\nfrom . import q\n", ""),
    "never read": ({"p/secrets_pb2.py": "X = 1\n"}, "from p.secrets_pb2 import X", ""),
}


@pytest.mark.parametrize("name", PYTHON)
def test_python(name: str, tmp_path: Path) -> None:
    files, text, expected = PYTHON[name]
    check_in_reach(tmp_path, files, "q/main.py", text, expected)


TYPESCRIPT = {
    "an ending": ({"src/m.ts": "export function f(): void {}\n"}, "import { f } from './m'", "src/m.ts:f"),
    "of another kind": ({"src/m.tsx": "export const F = () => null\n"}, "import { F } from './m'", "src/m.tsx:F"),
    "js means ts": ({"src/m.ts": "export const x = 1\n"}, "import { x } from './m.js'", "src/m.ts:x"),
    "index": ({"lib/index.ts": "export const x = 1\n"}, "import { x } from '../lib'", "lib/index.ts:x"),
    "a namespace": ({"src/m.ts": "export const x = 1\n"}, "import * as m from './m'", "src/m.ts:x"),
    "default": (
        {"src/m.ts": "export default class A {\n  f(): void {}\n}\n"},
        "import B from './m'",
        "src/m.ts:A src/m.ts:A.f",
    ),
    "re-exported": (
        {"lib/index.ts": "export * from './m'\n", "lib/m.ts": "export const x = 1\n"},
        "import { x } from '../lib'",
        "lib/m.ts:x",
    ),
    "a package": ({"src/m.ts": "export const x = 1\n"}, "import { x } from 'm'", ""),
    "above the root": ({"src/m.ts": ""}, "import { x } from '../../../etc/passwd'", ""),
}


@pytest.mark.parametrize("name", TYPESCRIPT)
def test_typescript(name: str, tmp_path: Path) -> None:
    files, text, expected = TYPESCRIPT[name]
    check_in_reach(tmp_path, files, "src/main.ts", text, expected, "typescript")


def test_go_takes_a_package_by_its_module_path_and_its_own(tmp_path: Path) -> None:
    files = {
        "go.mod": "module example.com/app\n\ngo 1.22\n",
        "util/a.go": "package util\nfunc F() {}\n",
        "util/a_test.go": "package util\nfunc TestF() {}\n",
        "cmd/other.go": "package main\nconst X = 1\n",
    }
    text = 'package main\nimport (\n\t"fmt"\n\t"example.com/app/util"\n)\n'
    check_in_reach(tmp_path, files, "cmd/main.go", text, "util/a.go:F cmd/other.go:X", "go")


def test_what_is_open_counts_and_not_what_is_on_disk(tmp_path: Path) -> None:
    make_workspace(tmp_path, {"m.py": "def old(): ...\n"})
    reader = SymbolReader()
    edited = open_file(tmp_path, "m.py", "def new(): ...\n")
    main = open_file(tmp_path, "main.py", "from m import *\n")
    path = (tmp_path / "m.py").resolve()
    assert [f.definition.name for f in reader.in_reach(main, tmp_path, {path: edited})] == ["new"]
    assert [f.definition.name for f in reader.in_reach(main, tmp_path, {})] == ["old"]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    make_workspace(tmp_path, {"m.py": "def a(): ...\n"})
    reader = SymbolReader()
    main = open_file(tmp_path, "main.py", "from m import *\n")
    first = [f.definition for f in reader.in_reach(main, tmp_path, {})]
    assert next(f.definition for f in reader.in_reach(main, tmp_path, {})) is first[0]
    (tmp_path / "m.py").write_text("def b(): ...\n")
    os.utime(tmp_path / "m.py", ns=(1, 1))
    assert [f.definition.name for f in reader.in_reach(main, tmp_path, {})] == ["b"]


def test_a_large_file_and_no_root(tmp_path: Path) -> None:
    make_workspace(tmp_path, {"m.py": "def a(): ...\n" * 100})
    main = open_file(tmp_path, "main.py", "from m import *\n")
    assert list(SymbolReader(max_bytes=100).in_reach(main, tmp_path, {})) == []
    assert list(SymbolReader().in_reach(main, None, {})) == []
    assert list(SymbolReader().in_reach(main, tmp_path / "other", {})) == []


def test_it_keeps_no_more_files_than_told(tmp_path: Path) -> None:
    make_workspace(tmp_path, {f"m{i}.py": f"x{i} = 1\n" for i in range(6)})
    reader = SymbolReader(max_files=2)
    main = open_file(tmp_path, "main.py", "".join(f"from m{i} import x{i}\n" for i in range(6)))
    assert [f.definition.name for f in reader.in_reach(main, tmp_path, {})] == [f"x{i}" for i in range(6)]
    assert len(reader._files) == 2


def test_what_one_workspace_has_read_another_does_not_see(tmp_path: Path) -> None:
    make_workspace(tmp_path, {"m.ts": "export const x = 1\n"})
    reader = SymbolReader()
    main = open_file(tmp_path, "inner/main.ts", "import { x } from '../m'\n", "typescript")
    assert [f.definition.name for f in reader.in_reach(main, tmp_path, {})] == ["x"]
    assert list(reader.in_reach(main, tmp_path / "inner", {})) == []
