"""The cases that cut and trim must get right, one named row each: a whole stream in its wrapping, split in every way.

Each row says what the whole document must be afterwards. Seams and ends with finer points are in the tables of
`test_cut.py`, `test_trim.py`, `test_cut_echo.py` and `test_contract.py`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from kireji.engine.prompt.contract import Unwrapper, tag_for
from kireji.engine.stream.cut import Cutter
from kireji.engine.stream.echo import Echo
from kireji.engine.stream.trim import trim
from support.sites import applied, site_of

TAG = tag_for("0badcafe")
OPEN, CLOSE = f"<{TAG}>", f"</{TAG}>"


@dataclass(frozen=True, slots=True)
class Case:
    """`answer` is what the model says, `after` the document with it; `complete` says that the model had finished."""

    name: str
    text: str
    answer: str
    after: str
    language: str = "python"
    complete: bool = True


def result(case: Case, pieces: list[str]) -> str:
    site = site_of(case.text, case.language)
    unwrapper, echo, cutter = Unwrapper(TAG), Echo(site), Cutter(site)
    for piece in pieces:
        step = cutter.feed(echo.feed(unwrapper.feed(piece)))
        if step.done:
            return applied(site, trim(step.text, site))
        if unwrapper.closed:
            break
    cutter.feed(echo.feed(unwrapper.finish()))
    cutter.feed(echo.finish())
    step = cutter.finish(case.complete or unwrapper.closed)
    return applied(site, trim(step.text, site))


def split(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def split_at_random(text: str, rng: random.Random) -> list[str]:
    """Pieces of any length, empty ones too."""
    ends = sorted(rng.choices(range(len(text) + 1), k=rng.randint(1, 8)))
    return [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]


def check_case(case: Case) -> None:
    rng = random.Random(case.name)
    ways = [split(case.answer, size) for size in (1, 4, max(1, len(case.answer)))]
    for pieces in (*ways, *(split_at_random(case.answer, rng) for _ in range(10))):
        assert result(case, pieces) == case.after, pieces


EMPTY = "def f(a):\n    $0\n"
HEAD = "def f(a):\n    "
NEXT = "def f(a):\n    if a:\n        $0\n    b = a + 1\n    return b\n"
TS = "function f(a: number) {\n  $0\n}\n"
JSX = "javascriptreact"

SEAM = [
    Case("a leading space kept", "return$0\n", " a", "return a\n"),
    Case("a leading space kept before a comment", "x = 1 $0\n", " # one", "x = 1  # one\n"),
    Case("a leading space kept among columns", "ab  = 1\nc $0\n", " = 2", "ab  = 1\nc  = 2\n"),
    Case("a leading space collapsed", "return $0\n", " a", "return a\n"),
    Case("a leading space kept in a string", "x = 'a $0'\n", " b", "x = 'a  b'\n"),
    Case("tabs in a file with spaces", EMPTY, "if a:\n\t\tb()\n\tc()", HEAD + "if a:\n        b()\n    c()\n"),
    Case("spaces in a file with tabs", "def f(a):\n\t$0\n", "if a:\n        b()", "def f(a):\n\tif a:\n\t\tb()\n"),
    Case("tabs and spaces mixed in one line", EMPTY, "if a:\n    \tb()", HEAD + "if a:\n        b()\n"),
    Case("first line over-indented", "if a:\n    $0\n", "        b()", "if a:\n    b()\n"),
    Case("first line under-indented", "    if a:\n        $0\n", "    b()", "    if a:\n        b()\n"),
    Case("first line not indented at all", "if a:\n$0\n", "b()\nc()", "if a:\n    b()\n    c()\n"),
    Case(
        "the rest over-indented",
        EMPTY,
        "    if a:\n            b()\n        c()",
        HEAD + "if a:\n        b()\n    c()\n",
    ),
    Case("the rest under-indented", EMPTY, "if a:\n    b()\nc()", HEAD + "if a:\n        b()\n    c()\n"),
    Case(
        "else after auto-indent",
        "def f(a):\n    if a:\n        b()\n        $0\n",
        "else:\n        c()",
        "def f(a):\n    if a:\n        b()\n        \n",
    ),
    Case("the last partial word said again", "x = lengt$0\nlength = 1\n", "length", "x = length\nlength = 1\n"),
    Case("the last partial word gone on with", "x = lengt$0\nlength = 1\n", "h", "x = length\nlength = 1\n"),
    Case(
        "the whole line said again",
        "def f(a):\n    total = su$0\n",
        "total = sum(a)",
        "def f(a):\n    total = sum(a)\n",
    ),
    Case("the whole line and its indentation said again", "if a:\n    b = $0\n", "    b = 1", "if a:\n    b = 1\n"),
    Case("an answer with CRLF", EMPTY, "if a:\r\n        b()\r\n    c()", HEAD + "if a:\n        b()\n    c()\n"),
    Case(
        "a document with CRLF",
        "def f(a):\r\n    $0\r\n    return a\r\n",
        "b()\n    c()\n    return a\n",
        "def f(a):\r\n    b()\r\n    c()\r\n    return a\r\n",
    ),
]

SAME_LINE = [
    Case("foo(|) answered array)", "foo($0)\n", "array)", "foo(array)\n"),
    Case("}) against }); below", "f(() => {\n  $0\n});\n", "g();\n})", "f(() => {\n  g();\n});\n", "typescript"),
    Case("}) against }); on the line", "f(() => { $0 });\n", "g() })", "f(() => { g() });\n", "typescript"),
    Case("}); against })", "f(() => {\n  $0\n})\n", "g()\n});", "f(() => {\n  g()\n})\n", "typescript"),
    Case("JSX />", "const x = <A $0/>\n", 'b="c" />', 'const x = <A b="c" />\n', JSX),
    Case("JSX closing tag", "const x = <A>$0</A>\n", "text</A>", "const x = <A>text</A>\n", JSX),
    Case("the tail said again", "x = f($0)\n", "a, b)", "x = f(a, b)\n"),
    Case("the tail said again, plus ;", "foo($0)\n", "a);", "foo(a);\n", "typescript"),
    Case(
        "the tail said again, in other words too",
        "if f($0):\n    b()\n",
        "a) and g(b):",
        "if f(a) and g(b):\n    b()\n",
    ),
    Case("the tail with words in it", "x = f($0, key=g)\n", "a, key=g)", "x = f(a, key=g)\n"),
    Case("the tail with words, not said again", "x = f($0, key=g)\n", "a", "x = f(a, key=g)\n"),
    Case("the tail, then more lines", "x = f($0)\ny = 2\n", "a)\nz = 3\nw = 4", "x = f(a)\ny = 2\n"),
]

FAIL = "  fail(\n    z\n      .a()\n"
NEXT_LINES = [
    Case("equal to the next line", "def f(a):\n    $0\n    return a\n", "return a", "def f(a):\n    \n    return a\n"),
    Case("equal to the lines that follow", NEXT, "b()\n    b = a + 1\n    return b", NEXT.replace("$0", "b()")),
    Case(
        "} against } else {",
        "function f() {\n  if (a) {\n    $0\n  } else {\n    b()\n  }\n}\n",
        "c()\n  }",
        "function f() {\n  if (a) {\n    c()\n  } else {\n    b()\n  }\n}\n",
        "typescript",
    ),
    Case(
        "two closers",
        "function f() {\n  if (a) {\n    $0\n  }\n}\n",
        "c()\n  }\n}",
        "function f() {\n  if (a) {\n    c()\n  }\n}\n",
        "typescript",
    ),
    Case(
        "two closers of which one is the answer's own",
        TS,
        "if (a) {\n    b()\n  }\n}",
        TS.replace("$0", "if (a) {\n    b()\n  }"),
        "typescript",
    ),
    Case("blank lines between", NEXT, "b()\n\n    b = a + 1\n\n    return b", NEXT.replace("$0", "b()")),
    Case(
        "blank lines between below",
        "x = 1\n$0\n\n\ny = 2\nz = 3\n",
        "w = 0\ny = 2\nz = 3",
        "x = 1\nw = 0\n\n\ny = 2\nz = 3\n",
    ),
    Case(
        "several suffix lines, and beyond",
        NEXT,
        "b()\n    b = a + 1\n    return b\n\n\ndef g():",
        NEXT.replace("$0", "b()"),
    ),
    Case(
        "one good line first",
        "def f(a):\n    $0\n    return a\n",
        "a += 1\n    return a",
        "def f(a):\n    a += 1\n    return a\n",
    ),
    Case(
        "a repeated list item",
        "xs = [\n    1,\n    $0\n    1,\n    2,\n]\n",
        "3,\n    1,\n    4,",
        "xs = [\n    1,\n    3,\n    1,\n    4,\n    1,\n    2,\n]\n",
    ),
    Case(
        "a repeated property",
        "const a = {\n  $0\n  d: null,\n  e: 1,\n}\n",
        "b: null,\n  c: null,",
        "const a = {\n  b: null,\n  c: null,\n  d: null,\n  e: 1,\n}\n",
        "typescript",
    ),
    Case(
        "a repeated call",
        "def f(a):\n    $0\n    g()\n    h()\n",
        "g()\n    i()\n    g()\n    j()",
        "def f(a):\n    g()\n    i()\n    g()\n    j()\n    g()\n    h()\n",
    ),
    Case(
        "a mark alone, as others below",
        "/**\n * One.\n $0\n * Two.\n *\n * Three.\n */\nf()\n",
        "* And so on.\n *",
        "/**\n * One.\n * And so on.\n *\n * Two.\n *\n * Three.\n */\nf()\n",
        "typescript",
    ),
    Case(
        "three short lines as below, then others",
        f"test(() => {{\n{FAIL}  )\n  $0\n{FAIL}      .c()\n  )\n}})\n",
        f"x()\n{FAIL}      .b()\n  )",
        f"test(() => {{\n{FAIL}  )\n  x()\n{FAIL}      .b()\n  )\n{FAIL}      .c()\n  )\n}})\n",
        "typescript",
    ),
    Case("a near-identical line", "def f(a):\n    $0\n    x1 = a\n", "x0 = a", "def f(a):\n    x0 = a\n    x1 = a\n"),
    Case(
        "a near-identical line with more",
        "def f(a):\n    $0\n    return a\n",
        "return a + 1",
        "def f(a):\n    return a + 1\n    return a\n",
    ),
]

BLOCK = [
    Case(
        "empty body",
        "def f(a):\n    $0\n\n\ndef g():\n    pass\n",
        "return a",
        "def f(a):\n    return a\n\n\ndef g():\n    pass\n",
    ),
    Case("empty body on the header's line", "def f(a):$0\n", "\n    return a", "def f(a):\n    return a\n"),
    Case("empty body in braces", TS, "return a\n}\n\nfunction g() {", TS.replace("$0", "return a"), "typescript"),
    Case(
        "one level only",
        "def f(a):\n    for b in a:\n        $0\n\n\nx = 1\n",
        "c(b)\n\n\ndef g():\n    pass",
        "def f(a):\n    for b in a:\n        c(b)\n\n\nx = 1\n",
    ),
    Case("docstring then body", EMPTY, '"""Doc."""\n\n    return a', HEAD + '"""Doc."""\n\n    return a\n'),
    Case(
        "long docstring then body",
        EMPTY,
        '"""Doc.\n\n    More.\n    """\n    return a',
        HEAD + '"""Doc.\n\n    More.\n    """\n    return a\n',
    ),
    Case(
        "decorators",
        "class C:\n    $0\n",
        "@property\n    @cached\n    def f(self):\n        return 1",
        "class C:\n    @property\n    @cached\n    def f(self):\n        return 1\n",
    ),
    Case(
        "elif and else",
        NEXT.split("    b = ")[0],
        "b()\n    elif c:\n        d()\n    else:\n        e()",
        "def f(a):\n    if a:\n        b()\n    elif c:\n        d()\n    else:\n        e()\n",
    ),
    Case(
        "except and finally",
        "def f(a):\n    try:\n        $0\n",
        "b()\n    except E:\n        c()\n    finally:\n        d()",
        "def f(a):\n    try:\n        b()\n    except E:\n        c()\n    finally:\n        d()\n",
    ),
    Case(
        "match arms",
        "def f(a):\n    match a:\n        $0\n",
        "case 1:\n            b()\n        case _:\n            c()",
        "def f(a):\n    match a:\n        case 1:\n            b()\n        case _:\n            c()\n",
    ),
    Case(
        "switch arms",
        "func f(a int) {\n\tswitch a {\n\t$0\n\t}\n}\n",
        "case 1:\n\t\tb()\n\tdefault:\n\t\tc()\n\t}\n}",
        "func f(a int) {\n\tswitch a {\n\tcase 1:\n\t\tb()\n\tdefault:\n\t\tc()\n\t}\n}\n",
        "go",
    ),
    Case(
        "chained calls without a closing line",
        "const x = a\n  $0\n\nconst y = 2\n",
        ".b()\n  .c(d)\n  .e()",
        "const x = a\n  .b()\n  .c(d)\n  .e()\n\nconst y = 2\n",
        "typescript",
    ),
    Case(
        "def after def",
        "class C:\n    $0\n\nx = 1\n",
        "def f(self):\n        pass\n\n    def g(self):\n        pass",
        "class C:\n    def f(self):\n        pass\n\nx = 1\n",
    ),
    Case(
        "a def within a def",
        EMPTY,
        "def g():\n        return a\n\n    return g",
        HEAD + "def g():\n        return a\n\n    return g\n",
    ),
    Case(
        "comments between statements",
        EMPTY,
        "b = a\n\n    # First.\n    c(b)\n    # Then.\n    return b",
        HEAD + "b = a\n\n    # First.\n    c(b)\n    # Then.\n    return b\n",
    ),
    Case(
        "single-line if",
        "def f(a):\n    if a: $0\n    return 1\n",
        "return 2",
        "def f(a):\n    if a: return 2\n    return 1\n",
    ),
    Case("a whole single-line if", EMPTY, "if a: return 1\n    return 2", HEAD + "if a: return 1\n    return 2\n"),
    Case(
        "a long literal",
        "x = $0\n",
        "[\n" + "".join(f"    {n},\n" for n in range(60)) + "]",
        "x = [\n" + "".join(f"    {n},\n" for n in range(60)) + "]\n",
    ),
]

STREAM = [
    # Every row is split in every way; what these have is a tag to split.
    Case("the stop tag split over pieces", "x = $0\n", f"{OPEN}x = 1{CLOSE}", "x = 1\n"),
    Case(
        "another stop tag in a string", "x = $0\n", f'{OPEN}x = "</code_12345678>"{CLOSE}', 'x = "</code_12345678>"\n'
    ),
    Case(
        "the beginning of a stop tag in a string",
        "x = $0\n",
        f"{OPEN}x = '{CLOSE[:-3]}'{CLOSE}",
        f"x = '{CLOSE[:-3]}'\n",
    ),
    Case("the stop tag's name in an identifier", "x = $0\n", f"{OPEN}x = {TAG}_x < a{CLOSE}", f"x = {TAG}_x < a\n"),
    Case("an unfinished last line", EMPTY, f"{OPEN}b = a\n    c = a + le", HEAD + "b = a\n", complete=False),
    Case("an unfinished line alone", EMPTY, f"{OPEN}return a + le", EMPTY.replace("$0", ""), complete=False),
    Case("the time-out in the middle of a line", NEXT, "b()\n    b = a +", NEXT.replace("$0", "b()"), complete=False),
    Case(
        "the time-out in the middle of a block", EMPTY, "b = a\n    if b:\n        c(", HEAD + "b = a\n", complete=False
    ),
    Case(
        "the time-out in the middle of the stop tag",
        EMPTY,
        f"{OPEN}b = a\n{CLOSE[:5]}",
        HEAD + "b = a\n",
        complete=False,
    ),
    Case("an empty stream", EMPTY, "", EMPTY.replace("$0", "")),
    Case("an empty answer", EMPTY, f"{OPEN}{CLOSE}", EMPTY.replace("$0", "")),
    Case("the line as it is", "x = a$0\n", f"{OPEN}x = a{CLOSE}", "x = a\n"),
    Case("blanks alone", EMPTY, f"{OPEN}\n\n   \n{CLOSE}", EMPTY.replace("$0", "")),
    Case("blank lines first", "x = 1\n$0\n", f"{OPEN}\n\n\ny = 2{CLOSE}", "x = 1\n\n\ny = 2\n"),
]

CHAT = [
    Case("a fence with a language", EMPTY, "```python\nreturn a\n```", HEAD + "return a\n"),
    Case("a fence without a language", EMPTY, "```\nreturn a\n```\n", HEAD + "return a\n"),
    Case("a fence in the tag", EMPTY, f"{OPEN}\n```python\nreturn a\n```\n{CLOSE}", HEAD + "return a\n"),
    Case("the tag in a fence", EMPTY, f"```xml\n{OPEN}return a{CLOSE}\n```", HEAD + "return a\n"),
    Case(
        "a nested fence", "$0\n", "```markdown\nas in\n\n```py\nx\n```\n```\n", "as in\n\n```py\nx\n```\n", "markdown"
    ),
    Case(
        "a fence in a string",
        EMPTY,
        'x = """\n```\ny\n```\n"""\n    return x',
        HEAD + 'x = """\n```\ny\n```\n"""\n    return x\n',
    ),
    Case("Here is, and a fence", EMPTY, "Here is the completed code:\n\n```python\nreturn a\n```", HEAD + "return a\n"),
    Case("Here is, and the tag", EMPTY, f"Here is the completion:\n{OPEN}return a{CLOSE}", HEAD + "return a\n"),
    Case("Here is, and code", EMPTY, "Here's the missing code:\nreturn a", HEAD + "return a\n"),
    Case(
        "an explanation after a fence",
        EMPTY,
        "```python\nreturn a\n```\n\nThis returns the value.",
        HEAD + "return a\n",
    ),
    Case("an explanation after the code", EMPTY, "return a\n\nThis returns the value of a.", HEAD + "return a\n"),
    Case("an explanation after the tag", EMPTY, f"{OPEN}return a{CLOSE}\n\nThis returns it.", HEAD + "return a\n"),
    Case(
        "a line of code that ends in a colon", "x = a\n$0\n", "for b in x:\n    c(b)", "x = a\nfor b in x:\n    c(b)\n"
    ),
    Case(
        "a long line of code that ends in a colon",
        EMPTY,
        "if a and not (b or c):\n        d()",
        HEAD + "if a and not (b or c):\n        d()\n",
    ),
    Case("the opening tag twice", EMPTY, f"{OPEN}{OPEN}return a{CLOSE}", HEAD + "return a\n"),
    Case("the opening tag on two lines", EMPTY, f"{OPEN}\n{OPEN}\nreturn a{CLOSE}", HEAD + "return a\n"),
    Case("the closing tag missing", EMPTY, f"{OPEN}return a", HEAD + "return a\n"),
    Case("the opening tag missing", EMPTY, f"return a{CLOSE}", HEAD + "return a\n"),
    Case("zero-width characters", EMPTY, f"\ufeff{OPEN}\u200breturn\u2060 a\u200b{CLOSE}", HEAD + "return a\n"),
]

TEXT = [
    Case("astral characters before the cursor", "x = '😀' + f($0)\n", "'😀😀')", "x = '😀' + f('😀😀')\n"),
    Case("astral characters after the cursor", "x = f($0, '😀')\n", "'𝒳', '😀')", "x = f('𝒳', '😀')\n"),
    Case(
        "astral characters below",
        "def f(a):\n    $0\n    return '😀'\n",
        "b()\n    return '😀'",
        "def f(a):\n    b()\n    return '😀'\n",
    ),
    Case("an f-string", "x = f'{$0}'\n", "a['b'] + c}'", "x = f'{a['b'] + c}'\n"),
    Case("a bracket of an f-string", "x = f'{a(b$0)}'\n", ", c)}'", "x = f'{a(b, c)}'\n"),
    Case("triple quotes", EMPTY, 'b = """\n  (\n"""\n    return b', HEAD + 'b = """\n  (\n"""\n    return b\n'),
    Case(
        "triple quotes closed",
        'def f():\n    """$0\n',
        'Doc."""\n    return 1',
        'def f():\n    """Doc."""\n    return 1\n',
    ),
    Case("brackets in a string", EMPTY, "b = '}])'\n    return b", HEAD + "b = '}])'\n    return b\n"),
    Case(
        "brackets in a string, in braces",
        TS,
        "const b = '}'\n  g(b)\n}",
        TS.replace("$0", "const b = '}'\n  g(b)"),
        "typescript",
    ),
    Case("brackets in a comment", TS, "// }\n  g()\n}", TS.replace("$0", "// }\n  g()"), "typescript"),
    Case("a bracket in a string of the tail", "x = f($0, ')')\n", "a, ')')", "x = f(a, ')')\n"),
    Case(
        "a comment that the answer closes", "/* $0\nconst a = 1\n", "why */", "/* why */\nconst a = 1\n", "typescript"
    ),
    Case("a string that the answer closes", "x = '$0\ny = 'b'\n", "a'", "x = 'a'\ny = 'b'\n"),
    Case("a bracket that the answer opens for the text below", "x = $0\n    1,\n]\n", "[", "x = [\n    1,\n]\n"),
    Case(
        "a block that the answer opens for the text below",
        "$0\n    g()\n}\n",
        "if (a) {",
        "if (a) {\n    g()\n}\n",
        "typescript",
    ),
]

CASES = {
    "seam": SEAM,
    "same line": SAME_LINE,
    "next lines": NEXT_LINES,
    "block": BLOCK,
    "stream": STREAM,
    "chat noise": CHAT,
    "text": TEXT,
}
ALL = [pytest.param(case, id=f"{group}: {case.name}") for group, cases in CASES.items() for case in cases]


@pytest.mark.parametrize("case", ALL)
def test_case(case: Case) -> None:
    check_case(case)


@pytest.mark.parametrize("case", ALL)
def test_case_in_the_contracts_wrapping(case: Case) -> None:
    """What was answered without a tag gives the same with one."""
    # What stands in the tag is meant, sentences too.
    meant = OPEN in case.answer or CLOSE in case.answer or case.answer.startswith("Here")
    if case.complete and not meant:
        check_case(Case(case.name, case.text, f"{OPEN}\n{case.answer}{CLOSE} and more", case.after, case.language))
