"""Whether the editor's process still lives. Some editors die without closing our input."""

from __future__ import annotations

import asyncio
import os
import sys

_LOOK_SECONDS = 0.5


async def gone(process_id: int) -> bool:
    """Waits until the process is gone. False, at once, where the number means nothing here (another process namespace)."""
    if not _alive(process_id):
        return False
    while _alive(process_id):  # noqa: ASYNC110 — a foreign process has no event to wait for
        await asyncio.sleep(_LOOK_SECONDS)
    return True


def _alive(process_id: int) -> bool:
    if sys.platform == "win32":  # untested: signal 0 would end the process there
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
