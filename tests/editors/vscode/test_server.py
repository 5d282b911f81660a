"""How a real VS Code finds, starts, checks and ends its server, and what a person is told when that fails."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.editing import POLL, PROGRAM, PROGRAMS, WATCHDOG, Model, ended
from support.environment import clean_environment
from support.figures import report
from support.vscode import Window, window
from support.vscode_desk import GOOD, Desk, restarted
from support.vscode_server import RESTART, browser, code_server

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
    second = await restarted(desk, editor, first)
    handed = Path(f"/proc/{second}/environ").read_bytes().split(b"\0")
    assert b"ANTHROPIC_API_KEY=wrong-key" in handed
    kept = [path for path in desk.server.user.rglob("*") if b"wrong-key" in content(path)]
    assert kept == [], "a key is in no file that others could read"
    await editor.append("; return ")
    told = await editor.told("the model service refused the key")
    assert told.count("\n") == 0
    await editor.button("Set Key")
    await editor.answer("key of the model service", "test-key")
    await restarted(desk, editor, second)
    await types_on(editor)


def content(path: Path) -> bytes:
    """What is in a file; nothing where there is none, or none any more."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        return b""


async def test_a_server_that_is_killed_is_started_again(desk: Desk, editor: Window) -> None:
    (server,) = desk.kireji.running()
    os.kill(server, signal.SIGKILL)
    await restarted(desk, editor, server)
    await editor.append("; return ")
    assert await editor.ghost("first") == "first + second"


async def test_a_server_that_is_started_again_while_it_starts_leaves_none_behind(desk: Desk, editor: Window) -> None:
    (former,) = desk.kireji.running()
    # A start takes so long: every moment of it is one at which the next is asked for.
    for pause in range(0, 400, 20):
        await editor.press(RESTART)
        await asyncio.sleep(pause / 1000)
    await restarted(desk, editor, former)
    await editor.append("; return ")
    assert await editor.ghost("first") == "first + second"


def script(path: Path, text: str) -> Path:
    """A program of a few lines of shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


async def test_a_server_that_does_not_fit_is_said_once_and_not_used(desk: Desk, alone: Path) -> None:
    newer = "import kireji; kireji.__version__ = '9.0.0'; from kireji.cli.main import main; main()"
    program = script(alone.with_name("newer"), f"""echo $$ >"$0.ran"; exec "{sys.executable}" -c "{newer}" "$@" """)
    desk.server.settings({"kireji.server.path": str(program)})
    async with window(desk.server, desk.chromium, alone) as editor:
        await editor.status("do not fit each other")
        assert await editor.bar() == "Kireji wrong version"
        await ended(int(program.with_name("newer.ran").read_text()))
        told = await editor.told("do not fit (9.0.0 and 0.1.0). Install the server that came with the extension?")
        assert told.count("\n") == 0


async def test_a_server_that_ends_at_once_is_said_with_its_last_words(desk: Desk, alone: Path) -> None:
    program = script(alone.with_name("broken"), "echo 'No module named pygls' >&2; exit 1")
    desk.server.settings({"kireji.server.path": str(program)})
    async with window(desk.server, desk.chromium, alone) as editor:
        await editor.status("is not started again by itself")
        assert await editor.bar() == "Kireji stopped"
        told = await editor.told("does not run: it ends before it has answered (No module named pygls)")
        assert told.count("\n") == 0
        script(program, f'exec "{desk.kireji.command}" "$@"')
        await editor.button("Start Again")
        await editor.status("is ready")


async def test_nobody_waits_for_a_server_that_never_answers(desk: Desk, alone: Path) -> None:
    mute = alone.with_name("mute")
    program = script(mute, 'echo $$ >"$0.ran"; exec sleep 600')
    desk.server.settings({"kireji.server.path": str(program)})
    async with window(desk.server, desk.chromium, alone) as editor:
        await editor.status("is being started")
        async with asyncio.timeout(WATCHDOG):
            while not (ran := mute.with_name("mute.ran")).exists():
                await asyncio.sleep(POLL)
        desk.server.settings()
        await editor.status("is ready")
        await ended(int(ran.read_text()))
        await editor.append("; return ")
        assert await editor.ghost("first") == "first + second"


async def test_a_path_that_names_no_program_is_said_once_and_a_right_one_helps_at_once(desk: Desk, alone: Path) -> None:
    nothing = alone.with_name("nothing")
    desk.server.settings({"kireji.server.path": str(nothing)})
    async with window(desk.server, desk.chromium, alone) as editor:
        told = await editor.told(f"kireji.server.path names no program that can be run: {nothing}.")
        assert told.count("\n") == 0
        assert await editor.bar() == "Kireji not installed"
        desk.server.settings()
        await editor.status("is ready")


async def test_the_server_of_the_selected_python_is_taken_and_changes_with_it(desk: Desk, alone: Path) -> None:
    pythons = []
    for name in ("one", "other"):
        pythons.append(script(alone.with_name(name) / "bin/python", "exit 1"))
        script(pythons[-1].with_name("kireji"), f'echo >"$0.ran"; exec "{desk.kireji.command}" "$@"')
    one, other = (python.with_name("kireji.ran") for python in pythons)
    desk.server.settings({"python.defaultInterpreterPath": str(pythons[0])})
    async with window(desk.server, desk.chromium, alone) as editor:
        await editor.status("is ready")
        assert (one.exists(), other.exists()) == (True, False)
        (former,) = desk.kireji.running()
        desk.server.settings({"python.defaultInterpreterPath": str(pythons[1])})
        await restarted(desk, editor, former)
        assert other.exists()
        await editor.append("; return ")
        assert await editor.ghost("first") == "first + second"


async def test_a_python_that_is_selected_while_the_server_starts_is_not_overlooked(desk: Desk, alone: Path) -> None:
    one, other = (script(alone.with_name(name) / "bin/python", "exit 1") for name in ("one", "other"))
    script(one.with_name("kireji"), 'echo >"$0.ran"; exec sleep 600')
    script(other.with_name("kireji"), f'exec "{desk.kireji.command}" "$@"')
    desk.server.settings({"python.defaultInterpreterPath": str(one)})
    async with window(desk.server, desk.chromium, alone) as editor:
        async with asyncio.timeout(WATCHDOG):
            while not one.with_name("kireji.ran").exists():
                await asyncio.sleep(POLL)
        desk.server.settings({"python.defaultInterpreterPath": str(other)})
        await editor.status("is ready")


async def test_a_python_that_is_known_late_is_not_overlooked(desk: Desk, alone: Path) -> None:
    python = script(alone.with_name("one") / "bin/python", "exit 1")
    ran = script(python.with_name("kireji"), f'echo >"$0.ran"; exec "{desk.kireji.command}" "$@"').with_suffix(".ran")
    selected = {"python.defaultInterpreterPath": str(python)}
    desk.server.settings({**selected, "python.startsLate": True})
    async with window(desk.server, desk.chromium, alone) as editor:
        await editor.status("is ready")
        assert not ran.exists(), "nobody waits for it for ever"
        (former,) = desk.kireji.running()
        desk.server.settings(selected)
        await restarted(desk, editor, former)
        assert ran.exists()


async def test_the_server_ends_with_its_window(desk: Desk, alone: Path) -> None:
    async with window(desk.server, desk.chromium, alone) as opened:
        await opened.status("is ready")
        assert len(desk.kireji.running()) == 1
    await desk.kireji.ended()


@contextlib.asynccontextmanager
async def fresh(folder: Path, path: str) -> AsyncIterator[Window]:
    """A new user's window: no server on this machine, no key, and of programs what the path has."""
    home, opened, wheels = folder / "home", folder / "work/sums.py", PROGRAMS.with_name("wheels")
    for place in (home, opened.parent):
        place.mkdir()
    opened.write_text(PROGRAM, "utf-8")
    model = Model()
    model.says = GOOD
    async with model.api, browser(home) as chromium:
        env = clean_environment(home, ANTHROPIC_BASE_URL=model.api.url, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
        env |= {"PATH": path}
        env.pop("PYTHONPATH", None)
        async with code_server(folder, env) as server, window(server, chromium, opened) as editor:
            yield editor


async def test_from_a_fresh_profile_to_the_first_suggestion_in_a_minute_and_under_five_clicks(tmp_path: Path) -> None:
    python = script(tmp_path / "bin/python3", f'exec "{Path(sys.base_prefix) / "bin/python3"}" "$@"')
    async with fresh(tmp_path, f"{python.parent}{os.pathsep}{os.defpath}") as editor:
        since = time.monotonic()
        assert (await editor.told("Kireji’s server is not on this machine")).count("\n") == 0
        await editor.button("Install")
        await editor.told("until it has a key")
        await editor.button("Set Key")
        await editor.answer("key of the model service", "test-key")
        await editor.status("Answered by claude")
        await editor.append("; return ")
        assert await editor.ghost("first") == "first + second"
        report(f"VS Code: a fresh profile to the first suggestion: {time.monotonic() - since:.0f} s, 2 clicks")


async def test_where_there_is_no_python_the_installation_says_what_it_needs(tmp_path: Path) -> None:
    old = script(tmp_path / "bin/python3", "echo 3 10")
    async with fresh(tmp_path, str(old.parent)) as editor:
        await editor.told("Kireji’s server is not on this machine")
        await editor.menu("Install the server")
        await editor.told("could not be installed: it needs Python 3.11 or later, which is not on the PATH")
        await editor.status("is not on this machine")
        assert await editor.bar() == "Kireji not installed"
