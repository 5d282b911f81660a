"""Completion at point and code actions in a real Emacs (Eglot), from the real server, with a stand-in playing the model."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kireji.base import languages
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
)
from support.emacs import UNDO, Emacs, emacs

pytestmark = pytest.mark.editors

PACKAGE = ROOT / "editors/emacs"


@pytest.fixture
async def editor(home: Path, env: dict[str, str]) -> AsyncIterator[Emacs]:
    """An Emacs set up as the page says."""
    (home / "config/emacs").mkdir(parents=True)
    (home / "config/emacs/kireji").symlink_to(PACKAGE)
    async with emacs(home, env, as_documented()) as running:
        yield running


def as_documented() -> str:
    """The page's lines for `init.el`."""
    (block,) = re.findall(r"```elisp\n(.*?)```", (PACKAGE / "README.md").read_text("utf-8"), re.DOTALL)
    return str(block)


async def test_columns_are_counted_in_code_points(editor: Emacs, source: Path) -> None:
    await editor.open(source)
    assert await editor.lisp("(plist-get (eglot--capabilities (eglot-current-server)) :positionEncoding)") == "utf-32"


async def test_a_suggestion_is_taken_from_the_list(editor: Emacs, model: Model, source: Path) -> None:
    model.says = 'face = "🐍"; return first + second'
    await editor.open(source)
    await editor.append("; return fi")
    await editor.lists("first + second Kireji")
    await editor.terminal.shows("completions:\nfirst + second Kireji\n")  # it stands before whatever names follow
    await editor.terminal.until(lambda screen: pictured(PACKAGE / "README.md", screen), "it is as on the page")

    await editor.terminal.press("M-Down", "M-Enter")
    await editor.has(PROGRAM[:-1] + "; return first + second\n")
    assert len(model.api.asked) == 1

    await editor.terminal.press(UNDO)
    await editor.has(PROGRAM[:-1] + "; return fi\n")


async def test_a_suggestion_may_have_more_lines(editor: Emacs, model: Model, source: Path) -> None:
    more = 'if first > second:\n        return first * "$1🐍"\n    return second'
    model.says = f"    {more}"
    await editor.open(source)
    await editor.append("\nif fi")
    await editor.lists("first > second: … Kireji")

    await editor.terminal.press("M-Down", "M-Enter")
    await editor.has(f"{PROGRAM}    {more}\n")


async def test_never_lists_a_broken_answer_and_goes_on(editor: Emacs, home: Path, model: Model, source: Path) -> None:
    # Without names a lone suggestion is put in at once.
    settings = home / "config/kireji/config.toml"
    settings.parent.mkdir()
    settings.write_text("[completion]\ndeterministic = false\n")
    model.says = BROKEN
    await editor.open(source)
    await editor.append("; return fi")
    await editor.complete()
    await model.answered()
    await editor.complete()
    await editor.has(PROGRAM[:-1] + "; return fi\n")
    assert {asked.status for asked in model.api.asked} == {200}

    model.says = 'face = "🐍"; return first + second'
    await editor.append("r")
    await editor.completes_to(PROGRAM[:-1] + "; return first + second\n")
    await editor.never_said("undefined_name_xyz")


async def implement(editor: Emacs) -> None:
    """Has the function at the end of the file implemented."""
    await editor.terminal.press("M->", "Left", "C-c", "a")
    await editor.terminal.shows("Pick an action (default Implement scale)")
    await editor.terminal.press("Enter")
    await editor.has(IMPLEMENTED)


async def test_a_code_action_is_applied_and_undone_in_one_step(editor: Emacs, model: Model, stub: Path) -> None:
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip()
    await editor.open(stub)
    await implement(editor)
    assert len(model.api.asked) == 1

    await editor.terminal.press(UNDO)
    await editor.has(STUB)


async def test_lives_through_close_and_reopen(editor: Emacs, command: Kireji, model: Model, source: Path) -> None:
    model.says = 'face = "🐍"; return first + second'
    await editor.open(source)
    server = command.server()
    await editor.close()
    await editor.open(source)
    await editor.append("; return fi")
    await editor.lists("first + second Kireji")
    await editor.terminal.press("M-Down", "M-Enter")
    await editor.has(PROGRAM[:-1] + "; return first + second\n")
    assert command.server() == server


async def test_ends_with_its_editor(editor: Emacs, command: Kireji, source: Path) -> None:
    await editor.open(source)
    server = command.server()
    await editor.terminal.press("C-x", "C-c")
    await editor.terminal.ends()
    await ended(server)


async def test_ends_with_an_editor_that_is_killed(editor: Emacs, command: Kireji, source: Path) -> None:
    await editor.open(source)
    server = command.server()
    await editor.terminal.kill()
    await ended(server)


async def test_lines_that_end_in_crlf_stay_so(editor: Emacs, model: Model, source: Path, stub: Path) -> None:
    source.write_bytes(crlf(PROGRAM).encode())
    model.says = MORE_SAYS
    await editor.open(source)
    await editor.append(MORE_TYPED)
    # It is the only one of that beginning, so that it is put in at once.
    await editor.completes_to(WITH_MORE)
    assert await editor.saved() == crlf(WITH_MORE)

    stub.write_bytes(crlf(STUB).encode())
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip()
    await editor.open(stub)
    await implement(editor)
    assert await editor.saved() == crlf(IMPLEMENTED)


async def test_a_broken_action_changes_nothing_and_says_why(editor: Emacs, model: Model, stub: Path) -> None:
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip().replace("* times", "* undefined_name_xyz")
    await editor.open(stub)
    await editor.terminal.press("M->", "Left", "C-c", "a")
    await editor.terminal.shows("Pick an action (default Implement scale)")
    await editor.terminal.press("Enter")
    await editor.terminal.shows("Kireji: Implement scale:")
    await editor.has(STUB)
    assert len(model.api.asked) == 3, "it is asked for again, with the findings"


async def test_is_started_for_every_language_it_knows(editor: Emacs) -> None:
    await editor.lisp("(progn (require 'eglot) t)")
    # What Eglot makes of the settings: the modes with their names, and the command.
    found = "(let ((found (eglot--lookup-mode '{mode}))) (vconcat (mapcar #'cdr (car found)) (cdr found)))"
    *names, program, verb = await editor.lisp(found.format(mode="python-mode"))
    assert (program, verb) == ("kireji", "serve")
    assert {languages.canonical(name) for name in names} == set(languages.LANGUAGES)


async def test_can_be_started_with_every_file(editor: Emacs, source: Path) -> None:
    await editor.lisp("(progn (setq python-mode-hook nil) (kireji-everywhere) t)")
    await editor.open(source)
