"""Code actions, edits in a person's own words and plans in a real VS Code, made and undone."""

from __future__ import annotations

import pytest

from support.editing import IMPLEMENTED, STUB
from support.vscode import Window
from support.vscode_desk import Desk

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="session")]


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
