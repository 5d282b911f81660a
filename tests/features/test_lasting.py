"""Whether what was accepted is still there some time later."""

from __future__ import annotations

import pytest

from kireji.base.text import make_document
from kireji.base.types import Document, Feedback
from kireji.features.lasting import is_there, watch

ACCEPTED = "(a + b)\n    c = a * 2\n    return c"


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("x = (a + b)\n    c = a * 2\n    return c\n", True),
        ("# moved\nif x:\n    x = (a + b)\n        c = a * 2\n        # a note\n        return c + 1\n", True),
        ("x = (a + b)\n    return c\n", False),
        ("return c\nc = a * 2\nx = (a + b)\n", False),
        ("", False),
    ],
    ids=["as it was", "moved and grown", "a line gone", "another order", "all gone"],
)
def test_is_there(text: str, there: bool) -> None:
    assert is_there(ACCEPTED, text) is there


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ((ACCEPTED, ACCEPTED), [Feedback.LASTED_30_S, Feedback.LASTED_5_MIN]),
        ((ACCEPTED, ""), [Feedback.LASTED_30_S, Feedback.UNDONE]),
        (("", ACCEPTED), [Feedback.UNDONE]),
        ((None, ACCEPTED), []),
    ],
    ids=["lasts", "goes later", "goes at once", "closed"],
)
async def test_it_is_looked_for_twice(texts: tuple[str | None, ...], told: list[Feedback]) -> None:
    now: list[float] = []
    said: list[Feedback] = []

    async def sleep(seconds: float) -> None:
        now.append(seconds)

    def latest() -> Document | None:
        text = texts[len(now) - 1]
        return make_document("file:///a.py", None, "python", 1, text) if text is not None else None

    await watch(ACCEPTED, latest, said.append, sleep)
    assert said == told
    assert now == [30.0, 270.0][: len(now)]
