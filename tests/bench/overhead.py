"""From request to validated answer, over the same stream read raw with the SDK to the same character, alternating.

The stand-in runs beside both and sets the pace, so that only what Kireji adds makes a difference.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from anthropic import AsyncAnthropic

from support.messages_api import Asked, MessagesApi, tagged
from support.messages_play import Pace, Play
from support.serving import Served, serving

ROUNDS = 15
URI = "file:///bench/module.py"
ANSWER = "return [item.price * item.quantity for item in items if item.quantity > 0 and item.price]\n"


def _source(lines: int) -> tuple[str, int]:
    """A module of about `lines` lines with an unfinished function in the middle, and the line of the cursor."""
    block = (
        "def total_{0}(items: list[Item], rate: float) -> float:\n"
        '    """Adds up what the items of order {0} cost, with tax."""\n'
        "    amount = 0.0\n"
        "    for item in items:\n"
        "        amount += item.price * item.quantity\n"
        "    return amount * (1 + rate)\n\n\n"
    )
    head = "from dataclasses import dataclass\n\n\n@dataclass\nclass Item:\n    price: float\n    quantity: int\n\n\n"
    blocks = [block.format(n) for n in range(lines // 8)]
    middle = len(blocks) // 2
    before = head + "".join(blocks[:middle]) + "def prices(items: list[Item]) -> list[float]:\n"
    return f"{before}    ret\n\n\n{''.join(blocks[middle:])}", before.count("\n")


async def _ours(served: Served, text: str, line: int, version: int) -> float:
    served.client.open(URI, text, version=version)
    started = time.perf_counter()
    answer = await served.client.ask(URI, line, 7, automatic=1)
    elapsed = time.perf_counter() - started
    assert answer["items"], await served.client.request("kireji/explain", {})
    return elapsed


async def raw(client: AsyncAnthropic, asked: Asked) -> float:
    """The same request through the SDK, read to the character at which Kireji had read enough."""
    body = {k: v for k, v in asked.body.items() if k != "stream"}
    wanted = asked.sent
    got = 0
    started = time.perf_counter()
    async with client.messages.stream(**cast(Any, body)) as stream:
        async for text in stream.text_stream:
            got += len(text)
            if got >= wanted:
                break
        return time.perf_counter() - started


async def measure(rounds: int = ROUNDS) -> Iterator[str]:
    """One line for each size of file and time to first token."""
    lines = []
    for first_token in (0.0, 0.4):
        for size in (200, 1000):
            lines.append(await _measure(size, Pace(first_token, per_second=80), rounds))
    return iter(lines)


async def _measure(size: int, pace: Pace, rounds: int) -> str:
    text, line = _source(size)
    ours, direct = [], []
    with tempfile.TemporaryDirectory() as folder:
        async with (
            MessagesApi(lambda asked: Play(tagged(asked, ANSWER), pace=pace)) as api,
            serving(Path(folder), api) as served,
            AsyncAnthropic(api_key=api.key, base_url=api.url, max_retries=0) as client,
        ):
            await served.client.initialize()
            for number in range(rounds + 2):
                elapsed = await _ours(served, text.replace("    ret\n", f"    ret\n\n\n# {number}\n", 1), line, number)
                asked = api.asked[-1]
                await asked.closed.wait() if asked.cancelled else await asked.done.wait()
                bare = await raw(client, asked)
                if number >= 2:  # both have connected and loaded by then
                    ours.append(elapsed)
                    direct.append(bare)
    a, b = statistics.median(direct) * 1000, statistics.median(ours) * 1000
    name = f"overhead   {size:4} lines, first token {pace.first_token * 1000:3.0f} ms"
    return f"{name}: raw SDK {a:.0f} ms, kireji {b:.0f} ms, ratio {b / a:.3f}, difference {b - a:+.0f} ms"
