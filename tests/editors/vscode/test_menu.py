"""The item in the status bar of a real VS Code, and each entry of its menu, by keyboard."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kireji.base.types import Reason
from support.editing import BROKEN, POLL, PROGRAM, WATCHDOG
from support.vscode import Window, window
from support.vscode_desk import Desk, keeps_back, presses_until, restarted, withheld

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="session")]


async def test_pauses_and_resumes(desk: Desk, editor: Window) -> None:
    await editor.menu("Pause")
    assert "Spent today: $" in await editor.status("Kireji is paused: until you resume.")
    before, quiet = desk.asked(), withheld(desk, Reason.PAUSED)
    await editor.append("; ret")
    await keeps_back(desk, Reason.PAUSED, quiet)
    assert (desk.asked(), await editor.ghost_now()) == (before, "")
    await editor.menu("Resume")
    await editor.status("Kireji is ready.")
    await types_on(editor, "urn ")


async def test_is_quiet_for_some_minutes(desk: Desk, editor: Window) -> None:
    await editor.menu("Snooze")
    await editor.choose("be quiet for", "15")
    await editor.status("Kireji is snoozed for 15 min")
    before, quiet = desk.asked(), withheld(desk, Reason.PAUSED)
    await editor.append("; ret")
    await keeps_back(desk, Reason.PAUSED, quiet)
    assert (desk.asked(), await editor.ghost_now()) == (before, "")
    await editor.menu("Resume")
    await editor.status("Kireji is ready.")
    await types_on(editor, "urn ")


async def test_suggests_only_when_asked_for(desk: Desk, editor: Window) -> None:
    quiet = withheld(desk, Reason.MANUAL)
    await editor.menu("Suggest only when asked for")
    await editor.append("; ")
    await presses_until(desk, editor, Reason.MANUAL, quiet, "Space", "Backspace")
    await editor.press("Escape")
    before, quiet = desk.asked(), withheld(desk, Reason.MANUAL)
    await editor.type("return ")
    await keeps_back(desk, Reason.MANUAL, quiet)
    assert (desk.asked(), await editor.ghost_now()) == (before, "")
    await editor.press("Alt+Backslash")
    assert await editor.ghost("first") == "first + second"
    await editor.press("Escape")
    await editor.menu("Suggest while typing")
    await editor.back()
    async with asyncio.timeout(WATCHDOG):
        while await editor.ghost_now() == "":
            if withheld(desk, Reason.MANUAL) > quiet:  # the server has not heard of this yet
                quiet = withheld(desk, Reason.MANUAL)
                await editor.press("Backspace", "Space")
            await asyncio.sleep(POLL)
    assert await editor.ghost("first") == "first + second"


async def test_explains_what_was_withheld(desk: Desk, editor: Window) -> None:
    desk.model.says = BROKEN
    before = withheld(desk, Reason.INVALID)
    await editor.append("\nreturn ")
    await keeps_back(desk, Reason.INVALID, before)
    await editor.menu("Explain the last answers")
    lines = await editor.shows("withheld: a gate proved the answer wrong")
    assert lines[0] == "# Kireji: how the last answers came about"


async def test_shows_what_is_sent(desk: Desk, editor: Window) -> None:
    await editor.append("; return ")
    await editor.ghost("first")
    before = desk.asked()
    await editor.menu("What is sent")
    lines = await editor.shows("- model: claude-haiku")
    assert lines[0] == "# What is sent about this place"
    assert desk.asked() == before, "nobody is asked for the page's sake"


async def test_shows_statistics(editor: Window) -> None:
    await editor.append("; return ")
    await editor.ghost("first")
    await editor.press("Tab")
    await editor.no_ghost()
    await editor.menu("Statistics")
    lines = await editor.shows("spent  ")
    assert any(line.startswith("accepted") for line in lines), lines


async def test_a_cap_that_is_no_sum_is_not_taken(editor: Window) -> None:
    await editor.menu("Set daily cap")
    await editor.asks("the most that may be spent")
    await editor.press("Control+a")
    await editor.type("a lot")
    await editor.press("Enter")
    await editor.page.locator(".quick-input-message", has_text="A number of dollars, 0 or more.").wait_for()
    await editor.press("Escape")
    await editor.status("of $5.00")


async def test_starts_the_server_again(desk: Desk, editor: Window) -> None:
    (former,) = desk.kireji.running()
    await editor.menu("Start the server again")
    await restarted(desk, editor, former)
    await editor.append("; return ")
    assert await editor.ghost("first") == "first + second"


async def test_the_log_never_holds_source_text(desk: Desk, editor: Window) -> None:
    """At its most talkative, after answers of every kind."""
    marker = "quince_of_the_source"
    editor.path.write_text(PROGRAM.replace("face", marker), "utf-8")
    await editor.shows(marker)
    desk.model.says = BROKEN.replace("undefined_name_xyz", f"undefined_{marker}")
    before = withheld(desk, Reason.INVALID)
    await editor.append("\nreturn ")
    await keeps_back(desk, Reason.INVALID, before)
    desk.model.says = f"return {marker}"
    await editor.type("quin")
    await editor.ghost("ce_of")
    await editor.press("Tab")
    await editor.menu("Show log")
    await editor.page.locator(".part.panel .view-line", has_text="offered").first.wait_for()
    async with asyncio.timeout(WATCHDOG):
        while not all(f"{what}: offered" in (said := logged(desk)) for what in ("inline completion", "code action")):
            await asyncio.sleep(POLL)
    assert "found by: path" in said
    assert marker not in said
    assert "quin" not in said


def logged(desk: Desk) -> str:
    """What is in the log by now, of all windows."""
    return "\n".join(path.read_text("utf-8") for path in (desk.server.user / "logs").rglob("Kireji.log"))


async def test_settings_are_found(editor: Window) -> None:
    await editor.menu("Settings")
    await editor.page.locator(".settings-editor .setting-item-label", has_text="Attempts").first.wait_for()


async def test_leads_through_the_first_steps_and_ticks_off_what_is_there(editor: Window) -> None:
    await editor.menu("Get started")
    steps = editor.page.locator(".getting-started-step")
    for number, title in enumerate(("Have the server", "Choose who answers", "Type", "Ask why")):
        await steps.nth(number).locator(".step-title", has_text=title).wait_for()
    for title in ("Have the server", "Choose who answers"):
        await editor.page.get_by_role("checkbox", name=f"{title}: Completed", exact=True).wait_for()


async def types_on(editor: Window, text: str) -> None:
    """Types where the cursor was, and waits for the suggestion."""
    await editor.back()
    await editor.type(text)
    assert await editor.ghost("first") == "first + second"


async def test_a_reached_cap_is_said_once_and_can_be_raised(desk: Desk, alone: Path) -> None:
    async with window(desk.server, desk.chromium, alone) as editor:
        await editor.status("is ready")
        await editor.menu("Set daily cap")
        await editor.answer("the most that may be spent", "0")
        await editor.status("of $0.00")
        before = desk.asked()
        await editor.append("; return ")
        await editor.status("Kireji is limited: the spending cap is reached")
        assert (await editor.told("the daily cap of $0.00 is reached")).count("\n") == 0
        assert (await editor.bar()).startswith("Kireji limited")
        assert desk.asked() == before

        await editor.menu("Set daily cap")
        await editor.answer("the most that may be spent", "7.5")
        await editor.status("of $7.50")
        await editor.back()
        await editor.press("Backspace")
        await types_on(editor, " ")
