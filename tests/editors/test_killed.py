"""A run of these tests that is killed leaves nothing behind: no terminal, and no editor."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.editing import ROOT, ended
from support.environment import TOOLS, clean_environment

pytestmark = pytest.mark.editors

RUN = """
import asyncio, os
from pathlib import Path
from support.neovim import neovim
from support.terminal import terminal

HERE = Path.cwd()

async def in_a_terminal():
    async with terminal(HERE, dict(os.environ), ("sleep", "600")) as running:
        print(*await running.pids(), flush=True)
        await asyncio.Event().wait()

async def by_itself():
    async with neovim(HERE / "home", dict(os.environ), "") as running:
        print(await running.lua("return vim.uv.os_getpid()"), flush=True)
        await asyncio.Event().wait()

"""


@pytest.mark.parametrize("editor", ["in_a_terminal", "by_itself"])
@pytest.mark.parametrize("kill", [os.kill, os.killpg])
async def test_an_editor_ends_with_a_run_that_is_killed(
    tmp_path: Path, editor: str, kill: Callable[[int, int], None]
) -> None:
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{RUN}asyncio.run({editor}())"),
        stdout=asyncio.subprocess.PIPE,
        cwd=tmp_path,
        env=clean_environment(tmp_path, PYTHONPATH=str(ROOT / "tests"), XDG_CACHE_HOME=str(TOOLS.parent)),
        start_new_session=True,
    )
    assert run.stdout is not None
    pids = [int(pid) for pid in (await run.stdout.readline()).split()]
    assert pids
    # Alone, or with its whole group, as it is done by who gives up waiting for it.
    kill(run.pid, signal.SIGKILL)
    await run.wait()
    for pid in pids:
        await ended(pid)
