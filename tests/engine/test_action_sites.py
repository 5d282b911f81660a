"""Where *Implement this function* is offered and where not, language by language. `$0` is the cursor, two a selection."""

from __future__ import annotations

import pytest

from kireji.engine.actions.implement import IMPLEMENT
from support.acting import scene_of

PYTHON = [
    ("def f():\n    pa$0ss\n", "f"),
    ("d$0ef f():\n    pass\n", "f"),
    ("$0def f():\n    pass\n", "f"),
    ("def f(a,\n      b$0):\n    ...\n", "f"),
    ("def f(): ...$0\n", "f"),
    ('def f():\n    """Says what it does.$0"""\n', "f"),
    ('def f():\n    """Says what it does."""\n$0    raise NotImplementedError("later")\n', "f"),
    ("def f():\n    # TODO: the sum$0\n", "f"),
    ("def f():\n    # TODO: the sum\n\n    # of all$0\n\n\nx = 1\n", "f"),
    ("def f():\n    # the sum of all\n    pass$0\n", "f"),
    ("def f():$0\n\n\nx = 1\n", "f"),
    ("class A:\n    @cached\n    @pro$0perty\n    def size(self):\n        raise NotImplementedError\n", "size"),
    ("class A:\n    x = 1\n    # The size.$0\n    def size(self): ...\n", "size"),
    ("async def f():\n    pass$0\n", "f"),
    ("def outer():\n    def inner():\n        pass$0\n    return inner\n", "inner"),
    ("$0def f():\n    pass\n$0", "f"),
    ("x = (\n\ndef f():\n    pass$0\n", "f"),
    # and not:
    ("def f():\n    return 1$0\n", None),
    ('def f():\n    """Doc."""\n    return$0 1\n', None),
    ("def f():\n    pass\n    return 1$0\n", None),
    ("def f():\n    # plainly so$0\n", None),
    ("x = 1$0\n\n\ndef f():\n    pass\n", None),
    ("def f():\n    pass\n\n$0\n\ndef g():\n    pass\n", None),
    ("class A:\n    pass$0\n", None),
    ("class A:\n    @abstractmethod\n    def f(self):\n        pass$0\n", None),
    ("class A:\n    @abc.abstractmethod\n    def f(self): ...$0\n", None),
    ("class A(Protocol):\n    def f(self): ...$0\n", None),
    ("class A(typing.Protocol[T]):\n    def f(self): ...$0\n", None),
    ("@overload\ndef f(a: int) -> int: ...$0\n", None),
    ("def f():\n    raise NotImplementedError('a subclass says how')$0\n", None),
    ("def f():\n    raise ValueError('not implemented')$0\n", None),
    ("f = lambda: ...$0\n", None),
    ("$0def f():\n    pass\n\n\ndef g():\n    pass\n$0", None),
    ("def f(:\n    pass$0\n", None),
    ("", None),
]
TYPESCRIPT = [
    ("function f(a: number): number {$0}\n", "f"),
    ("function f() {\n  // TODO$0\n}\n", "f"),
    ("function f() {\n  // FIXME later\n  throw new Error('Not implemented yet')$0\n}\n", "f"),
    ("export default async function f() {\n  throw new Error(`not implemented: ${x}`)$0\n}\n", "f"),
    ("exp$0ort const f = (a: number) => {\n  throw new NotImplementedError()\n}\n", "f"),
    ("const f = function () { throw new Error('TODO')$0 };\n", "f"),
    ("class A {\n  @input()$0\n  total() {}\n}\n", "total"),
    ("/** Adds.$0 */\nfunction add() {}\n", "add"),
    ("class A {\n  private h = async () => {$0}\n}\n", "h"),
    ("const o = { f() {$0} }\n", "f"),
    # and not:
    ("function f() { return 1$0 }\n", None),
    ("function f() {\n  throw new Error('no such file')$0\n}\n", None),
    ("function f() {\n  // nothing to do$0\n}\n", None),
    ("interface A {\n  f(): void$0\n}\n", None),
    ("abstract class A {\n  abstract f(): void$0\n}\n", None),
    ("class A {\n  constructor(private a: number) {$0}\n}\n", None),
    ("declare function f(): void$0\n", None),
    ("function f(a: string): void$0\nfunction f(a: any) { return a }\n", None),
    ("on('x', () => {$0})\n", None),
    ("const f = () => {$0}, g = 1\n", None),
    ("const f = () => 1$0\n", None),
    ("class A {$0}\n", None),
]
GO = [
    ('func f() int {\n\tpanic("not implemented")$0\n}\n', "f"),
    ('func (s *S) Total(a int) (int, error) {\n\t// TODO implement me$0\n\tpanic("implement me")\n}\n', "Total"),
    ("// Doc.$0\nfunc f() {}\n", "f"),
    ("func f() {\n\t// FIXME$0\n}\n", "f"),
    # and not:
    ("func f() int {\n\treturn 1$0\n}\n", None),
    ('func f() {\n\tpanic("out of range")$0\n}\n', None),
    ("type A interface {\n\tF() int$0\n}\n", None),
    ("type A struct {$0}\n", None),
    ("var f = func() {$0}\n", None),
    ("func f() int$0\n", None),
]
RUST = [
    ("fn f() -> i32 { todo!()$0 }\n", "f"),
    (
        "impl A {\n    /// Doc.\n    #[inl$0ine]\n    pub fn f(&self) -> i32 {\n        unimplemented!()\n    }\n}\n",
        "f",
    ),
    ('fn f() {\n    panic!("not implemented");$0\n}\n', "f"),
    ("fn f() {\n    // TODO$0\n}\n", "f"),
    ("fn f() {$0}\n", "f"),
    # and not:
    ("fn f() -> i32 { 1$0 }\n", None),
    ("trait A {\n    fn f(&self) -> i32;$0\n}\n", None),
    ('fn f() { panic!("poisoned")$0 }\n', None),
    ("struct A {$0}\n", None),
    ("fn f() { let g = || todo!(); g()$0 }\n", None),
]
JAVA = [
    ("class A {\n  int f() {\n    throw new UnsupportedOperationException(\"Not supported yet.\");$0\n  }\n}\n", "f"),
    ("class A {\n  @Over$0ride\n  public int f() { throw new RuntimeException(\"not implemented\"); }\n}\n", "f"),
    ("class A {\n  void f() {$0}\n}\n", "f"),
    ("class A {\n  /** Doc. */\n  static void f() {\n    // TODO$0\n  }\n}\n", "f"),
    # and not:
    ("class A {\n  int f() { return 1;$0 }\n}\n", None),
    ("interface A {\n  int f();$0\n}\n", None),
    ("abstract class A {\n  abstract int f();$0\n}\n", None),
    ("class A {\n  private A() {$0}\n}\n", None),
    ("class A {\n  void f() { throw new UnsupportedOperationException();$0 }\n}\n", None),
    ("class A {$0}\n", None),
]  # fmt: skip
ROWS = [
    *(("python", *row) for row in PYTHON),
    *(("typescript", *row) for row in TYPESCRIPT),
    *(("go", *row) for row in GO),
    *(("rust", *row) for row in RUST),
    *(("java", *row) for row in JAVA),
    ("javascript", "function f() {\n  // TODO$0\n}\n", "f"),
    ("javascript", "function f() {\n  return 1$0\n}\n", None),
    ("lua", "function f()\n  -- TODO$0\nend\n", None),
]


def check_site(language: str, text: str, name: str | None) -> None:
    target = IMPLEMENT.find(scene_of(text or "$0", language))
    assert (target.name if target is not None else None) == name
    if target is not None:
        assert target.span.start <= target.head <= target.place.start <= target.place.end <= target.span.end


@pytest.mark.parametrize(("language", "text", "name"), ROWS)
def test_where_it_is_offered(language: str, text: str, name: str | None) -> None:
    check_site(language, text, name)


@pytest.mark.parametrize(("language", "text", "name"), [row for row in ROWS if row[2] is not None])
def test_the_same_with_other_line_ends_and_wider_characters_above(language: str, text: str, name: str | None) -> None:
    check_site(language, text.replace("\n", "\r\n"), name)
    mark = "#" if language == "python" else "//"
    check_site(language, f"{mark} 🦊 ä\n\n{text}", name)


def test_declarations_in_interface_files_are_complete() -> None:
    check_site("python", "def f(): ...$0\n", "f")
    scene = scene_of("def f(): ...$0\n", "python", name="shop.pyi")
    assert scene.document.path is not None and scene.document.path.endswith(".pyi")
    assert IMPLEMENT.find(scene) is None
