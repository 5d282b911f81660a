"""How a real VS Code finds, starts, checks and ends its server, and what a person is told when that fails."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from support.editing import PROGRAM, PROGRAMS, Model
from support.environment import clean_environment
from support.figures import report
from support.vscode import Window, window
from support.vscode_desk import GOOD, Desk, restarted
from support.vscode_server import browser, code_server

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="session")]


async def types_on(editor: Window) -> None:
    """Types the last key anew, for which there is a suggestion now."""
    await editor.focus()
    await editor.press("Backspace")
    await editor.type(" ")
    assert await editor.ghost("first") == "first + second"


async def test_a_wrong_key_is_said_once_and_a_right_one_helps_at_once(desk: Desk, editor: Window) -> None:
    (first,) = desk.kireji.running()
    await editor.command("Kireji: Set Key")
    await editor.answer("key of the model service", "wrong-key")
    await restarted(desk, editor, first)
    await editor.append("; return ")
    told = await editor.told("the model service refused the key")
    assert told.count("\n") == 0
    (second,) = desk.kireji.running()
    await editor.button("Set Key")
    await editor.answer("key of the model service", "test-key")
    await restarted(desk, editor, second)
    await types_on(editor)


async def test_a_server_that_is_killed_is_started_again(desk: Desk, editor: Window) -> None:
    (server,) = desk.kireji.running()
    os.kill(server, signal.SIGKILL)
    await restarted(desk, editor, server)
    await editor.append("; return ")
    assert await editor.ghost("first") == "first + second"


async def test_the_server_ends_with_its_window(desk: Desk, alone: Path) -> None:
    async with window(desk.server, desk.chromium, alone) as opened:
        await opened.status("is ready")
        assert len(desk.kireji.running()) == 1
    await desk.kireji.ended()


async def test_from_a_fresh_profile_to_the_first_suggestion_in_a_minute_and_under_five_clicks(tmp_path: Path) -> None:
    """No server on this machine and no key: what a new user finds."""
    home, path, wheels = tmp_path / "home", tmp_path / "work/sums.py", PROGRAMS.with_name("wheels")
    for folder in (home, path.parent, tmp_path / "bin"):
        folder.mkdir()
    path.write_text(PROGRAM, "utf-8")
    python = tmp_path / "bin/python3"
    python.write_text(f'#!/bin/sh\nexec "{Path(sys.base_prefix) / "bin/python3"}" "$@"\n')
    python.chmod(0o755)
    model = Model()
    model.says = GOOD
    async with model.api, browser(home) as chromium:
        env = clean_environment(home, ANTHROPIC_BASE_URL=model.api.url, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
        env |= {"PATH": f"{python.parent}{os.pathsep}{os.defpath}"}
        env.pop("PYTHONPATH", None)
        async with (
            code_server(tmp_path, env) as server,
            window(server, chromium, path) as editor,
        ):
            since = time.monotonic()
            assert (await editor.told("Kireji’s server is not on this machine")).count("\n") == 0
            await editor.picture("missing")
            await editor.button("Install")
            await editor.told("until it has a key")
            await editor.button("Set Key")
            await editor.answer("key of the model service", "test-key")
            await editor.status("Answered by claude")
            await editor.append("; return ")
            assert await editor.ghost("first") == "first + second"
            report(f"VS Code: a fresh profile to the first suggestion: {time.monotonic() - since:.0f} s, 2 clicks")
            await editor.command("Kireji: Get Started")
            await editor.page.locator(".getting-started-step").first.wait_for()
            await editor.picture("walkthrough")
