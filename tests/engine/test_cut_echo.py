"""What an answer says again of the text before the cursor, character by character and in one piece."""

from __future__ import annotations

import pytest

from kireji.engine.stream.echo import Echo
from support.sites import site_of


def check_echo(text: str, raw: str, expected: str) -> None:
    site = site_of(text)
    for size in (1, 2, 5, max(1, len(raw))):
        echo = Echo(site)
        out = "".join(echo.feed(raw[at : at + size]) for at in range(0, len(raw), size)) + echo.finish()
        assert out == expected, f"pieces of {size}"


LINE = "def f(items):\n    total = su$0\n"

CASES = [
    # The cursor's line, as the contract asks; with its indentation, or with blanks of its own.
    (LINE, "total = sum(items)", "m(items)"),
    (LINE, "    total = sum(items)", "m(items)"),
    (LINE, "total  =  sum(items)", "m(items)"),
    ("x =$0", "x = 5", " 5"),
    ("x = $0", "x = 5", "5"),
    ("x = $0", "x =5", "5"),
    ("x = $0", "x = ", ""),
    ("f($0)", "f(a)", "a)"),
    ("    return $0\n", "return a\n    b", "a\n    b"),
    # No echo.
    (LINE, "m(items)", "m(items)"),
    ("x = $0", "5", "5"),
    ("x = $0", " 5", " 5"),
    ("return$0", " 1", " 1"),
    ("    $0", "x = 1", "x = 1"),
    ("    $0", "  x = 1", "  x = 1"),
    ("x = $0", "", ""),
    ("$0", "\n\nx", "\n\nx"),
    # The indentation that stands there already.
    ("    $0", "    x = 1", "x = 1"),
    ("    $0", "        x = 1", "        x = 1"),
    ("\t$0", "\tx", "x"),
    # A word that starts as the line so far.
    ("import $0\nimport os", "importlib.util", "importlib.util"),
    ("    return $0\n", "returned", "returned"),
    ("    return $0\n", "return(a)", "(a)"),
    # The last word said again.
    ("x = lengt$0\nlength = 1", "length + 1", "h + 1"),
    ("x = lengt$0", "h + 1", "h + 1"),
    ("x = pre$0\nprefix = 1", "fix", "fix"),
    ("x = to$0\ntotoken = 1", "token", "token"),
    ("x = 1$0", "10", "10"),
    ("    i$0\n", "s_prime = True", "s_prime = True"),
    # Lines above said again.
    ("def f():\n    x = 1\n    $0", "    x = 1\n    y = 2", "y = 2"),
    ("def f():\n    x = 1\n    $0", "def f():\n    x = 1\n    y = 2", "y = 2"),
    ("def f():\n    x = 1\n\n    y = $0", "    x = 1\n\n    y = 2", "2"),
    ("def f():\n    x = 1\n\n    y = $0", "def f():\n\n    z", "def f():\n\n    z"),
    ("f()\n}\n\n$0\n", "}\n\ng()", "g()"),
    # Lines that may well be said twice.
    ("xs.append(1)\nys.append(1)\nxs.append(1)\n$0", "xs.append(1)\nys.append(1)", "xs.append(1)\nys.append(1)"),
    ("        return False\n    $0", "return False\n\n\ndef f():", "return False\n\n\ndef f():"),
    ("a = (\n    B(),\n    B(),\n    $0\n", "B(),\n    B(),\n)", "B(),\n    B(),\n)"),
    ("x = 1\n$0", "x = 1", "x = 1"),
]


@pytest.mark.parametrize(("text", "raw", "expected"), CASES)
def test_echo(text: str, raw: str, expected: str) -> None:
    check_echo(text, raw, expected)


def test_only_as_much_is_held_back_as_may_be_an_echo() -> None:
    echo = Echo(site_of(LINE))
    assert echo.feed("total") == ""
    assert echo.feed(" = sumX") == "mX"
    assert echo.feed("total") == "total"
