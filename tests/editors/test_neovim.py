"""Ghost text in a real Neovim, from the real server, with a stand-in playing the model. Installed by `setup.sh`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kireji.base import languages
from support.editing import BROKEN, PROGRAM, ROOT, WATCHDOG, Model
from support.messages_play import Fault, FaultKind, Play
from support.neovim import Ghost, Neovim, neovim

pytestmark = pytest.mark.editors

PLUGIN = ROOT / "editors/neovim"


@pytest.fixture
async def editor(home: Path, env: dict[str, str]) -> AsyncIterator[Neovim]:
    """A Neovim set up as the README says, whose `kireji` is the one of this interpreter."""
    async with neovim(home, env, as_documented()) as running:
        yield running


def as_documented() -> str:
    """The README's lines for `init.lua`, after the one that stands for copying `lsp/kireji.lua` into place."""
    (block,) = re.findall(r"```lua\n(.*?)```", (PLUGIN / "README.md").read_text("utf-8"), re.DOTALL)
    return f"vim.opt.runtimepath:prepend([[{PLUGIN}]])\n{block}"


async def test_shows_a_suggestion_and_tab_accepts_it(editor: Neovim, model: Model, source: Path) -> None:
    model.says = 'face = "🐍"; return first + second'
    await editor.open(source)
    assert await editor.lua("return vim.lsp.get_clients({ name = 'kireji' })[1].offset_encoding") == "utf-8"

    await editor.type("GA; return ")
    line = '    face = "🐍"; return '
    assert await editor.ghost() == Ghost(2, len(line.encode()), "first + second")

    await editor.type("<Tab>")
    await editor.until("return vim.api.nvim_get_current_line() == ...", f"{line}first + second")
    assert await editor.lines() == [*PROGRAM.splitlines()[:2], f"{line}first + second"]


async def test_never_shows_a_broken_answer_and_goes_on(editor: Neovim, model: Model, source: Path) -> None:
    model.says = BROKEN
    await editor.open(source)
    await editor.type("Goret")
    await editor.no_ghost()
    assert {asked.status for asked in model.api.asked} == {200}

    model.says = "return first + second"
    await editor.type("urn ")
    assert await editor.ghost() == Ghost(3, len("    return "), "first + second")
    assert await editor.drawn() == ["first + second"]


async def test_an_answer_to_older_text_does_not_take_the_suggestion_away(
    editor: Neovim, model: Model, source: Path
) -> None:
    # This editor takes no question back when the text goes on, and clears what it shows at any empty answer.
    model.says = Play("", fault=Fault(FaultKind.SILENCE))
    await editor.open(source)
    await editor.type("Goret")
    older = await model.api.request(0)

    model.says = "return first + second"
    await editor.type("urn ")
    assert await editor.ghost() == Ghost(3, len("    return "), "first + second")
    async with asyncio.timeout(WATCHDOG):
        await older.closed.wait()


async def test_is_started_for_every_language_it_knows(editor: Neovim) -> None:
    types: list[str] = await editor.lua("return vim.lsp.config.kireji.filetypes")
    assert {languages.canonical(name) for name in types} == set(languages.LANGUAGES)
