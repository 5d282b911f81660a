"""`make bench`: start-up, overhead and memory in one run, as ratios. Nothing here is asserted: machines differ."""

from __future__ import annotations

import asyncio
import sys

from bench import memory, overhead, start


async def main() -> None:
    print(await start.measure(), flush=True)
    for line in await overhead.measure():
        print(line, flush=True)
    print(await memory.measure() if sys.platform == "linux" else "memory     is measured on Linux only", flush=True)


asyncio.run(main())
