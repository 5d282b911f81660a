"""Looks whether what was accepted is still in the text some time later, and counts it. Keeps no text longer than that.

Still there means: nearly all of its lines stand in the document, in their order, whatever their indentation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from kireji.base.types import Document, Feedback

# Seconds after accepting, and what it is called when the suggestion is still there.
LOOKS = ((30.0, Feedback.LASTED_30_S), (300.0, Feedback.LASTED_5_MIN))
_NEARLY_ALL = 0.8


async def watch(
    text: str,
    latest: Callable[[], Document | None],
    tell: Callable[[Feedback], None],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Looks at each of the times, until it is gone or the document is closed. `text` is what was accepted."""
    since = 0.0
    for after, what in LOOKS:
        await sleep(after - since)
        since = after
        document = latest()
        if document is None:
            return
        if not is_there(text, document.text):
            tell(Feedback.UNDONE)
            return
        tell(what)


def is_there(accepted: str, text: str) -> bool:
    """Whether nearly all lines of what was accepted stand in the text, in their order."""
    wanted = [line.strip() for line in accepted.splitlines() if line.strip()]
    if not wanted:
        return True
    found, rows = 0, [line.strip() for line in text.splitlines()]
    at = 0
    for number, line in enumerate(wanted):
        # The first line may be the rest of one, the last the beginning of one.
        for row in range(at, len(rows)):
            if rows[row] == line or (number in (0, len(wanted) - 1) and line in rows[row]):
                found, at = found + 1, row + 1
                break
    return found >= _NEARLY_ALL * len(wanted)
