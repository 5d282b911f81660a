"""What a person sees of Kireji in a real VS Code, one thing after another: where the environment variable KIREJI_PICTURES names a
folder, its pictures are put there, as `editors/vscode/images` has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kireji.base.types import Reason
from support.vscode import window
from support.vscode_desk import Desk, keeps_back, withheld
from support.vscode_server import SIDE

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="session")]

SHOP = '''\
"""Orders of a small shop."""

from dataclasses import dataclass


@dataclass
class Item:
    name: str
    price: float
    count: int


def total(items: list[Item], discount: float = 0.0) -> float:
    """What all items cost, less a discount."""
'''
COST = "cost = sum(item.price * item.count for item in items)"
BODY = f"{COST}\n    return cost * (1 - discount)"


async def test_ghost_text_menu_status_and_explanation_can_be_seen(desk: Desk, alone: Path) -> None:
    desk.model.says = BODY
    alone.write_text(SHOP, "utf-8")
    async with window(desk.server, desk.chromium, alone) as editor:
        await editor.status("is ready")
        await editor.press(SIDE)
        await editor.focus()
        await editor.press("Control+End")
        await editor.type("    cost = ")
        await editor.ghost("return cost * (1 - discount)")
        await editor.picture("ghost")

        await editor.press("Escape")
        desk.model.says = BODY.replace("item.price", "item.prize")
        before = withheld(desk, Reason.INVALID)
        await editor.press("Enter")
        await editor.type("cost = ")
        await keeps_back(desk, Reason.INVALID, before)
        await editor.menu("Explain the last answers")
        await editor.shows("prize")
        await editor.picture("explained")
        await editor.press("Control+w")

        await editor.menu("Pause")
        await editor.status("is paused")
        await editor.page.locator("[id$='kireji.status']").hover()
        await editor.page.locator(".workbench-hover", has_text="Spent today").wait_for()
        await editor.picture("status", left=700, top=540)
        await editor.open_menu()
        await editor.page.locator(".quick-input-list .monaco-list-row", has_text="Resume").first.wait_for()
        await editor.picture("menu")
        await editor.press("Escape")

        await editor.command("Kireji: Get Started")
        await editor.page.get_by_role("checkbox", name="Choose who answers: Completed").wait_for()
        page = editor.page.frame_locator("iframe.webview").frame_locator("#active-frame")
        await page.get_by_text("Where the server is looked for").wait_for()
        await editor.picture("walkthrough")
