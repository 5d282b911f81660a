"""Cancels a piece of work at a chosen one of its awaits, for tests that try them all."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any

from kireji.base.types import ActionOutcome


class Steps:
    """Runs a coroutine and cancels its task when it waits for the `at`-th time."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.taken = 0

    @types.coroutine
    def run(self, work: Coroutine[Any, Any, ActionOutcome]) -> Generator[Any, Any, ActionOutcome]:
        task = asyncio.current_task()
        assert task is not None
        value, error = None, None
        while True:
            try:
                waits_for = work.send(value) if error is None else work.throw(error)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            self.taken += 1
            if self.taken == self.at:
                asyncio.get_running_loop().call_soon(task.cancel)
            value, error = None, None
            try:
                value = yield waits_for
            except BaseException as thrown:  # noqa: BLE001 — it belongs to the work
                error = thrown
