"""Answers in the contract's wrapping, in others, and in none."""

from __future__ import annotations

import random

import pytest

from kireji.engine.prompt.contract import Unwrapper, fresh_nonce, max_tokens, tag_for
from support.sites import site_of

TAG = tag_for("0badcafe")
OPEN, CLOSE = f"<{TAG}>", f"</{TAG}>"


def unwrap(raw: str, size: int) -> tuple[str, bool]:
    unwrapper = Unwrapper(TAG)
    out = ""
    for at in range(0, len(raw), size):
        out += unwrapper.feed(raw[at : at + size])
        if unwrapper.closed:
            break
    return out + unwrapper.finish(), unwrapper.closed


def check_unwrap(raw: str, expected: str, closed: bool | None = None) -> None:
    for size in (1, 2, 3, 4, 7, max(1, len(raw))):
        text, is_closed = unwrap(raw, size)
        assert text == expected, f"pieces of {size}"
        assert closed is None or is_closed is closed


CASES = [
    # The contract, whole and in part.
    (f"{OPEN}x = 1{CLOSE}", "x = 1", True),
    (f"{OPEN}\nx = 1\n{CLOSE} and more", "x = 1\n", True),
    (f"{OPEN}\n\n  x{CLOSE}", "\n  x", True),
    (f"{OPEN}\r\nx{CLOSE}", "x", True),
    (f"\n {OPEN}x{CLOSE}", "x", True),
    (f"{OPEN}x = 1", "x = 1", False),
    (f"{OPEN}x = '</{TAG[:-1]}'{CLOSE}", f"x = '</{TAG[:-1]}'", True),
    (f"{OPEN}{OPEN}x{CLOSE}", "x", True),
    (f"x = 1{CLOSE}", "x = 1", True),
    (f"{OPEN}{CLOSE}", "", True),
    (OPEN, "", False),
    ("", "", False),
    # Another tag.
    ("<code_12345678>x</code_12345678>y", "x", True),
    ("<answer>\nx\n</answer>", "x\n", True),
    # Code that looks like one.
    ("<div>a</div>", "<div>a</div>", False),
    ("<answers>a", "<answers>a", False),
    ("< b", "< b", False),
    ("<code", "<code", False),
    ("a <answer> b", "a <answer> b", False),
    # Fences.
    ("```python\nx = 1\n```", "x = 1", False),
    ("```python\nx = 1\n```\n\nThis adds one.", "x = 1", True),
    ("```\n    x\n```\n", "    x", True),
    ("```\r\nx\r\n```\r\n", "x", True),
    ("```c++\nx", "x", False),
    ("```py\nx`y\n``", "x`y", False),
    ("```\na\n```py\nb\n```\n```\n", "a\n```py\nb\n```", True),
    ("```\na\n```py\nb\n```\nc", "a\n```py\nb\n```\nc", False),
    (f"```xml\n{OPEN}x{CLOSE}\n```\n", "x", True),
    ('```\ns = """\n```\n"""\nb\n```\nq', 's = """\n```\n"""\nb', True),
    ("s = '''\n```\nx\n```\n'''", "s = '''\n```\nx\n```\n'''", False),
    ("`a` + `b`", "`a` + `b`", False),
    ("~~~~~\nA title", "~~~~~\nA title", False),
    (f"{OPEN}```py\nx\n```\n{CLOSE}", "x", True),
    # Chat.
    ("Here is the completion:\n\n```python\nx\n```\n\nDone.", "x", True),
    ("Sure! Here you go\n```\nx\n```\n", "x", True),
    (f"Here is the line\n{OPEN}x{CLOSE}", "x", True),
    ("Here's the missing code:\n\n    x = 1", "    x = 1", False),
    ("Here is what Kim wrote:\nx", "Here is what Kim wrote:\nx", False),
    ("This is", "This is", False),
    ("Sure, why(not)\n", "Sure, why(not)\n", False),
    # Code as it is.
    ("for x in y:\n    pass", "for x in y:\n    pass", False),
    ("\n\n    x = 1\n", "\n\n    x = 1\n", False),
    ("x\r\ny\r\n", "x\r\ny\r\n", False),
    ("\u200bx\ufeff = 1\u2060", "x = 1", False),
    ("'\u200d'", "'\u200d'", False),
]


@pytest.mark.parametrize(("raw", "expected", "closed"), CASES)
def test_unwrap(raw: str, expected: str, closed: bool) -> None:
    check_unwrap(raw, expected, closed)


def test_text_is_given_out_before_the_wrapping_closes() -> None:
    unwrapper = Unwrapper(TAG)
    assert unwrapper.feed(f"{OPEN}x = compute(a)\ny = ") == "x = compute(a)\ny = "


def test_nothing_comes_after_the_end() -> None:
    unwrapper = Unwrapper(TAG)
    assert unwrapper.feed(f"{OPEN}x{CLOSE}y") == "x"
    assert unwrapper.feed("z") == ""
    assert unwrapper.finish() == ""


def test_a_fresh_nonce_is_in_none_of_the_texts() -> None:
    first = fresh_nonce([], random.Random(7))
    second = fresh_nonce([f"x = 0x{first}"], random.Random(7))
    assert len(first) == len(second) == 8
    assert first != second


def test_max_tokens_holds_the_echo_the_tail_and_the_tags() -> None:
    short, long = site_of("x = $0"), site_of("x = " + "a" * 400 + " + $0")
    assert 64 < max_tokens(short, 4.0, 4096) < 100
    assert max_tokens(long, 4.0, 4096) - max_tokens(short, 4.0, 4096) >= 100
    assert max_tokens(site_of("f($0" + "b" * 400), 4.0, 4096) >= max_tokens(long, 4.0, 4096) - 5
    assert 256 < max_tokens(site_of("def f():\n    $0\n"), 4.0, 4096) < 300
    assert max_tokens(long, 4.0, 70) == 70
