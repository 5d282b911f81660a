"""Ghost text in a real VS Code, from the real server, with a stand-in playing the model."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from kireji.base.types import Reason
from support.editing import BROKEN, PROGRAM, WATCHDOG
from support.figures import report
from support.messages_api import tagged
from support.messages_play import Pace, Play
from support.vscode import Window
from support.vscode_desk import SUM, Desk, counted, feedback, keeps_back, withheld

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="session")]

LOOP = "for number in (first, second):\n        print(number)\n    return first + second"


async def test_a_suggestion_is_taken_by_word_by_line_and_whole_and_that_is_counted(desk: Desk, editor: Window) -> None:
    desk.model.says = LOOP
    before = len(feedback(desk))
    await editor.focus()
    await editor.press("Control+End")
    await editor.type("    for ")
    await editor.ghost(LOOP.removeprefix("for ").replace("\n", ""))
    asked, nothing = desk.asked(), withheld(desk, Reason.NOTHING_TO_ADD)
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
    # The editor asks what comes next, and so has the server: the model is asked once, and there is nothing.
    await keeps_back(desk, Reason.NOTHING_TO_ADD, nothing)
    assert desk.asked() - asked == 1, "what comes next is asked for once, what is left of a suggestion is not"


async def test_a_broken_answer_is_not_shown_and_explained(desk: Desk, editor: Window) -> None:
    desk.model.says = BROKEN
    before = withheld(desk, Reason.INVALID)
    await editor.append("\nreturn ")
    await keeps_back(desk, Reason.INVALID, before)
    assert await editor.ghost_now() == ""
    await editor.menu("Explain the last answers")
    lines = await editor.shows("withheld: a gate proved the answer wrong")
    assert "# Kireji: how the last answers came about" in lines
    await editor.command("View: Close Editor")

    desk.model.says = SUM
    await editor.shows("    return")
    await editor.type("first + ")
    assert await editor.ghost("second") == "second"


async def test_names_are_listed_in_the_popup(desk: Desk, editor: Window) -> None:
    desk.model.says = SUM
    await editor.append("\nreturn fir")
    await editor.ghost("st")
    name = await editor.lists("first")
    await editor.press("Enter")
    await name.wait_for(state="hidden")
    await editor.shows("    return first")
    assert await editor.saved() == f"{PROGRAM}    return first\n"


async def test_what_other_tools_find_near_the_cursor_goes_into_a_question(desk: Desk, editor: Window) -> None:
    """The editor's own tool for JSON finds it."""
    desk.model.says = '"fourth": 4'
    path = editor.path.with_name("table.json")
    path.write_text('{\n  "first": 1,\n  "first": ,\n  "third": 3\n}\n', "utf-8")
    await editor.open(path)
    await editor.page.locator(".squiggly-error, .squiggly-warning").first.wait_for()
    before = desk.asked()
    await editor.focus()
    await editor.press("Control+Home", *["ArrowDown"] * 3, "End")
    await editor.type(", ")
    async with asyncio.timeout(WATCHDOG):
        while not any(b"Value expected" in asked.raw for asked in desk.model.api.asked[before:]):
            asked = desk.asked()
            # At most places it is asked anew; further away the problem would be none of its business.
            await editor.type("1")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(desk.model.question(asked), 2)


async def test_a_slow_model_never_blocks_typing(desk: Desk, editor: Window) -> None:
    said = asyncio.Event()
    desk.model.says = lambda asked: Play(tagged(asked, SUM), until=said)
    before = len(desk.model.api.asked)
    await editor.append("\nre")
    slow = await desk.model.question(before)
    since = time.monotonic()
    await editor.type("turn ")
    await editor.shows("    return ")
    typed = time.monotonic() - since
    assert not slow.sent, "what was typed was on the screen before the model had said anything"
    assert await editor.saved() == f"{PROGRAM}    return \n"
    said.set()
    assert await editor.ghost("first") == "first + second"
    report(f"VS Code: five keys while a model was asked: {typed * 1000:.0f} ms")


async def test_a_question_ends_when_the_text_goes_another_way(desk: Desk, editor: Window) -> None:
    desk.model.says, desk.model.pace = SUM, Pace(first_token=WATCHDOG)
    before = len(desk.model.api.asked)
    await editor.append("; return ")
    await desk.model.question(before)
    await editor.press("Control+z", "Control+Home")
    slow = desk.model.api.asked[before:]
    async with asyncio.timeout(WATCHDOG):
        for asked in slow:
            await asked.closed.wait()
    assert ({asked.sent for asked in slow}, await editor.ghost_now()) == ({0}, "")


async def test_a_suggestion_behind_an_astral_character_is_sent_away_asked_for_again_and_taken(editor: Window) -> None:
    await editor.append("; return ")
    await editor.ghost("first")
    await editor.press("Escape")
    await editor.no_ghost()
    await editor.command("Trigger Inline Suggestion")
    assert await editor.ghost("first") == "first + second"
    assert await editor.saved() == f"{PROGRAM[:-1]}; return \n"
    await editor.press("Tab")
    await editor.no_ghost()
    assert await editor.saved() == f"{PROGRAM[:-1]}; {SUM}\n"


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


async def test_can_be_tried_in_a_new_file(desk: Desk, editor: Window) -> None:
    desk.model.says = "return width * height"
    await editor.command("Kireji: Try It in a New File")
    await editor.shows("def area(width: float, height: float)")
    await editor.press("Control+End")
    # The part of the editor that hears what is typed comes some seconds after a new view of it, or when it is asked for.
    await editor.press("Alt+Backslash")
    await editor.ghost("return width")
    await editor.type("return ")
    assert await editor.ghost_from("width") == "width * height"
