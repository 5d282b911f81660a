"""A text that goes through a program and comes back, as a formatter is used."""

from __future__ import annotations

import sys

import pytest

from kireji.base.child_protocol import ChildFailure, ChildSpec, ChildUnavailable
from kireji.base.filtering import filtered
from support.waiting import WATCHDOG

# It says again what it has heard while it still listens, as much as fits into no pipe.
SAYS_AGAIN = "import shutil, sys; shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)"
LONG = "long·" * 800_000


def through(code: str) -> ChildSpec:
    return ChildSpec("x", (sys.executable, "-I", "-S", "-c", code))


@pytest.mark.parametrize("text", ["", "short\r\n", LONG], ids=["none", "short", "long"])
async def test_a_text_comes_back_as_the_program_gives_it(text: str) -> None:
    assert await filtered(through(SAYS_AGAIN), text, WATCHDOG) == text


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("import sys; sys.stdin.read(); sys.exit(3)", ChildFailure.PROTOCOL),
        ("import sys; sys.exit(3)", ChildFailure.PROTOCOL),  # without having listened
        ("import sys; sys.stdout.buffer.write(b'\\xff')", ChildFailure.PROTOCOL),
        ("print('x' * 17_000_000)", ChildFailure.PROTOCOL),
    ],
)
async def test_whatever_else_it_does_is_no_text(code: str, failure: ChildFailure) -> None:
    with pytest.raises(ChildUnavailable) as raised:
        await filtered(through(code), LONG, WATCHDOG)
    assert raised.value.failure is failure


async def test_half_a_surrogate_pair_does_not_come_back() -> None:
    with pytest.raises(ChildUnavailable) as raised:
        await filtered(through(SAYS_AGAIN), "a = '\ud800'\n", WATCHDOG)
    assert raised.value.failure is ChildFailure.PROTOCOL


async def test_one_that_takes_too_long_is_late() -> None:
    with pytest.raises(ChildUnavailable) as raised:
        await filtered(through("import time; time.sleep(1000)"), "", 0.2)
    assert raised.value.failure is ChildFailure.LATE
