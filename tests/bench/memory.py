"""Resident memory of the server and its children, after a stretch of work. Linux only: reads /proc."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.overhead import ANSWER, URI, _source
from support.messages_api import MessagesApi, tagged
from support.messages_play import Play
from support.serving import serving

REQUESTS = 200


def tree(process_id: int) -> list[int]:
    """A process and all below it."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    return [process_id, *(p for child in children for p in tree(int(child)))]


def resident_mb(process_id: int) -> tuple[str, float]:
    """A process's name and resident megabytes (its share of what it shares with others)."""
    name = Path(f"/proc/{process_id}/comm").read_text().strip()
    rollup = Path(f"/proc/{process_id}/smaps_rollup").read_text()
    pss = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return name, int(pss.split()[1]) / 1024


async def measure(requests: int = REQUESTS) -> str:
    """One line: each process, and their sum."""
    text, line = _source(1000)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            MessagesApi(lambda asked: Play(tagged(asked, ANSWER))) as api,
            serving(Path(folder), api) as served,
        ):
            await served.client.initialize()
            for number in range(requests):
                served.client.open(URI, text.replace("    ret\n", f"    ret\n\n\n# {number}\n", 1), version=number)
                await served.client.ask(URI, line, 7, automatic=1)
            found = [resident_mb(p) for p in tree(served.process.pid)]
    parts = ", ".join(f"{name} {size:.0f}" for name, size in found)
    return f"memory     after {requests} requests: {sum(size for _, size in found):.0f} MB ({parts})"
