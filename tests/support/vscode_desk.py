"""What tests of VS Code share: one editor, a model to play, and what the server has counted. Starts nothing by itself."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kireji.base.types import Reason
from support.editing import POLL, WATCHDOG, Kireji, Model
from support.vscode import Window
from support.vscode_server import CodeServer

if TYPE_CHECKING:
    from playwright.async_api import Browser

SUM = "return first + second"
GOOD = f'face = "🐍"; {SUM}'


@dataclass(frozen=True)
class Desk:
    """An editor, a browser to look at it with, and the model that is played. `folder` is the workspace of the shared window."""

    server: CodeServer
    chromium: Browser
    model: Model
    kireji: Kireji
    home: Path
    folder: Path

    def asked(self) -> int:
        """How many questions the model was asked so far."""
        return len(self.model.api.asked)


def feedback(desk: Desk) -> list[str]:
    """What the server has counted, of all tests so far."""
    return [str(what) for (what,) in _rows(desk, "SELECT what FROM feedback ORDER BY at")]


def withheld(desk: Desk, reason: Reason) -> int:
    """How many suggestions that the editor has asked for were kept back for that reason, of all tests so far."""
    query = "SELECT count(*) FROM outcomes WHERE feature = 'inline completion' AND reason = ?"
    ((count,),) = _rows(desk, query, reason.name)
    return int(str(count))


async def keeps_back(desk: Desk, reason: Reason, before: int) -> None:
    """Waits until more of them than `before` were kept back for that reason."""
    async with asyncio.timeout(WATCHDOG):
        while withheld(desk, reason) <= before:
            await asyncio.sleep(POLL)


async def presses_until(desk: Desk, editor: Window, reason: Reason, before: int, *keys: str) -> None:
    """Presses keys that leave the text as it was until more suggestions than `before` were kept back for that reason: the server
    may not have heard yet what it is to do. The editor asks when its keys have come to rest, and not at every place."""
    async with asyncio.timeout(WATCHDOG):
        while withheld(desk, reason) <= before:
            answered = _answered(desk)
            await editor.press(*keys)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    while _answered(desk) == answered:
                        await asyncio.sleep(POLL)


async def counted(desk: Desk, before: int, *wanted: str) -> None:
    """Waits until the server has counted what a person did since `before`, in this order. AssertionError at the watchdog."""
    try:
        async with asyncio.timeout(WATCHDOG):
            while feedback(desk)[before:][: len(wanted)] != list(wanted):
                await asyncio.sleep(POLL)
    except TimeoutError:
        raise AssertionError(f"counted: {feedback(desk)[before:]}; wanted: {wanted}") from None


async def restarted(desk: Desk, editor: Window, former: int) -> int:
    """Waits until another server has taken the place of a former one for good, and returns its process."""
    async with asyncio.timeout(WATCHDOG):
        while True:
            running = desk.kireji.running()
            if len(running) == 1 and running != [former]:
                await editor.status("is ready")
                if desk.kireji.running() == running:
                    return running[0]
            await asyncio.sleep(POLL)


def _answered(desk: Desk) -> int:
    """How many suggestions the editor has asked for so far, whatever came of it."""
    ((count,),) = _rows(desk, "SELECT count(*) FROM outcomes WHERE feature = 'inline completion'")
    return int(str(count))


def _rows(desk: Desk, query: str, *values: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(next(desk.home.rglob("kireji.sqlite3")))) as connection:
        return list(connection.execute(query, values))
