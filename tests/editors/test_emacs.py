"""Completion at point and code actions in a real Emacs (Eglot), from the real server, with a stand-in playing the model."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kireji.base import languages
from support.editing import ROOT
from support.emacs import Emacs, emacs

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
