"""Outlines and imports, one table per language."""

from __future__ import annotations

import pytest

from kireji.base.imports import Import, imports
from kireji.base.languages import LANGUAGES
from kireji.base.outline import MAX_LINE, MAX_SIGNATURE, outline


def check_outline(language: str, text: str, expected: list[str]) -> None:
    """Each expected line is `kind container.name: signature`, the signature's line ends as ⏎."""
    found = outline(language, text)
    got = []
    for d in found:
        path = f"{d.container}.{d.name}" if d.container else d.name
        got.append(f"{d.kind.value} {path}: {d.signature.replace(chr(10), '⏎')}")
        assert text[d.span.start :].startswith(d.signature.split("\n")[0])
        assert d.span.end <= len(text)
    assert got == expected


OUTLINES = {
    "python": (
        """X = 1
y: int = 2
A, B = 1, 2

@dec(1)
class C(B):
    z: int

    def __init__(self, a):
        self.q = a
        local = 1

    @property
    def p(self) -> int: return 1

async def f(
    a: int,
    b: str = "x",
) -> int:
    def inner(): ...

if True:
    def g(): pass
try:
    W = 1
except E:
    W = 2
type Q = int
""",
        [
            "variable X: X = 1",
            "variable y: y: int = 2",
            "variable A: A, B = 1, 2",
            "variable B: A, B = 1, 2",
            "class C: class C(B):",
            "variable C.z: z: int",
            "method C.__init__: def __init__(self, a):",
            "variable C.q: self.q = a",
            "method C.p: def p(self) -> int: return 1",
            'function f: async def f(⏎    a: int,⏎    b: str = "x",⏎) -> int:',
            "function g: def g(): pass",
            "variable W: W = 1",
            "variable W: W = 2",
            "type Q: type Q = int",
        ],
    ),
    "javascript": (
        """export default class A extends B {
  x = 1;
  constructor(a) {}
  get z() { return 1 }
}
export const f = (a, b) => {
};
function g(a) {}
module.exports.h = function () {};
""",
        [
            "class A: export default class A extends B {",
            "variable A.x: x = 1;",
            "method A.constructor: constructor(a) {}",
            "method A.z: get z() { return 1 }",
            "function f: export const f = (a, b) => {",
            "function g: function g(a) {}",
            "function h: module.exports.h = function () {};",
        ],
    ),
    "typescript": (
        """@Dec()
export abstract class A<T> implements I {
  private x: number = 1;
  abstract m(): void;
}
export interface I {
  a: string;
  f(x: number): void;
}
export type T = { a: 1 };
enum E { A, B }
namespace N {
  export const q = 1;
}
declare function ff(a: number): string;
""",
        [
            "class A: export abstract class A<T> implements I {",
            "variable A.x: private x: number = 1;",
            "method A.m: abstract m(): void;",
            "class I: export interface I {",
            "variable I.a: a: string;",
            "method I.f: f(x: number): void;",
            "type T: export type T = { a: 1 };",
            "type E: enum E { A, B }",
            "class N: namespace N {",
            "variable N.q: export const q = 1;",
            "function ff: declare function ff(a: number): string;",
        ],
    ),
    "typescriptreact": (
        "export function Button({ label }: Props): JSX.Element {\n  return <b>{label}</b>;\n}\n",
        ["function Button: export function Button({ label }: Props): JSX.Element {"],
    ),
    "go": (
        """package p
type S struct {
	A int
}
type I interface {
	M(a int) error
}
func (s *S) F(a int) error {
	return nil
}
func G() {}
var (
	B, C = 2, 3
)
const D = 1
""",
        [
            "type S: type S struct {",
            "variable S.A: A int",
            "type I: type I interface {",
            "method I.M: M(a int) error",
            "method S.F: func (s *S) F(a int) error {",
            "function G: func G() {}",
            "variable B: B, C = 2, 3",
            "variable C: B, C = 2, 3",
            "variable D: const D = 1",
        ],
    ),
    "rust": (
        """#[derive(Debug)]
pub struct S<T> {
  pub a: i32,
}
impl<T> S<T> {
  pub fn f(&self) -> i32 { 1 }
}
trait T {
  fn q(&self);
}
const X: i32 = 1;
type Z = i32;
macro_rules! mm { () => {} }
""",
        [
            "type S: pub struct S<T> {",
            "variable S.a: pub a: i32,",
            "method S.f: pub fn f(&self) -> i32 { 1 }",
            "class T: trait T {",
            "method T.q: fn q(&self);",
            "variable X: const X: i32 = 1;",
            "type Z: type Z = i32;",
            "function mm: macro_rules! mm { () => {} }",
        ],
    ),
    "java": (
        """public class A extends B {
  @Override
  public int f(int a) throws E { return 1; }
  private static final int X = 1, Y = 2;
  A() {}
  record R(int a) {}
}
""",
        [
            "class A: public class A extends B {",
            "method A.f: public int f(int a) throws E { return 1; }",
            "variable A.X: private static final int X = 1, Y = 2;",
            "variable A.Y: private static final int X = 1, Y = 2;",
            "method A.A: A() {}",
            "class A.R: record R(int a) {}",
        ],
    ),
    "c": (
        """#define MAX(a,b) 1
struct S { int a; };
static int f(int a,
  int b) {
 return 1; }
Foo *h(void) { return 0; }
int g(void);
Foo x;
typedef int (*cb)(int);
""",
        [
            "function MAX: #define MAX(a,b) 1",
            "type S: struct S { int a; };",
            "variable S.a: struct S { int a; };",
            "function f: static int f(int a,⏎  int b) {",
            "function h: Foo *h(void) { return 0; }",
            "function g: int g(void);",
            "variable x: Foo x;",
            "type cb: typedef int (*cb)(int);",
        ],
    ),
    "cpp": (
        """namespace n {
class A : public B {
public:
  virtual int f(int a) const = 0;
private:
  Bar y_ = 0;
};
template <typename T>
T add(T a, T b) { return a; }
int A::h() { return 1; }
}
""",
        [
            "class A: class A : public B {",
            "method A.f: virtual int f(int a) const = 0;",
            "variable A.y_: Bar y_ = 0;",
            "function add: T add(T a, T b) { return a; }",
            "method A.h: int A::h() { return 1; }",
        ],
    ),
    "ruby": (
        "module M\n  class A < B\n    X = 1\n    def f(a, b = 1)\n    end\n    def self.g\n    end\n  end\nend\n",
        [
            "class M: module M",
            "class M.A: class A < B",
            "variable M.A.X: X = 1",
            "method M.A.f: def f(a, b = 1)",
            "method M.A.g: def self.g",
        ],
    ),
    "csharp": (
        """namespace N {
  public class A : B {
    [Attr]
    public int F(int a) { return 1; }
    public string P { get; set; }
    private int x = 1;
  }
}
""",
        [
            "class A: public class A : B {",
            "method A.F: public int F(int a) { return 1; }",
            "variable A.P: public string P { get; set; }",
            "variable A.x: private int x = 1;",
        ],
    ),
    "php": (
        "<?php\nclass A extends B {\n  const X = 1;\n  private $y = 2;\n"
        "  public function f(int $a): int { return 1; }\n}\n"
        "function k($a) {}\n",
        [
            "class A: class A extends B {",
            "variable A.X: const X = 1;",
            "variable A.y: private $y = 2;",
            "method A.f: public function f(int $a): int { return 1; }",
            "function k: function k($a) {}",
        ],
    ),
    "shellscript": (
        "X=1\nexport Y=2\nf() {\n echo\n}\nfunction g {\n echo\n}\n",
        ["variable X: X=1", "variable Y: export Y=2", "function f: f() {", "function g: function g {"],
    ),
    "lua": (
        "local M = {}\nfunction M.f(a)\nend\nlocal function g(b)\nend\nM.k = function(x)\nend\n",
        [
            "variable M: local M = {}",
            "method M.f: function M.f(a)",
            "function g: local function g(b)",
            "method M.k: M.k = function(x)",
        ],
    ),
    "javascriptreact": (
        "export const Card = ({ title }) => <b>{title}</b>;\nfunction List() {\n  return <Card title='x' />;\n}\n",
        [
            "function Card: export const Card = ({ title }) => <b>{title}</b>;",
            "function List: function List() {",
        ],
    ),
    "css": (
        ":root { --gap: 4px; }\n.card, .card:hover > .title {\n  color: red;\n}\n#main {}\na {}\n"
        "@media print { .wide { margin: 0 } }\n@keyframes spin { from { top: 0 } }\n",
        [
            "variable --gap: --gap: 4px; }",
            "class card: .card, .card:hover > .title {",
            "class title: .card, .card:hover > .title {",
            "class main: #main {}",
            "class wide: .wide { margin: 0 } }",
            "type spin: @keyframes spin { from { top: 0 } }",
        ],
    ),
    "html": (
        '<body>\n  <h1 id="top" class="big">Hi</h1>\n  <form name=login>\n    <input id="user">\n  </form>\n</body>\n',
        [
            'variable top: <h1 id="top" class="big">Hi</h1>',
            "variable login: <form name=login>",
            'variable user: <input id="user">',
        ],
    ),
    "json": (
        '{\n  "name": "x",\n  "scripts": {\n    "build": "tsc",\n    "deep": {"no": 1}\n  },\n  "list": [{"a": 1}]\n}\n',
        [
            'variable name: "name": "x",',
            'type scripts: "scripts": {',
            'variable scripts.build: "build": "tsc",',
            'variable scripts.deep: "deep": {"no": 1}',
            'variable list: "list": [{"a": 1}]',
        ],
    ),
    "yaml": (
        "name: ci\non: [push]\njobs:\n  build:\n    runs-on: x\n    steps:\n      - run: make\n",
        ["variable name: name: ci", "variable on: on: [push]", "type jobs: jobs:", "variable jobs.build: build:"],
    ),
    "toml": (
        'title = "x"\n[tool.ruff]\nline-length = 120\n\n[[bin]]\nname = "a"\n',
        [
            'variable title: title = "x"',
            "type tool.ruff: [tool.ruff]",
            "variable tool.ruff.line-length: line-length = 120",
            "type bin: [[bin]]",
            'variable bin.name: name = "a"',
        ],
    ),
}


def test_every_language_has_an_outline() -> None:
    """A language that is supported has a row above; those that share a table with another are in it by name."""
    assert set(OUTLINES) == set(LANGUAGES)


@pytest.mark.parametrize("language", OUTLINES)
def test_outline(language: str) -> None:
    check_outline(language, *OUTLINES[language])


BROKEN = {
    "an open bracket": (
        "class A:\n    def f(self, a):\n        x = (1,\n\n    def g(self): pass\n\ndef h(b):\n    return b\n",
        ["class A: class A:", "method A.f: def f(self, a):", "method A.g: def g(self): pass", "function h: def h(b):"],
    ),
    "a half-typed header": (
        "def f(a):\n    pass\n\ndef new(self, \n\nclass B:\n    def m(self): pass\n",
        ["function f: def f(a):", "function new: def new(self,", "class B: class B:", "method B.m: def m(self): pass"],
    ),
    "locals stay out": (
        "def f(a):\n    x = [\n    def inner(): pass\n\ndef g(): pass\n",
        ["function f: def f(a):", "function g: def g(): pass"],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_python_still_has_an_outline(name: str) -> None:
    check_outline("python", *BROKEN[name])


def test_offsets_are_characters_not_bytes() -> None:
    text = 's = "日本語 𝕏"\ndef f(ü): pass\n'
    last = outline("python", text)[-1]
    assert text[last.span.start : last.span.end] == "def f(ü): pass"


def test_no_table_means_no_outline() -> None:
    assert outline("plaintext", "def f(): pass") == outline("nothing", "{}") == ()


def test_a_signature_is_capped_at_a_blank() -> None:
    long = outline("python", f'token = "{"x" * 300}"\n')[0].signature
    assert long == "token ="
    words = outline("python", f"def f({', '.join(f'a{i}' for i in range(100))}): pass\n")[0].signature
    assert len(words) <= MAX_LINE and words.startswith("def f(a0, a1")
    lines = outline("python", "def f(\n" + "".join(f"    argument_{i}: int,\n" for i in range(99)) + "): pass\n")[
        0
    ].signature
    assert len(lines) <= MAX_SIGNATURE + 40 and lines.count("\n") > 3


IMPORTS = [
    ("python", "import a.b, c as d", [Import("a.b", alias="a.b"), Import("c", alias="d")]),
    ("python", "from . import x", [Import("", (("x", "x"),), 1)]),
    ("python", "from ..m.n import x as y, z", [Import("m.n", (("x", "y"), ("z", "z")), 2)]),
    ("python", "from m import (  # why\n    x,\n    y as z,  # because\n)\n", [Import("m", (("x", "x"), ("y", "z")))]),
    ("python", "from m import x, \\\n    y\n", [Import("m", (("x", "x"), ("y", "y")))]),
    ("python", "from m import *", [Import("m", (("*", "*"),))]),
    ("python", "def f(:\n  x = (\nfrom m import x\n", [Import("m", (("x", "x"),))]),
    ("python", "from m import (x,\n", [Import("m", (("x", "x"),))]),
    ("typescript", "import { a, type B as C } from './m';", [Import("./m", (("a", "a"), ("B", "C")))]),
    ("typescript", "import type { A } from '../m'", [Import("../m", (("A", "A"),))]),
    ("typescript", "import d, { a } from './m'", [Import("./m", (("a", "a"), ("default", "d")))]),
    ("javascript", "import * as m from './m.js'", [Import("./m.js", alias="m")]),
    ("javascript", "import {\n  a,\n  b, // why\n} from './m'", [Import("./m", (("a", "a"), ("b", "b")))]),
    ("javascript", "export * from './m'", [Import("./m", (("*", "*"),))]),
    ("javascript", "const { a, b: c } = require('./m')", [Import("./m", (("a", "a"), ("b", "c")))]),
    ("javascript", "const m = require('./m')", [Import("./m", alias="m")]),
    ("go", 'import "a/b"', [Import("a/b", alias="b")]),
    ("go", 'import (\n\t"fmt"\n\tx "a/b"\n)\n', [Import("fmt", alias="fmt"), Import("a/b", alias="x")]),
    ("rust", "use a::b;", []),
]


@pytest.mark.parametrize(("language", "text", "expected"), IMPORTS)
def test_imports(language: str, text: str, expected: list[Import]) -> None:
    assert list(imports(language, text)) == expected
