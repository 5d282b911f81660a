"""The list of completions and code actions in a real Vim with ALE, from the real server, with a stand-in playing the model."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kireji.base import languages
from support.editing import BROKEN, IMPLEMENTED, PROGRAM, ROOT, STUB, WATCHDOG, Kireji, Model, crlf, ended, pictured
from support.vim import Vim, vim

pytestmark = pytest.mark.editors

FOLDER = ROOT / "editors/vim"
# What Vim says in its last line once it has asked for a list.
LISTED = re.compile(r"Pattern not found|Back at original|match \d+ of \d+")
# Vim has its own names for two languages.
SENT = {"cs": "csharp", "sh": "shellscript"}


@pytest.fixture
async def editor(home: Path, env: dict[str, str], source: Path) -> AsyncIterator[Vim]:
    """A Vim set up as the page says, with a file open."""
    async with vim(home, env, as_documented(home), source) as running:
        yield running


def as_documented(home: Path) -> str:
    """The page's lines for the vimrc, with the file copied to where they look for it."""
    (block,) = re.findall(r"```vim\n(.*?)```", (FOLDER / "README.md").read_text("utf-8"), re.DOTALL)
    (home / ".vim").mkdir()
    (home / ".vim/kireji.vim").write_text((FOLDER / "kireji.vim").read_text("utf-8"), "utf-8")
    return str(block)


async def complete(editor: Vim, text: str) -> None:
    """Asks for the list until `text` is in it: the first ones may hold names only, while the model is asked."""
    await lists(editor, lambda screen: text in screen, text)


async def lists(editor: Vim, holds: Callable[[str], bool], what: str) -> None:
    """Asks for the list until something holds, and leaves that one open. While ALE waits for a list it tells the server of a
    text without the word that is completed: one that takes long is about a text that is no more."""
    try:
        async with asyncio.timeout(WATCHDOG):
            while True:
                await editor.terminal.press("C-x", "C-o")
                if holds(await editor.terminal.until(lambda screen: bool(LISTED.search(screen)), "Vim has looked")):
                    return
                await editor.terminal.press("C-e")
                await editor.terminal.until(lambda screen: not LISTED.search(screen), "the list is closed")
    except TimeoutError:
        raise AssertionError(f"never listed: {what}\n{await editor.terminal.evidence()}") from None


async def test_columns_are_counted_in_bytes(editor: Vim) -> None:
    assert (await editor.log.says('"positionEncoding":\\s*"([^"]*)".*"serverInfo"'))[1] == "utf-8"


async def test_a_suggestion_is_taken_from_the_list(editor: Vim, model: Model) -> None:
    model.says = 'face = "🐍"; return first + second'
    await editor.append("; return fi")
    await complete(editor, "first + second")
    await editor.terminal.until(lambda screen: pictured(FOLDER / "README.md", screen), "it is as on the page")
    await editor.terminal.press("C-n", "C-y")
    assert await editor.saved() == PROGRAM[:-1] + "; return first + second\n"

    await editor.terminal.type("u")
    await editor.terminal.hides("first + second")
    assert await editor.saved() == PROGRAM


async def test_never_lists_a_broken_answer_and_goes_on(editor: Vim, model: Model) -> None:
    model.says = BROKEN
    await editor.append("; return fi")
    await lists(editor, lambda _: bool(model.api.asked), "what the model is asked for")
    await model.answered()
    model.says = 'face = "🐍"; return first + second'
    await editor.terminal.press("C-e")
    await editor.terminal.type("r")
    await complete(editor, "first + second")
    assert "undefined_name" not in editor.log.text()


async def test_a_code_action_is_applied_and_undone_in_one_step(
    home: Path, env: dict[str, str], model: Model, stub: Path
) -> None:
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip()
    async with vim(home, env, as_documented(home), stub) as editor:
        await implement(editor)
        assert await editor.saved() == IMPLEMENTED
        await editor.terminal.type("u")
        await editor.terminal.hides("return (text + sign) * times")
        assert await editor.saved() == STUB


async def implement(editor: Vim) -> None:
    """Has the function at the end of the file implemented."""
    await editor.terminal.type("G")
    await offered(editor, "Implement scale")
    await editor.terminal.type("1")
    await editor.terminal.press("Enter")
    await editor.terminal.shows("return (text + sign) * times")


async def offered(editor: Vim, title: str) -> None:
    """Asks for code actions until there is one of that title: before the server is up, ALE says that there are none."""
    for _ in range(4):
        await editor.terminal.type("ga")
        try:
            await editor.terminal.until(lambda screen: title in screen, title, seconds=15)
            return
        except AssertionError:
            await editor.terminal.press("Enter")
    raise AssertionError(f"never offered: {title}\n{await editor.terminal.evidence()}")


async def test_lives_through_close_and_reopen(editor: Vim, command: Kireji, model: Model, source: Path) -> None:
    server = command.server()
    await editor.close()
    await editor.open(source)
    model.says = 'face = "🐍"; return first + second'
    await editor.append("; return fi")
    await complete(editor, "first + second")
    await editor.terminal.press("C-n", "C-y")
    assert await editor.saved() == PROGRAM[:-1] + "; return first + second\n"
    assert command.server() == server


async def test_ends_with_its_editor(editor: Vim, command: Kireji) -> None:
    server = command.server()
    await editor.command("qall!")
    await editor.terminal.ends()
    await ended(server)


async def test_ends_with_an_editor_that_is_killed(editor: Vim, command: Kireji) -> None:
    server = command.server()
    await editor.terminal.kill()
    await ended(server)


async def test_lines_that_end_in_crlf_stay_so(editor: Vim, model: Model, source: Path, stub: Path) -> None:
    windows = source.with_name("windows.py")
    windows.write_bytes(crlf(PROGRAM).encode())
    model.says = 'face = "🐍"; return first + second'
    await editor.open(windows)
    await editor.append("; return fi")
    await complete(editor, "first + second")
    await editor.terminal.press("C-n", "C-y")
    assert await editor.saved() == crlf(PROGRAM[:-1] + "; return first + second\n")

    stub.write_bytes(crlf(STUB).encode())
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip()
    await editor.open(stub)
    await implement(editor)
    assert await editor.saved() == crlf(IMPLEMENTED)


def test_is_started_for_every_language_it_knows() -> None:
    table = (FOLDER / "kireji.vim").read_text("utf-8").partition("let s:languages")[2].partition("}")[0]
    names = re.findall(r"'(\w+)': 1", table)
    assert {languages.canonical(SENT.get(name, name)) for name in names} == set(languages.LANGUAGES)
