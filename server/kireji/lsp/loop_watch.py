"""Watches how long the event loop is busy between two looks, and writes it down for whoever measures. Off unless asked for."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

_LOOK_SECONDS = 0.01
_LOOKS_A_WRITE = 25


async def watch(path: Path) -> None:
    """Runs until cancelled. The file is JSON: how often the loop was late by so many whole milliseconds (`gaps`), and how
    many tasks there are (`tasks`). It is replaced as a whole, so that a reader never sees half of it."""
    loop = asyncio.get_running_loop()
    gaps: Counter[int] = Counter()
    fresh = path.with_suffix(".new")
    while True:
        for _ in range(_LOOKS_A_WRITE):
            due = loop.time() + _LOOK_SECONDS
            await asyncio.sleep(_LOOK_SECONDS)
            gaps[int((loop.time() - due) * 1000)] += 1
        state = {"gaps": gaps, "tasks": len(asyncio.all_tasks())}
        await asyncio.to_thread(fresh.write_text, json.dumps(state), "utf-8")
        await asyncio.to_thread(fresh.replace, path)
