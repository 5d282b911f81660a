"""Looking at processes that are not our children. Linux only; there is no event for their end."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path


def runs(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        os.kill(process, 0)
        stat = Path(f"/proc/{process}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def children(process: int) -> set[int]:
    """The processes that a process has started, by any of its threads."""
    found: set[int] = set()
    try:
        for thread in Path(f"/proc/{process}/task").iterdir():
            found |= {int(child) for child in (thread / "children").read_text().split()}
    except (ProcessLookupError, FileNotFoundError):
        return found
    return found


def processor_seconds(process: int) -> float:
    """How long a process has had a processor, all its threads; 0 where the system is not asked. What only waits has none."""
    if sys.platform != "linux":
        return 0.0
    # The clock's number as clock_getcpuclockid(3) makes it, which Python does not offer.
    return time.clock_gettime(~process << 3 | 2)


async def seconds_until_gone(processes: Iterable[int], patience: float) -> float:
    """How long it takes until none of them runs. Raises AssertionError after `patience` seconds."""
    since = time.monotonic()
    left = set(processes)
    while left := {process for process in left if runs(process)}:
        assert time.monotonic() - since < patience, f"{len(left)} still run"
        await asyncio.sleep(0.01)
    return time.monotonic() - since
