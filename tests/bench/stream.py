"""What people feel: overhead over the bare stream, answers that are there already, and a burst of keys. `make bench-stream`.

The overhead is a ratio within one run. What is at hand is timed against the model's first token, which it spares; a burst
is timed against the model's own time. Nothing is asserted: machines differ.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from anthropic import AsyncAnthropic

from bench import overhead
from bench.overhead import raw
from support.figures import percentile
from support.lsp_client import Client
from support.messages_api import MessagesApi, script
from support.messages_play import Pace
from support.serving import serving

URI = "file:///bench/typed.py"
FIRST_TOKEN, PER_SECOND = 0.4, 80.0
HEAD = "def area(width, height):\n"
LINE = "    return "
REST = "width * height + width * width + height * height"
ROUNDS = 5


async def _ask(client: Client, version: int, typed: str) -> tuple[float, list[str]]:
    """The text with `typed` behind the line's beginning, and what is offered there, with the seconds it took."""
    text = f"{HEAD}{LINE}{typed}\n"
    client.open(URI, text) if version == 1 else client.change(URI, version, text)
    started = time.perf_counter()
    answer = await asyncio.wait_for(client.ask(URI, 1, len(LINE + typed), automatic=2), 60)
    return time.perf_counter() - started, [item["insertText"] for item in answer["items"]]


async def reuse(home: Path) -> list[str]:
    """The same request again, and the suggestion typed through, character by character."""
    pace = Pace(first_token=FIRST_TOKEN, per_second=PER_SECOND)
    async with MessagesApi(script(f"return {REST}", pace=pace)) as api, serving(home, api) as served:
        await served.client.initialize()
        first, texts = await _ask(served.client, 1, "")
        assert texts == [REST], texts
        again = [(await _ask(served.client, n + 2, ""))[0] for n in range(20)]
        anew = []
        for count in range(20):
            # Another text is open, and another one each time: what the gates look at besides has changed.
            served.client.open(f"file:///bench/other{count}.py", "x = 1\n")
            anew.append((await _ask(served.client, 40 + count, ""))[0])
        through = []
        for count in range(1, len(REST)):
            seconds, texts = await _ask(served.client, 100 + count, REST[:count])
            assert texts == [REST[count:]], texts
            through.append(seconds)
        assert len(api.asked) == 1
    return [
        f"first answer        {first * 1000:7.1f} ms",
        f"the same again      p50 {percentile(again, 0.5) * 1000:5.1f}  p95 {percentile(again, 0.95) * 1000:5.1f} ms"
        f"   {percentile(again, 0.95) / first:.4f} of the first",
        f"judged again        p50 {percentile(anew, 0.5) * 1000:5.1f}  p95 {percentile(anew, 0.95) * 1000:5.1f} ms"
        f"   {percentile(anew, 0.95) / first:.4f} of the first",
        f"typed through       p50 {percentile(through, 0.5) * 1000:5.1f}  p95 {percentile(through, 0.95) * 1000:5.1f} ms"
        f"   {percentile(through, 0.95) / first:.4f} of the first, in {len(through)} keys and 0 calls",
    ]


async def burst(home: Path, keys: int = 20, interval: float = 0.08) -> list[str]:
    """Keys at a steady pace, each with a request, as editors ask; how many calls that makes, and when the last is answered."""
    pace = Pace(first_token=FIRST_TOKEN, per_second=PER_SECOND)
    typed = "abcdefghijklmnopqrstuvwxyz"[:keys]
    calls, late, model, unanswered = [], [], [], 0
    for _ in range(ROUNDS):
        rest = f"return {typed} * 2"
        async with MessagesApi(script(rest, pace=pace)) as api, serving(home, api) as served:
            client = served.client
            await client.initialize()
            client.open(URI, f"{typed} = 1\n{HEAD}{LINE}\n")
            await asyncio.wait_for(client.ask(URI, 0, 0, automatic=2), 60)
            warm = len(api.asked)
            waiting = []
            started = last = time.perf_counter()
            for count in range(1, keys + 1):
                client.change(URI, count + 1, f"{typed} = 1\n{HEAD}{LINE}{typed[:count]}\n")
                waiting.append(client.ask(URI, 2, len(LINE) + count, automatic=2))
                last = time.perf_counter()
                await asyncio.sleep(max(0.0, started + count * interval - last))
            replies = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 60)
            late.append(time.perf_counter() - last)
            calls.append(len(api.asked) - warm)
            asked = api.asked[-1]
            async with AsyncAnthropic(api_key=api.key, base_url=api.url, max_retries=0) as sdk:
                model.append((await raw(sdk, asked), await raw(sdk, asked))[1])
            unanswered += sum(isinstance(reply, BaseException) for reply in replies)
    over = percentile(late, 0.5) - percentile(model, 0.5)
    return [
        f"{keys} keys at {interval * 1000:.0f} ms      calls p50 {percentile(calls, 0.5):.0f}, at most {max(calls)};"
        f" ids without an answer: {unanswered}",
        f"last key to answer  p50 {percentile(late, 0.5) * 1000:.0f}, at most {max(late) * 1000:.0f} ms;"
        f" the raw stream {percentile(model, 0.5) * 1000:.0f}: {over * 1000:+.0f} ms",
    ]


async def main() -> None:
    """Prints all of it."""
    for line in await overhead.measure():
        print(line, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for line in (*await reuse(Path(folder)), *await burst(Path(folder))):
            print(line, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
