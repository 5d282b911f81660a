"""The way to a collector is opened once and closed, whatever overlaps; a row that is written meanwhile is written all the same."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from kireji.base import tracing
from kireji.base.audit import OutcomeRow
from kireji.base.tracing import Tracing
from kireji.base.types import Stage


class Way:
    """One that was opened: which spans it was given, and how often it was closed."""

    def __init__(self) -> None:
        self.spans: list[str] = []
        self.closed = 0

    def get_tracer(self, name: str) -> Way:
        return self

    def start_span(self, name: str, **more: Any) -> Way:
        self.spans.append(name)
        return self

    def end(self, at: int) -> None:
        pass

    def shutdown(self) -> None:
        self.closed += 1


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Way], threading.Event, threading.Event]:
    """The ways that were opened; each says that it is being opened, and waits."""
    opened: list[Way] = []
    begun, go = threading.Event(), threading.Event()

    def open_slowly(endpoint: str) -> Way:
        begun.set()
        go.wait(60)
        opened.append(Way())
        return opened[-1]

    monkeypatch.setattr(tracing, "_open", open_slowly)
    return opened, begun, go


async def test_starting_it_twice_at_once_opens_one_way(
    slow: tuple[list[Way], threading.Event, threading.Event],
) -> None:
    opened, begun, go = slow
    one = Tracing("http://127.0.0.1:9")
    starting = asyncio.gather(one.start(), one.start())
    await asyncio.to_thread(begun.wait, 60)
    go.set()
    await starting
    await one.close()
    await one.close()
    assert [way.closed for way in opened] == [1]


async def test_closing_it_while_it_starts_leaves_none_open(
    slow: tuple[list[Way], threading.Event, threading.Event],
) -> None:
    opened, begun, go = slow
    one = Tracing("http://127.0.0.1:9")
    starting = asyncio.ensure_future(one.start())
    await asyncio.to_thread(begun.wait, 60)
    closing = asyncio.ensure_future(one.close())
    await asyncio.sleep(0)  # it has begun
    go.set()
    await asyncio.gather(starting, closing)
    assert [way.closed for way in opened] == [1]
    await one.start()
    assert len(opened) == 1


async def test_a_row_that_is_written_while_it_closes_is_no_fault(
    slow: tuple[list[Way], threading.Event, threading.Event],
) -> None:
    opened, _, go = slow
    go.set()
    one = Tracing("http://127.0.0.1:9")
    await one.start()
    loop = asyncio.get_running_loop()

    class Row(OutcomeRow):
        """It is looked at while the way is closed."""

        def __getattribute__(self, name: str) -> Any:
            if name == "at":
                asyncio.run_coroutine_threadsafe(one.close(), loop).result(60)
            return super().__getattribute__(name)

    row = Row("r", "inline", None, Stage.DELIVER, 1.0, "p")
    await asyncio.to_thread(one.record, row)
    assert [(way.spans, way.closed) for way in opened] == [(["inline"], 1)]
