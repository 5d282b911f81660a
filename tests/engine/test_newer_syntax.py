"""What looks like syntax of a newer Python is not judged by an older one; what merely stands beside it is."""

from __future__ import annotations

import sys
import time

import pytest

from kireji.engine.gates.python import compile_fault, is_newer_syntax

OLD = pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python knows all of it")


def is_newer(text: str) -> bool:
    """Whether the first fault of the text may be syntax that our Python does not know."""
    fault = compile_fault(text)
    assert fault is not None, text
    return is_newer_syntax(fault, text)


@OLD
@pytest.mark.parametrize(
    "text",
    [
        'x = f"{x["a"]}"\n',
        "x = f'{a['b']}'\n",
        'x = f"{x:{w}} {y["a"]}"\n',
        'x = f"{"\\n".join(a)}"\n',
        'x = f"{\nx}"\n',
        "type X = int\n",
        "def first[T](a: T) -> T: ...\n",
    ],
)
def test_what_may_be_newer(text: str) -> None:
    assert is_newer(text)


@pytest.mark.parametrize(
    "text",
    [
        'x = f"{x} {len(d)} {p}\\n".encode()((\n',
        'x = f"{x:{w}}" +\n',
        'x = f"{{a}} {b}" ((\n',
        "x = f\"{x['a']}\" ((\n",
        'x = f"{x!r:>{w}}" )\n',
    ],
)
def test_what_stands_beside_a_plain_template_is_wrong_everywhere(text: str) -> None:
    assert not is_newer(text)


@pytest.mark.parametrize("unit", ['f"', 'f"{', "f'{a}", "{a{b}", "{"])
def test_a_hostile_line_costs_no_more_than_a_long_one(unit: str) -> None:
    text = 'f"' + unit * 5_000 + "\n("
    fault = compile_fault(text)
    assert fault is not None
    started = time.monotonic()
    is_newer_syntax(fault, text)
    assert time.monotonic() - started < 60, "a watchdog: an ambiguous pattern takes for ever"
