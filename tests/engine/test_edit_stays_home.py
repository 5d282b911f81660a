"""Whatever a model says, the edit stays on the cursor's line of the document and version that were asked about."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kireji.base.clock import SystemClock
from kireji.base.types import Candidate, Delta, End, EndReason, Snapshot
from kireji.engine import pipeline
from kireji.engine.reading import Fenced, read_answer
from support.sites import site_of

PLACES = [
    "def f(a):\n    return a$0\n\n\ndef g():\n    pass\n",
    "x = f($0)\ny = 2\n",
    "class A:\n    def m(self):\n        $0\n\n    def n(self): ...\n",
    "\tif ok {\r\n\t\t$0\r\n\t}\r\n",
    "$0",
]
PIECES = [
    "return a", "\n", "\r\n", "    ", "\t", "def f(a):", ")", "}", "```", "```python\n", "<code_x>", "</code_x>",
    "Here is the code:\n", "y = 2", "../../etc/passwd", "\u200b", "pass", "def g():\n    pass\n", "𝒳", "\0",
    "class A:\n", "self.m()", "#", '"""', "file:///other.py",
]  # fmt: skip


async def _candidate(place: str, raw: str, piece: int) -> tuple[Candidate | None, int, int]:
    site = site_of(place)

    async def pieces() -> AsyncIterator[Delta | End]:
        for at in range(0, len(raw), piece):
            yield Delta(raw[at : at + piece])
        yield End(EndReason.COMPLETE)

    read = await read_answer(SystemClock(), pieces(), site, Fenced(site, "code_x"))
    candidate = pipeline.make_candidate(Snapshot("t", site.document), site, read)
    return candidate, site.offset - len(site.before), site.offset + len(site.after)


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=120, deadline=None, derandomize=True)
@given(parts=st.lists(st.sampled_from(PIECES), max_size=12))
def test_the_edit_stays_on_its_line(place: str, parts: list[str]) -> None:
    raw = "".join(parts)
    candidate, start, end = asyncio.run(_candidate(place, raw, 4))
    if candidate is None:
        return
    (change,) = candidate.edit.changes
    assert start <= change.span.start <= change.span.end <= end
    assert (candidate.edit.uri, candidate.edit.version) == (
        candidate.site.document.uri,
        candidate.site.document.version,
    )
    assert "</code_x>" not in change.text


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=int(os.environ.get("SOAK_EXAMPLES", "60")), deadline=None, derandomize=True)
@given(parts=st.lists(st.sampled_from(PIECES), max_size=8))
@example(parts=["```python\n", "return a", "```"])
@example(parts=["```python\n", "return a", "\n", "```"])
@example(parts=["```python\n", "    ", "```", "\n", "y = 2"])
def test_pieces_do_not_matter(place: str, parts: list[str]) -> None:
    raw = "".join(parts)
    whole, by_one = (asyncio.run(_candidate(place, raw, n))[0] for n in (10_000, 1))
    assert (whole and whole.edit) == (by_one and by_one.edit)
