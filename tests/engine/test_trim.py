"""The seams of a finished answer: rest of the line, lines below, indentation, line endings; never outside the range."""

from __future__ import annotations

import random

import pytest

from kireji.base.types import SiteKind
from kireji.engine.stream.trim import trim
from support.sites import applied, site_of


def check_trim(text: str, answer: str, expected: str, language: str = "python") -> None:
    """`expected` is the whole document afterwards."""
    site = site_of(text, language)
    change = trim(answer, site)
    assert applied(site, change) == expected
    if change is not None:
        assert change.span.start == site.offset
        assert change.span.end in (site.offset, site.offset + len(site.after))


NOTHING = ["", "\n", "  \n\n", "    return a\n"]


@pytest.mark.parametrize("answer", NOTHING)
def test_nothing_to_add(answer: str) -> None:
    assert trim(answer, site_of("def f(a):\n$0\n    return a\n")) is None


REST = [
    ("foo($0)\n", "array)", "foo(array)\n"),
    ("foo($0)\n", "bar()", "foo(bar())\n"),
    ("foo($0);\n", "a)", "foo(a);\n"),
    ("x = $0 + b\n", "a + b", "x = a + b\n"),
    ("x = a $0+ b\n", "- c + b", "x = a - c + b\n"),
    # With more behind it, the rest is replaced.
    ("x = f($0)\n", "a)[0]", "x = f(a)[0]\n"),
    ("x = f($0)\n", "a) + g(b)", "x = f(a) + g(b)\n"),
    ("if f($0):\n    pass\n", "a) and g(b):", "if f(a) and g(b):\n    pass\n"),
    # Over lines.
    ("x = f($0)\n", "\n    a,\n    b,\n)", "x = f(\n    a,\n    b,\n)\n"),
    # Where two braces may stand for one, what stands there already is none of the answer's.
    ('x = f"{$0}"\n', "a}}", 'x = f"{a}"\n'),
    ('x = f"{$0} {b}"\n', "a:.2f}}", 'x = f"{a:.2f} {b}"\n'),
    ('x = f"{$0"\n', "a}}}", 'x = f"{a}}}"\n'),
    # In a string or a comment, brackets are none.
    ("x = '$0)'\n", "a", "x = 'a)'\n"),
    ("x = f($0)  # (\n", "a)  # (", "x = f(a)  # (\n"),
    # The cursor stands before a line: what is put there stands above it.
    ("def f():\n    $0return a\n", "a = 1\n", "def f():\n    a = 1\n    return a\n"),
    ("def f():\n    $0return a\n", "a = 1\n    b = 2", "def f():\n    a = 1\n    b = 2\n    return a\n"),
    ("$0x = 1\n", "y = ", "y = x = 1\n"),
]


@pytest.mark.parametrize(("text", "answer", "expected"), REST)
def test_rest_of_the_line(text: str, answer: str, expected: str) -> None:
    check_trim(text, answer, expected)


def test_a_closer_in_another_language() -> None:
    check_trim("f(function () { $0 });\n", "return 1 });", "f(function () { return 1 });\n", "javascript")
    check_trim("const x = <A $0/>\n", 'b="c" />', 'const x = <A b="c" />\n', "javascriptreact")


BELOW = [
    ("def f(a):\n    $0\n    return a\n", "a += 1\n    return a\n", "def f(a):\n    a += 1\n    return a\n"),
    ("def f(a):\n    $0\n    return a\n", "a += 1\n\n    return a", "def f(a):\n    a += 1\n    return a\n"),
    ("def f(a):\n    $0\n    return a\n", "return b", "def f(a):\n    return b\n    return a\n"),
    ("x = [\n    $0\n]\n", "1,\n    2,\n]", "x = [\n    1,\n    2,\n]\n"),
    ("x = [\n    [\n        $0\n    ],\n]\n", "1,\n    ],\n]", "x = [\n    [\n        1,\n    ],\n]\n"),
    ("x = [\n    $0\n]\n", "[\n        1,\n    ],", "x = [\n    [\n        1,\n    ],\n]\n"),
    ("x = f(\n    $0\n)\n", "a", "x = f(\n    a\n)\n"),
]


@pytest.mark.parametrize(("text", "answer", "expected"), BELOW)
def test_lines_below(text: str, answer: str, expected: str) -> None:
    check_trim(text, answer, expected)


INDENT = [
    # The cursor's own level lost by all lines but the first.
    ("def f(a):\n    $0\n", "if a:\n    return 1\nreturn 2", "def f(a):\n    if a:\n        return 1\n    return 2\n"),
    ("def f(a):\n    if a:$0\n", "\n    return 1", "def f(a):\n    if a:\n        return 1\n"),
    (
        "class C:\n    def f(self):\n        $0\n",
        'x = """\na\n"""\nreturn x',
        'class C:\n    def f(self):\n        x = """\n        a\n        """\n        return x\n',
    ),
    ("def f(a):\n    g(\n        $0\n    )\n", "a,\nb,", "def f(a):\n    g(\n        a,\n        b,\n    )\n"),
    (
        "def f(a):\n    try:\n        $0\n",
        "g()\n    except E:\n        pass",
        "def f(a):\n    try:\n        g()\n    except E:\n        pass\n",
    ),
    (
        "def f(a):\n    try:\n        $0\n",
        "if a:\n    g()\n    except E:\nh()",
        "def f(a):\n    try:\n        if a:\n            g()\n    except E:\n        h()\n",
    ),
    (
        "def f(a):\n    $0\n",
        "if a:  # if so:\n    # first:\n    return 1\nreturn 2",
        "def f(a):\n    if a:  # if so:\n        # first:\n        return 1\n    return 2\n",
    ),
    # A text at the margin of a string above is no level.
    (
        'def f(a):\n    x = """\nmargin\n"""\n    $0\n',
        "y = 1\nz = 2",
        'def f(a):\n    x = """\nmargin\n"""\n    y = 1\n    z = 2\n',
    ),
    # As it should be: untouched, dedents and text at the margin of a string too.
    (
        "def f(a):\n    if a:\n        $0\n",
        "return 1\n    return 2",
        "def f(a):\n    if a:\n        return 1\n    return 2\n",
    ),
    (
        "def f(a):\n    $0\n            b()\n",
        "for i in range(a // 2):\n        if a[i]:",
        "def f(a):\n    for i in range(a // 2):\n        if a[i]:\n            b()\n",
    ),
    ("def f(a):\n    $0\n", 'x = """\na\n"""\n    return x', 'def f(a):\n    x = """\na\n"""\n    return x\n'),
    ("x = f(\n    $0\n", "a)\ny = 1", "x = f(\n    a)\ny = 1\n"),
    (
        "def f():\n    for a in [\n        1,\n        ]:\n        b(a)\n        $0\n    d()\n",
        "c(a)\n        b(a)\n    d()\n    e()",
        "def f():\n    for a in [\n        1,\n        ]:\n        b(a)\n        c(a)\n        b(a)\n    d()\n    e()\n    d()\n",
    ),
    # The first line brings more than it should, or what it must.
    ("if a:\n    $0\n", "        b()", "if a:\n    b()\n"),
    ("if a:\n$0\n", "    b()", "if a:\n    b()\n"),
    ("    if a:\n    $0\n", "    b()", "    if a:\n        b()\n"),
    ("    a()\n    $0\n", "        b()", "    a()\n    b()\n"),
]


@pytest.mark.parametrize(("text", "answer", "expected"), INDENT)
def test_indentation(text: str, answer: str, expected: str) -> None:
    check_trim(text, answer, expected)


BLANKS = [
    (
        "python",
        "def f(a):\n    $0\n",
        "if a:\n\t\treturn 1\n\treturn 2",
        "def f(a):\n    if a:\n        return 1\n    return 2\n",
    ),
    (
        "python",
        "def f(a):\n\t$0\n",
        "if a:\n        return 1\n    return 2",
        "def f(a):\n\tif a:\n\t\treturn 1\n\treturn 2\n",
    ),
    ("go", "func f() {\n\t$0\n}\n", "if a {\n        b()\n    }", "func f() {\n\tif a {\n\t\tb()\n\t}\n}\n"),
    (
        "typescript",
        "function f() {\n  $0\n}\n",
        "if (a) {\n\t\tb()\n\t}",
        "function f() {\n  if (a) {\n    b()\n  }\n}\n",
    ),
    ("python", "def f(a):\n    $0\n", "x = g(a,\n\t\tb)", "def f(a):\n    x = g(a,\n          b)\n"),
]


@pytest.mark.parametrize(("language", "text", "answer", "expected"), BLANKS)
def test_tabs_and_blanks(language: str, text: str, answer: str, expected: str) -> None:
    check_trim(text, answer, expected, language)


def test_the_preprocessor_keeps_to_the_margin() -> None:
    check_trim(
        "int f() {\n  $0\n}\n",
        "if (a) {\n  b();\n#ifdef C\n  c();\n#endif\n}",
        "int f() {\n  if (a) {\n    b();\n#ifdef C\n    c();\n#endif\n  }\n}\n",
        "c",
    )


def test_flat_code_with_braces_is_laid_out() -> None:
    check_trim(
        "const a = {\n  x: 1\n}\n\n$0\n",
        "function f() {\nif (a) {\nb()\n}\n}",
        "const a = {\n  x: 1\n}\n\nfunction f() {\n  if (a) {\n    b()\n  }\n}\n",
        "typescript",
    )


def test_line_endings_are_the_documents() -> None:
    check_trim("def f(a):\r\n    $0\r\n", "if a:\n        b()", "def f(a):\r\n    if a:\r\n        b()\r\n")
    check_trim("def f(a):\n    $0\n", "if a:\r\n        b()\r\n", "def f(a):\n    if a:\n        b()\n")
    check_trim(
        "def f(a):\r\n    $0\r\n    return a\r\n", "b()\r\n    return a\r\n", "def f(a):\r\n    b()\r\n    return a\r\n"
    )


def test_trailing_blank_lines_go() -> None:
    check_trim("def f(a):\n    $0\n\n\nx = 1\n", "return a\n\n\n", "def f(a):\n    return a\n\n\nx = 1\n")


def test_prose_keeps_a_line_that_starts_as_the_next_one() -> None:
    site = site_of('"""\n* one\n$0\n* reader\n"""\n')
    assert site.kind is not SiteKind.CODE
    assert applied(site, trim("* two\n* read", site)) == '"""\n* one\n* two\n* read\n* reader\n"""\n'


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
    "\r\n",
    "'",
    '"""',
    "# c",
    "😀",
    "\u2028",
    ", ",
    "]",
]


def test_an_edit_never_leaves_its_range_and_nothing_breaks() -> None:
    rng = random.Random(20261121)
    for _ in range(400):
        text = "".join(rng.choices(PIECES, k=12)) + "$0" + "".join(rng.choices(PIECES, k=12))
        language = rng.choice(["python", "typescript", "go", "markdown", "unknown"])
        check_site = site_of(text, language)
        change = trim("".join(rng.choices(PIECES, k=10)), check_site)
        if change is not None:
            line_end = check_site.offset + len(check_site.after)
            assert change.span.start == check_site.offset
            assert change.span.end in (check_site.offset, line_end)
            assert change.text.strip()
