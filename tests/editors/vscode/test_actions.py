"""Code actions, edits in a person's own words and plans in a real VS Code, made and undone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from support.editing import IMPLEMENTED, POLL, PROGRAM, STUB, WATCHDOG
from support.messages_api import Asked, tagged
from support.plan_model import ACCEPTED, FILES, WISH, PlanModel
from support.proving import make
from support.vscode import Window, window
from support.vscode_desk import Desk

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="session")]

MEAN = "def mean(values):\n    return sum(values) / len(values)\n"


async def test_a_code_action_is_applied_and_undone_in_one_step(desk: Desk, editor: Window) -> None:
    desk.model.says = IMPLEMENTED.rsplit("\n\n", 1)[1]
    editor.path.write_text(STUB, "utf-8")
    await editor.shows("def scale")
    await editor.focus()
    await editor.press("Control+End", "ArrowLeft")
    await editor.act("Implement scale")
    await editor.shows("return (text + sign) * times")
    assert await editor.saved() == IMPLEMENTED
    await editor.press("Control+z")
    await editor.shows('sign="🐍"): ...')
    assert await editor.saved() == STUB


async def test_a_broken_action_changes_nothing_and_says_why(desk: Desk, editor: Window) -> None:
    desk.model.says = STUB.rsplit("\n\n", 1)[1].replace(" ...", "\n    return undefined_name_xyz(text)")
    editor.path.write_text(STUB, "utf-8")
    await editor.shows("def scale")
    await editor.focus()
    await editor.press("Control+End", "ArrowLeft")
    await editor.act("Implement scale")
    assert "undefined_name_xyz" in await editor.told("a gate proved the answer wrong")
    assert await editor.saved() == STUB


async def test_explains_code_in_a_document_of_its_own(desk: Desk, editor: Window) -> None:
    desk.model.says = "Divides the sum by the count.\n"
    editor.path.write_text(MEAN, "utf-8")
    await editor.shows("def mean")
    await editor.focus()
    await editor.press("Control+Home", *["ArrowRight"] * 5)
    await editor.menu("Explain this code")
    await editor.shows("Divides the sum by the count.")
    assert editor.path.read_text("utf-8") == MEAN


async def test_changes_what_is_selected_as_a_person_says_and_undoes_it(desk: Desk, editor: Window) -> None:
    changed = PROGRAM.replace('face = "🐍"', 'face = "🦊"')

    def blocks(asked: Asked) -> str:
        nonce = asked.tag.removeprefix("code_")
        old, new = '    face = "🐍"', '    face = "🦊"'
        return f"<old_{nonce}>\n{old}\n</old_{nonce}>\n<new_{nonce}>\n{new}\n</new_{nonce}>"

    desk.model.says = lambda asked: tagged(asked, blocks(asked))
    await editor.focus()
    await editor.press("Control+Home", "ArrowDown", "ArrowDown", "Shift+End")
    await editor.menu("Edit in your own words")
    await editor.answer("what shall be changed?", "Another face.")
    await editor.shows('face = "🦊"')
    assert await editor.saved() == changed
    assert "Another face." in desk.model.api.asked[-1].question
    await editor.back()
    await editor.press("Control+z")
    await editor.shows('face = "🐍"')
    assert await editor.saved() == PROGRAM


async def test_an_action_may_create_a_file_and_it_is_shown(desk: Desk, alone: Path) -> None:
    desk.model.says = (
        "<imports>\nfrom sums import mean\n</imports>\ndef test_mean() -> None:\n    assert mean([1, 3]) == 2\n"
    )
    alone.write_text(MEAN, "utf-8")
    async with window(desk.server, desk.chromium, alone) as editor:
        await editor.status("is ready")
        await editor.focus()
        await editor.press("Control+Home", *["ArrowRight"] * 5)
        await editor.act("Write tests for mean")
        await editor.shows("assert mean([1, 3]) == 2")
        created = Window(editor.page, alone.with_name("test_sums.py"))
        assert (await created.saved()).startswith("from sums import mean\n")


async def test_changes_several_files_after_a_plan_that_is_agreed_to_and_undoes_it_in_one_step(
    desk: Desk, alone: Path
) -> None:
    desk.model.says = PlanModel()
    root = make(alone.with_name("project"), FILES)
    prices = root / "shop/prices.py"
    async with window(desk.server, desk.chromium, prices, root) as editor:
        await editor.status("is ready")
        await editor.menu("Change several files")
        await editor.answer("what shall be changed in several files?", WISH)
        asked = await editor.told("1. A gross price (shop/prices.py)")
        assert "This costs about $" in asked
        await editor.button("Carry out")
        assert await editor.shows("Bills add it up.") == ACCEPTED["message"].splitlines()
        await editor.open(prices)
        await editor.shows("def gross")
        assert (root / "tests/test_bill.py").exists()
        await editor.back()
        await editor.press("Control+z")
        await editor.until(editor.lines, lambda lines: "def gross" not in "".join(lines), "the change undone")
        assert await editor.saved() == FILES["shop/prices.py"]
        async with asyncio.timeout(WATCHDOG):
            while (root / "tests/test_bill.py").exists():
                await asyncio.sleep(POLL)
        await editor.open(root / "shop/bill.py")
        await editor.shows("sum(net(p) for p in prices)")


async def test_a_plan_that_is_not_agreed_to_changes_nothing(desk: Desk, alone: Path) -> None:
    planners = PlanModel()
    desk.model.says = planners
    root = make(alone.with_name("project"), FILES)
    async with window(desk.server, desk.chromium, root / "shop/prices.py", root) as editor:
        await editor.status("is ready")
        await editor.menu("Change several files")
        await editor.answer("what shall be changed in several files?", WISH)
        await editor.told("1. A gross price (shop/prices.py)")
        await editor.button("Cancel")
        await editor.told("the plan was not agreed to")
        assert [who for who, _ in planners.told] == ["plan"]
        assert {path: (root / path).read_text("utf-8") for path in FILES} == FILES
