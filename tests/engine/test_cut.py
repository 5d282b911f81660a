"""Where a suggestion ends: whole answers through echo, cut and trim, in one piece and character by character."""

from __future__ import annotations

import random

import pytest

from kireji.base.types import Site
from kireji.engine.stream.cut import CutBy, Cutter, Step
from kireji.engine.stream.echo import Echo
from kireji.engine.stream.trim import trim
from support.sites import applied, site_of


def stream(site: Site, raw: str, size: int, complete: bool) -> tuple[Step, int]:
    echo, cutter = Echo(site), Cutter(site)
    for at in range(0, len(raw), size):
        step = cutter.feed(echo.feed(raw[at : at + size]))
        if step.done:
            return step, at + size
    cutter.feed(echo.finish())
    return cutter.finish(complete), len(raw)


def check_stream(
    text: str, raw: str, expected: str, cut_by: CutBy | None = None, language: str = "python", complete: bool = True
) -> None:
    """`expected` is what stands at `$0` afterwards."""
    site = site_of(text, language)
    for size in (1, 4, max(1, len(raw))):
        step, _ = stream(site, raw, size, complete)
        result = applied(site, trim(step.text, site))
        assert result == text.replace("$0", expected, 1), f"pieces of {size}, {step.cut_by.name}"
        assert cut_by is None or step.cut_by is cut_by, f"pieces of {size}"


BODY = "def f(a):\n    if a:\n        $0\n    b = a + 1\n    return b\n"
END = "def f(a):\n    $0\n\n\ndef g():\n    pass\n"
GO = "func f() int {\n\t$0\n}\n\nfunc g() {}\n"
TS = "const a = {\n  x: 1,\n  $0\n}\n\nexport const b = 2\n"

BELOW = [
    # The text below the cursor said again.
    (BODY, "return 0\n    b = a + 1\n", "return 0"),
    (BODY, "return 0\n    b = a + 1\n    return b\n", "return 0"),
    (BODY, "return 0\n\n    b = a + 1", "return 0"),
    (BODY, "return 0\n    b = a", "return 0"),
    (BODY, "a = 2\n        print(a)\n    b = a + 1\n    re", "a = 2\n        print(a)"),
    # Nothing of it is: it only looks so.
    (BODY, "b = a + 1\n        return b", "b = a + 1\n        return b"),
    (BODY, "return 0\n    b = a + 2", "return 0\n    b = a + 2"),
    ("def f(a):\n    if a:\n        $0\n        return 0\n", "return 0\n    if not a:", "return 0\n    if not a:"),
    ("xs = [\n    1,\n    $0\n    1,\n    2,\n]\n", "3,\n    1,\n    4,", "3,\n    1,\n    4,"),
    # All of it is.
    ("def f(a):\n    $0\n    return a\n", "return a", ""),
    ("def f(a):\n    $0\n    return a\n", "a += 1\n    return a", "a += 1"),
    # The rest of the cursor's line is a line of its own.
    ("def f(a):\n    $0return a\n", "a += 1\n    return a", "a += 1\n    "),
    ("$0x = 1\n", "y = 2\n", "y = 2\n"),
]


@pytest.mark.parametrize(("text", "raw", "expected"), BELOW)
def test_text_below(text: str, raw: str, expected: str) -> None:
    check_stream(text, raw, expected)


BRACES = [
    ("go", GO, "return 1\n}\n\nfunc g() {}", "return 1"),
    ("go", GO, "return 1\n}", "return 1"),
    ("go", GO, "if x {\n\t\treturn 1\n\t}\n\treturn 2", "if x {\n\t\treturn 1\n\t}\n\treturn 2"),
    ("go", GO, "return 1\n\n\nfunc h() {}\n", "return 1"),
    ("go", "func f() {\n\tif a {\n\t\t$0\n\t} else {\n\t\tb()\n\t}\n}\n", "c()\n\t} else {\n\t\tb()\n\t}\n}", "c()"),
    ("typescript", TS, "y: 2\n}\n\nexport const b = 2", "y: 2"),
    ("typescript", TS, "y: {\n    z: 3\n  },\n}", "y: {\n    z: 3\n  },"),
    ("typescript", TS, "y: 2,\n\n\nexport type T = number", "y: 2,"),
    ("typescript", "f(() => {\n  $0\n})\n", "g()\n})", "g()"),
    ("typescript", "f(() => {\n  $0\n});\n", "g();\n})", "g();"),
]


@pytest.mark.parametrize(("language", "text", "raw", "expected"), BRACES)
def test_closers_that_stand_below(language: str, text: str, raw: str, expected: str) -> None:
    check_stream(text, raw, expected, language=language)


LEAVES = [
    # Another definition, at the margin or beside the first.
    (END, "return a\n\n\ndef f(a):\n    return", "return a", CutBy.SCOPE),
    (END, "return a\n\n\nclass C:\n", "return a", CutBy.SCOPE),
    (END, "return a\n\nprint(f(1))\n", "return a", CutBy.SCOPE),
    (END, "x = a\n    # as in:\n\nprint(f(1))\n", "x = a\n    # as in:", CutBy.SCOPE),
    (END, "for x in a:\n\n\ndef g", "for x in a:", CutBy.SCOPE),
    ("$0\n", "x = 1\n\n\ndef f():\n    pass", "x = 1", CutBy.DEFINITION),
    ("$0\n", "def f():\n    pass\n\n\ndef g():\n    pass\n", "def f():\n    pass", CutBy.DEFINITION),
    (
        "class C:\n    $0\n",
        "def f(self):\n        pass\n\n    def g(self):",
        "def f(self):\n        pass",
        CutBy.DEFINITION,
    ),
    # A sentence about the code.
    (END, "return a\n\nThis returns the value of a.\n", "return a", CutBy.SCOPE),
    (END, "return a\n```\nAnd so on", "return a", CutBy.SCOPE),
    # What belongs there, blank lines, dedents, decorators and all.
    (END, "x = a\n\n    return x", "x = a\n\n    return x", CutBy.END),
    (END, 'x = """\n\n\ndef g():\n"""\n    return x', 'x = """\n\n\ndef g():\n"""\n    return x', CutBy.END),
    (END, "def g():\n        pass\n\n    return g", "def g():\n        pass\n\n    return g", CutBy.END),
    (
        "def f(a):\n    def g():\n        $0\n    return g\n",
        "return a\n\n    a = 1",
        "return a\n\n    a = 1",
        CutBy.END,
    ),
    (
        "class C:\n    $0\n",
        "@property\n    def f(self):\n        pass",
        "@property\n    def f(self):\n        pass",
        CutBy.END,
    ),
    ("def f(a):\n    $0\n", '"""Doc."""\n\n    return a', '"""Doc."""\n\n    return a', CutBy.END),
    (
        "def f(a):\n    if a:\n        $0\n",
        "return 1\n    elif a > 1:\n        return 2\n    else:\n        return 3",
        "return 1\n    elif a > 1:\n        return 2\n    else:\n        return 3",
        CutBy.END,
    ),
    (
        "def f(a):\n    match a:\n        $0\n",
        "case 1:\n            return 1\n        case _:\n            return 2",
        "case 1:\n            return 1\n        case _:\n            return 2",
        CutBy.END,
    ),
    (
        "def f(a):\n    $0\n",
        "return (\n        a.b()\n        .c()\n    )",
        "return (\n        a.b()\n        .c()\n    )",
        CutBy.END,
    ),
    ("if a:$0\n    pass\n", "\n    if b:\n        c()", "\n    if b:\n        c()", CutBy.END),
    ("def f(a):\n    if a: $0\n    return 1\n", "return 2", "return 2", CutBy.END),
]


@pytest.mark.parametrize(("text", "raw", "expected", "cut_by"), LEAVES)
def test_scope(text: str, raw: str, expected: str, cut_by: CutBy) -> None:
    check_stream(text, raw, expected, cut_by)


LINE = [
    # The line is complete with what stands right of the cursor, said again or not: more lines are another matter.
    ("foo($0)\n", "a, b\nbar()\nbaz()", "a, b"),
    ("foo($0)\n", "array)", "array"),
    ("foo($0)\n", "array)\nbar()", "array"),
    ("foo($0)\n", "bar()", "bar()"),
    ("foo($0)\n", "bar(1))", "bar(1)"),
    ("foo($0)\n", "a, b", "a, b"),
    ("foo($0)\n", "a,\n    b", "a,\n    b"),
    ("x = [$0]\nfor i in x:\n    pass\n", "1, 2]\nfor i in x:", "1, 2"),
    ("return int($0 == a\n", "round(a) ** 3) == a", "round(a) ** 3)"),
    ("x = $0 + 1\n", "y + 1", "y"),
    ("x = f($0, key=g)\n", "a, key=g)", "a"),
    ("x = 'a $0 c'\n", "b c'", "b"),
    ("x = f($0)  # why\n", "a)  # why", "a"),
]


@pytest.mark.parametrize(("text", "raw", "expected"), LINE)
def test_rest_of_the_line(text: str, raw: str, expected: str) -> None:
    check_stream(text, raw, expected)


@pytest.mark.parametrize(
    ("text", "raw", "expected"),
    [
        ("# Sort by $0\nx = 1\n", "name, then age.\nx = 2", "name, then age."),
        ("# Sort by $0\nx = 1\n", "name,\n# then age.\ny = 2", "name,\n# then age."),
    ],
)
def test_a_comment_ends_where_code_starts(text: str, raw: str, expected: str) -> None:
    check_stream(text, raw, expected, CutBy.COMMENT)


BROKEN = [
    # No unfinished line, no open bracket, no block without a body.
    (END, "return a + len(", ""),
    (END, "x = a\n    return x + le", "x = a"),
    (END, "x = a\n    y = (\n        1,\n        2", "x = a"),
    (END, "x = a\n    if x:\n        re", "x = a"),
    (END, "x = a\n    y = 1\n", "x = a\n    y = 1"),
    (END, "", ""),
    ("foo($0)\n", "a, b", ""),
]


@pytest.mark.parametrize(("text", "raw", "expected"), BROKEN)
def test_what_is_whole_of_a_broken_stream(text: str, raw: str, expected: str) -> None:
    check_stream(text, raw, expected, complete=False)


def test_an_end_that_was_proved_holds_however_the_stream_broke() -> None:
    check_stream(END, "return a\n\n\ndef f(", "return a", CutBy.SCOPE, complete=False)


EARLY = [
    (END, "return a", "\n\n\ndef f(a):\n    return a\n" * 20, 4),
    (BODY, "return compute(a)", "\n    b = a + 1\n    return b\n\n\ndef g():\n    pass\n" * 5, 15),
    ("foo($0)\n", "array", ")\nbar()\n" * 20, 2),
]


@pytest.mark.parametrize(("text", "kept", "more", "read"), EARLY)
def test_the_stream_is_closed_as_soon_as_the_end_is_known(text: str, kept: str, more: str, read: int) -> None:
    site = site_of(text)
    step, chars = stream(site, kept + more, 1, True)
    assert step.done
    assert chars <= len(kept) + read


@pytest.mark.parametrize("raw", ["", "\n", "\n\n  \n", "   "])
def test_an_empty_answer_adds_nothing(raw: str) -> None:
    check_stream(END, raw, "")


def test_steps_give_whole_lines_only() -> None:
    cutter = Cutter(site_of(END))
    assert cutter.feed("x = a") == Step("", False, CutBy.NONE)
    assert cutter.feed("\n    ret") == Step("x = a", False, CutBy.NONE)
    assert cutter.feed("") == Step("x = a", False, CutBy.NONE)
    assert cutter.feed("urn x\n") == Step("x = a\n    return x", False, CutBy.NONE)


def test_after_the_end_nothing_changes() -> None:
    cutter = Cutter(site_of(END))
    step = cutter.feed("return a\n\n\ndef f():\n    pass\n")
    assert step.done
    assert cutter.feed("\nmore\n") == step
    assert cutter.finish(False) == step


def test_a_function_without_a_word_of_its_own_is_a_scope() -> None:
    check_stream("int f(int a) {\n  $0\n", "a++;\n  return a;\n\nint b;", "a++;\n  return a;", CutBy.SCOPE, "c")
    check_stream("int f(\n    $0\n", "int a);\n\nint b;", "int a);\n\nint b;", CutBy.END, "c")


def test_a_language_without_a_grammar_is_cut_by_its_lines() -> None:
    check_stream("begin\n  $0\n  write(x)\nend\n", "x := 1\n  write(x)\nend\n", "x := 1", language="pascal")


PIECES = [
    "x = 1",
    "if a:",
    "return b",
    "foo(",
    ")",
    "}",
    "{",
    "    ",
    "\t",
    "\n",
    "\n\n\n",
    "'",
    '"""',
    "def f(a):",
    "😀",
    "# c",
    "```",
    "]",
]


def test_any_split_of_a_stream_gives_the_same() -> None:
    rng = random.Random(20261121)
    for _ in range(300):
        text = "".join(rng.choices(PIECES, k=12)) + "$0" + "".join(rng.choices(PIECES, k=12))
        raw = "".join(rng.choices(PIECES, k=12))
        site = site_of(text, rng.choice(["python", "typescript", "unknown"]))
        complete = rng.random() < 0.7
        results = {stream(site, raw, size, complete)[0].text for size in (1, 3, len(raw))}
        assert len(results) == 1, (text, raw)
