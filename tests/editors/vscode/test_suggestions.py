"""Ghost text in a real VS Code, from the real server, with a stand-in playing the model."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from support.editing import BROKEN, IMPLEMENTED, POLL, PROGRAM, PROGRAMS, STUB, WATCHDOG, Model
from support.environment import clean_environment
from support.figures import report
from support.messages_play import Pace
from support.vscode import Window, window
from support.vscode_desk import GOOD, SUM, Desk, counted, feedback, question, restarted, withheld
from support.vscode_server import browser, code_server

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="session")]

LOOP = "for number in (first, second):\n        print(number)\n    return first + second"


async def again(editor: Window) -> None:
    """Types the last key anew, for which there is a suggestion now."""
    await editor.focus()
    await editor.press("Backspace")
    await editor.type(" ")
    assert await editor.ghost("first") == "first + second"


async def test_a_suggestion_is_taken_by_word_by_line_and_whole_and_that_is_counted(desk: Desk, editor: Window) -> None:
    desk.model.says = LOOP
    before, asked = len(feedback(desk)), len(desk.model.api.asked)
    await editor.focus()
    await editor.press("Control+End")
    await editor.type("    for ")
    await editor.ghost(LOOP.removeprefix("for ").replace("\n", ""))
    await editor.picture("ghost")
    await editor.press("Control+ArrowRight")
    await editor.shows("for number")
    await editor.press("Control+ArrowDown")
    await editor.shows("(first, second):")
    # In front of a line's first word, the editor's Tab indents it; and the indentation is a word of its own.
    for rest in ("        print(number)", "print(number)"):
        await editor.ghost_from(rest)
        await editor.press("Control+ArrowRight")
    await editor.ghost_from("(number)")
    await editor.press("Tab")
    await editor.no_ghost()
    assert await editor.saved() == f"{PROGRAM}    {LOOP}"
    await counted(desk, before, "ACCEPTED_WORD", "ACCEPTED_LINE", "ACCEPTED_WORD", "ACCEPTED_WORD", "ACCEPTED")
    assert len(desk.model.api.asked) - asked <= 2, "what is left of a suggestion is not asked for again"


async def test_a_broken_answer_is_not_shown_and_explained(desk: Desk, editor: Window) -> None:
    desk.model.says = BROKEN
    before = withheld(desk)
    await editor.append("\nreturn ")
    async with asyncio.timeout(WATCHDOG):
        while withheld(desk) == before:
            await asyncio.sleep(POLL)
    assert await editor.ghost_now() == ""
    await editor.command("Kireji: Explain the Last Answers")
    lines = await editor.shows("withheld: a gate proved the answer wrong")
    assert "# Kireji: how the last answers came about" in lines
    await editor.picture("explained")
    await editor.command("View: Close Editor")

    desk.model.says = SUM
    await editor.shows("    return")
    await editor.type("first + ")
    assert await editor.ghost("second") == "second"


async def test_a_slow_model_never_blocks_typing(desk: Desk, editor: Window) -> None:
    desk.model.says, desk.model.pace = SUM, Pace(first_token=3.0)
    before = len(desk.model.api.asked)
    await editor.append("\nre")
    slow = await question(desk, before)
    since = time.monotonic()
    await editor.type("turn ")
    await editor.shows("    return ")
    typed = time.monotonic() - since
    assert not slow.sent, "what was typed was on the screen before the model had said anything"
    assert await editor.saved() == f"{PROGRAM}    return \n"
    assert await editor.ghost("first") == "first + second"
    report(f"VS Code: five keys while a model of 3 s was asked: {typed * 1000:.0f} ms")


async def test_a_question_ends_when_the_text_goes_another_way(desk: Desk, editor: Window) -> None:
    desk.model.says, desk.model.pace = SUM, Pace(first_token=WATCHDOG)
    before = len(desk.model.api.asked)
    await editor.append("; return ")
    slow = await question(desk, before)
    await editor.press("Control+z", "Control+Home")
    async with asyncio.timeout(WATCHDOG):
        await slow.closed.wait()
    assert (slow.sent, await editor.ghost_now()) == (0, "")


async def test_a_suggestion_is_sent_away_and_comes_again_when_asked_for(editor: Window) -> None:
    await editor.append("; return ")
    await editor.ghost("first")
    await editor.press("Escape")
    await editor.no_ghost()
    await editor.command("Trigger Inline Suggestion")
    assert await editor.ghost("first") == "first + second"
    assert await editor.saved() == PROGRAM[:-1] + "; return \n"


async def test_a_code_action_is_applied_and_undone_in_one_step(desk: Desk, editor: Window) -> None:
    desk.model.says = IMPLEMENTED.rsplit("\n\n", 1)[1]
    editor.path.write_text(STUB, "utf-8")
    await editor.shows("def scale")
    await editor.focus()
    await editor.press("Control+End", "ArrowLeft")
    await editor.offers("Implement scale")
    await editor.press("Enter")
    await editor.shows("return (text + sign) * times")
    assert await editor.saved() == IMPLEMENTED
    await editor.press("Control+z")
    await editor.shows('sign="🐍"): ...')
    assert await editor.saved() == STUB


async def test_lines_that_end_in_crlf_stay_so_and_the_server_lives_through_close_and_reopen(
    desk: Desk, editor: Window
) -> None:
    desk.model.says = LOOP
    editor.path.write_bytes(PROGRAM.replace("\n", "\r\n").encode())
    await editor.page.locator("[id='status.editor.eol']", has_text="CRLF").wait_for()
    (server,) = desk.kireji.running()
    await editor.command("View: Close Editor")
    await editor.page.locator(".tab").wait_for(state="detached")
    await editor.command("View: Reopen Closed Editor")
    await editor.page.wait_for_selector(".monaco-editor .view-line")
    assert desk.kireji.running() == [server]
    await editor.focus()
    await editor.press("Control+End")
    await editor.type("    for ")
    await editor.ghost("print")
    await editor.press("Tab")
    await editor.no_ghost()
    assert await editor.saved() == f"{PROGRAM}    {LOOP}".replace("\n", "\r\n")


async def test_pauses_and_resumes_from_the_menu_by_keyboard(desk: Desk, editor: Window) -> None:
    before = len(desk.model.api.asked)
    await editor.command("Kireji: Show Menu")
    await editor.page.locator(".quick-input-list .monaco-list-row", has_text="Pause").wait_for()
    await editor.picture("menu")
    await editor.answer("Pause")
    await editor.status("Kireji is paused: until you resume.")
    await editor.append("; ret")
    await editor.no_ghost()
    assert len(desk.model.api.asked) == before
    await editor.command("Kireji: Show Menu")
    await editor.answer("Resume")
    await editor.status("Kireji is ready.")
    await editor.type("urn ")
    assert await editor.ghost("first") == "first + second"


async def test_a_reached_cap_is_said_once_and_can_be_raised(desk: Desk, editor: Window) -> None:
    await editor.command("Kireji: Set Daily Cap")
    await editor.answer("0")
    await editor.status("of $0.00")
    before = len(desk.model.api.asked)
    await editor.append("; return ")
    await editor.status("Kireji is limited: the spending cap is reached")
    assert (await editor.told("the daily cap of $0.00 is reached")).count("\n") == 0
    assert len(desk.model.api.asked) == before

    await editor.command("Kireji: Set Daily Cap")
    await editor.answer("7.5")
    await editor.status("of $7.50")
    await again(editor)


async def test_a_wrong_key_is_said_once_and_a_right_one_helps_at_once(desk: Desk, editor: Window) -> None:
    (first,) = desk.kireji.running()
    await editor.command("Kireji: Set Key")
    await editor.answer("wrong-key")
    await restarted(desk, editor, first)
    await editor.append("; return ")
    told = await editor.told("the model service refused the key")
    assert told.count("\n") == 0
    (second,) = desk.kireji.running()
    await editor.button("Set Key")
    await editor.answer("test-key")
    await restarted(desk, editor, second)
    await again(editor)


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
            await editor.answer("test-key")
            await editor.status("Answered by claude")
            await editor.append("; return ")
            assert await editor.ghost("first") == "first + second"
            report(f"VS Code: a fresh profile to the first suggestion: {time.monotonic() - since:.0f} s, 2 clicks")
            await editor.command("Kireji: Get Started")
            await editor.page.locator(".getting-started-step").first.wait_for()
            await editor.picture("walkthrough")
