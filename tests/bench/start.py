"""Start-up: from spawning the process to the `initialize` answer, against the bare framework, alternating."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from support.environment import clean_environment
from support.lsp_client import Client

ROUNDS = 10
BARE = (sys.executable, str(Path(__file__).with_name("bare_pygls.py")))
OURS = (sys.executable, "-m", "kireji", "serve", "--provider=local")


async def _once(command: Sequence[str], home: Path) -> float:
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=clean_environment(home),
    )
    assert process.stdout is not None
    assert process.stdin is not None
    client = Client(process.stdout, process.stdin)
    await client.initialize()
    elapsed = time.perf_counter() - started
    with contextlib.suppress(ConnectionError):
        await client.shutdown()
    await process.wait()
    await client.stop()
    return elapsed


async def measure(rounds: int = ROUNDS) -> str:
    """One line: both medians and their ratio."""
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for _ in range(2):  # compiled files and the disk cache, for both
            await _once(BARE, home)
            await _once(OURS, home)
        for _ in range(rounds):
            bare.append(await _once(BARE, home))
            ours.append(await _once(OURS, home))
    a, b = statistics.median(bare) * 1000, statistics.median(ours) * 1000
    return f"start      median of {rounds}: bare pygls {a:.0f} ms, kireji {b:.0f} ms, ratio {b / a:.2f}"
