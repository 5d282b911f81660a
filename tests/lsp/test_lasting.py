"""What was accepted is looked at again later, and counted while it is still there."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kireji.base.audit import Audit
from kireji.base.clock import SystemClock
from kireji.base.store import Store
from kireji.base.types import Feedback
from support.messages_api import MessagesApi, script
from support.serving import serving

URI = "file:///project/app.py"
HEAD = "def area(width, height):\n"
LINE = "    return wi"
# The product looks after half a minute and after five; whoever tests it has less time.
HASTY = """
from kireji.base.types import Feedback
from kireji.features import lasting
lasting.LOOKS = ((0.1, Feedback.LASTED_30_S), (0.2, Feedback.LASTED_5_MIN))
from kireji.cli.main import main
main()
"""


async def counted(home: Path) -> list[Feedback]:
    """What has been told of suggestions, in order."""
    store = Store(str(home / "state"))
    try:
        rows = await Audit(store, SystemClock()).recent_feedback(10)
    finally:
        await store.close()
    return [what for _, what in reversed(rows)]


async def test_what_is_still_there_is_counted(tmp_path: Path) -> None:
    async with (
        MessagesApi(script("return width * height")) as api,
        serving(tmp_path, api, program=HASTY, KIREJI_PREFETCH="false") as served,
    ):
        client = served.client
        await client.initialize()
        client.open(URI, f"{HEAD}{LINE}\n")
        (item,) = (await asyncio.wait_for(client.ask(URI, 1, len(LINE), automatic=2), 60))["items"]
        client.change(URI, 2, f"{HEAD}{LINE}{item['insertText']}\n")
        await client.request("workspace/executeCommand", item["command"])
        async with asyncio.timeout(60):
            # Nobody is told: the row in the file is all there is to see.
            while len(found := await counted(tmp_path)) < 3:
                await asyncio.sleep(0.02)
        assert found == [Feedback.ACCEPTED, Feedback.LASTED_30_S, Feedback.LASTED_5_MIN]
