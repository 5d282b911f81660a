"""A run of these tests that is killed leaves nothing behind: no terminal, and no program in it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from support.editing import ROOT, ended
from support.environment import TOOLS, clean_environment

pytestmark = pytest.mark.editors

RUN = """
import asyncio, os
from pathlib import Path
from support.terminal import terminal

async def main():
    async with terminal(Path.cwd(), dict(os.environ), ("sleep", "600")) as running:
        print(*await running.pids(), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_terminals_end_with_a_run_that_is_killed(tmp_path: Path) -> None:
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RUN),
        stdout=asyncio.subprocess.PIPE,
        cwd=tmp_path,
        env=clean_environment(tmp_path, PYTHONPATH=str(ROOT / "tests"), XDG_CACHE_HOME=str(TOOLS.parent)),
        start_new_session=True,
    )
    assert run.stdout is not None
    pids = [int(pid) for pid in (await run.stdout.readline()).split()]
    # With its whole group, as it is done by who gives up waiting for it.
    os.killpg(run.pid, signal.SIGKILL)
    await run.wait()
    for pid in pids:
        await ended(pid)
    assert len(pids) == 2
