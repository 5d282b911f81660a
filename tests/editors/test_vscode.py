"""Ghost text, code actions and the status in a real VS Code, from the real server, with a stand-in playing the model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from support.editing import PROGRAM, Kireji, Model
from support.vscode import CodeServer, Window, browser, code_server, window

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="module")]

GOOD = 'face = "🐍"; return first + second'


@dataclass(frozen=True)
class Desk:
    """What the tests share: an editor, a browser to look at it with, and the model that is played."""

    server: CodeServer
    chromium: Browser
    model: Model
    kireji: Kireji


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """One editor for all tests; its server is the one of this interpreter. None may be left at the end."""
    folder = tmp_path_factory.mktemp("vscode")
    home = folder / "home"
    home.mkdir()
    model, kireji = Model(), Kireji(folder / "bin")
    async with model.api:
        env = kireji.environment(home, model)
        env["KIREJI_LOG"] = "debug"
        async with code_server(folder, env, "--disable-workspace-trust") as server, browser(home) as chromium:
            yield Desk(server, chromium, model, kireji)
        await kireji.ended()


@pytest_asyncio.fixture(loop_scope="module")
async def editor(desk: Desk, tmp_path: Path) -> AsyncIterator[Window]:
    """A window on a new folder, as soon as its server is ready."""
    desk.server.settings()
    desk.model.says = GOOD
    path = tmp_path / "sums.py"
    path.write_text(PROGRAM, "utf-8")
    async with window(desk.server, desk.chromium, path) as opened:
        await opened.status("is ready")
        yield opened


async def test_a_suggestion_appears_and_tab_accepts_it(editor: Window) -> None:
    await editor.append("; return ")
    assert await editor.ghost("first") == "first + second"
    await editor.press("Tab")
    await editor.no_ghost()
    assert await editor.saved() == PROGRAM[:-1] + "; return first + second\n"
