"""Whether the editor's process still lives. Some editors die without closing our input."""

from __future__ import annotations

import asyncio

from kireji.base.processes import is_alive

_LOOK_SECONDS = 0.5


async def gone(process_id: int) -> bool:
    """Waits until the process is gone. False, at once, where the number means nothing here (another process namespace)."""
    if not is_alive(process_id):
        return False
    while is_alive(process_id):  # noqa: ASYNC110 — a foreign process has no event to wait for
        await asyncio.sleep(_LOOK_SECONDS)
    return True
