"""Work that is shown: what clients may do to its tokens. How it looks to a client is in `test_code_actions.py`."""

from __future__ import annotations

import asyncio
from typing import Any

from lsprotocol import types

from kireji.lsp.progress import Progresses
from support.waiting import WATCHDOG


class Shown:
    """A client to which progress is shown."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def progress(self, token: str | int, value: object) -> None:
        self.values.append((token, type(value)))


async def test_two_pieces_of_work_under_one_token_both_come_to_their_end() -> None:
    """Some clients number no tokens. Stopping means the newer one."""
    shown: Any = Shown()
    progresses = Progresses(shown)
    ends = {name: asyncio.Event() for name in ("older", "newer")}

    async def work(name: str) -> str:
        async with progresses.showing("Work", True, "token"):
            await ends[name].wait()
        return name

    async with asyncio.timeout(WATCHDOG):
        older = asyncio.ensure_future(work("older"))
        await asyncio.sleep(0)
        newer = asyncio.ensure_future(work("newer"))
        await asyncio.sleep(0)
        ends["older"].set()
        assert await older == "older"
        progresses.stop(types.WorkDoneProgressCancelParams("token"))
        await asyncio.wait({newer})
        assert newer.cancelled()
        assert shown.values.count(("token", types.WorkDoneProgressEnd)) == 2
