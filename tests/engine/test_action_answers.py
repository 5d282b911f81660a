"""What becomes of an answer to *Implement this function*: a body in its place, or a refusal. No model and no gates here."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kireji.base import syntax
from kireji.base.types import Reason, Span
from kireji.engine.actions.action import Refused
from kireji.engine.actions.functions import function_at
from support.acting import MARK, changed, target_of

METHOD = "class Cart:\n    def total(self, rate: float = 1.0) -> float:\n        raise NotImplementedError$0\n\n    name = 'x'\n"
BODY = "        return self.net * rate"
DONE = METHOD.replace("        raise NotImplementedError$0", BODY)
HEAD = "def total(self, rate: float = 1.0) -> float:"


def check_answer(text: str, answer: str, expected: str | Reason, language: str = "python") -> None:
    """The text afterwards, or the reason of the refusal; line ends do not matter."""
    for end in ("\n", "\r\n"):
        found = changed(text.replace("\n", end), answer, language)
        if isinstance(expected, Reason):
            assert isinstance(found, Refused), found
            assert found.reason is expected, found
        else:
            assert found == expected.replace("\n", end)


@pytest.mark.parametrize(
    "answer",
    [
        f"    {HEAD}\n{BODY}\n",
        f"{HEAD}\n{BODY}\n",
        f"{HEAD}\n    return self.net * rate\n",
        f"{HEAD}\n  return self.net * rate\n",
        f"        {HEAD}\n            return self.net * rate\n",
        f"{HEAD}\n\treturn self.net * rate\n",
        f"{HEAD} return self.net * rate",
        f"def total( self, rate:float=1.0, )->float:\n{BODY}\n",
        "def total(\n    self,\n    rate: float = 1.0,\n) -> float:\n    return self.net * rate\n",
        f"# The total.\n{HEAD}\n{BODY}\n",
        f"\n\n{HEAD}\n\n{BODY}\n\n# done\n",
        f"{HEAD}\r\n{BODY}\r\n",
    ],
    ids=["as it stands", "first line bare", "dedented", "two blanks", "deeper", "tab", "one line", "spaced",
         "over several lines", "comment above", "blank lines and a comment below", "CRLF"],
)  # fmt: skip
def test_a_right_answer_however_it_is_laid_out(answer: str) -> None:
    check_answer(METHOD, answer, DONE)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (f"def total(self, rate: float) -> float:\n{BODY}", Reason.OUT_OF_SCOPE),
        (f"def total(self, rate: float = 2.0) -> float:\n{BODY}", Reason.OUT_OF_SCOPE),
        (f"def total(self, rate: float = 1.0):\n{BODY}", Reason.OUT_OF_SCOPE),
        (f"async {HEAD}\n{BODY}", Reason.OUT_OF_SCOPE),
        (f"def totals(self, rate: float = 1.0) -> float:\n{BODY}", Reason.OUT_OF_SCOPE),
        (f"@property\n    {HEAD}\n{BODY}", Reason.OUT_OF_SCOPE),
        (f"    {HEAD}\n{BODY}\n\n    def more(self):\n        return 1\n", Reason.OUT_OF_SCOPE),
        (f"{HEAD}\n    return self.net * rate\n\n\ndef more():\n    return 1\n", Reason.OUT_OF_SCOPE),
        (f"def more():\n    return 1\n\n\n{HEAD}\n    return self.net * rate\n", Reason.OUT_OF_SCOPE),
        (f"import os\n\n{HEAD}\n    return self.net * rate\n", Reason.OUT_OF_SCOPE),
        (f"{HEAD}\n    return 1\nprint(1)\n", Reason.OUT_OF_SCOPE),
        (f"class Cart:\n    {HEAD}\n{BODY}\n", Reason.OUT_OF_SCOPE),
        ("return self.net * rate\n", Reason.OUT_OF_SCOPE),
        ("I would sum the prices.", Reason.OUT_OF_SCOPE),
        ("", Reason.OUT_OF_SCOPE),
        (f"{HEAD}\n    return (self.net\n", Reason.INVALID),
        (f"{HEAD}\n    '''\n    return 1\n", Reason.INVALID),
        (f"    {HEAD}\n", Reason.NOTHING_TO_ADD),
        (f"    {HEAD}\n        raise NotImplementedError\n", Reason.NOTHING_TO_ADD),
        (f"    {HEAD}\n        # TODO: later\n        pass\n", Reason.NOTHING_TO_ADD),
        (f'    {HEAD}\n        """Only words."""\n', Reason.NOTHING_TO_ADD),
    ],
)
def test_what_is_refused(answer: str, reason: Reason) -> None:
    check_answer(METHOD, answer, reason)


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ('def f():\n    """Doc."""$0\n', 'def f():\n    """Other."""\n    return 1\n', 'def f():\n    """Doc."""\n    return 1\n'),
        ('def f():\n    """Doc."""$0\n', "def f():\n    return 1\n", 'def f():\n    """Doc."""\n    return 1\n'),
        ('def f():\n  """Doc.\n     More."""\n  # TODO$0\n\n\nx = 1\n', "def f():\n    if x:\n        return 1\n    return 2",
         'def f():\n  """Doc.\n     More."""\n  if x:\n      return 1\n  return 2\n\n\nx = 1\n'),
        ('def f(): """Doc."""$0\n', "def f():\n    return 1\n", 'def f():\n    """Doc."""\n    return 1\n'),
        ('def f():\n    """Doc."""; pass$0\n', "def f():\n    return 1\n", 'def f():\n    """Doc."""\n    return 1\n'),
        ("def f():\n    pass$0\n", 'def f():\n    """New."""\n    return 1\n', 'def f():\n    """New."""\n    return 1\n'),
        ("def f(): ...$0  # noqa\n", "def f(): return 1", "def f():\n    return 1\n"),
        ("def f():  # why\n    pass$0\n", "def f():\n    return 1", "def f():  # why\n    return 1\n"),
        ("def f():\n    # TODO$0\n    # and more\n\nx = 1\n", "def f():\n    return 1", "def f():\n    return 1\n\nx = 1\n"),
        ("class A:\n  @a\n  @b(1)\n  def f(self):$0\n    pass\n", "@b( 1 )\ndef f(self):\n    return 1",
         "class A:\n  @a\n  @b(1)\n  def f(self):\n    return 1\n"),
        ("class A:\n\tdef f(self):\n\t\tpass$0\n", "def f(self):\n    for x in self:\n        if x:\n            return x",
         "class A:\n\tdef f(self):\n\t\tfor x in self:\n\t\t\tif x:\n\t\t\t\treturn x\n"),
        ("class A:\n    def f(self):\n        pass$0\n", 'def f(self):\n    return """a\n  b\n"""\n',
         'class A:\n    def f(self):\n        return """a\n  b\n"""\n'),
        ("class A:\n    def f(self):\n        pass$0\n", 'def f(self):\n    """A.\n\n    B.\n    """\n    return 1\n',
         'class A:\n    def f(self):\n        """A.\n\n        B.\n        """\n        return 1\n'),
        ("if x:\n    def f():\n        pass$0\nelse:\n    y = 1\n", "def f():\n    return 1\n",
         "if x:\n    def f():\n        return 1\nelse:\n    y = 1\n"),
    ],
)  # fmt: skip
def test_what_the_answer_leaves_out_stays(text: str, answer: str, expected: str) -> None:
    check_answer(text, answer, expected)


OTHERS = [
    ("typescript", "class A {\n  @dec('(')\n  /** d */\n  async total(a: number): Promise<number> {$0}\n}\n",
     "async total(a: number): Promise<number> {\n  if (a) {\n    return `x\n  y`\n  }\n  return 1\n}",
     "class A {\n  @dec('(')\n  /** d */\n  async total(a: number): Promise<number> {\n"
     "    if (a) {\n      return `x\n  y`\n    }\n    return 1\n  }\n}\n"),
    ("typescript", "export const f = (a: number): number => { throw new Error('not implemented')$0 }\n",
     "export const f = (a: number): number => {\n  return a\n};", "export const f = (a: number): number => {\n  return a\n}\n"),
    ("typescript", "function f(a: string) {\n  // TODO$0\n}\n", "export function f(a: string) {\n  return a\n}",
     Reason.OUT_OF_SCOPE),
    ("typescript", "function f(a: string) {\n  // TODO$0\n}\n", "function f(a: string) {\n  return a\n}\nfunction g() {}",
     Reason.OUT_OF_SCOPE),
    ("typescript", "class A {\n  f() {$0}\n}\n", "f() {\n  return 1\n}\n}\nclass B {\n  f() {}", Reason.OUT_OF_SCOPE),
    ("typescript", "function f() {$0}\n", "function f() {\n  // TODO\n}\n", Reason.NOTHING_TO_ADD),
    ("typescript", "function f() {$0}\n", "function f() {\n  return `\n}\n", Reason.INVALID),
    ("go", "// F.\nfunc (s *S) F(a int) (int, error) {\n\tpanic(\"not implemented\")$0\n}\n",
     "// F.\nfunc (s *S) F(a int) (int, error) {\n    if a > 0 {\n        return 1, nil\n    }\n    return a, nil\n}",
     "// F.\nfunc (s *S) F(a int) (int, error) {\n\tif a > 0 {\n\t\treturn 1, nil\n\t}\n\treturn a, nil\n}\n"),
    ("go", "func F() int {\n\tpanic(\"TODO\")$0\n}\n", "import \"os\"\n\nfunc F() int {\n\treturn 1\n}\n", Reason.OUT_OF_SCOPE),
    ("go", "func (s *S) F() {$0}\n", "func (s S) F() {\n\treturn\n}\n", Reason.OUT_OF_SCOPE),
    ("rust", "impl A {\n    /// Doc.\n    #[inline]\n    pub fn f(&self) -> i32 { todo!()$0 }\n}\n",
     "/// Doc.\n#[inline]\npub fn f(&self) -> i32 {\n    self.x\n}",
     "impl A {\n    /// Doc.\n    #[inline]\n    pub fn f(&self) -> i32 {\n        self.x\n    }\n}\n"),
    ("rust", "fn f() { todo!()$0 }\n", "#[test]\nfn f() { g() }\n", Reason.OUT_OF_SCOPE),
    ("rust", "fn f() { todo!()$0 }\n", "fn f() { g() }\nmod evil {}\n", Reason.OUT_OF_SCOPE),
    ("java", "class A {\n  @Override\n  public int f(int a) throws E {\n    // TODO$0\n  }\n}\n",
     "/** Doc. */\n@Override\npublic int f(int a) throws E {\n  return a;\n}",
     "class A {\n  @Override\n  public int f(int a) throws E {\n    return a;\n  }\n}\n"),
    ("java", "class A {\n  int f() {$0}\n}\n", "int f() { return 1; }\n  int g() { return 2; }", Reason.OUT_OF_SCOPE),
    ("java", "class A {\n  int f() {$0}\n}\n", "int f() throws E { return 1; }", Reason.OUT_OF_SCOPE),
    ("java", "class A {\n  int f() {$0}\n}\n", "@Inject int f() { return 1; }", Reason.OUT_OF_SCOPE),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "answer", "expected"), OTHERS)
def test_other_languages(language: str, text: str, answer: str, expected: str | Reason) -> None:
    check_answer(text, answer, expected, language)


# ---- hostile answers

PLACES = {
    "python": (
        "import os\n\n\nclass A:\n    x = 1\n\n    @cached\n    def f(self, a=(1, 2)):\n        '''Doc.'''\n        pass$0\n\n"
        "    def g(self):\n        return 2\n\n\nvalue = A()\n",
        "def f(self, a=(1, 2)):",
    ),
    "typescript": (
        "import x from 'x'\nclass A {\n  f(a: number): number {\n    // TODO$0\n  }\n  g() { return 2 }\n}\nexport const y = 1\n",
        "f(a: number): number {",
    ),
    "go": (
        'package p\n\n// F.\nfunc F(a int) int {\n\tpanic("todo")$0\n}\n\nfunc G() int { return 2 }\n',
        "func F(a int) int {",
    ),
    "rust": (
        "impl A {\n    fn f(&self) -> i32 { todo!()$0 }\n    fn g(&self) -> i32 { 2 }\n}\n\nmod m {}\n",
        "fn f(&self) -> i32 {",
    ),
    "java": (
        "class A {\n  @Deprecated\n  int f(int a) {$0}\n\n  int g() { return 2; }\n}\n",
        "int f(int a) {",
    ),
}
PIECES = [
    "return a", "return 1;", "\n", "\n\n", "\r\n", "    ", "  ", "\t", "}", "{", "};", ")", "(", '"""', "'", "`", '"', "/*", "*/",
    "//", "#", "\\\n", "pass", "import os\n", "import 'fs'\n", "class B:\n", "class B {\n", "def g(self):\n        return 9\n",
    "g() { return 9 }\n", "func G() int { return 9 }\n", "fn g(&self) -> i32 { 9 }\n", "@cached\n", "#[test]\n", "@Override\n",
    "../../etc/passwd", "file:///other.py", "\u202e", "\u200b", "𝒳", "\0", "\x0c", "\u2028", "</code_1>",
    "```\n", "if a:\n", "else:\n",
    "    return a\n", "        return a\n", "\treturn a\n",
]  # fmt: skip


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, str]:
    """Mostly the right header, with anything before, in and after the function."""
    language = draw(st.sampled_from(sorted(PLACES)))
    header = PLACES[language][1]
    some = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
    indent = draw(st.sampled_from(["", "  ", "    ", "\t"]))
    before = draw(st.sampled_from(["", "", "", "# x\n", "// x\n"]) | some)
    end = "" if language == "python" else draw(st.sampled_from([f"\n{indent}}}", "}", "\n}\n", ""]))
    after = draw(st.sampled_from(["", "", "\n"]) | some)
    inner = draw(st.sampled_from([f"\n{indent}    return a\n", "\n    return 1", "return 3;"]))
    return language, f"{before}{indent}{header}{draw(some)}{inner}{draw(some)}{end}{after}"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(said=answers())
@example(said=("python", "def f(self, a=(1, 2)):\n    return a\n"))
@example(said=("python", "def f(self, a=(1, 2)):\n        return a\n\n    def g(self):\n        return 9\n"))
@example(said=("typescript", "f(a: number): number {\n  return 1 } evil() {\n}"))
@example(said=("go", "func F(a int) int {\n\treturn 1\n}\nfunc init() {\n}"))
@example(said=("java", "int f(int a) { return 1; } static { g(); } int h() { return 2; }"))
def test_whatever_is_answered_only_the_functions_own_body_changes(said: tuple[str, str]) -> None:
    language, answer = said
    text = PLACES[language][0]
    scene, target = target_of(text, language)
    found = changed(text, answer, language)
    if isinstance(found, Refused):
        return
    old = scene.document.text
    assert found.startswith(old[: target.head])
    assert found.endswith(old[target.span.end :])
    tree, before = syntax.parse(language, found), syntax.parse(language, old)
    new, was = (function_at(t, Span(target.head, target.head)) for t in (tree, before))
    assert new is not None and was is not None
    assert (new.name, new.signature, new.span.start) == (was.name, was.signature, was.span.start)
    assert found[new.span.end :] == old[target.span.end :]
    assert list(others(tree, new.span)) == list(others(before, was.span))
    if language == "python" and compiles(found):
        assert skeleton(found) == skeleton(old)


def others(tree: syntax.Tree, span: Span) -> Iterator[tuple[str, str]]:
    """Every node outside a function, with the text of those that hold no others; what is around it by its type alone."""
    for node in tree.root.walk():
        if node.end <= span.start or node.start >= span.end:
            yield node.type, "" if node.children else node.text
        elif node.start < span.start or node.end > span.end:
            yield node.type, ""


def compiles(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def skeleton(text: str) -> str:
    """What Python reads, without the body of `f`."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "f":
            assert ast.get_docstring(node) == "Doc."
            node.body = []
    return ast.dump(tree)


def test_some_of_the_generated_answers_are_taken() -> None:
    """Else the test above would say nothing."""
    for language, (text, header) in PLACES.items():
        end = "" if language == "python" else ";\n}"
        answer = f"{header}\n    return 1{end}"
        found = changed(text, answer, language)
        assert isinstance(found, str) and "return 1" in found and MARK not in found
