"""Grey text, completion at point and code actions in a real Emacs with lsp-mode, from the real server, with a stand-in playing
the model."""

from __future__ import annotations

import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.editing import (
    BROKEN,
    IMPLEMENTED,
    MORE_SAYS,
    MORE_TYPED,
    PROGRAM,
    ROOT,
    STUB,
    WITH_MORE,
    Kireji,
    Model,
    crlf,
    ended,
    pictured,
    program,
)
from support.emacs import LSP_MODE, UNDO, Emacs, emacs

pytestmark = pytest.mark.editors

PACKAGE = ROOT / "editors/emacs"
# What package.el does at a start with the packages that are installed.
INSTALLED = """\
(let ((default-directory "{folder}/")) (normal-top-level-add-subdirs-to-load-path))
(dolist (autoloads (file-expand-wildcards "{folder}/*/*-autoloads.el")) (load autoloads nil t))
"""


@pytest.fixture
def packages() -> str:
    """Where lsp-mode lies, and what it needs. AssertionError when it has not been set up."""
    return subprocess.run((program("lsp-mode"),), capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
async def editor(home: Path, env: dict[str, str], packages: str) -> AsyncIterator[Emacs]:
    """An Emacs with lsp-mode, set up as the page says."""
    (home / "config/emacs").mkdir(parents=True)
    (home / "config/emacs/kireji").symlink_to(PACKAGE)
    (block,) = re.findall(r"```lisp\n(.*?)```", (PACKAGE / "README.md").read_text("utf-8"), re.DOTALL)
    async with emacs(home, env, INSTALLED.format(folder=packages) + block) as running:
        yield running


async def open_first(editor: Emacs, path: Path) -> None:
    """Opens the first file of a project: lsp-mode asks where that begins."""
    await editor.find(path)
    await editor.terminal.shows("Select action:")
    await editor.terminal.type(".")
    await editor.until(LSP_MODE)


async def test_a_suggestion_is_grey_text_and_taken(editor: Emacs, model: Model, source: Path) -> None:
    model.says = 'face = "🐍"; return first + second'
    await open_first(editor, source)
    assert (
        await editor.lisp('(gethash "positionEncoding" (lsp--workspace-server-capabilities (car (lsp-workspaces))))')
        == "utf-32"
    )
    await editor.append("; return fi")
    await editor.terminal.until(lambda screen: pictured(PACKAGE / "README.md", screen, 1), "it is as on the page")
    assert await editor.text() == PROGRAM[:-1] + "; return fi\n", "nothing is put in before it is taken"

    await editor.terminal.press("Tab")
    await editor.has(PROGRAM[:-1] + "; return first + second\n")
    await editor.terminal.press(UNDO)
    await editor.has(PROGRAM[:-1] + "; return fi\n")


async def test_a_suggestion_is_completed_at_point(editor: Emacs, model: Model, source: Path) -> None:
    model.says = 'face = "🐍"; return first + second'
    await open_first(editor, source)
    await editor.append("; return fi")
    await editor.terminal.shows("return first + second")
    # With the next letter it has joined the list.
    await editor.append("r")
    await editor.lists("first + second Kireji")
    await editor.terminal.shows("completions:\nfirst + second")  # it stands before whatever names follow

    await editor.terminal.press("M-Down", "M-Enter")
    await editor.has(PROGRAM[:-1] + "; return first + second\n")


async def test_never_shows_a_broken_answer_and_goes_on(editor: Emacs, model: Model, source: Path) -> None:
    model.says = BROKEN
    await open_first(editor, source)
    await editor.append("; return fi")
    await model.answered()

    model.says = 'face = "🐍"; return first + second'
    await editor.append("r")
    screen = await editor.terminal.shows("return first + second")
    assert "undefined_name_xyz" not in screen
    assert await editor.text() == PROGRAM[:-1] + "; return fir\n"


async def test_a_code_action_is_applied_and_undone_in_one_step(editor: Emacs, model: Model, stub: Path) -> None:
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip()
    await open_first(editor, stub)
    await implement(editor)
    await editor.terminal.press(UNDO)
    await editor.has(STUB)


async def implement(editor: Emacs) -> None:
    """Has the function at the end of the file implemented."""
    await editor.terminal.press("M->", "Left", "C-c", "a")
    await editor.terminal.shows("Select code action:")
    await editor.terminal.type("Impl")
    await editor.terminal.press("Tab")
    await editor.terminal.shows("Select code action: Implement scale")
    await editor.terminal.press("Enter")
    await editor.has(IMPLEMENTED)


async def test_lives_through_close_and_reopen_with_lines_that_end_in_crlf(
    editor: Emacs, command: Kireji, model: Model, source: Path
) -> None:
    source.write_bytes(crlf(PROGRAM).encode())
    model.says = MORE_SAYS
    await open_first(editor, source)
    server = command.server()
    await editor.close()
    await editor.open(source, LSP_MODE)
    await editor.append(MORE_TYPED)
    await editor.terminal.shows("return result")
    await editor.terminal.press("Tab")
    await editor.has(WITH_MORE)
    assert await editor.saved() == crlf(WITH_MORE)
    assert command.server() == server


async def test_ends_with_an_editor_that_is_killed(editor: Emacs, command: Kireji, source: Path) -> None:
    await open_first(editor, source)
    server = command.server()
    await editor.terminal.kill()
    await ended(server)
