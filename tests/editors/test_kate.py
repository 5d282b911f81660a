"""The popup and code actions in a real Kate, from the real server, with a stand-in playing the model."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from kireji.base import languages
from support.editing import BROKEN, IMPLEMENTED, PROGRAM, ROOT, STUB, WATCHDOG, Model
from support.kate import Kate, kate
from support.messages_play import Pace

pytestmark = pytest.mark.editors

FOLDER = ROOT / "editors/kate"
FILE = (FOLDER / "settings.json").read_text("utf-8")
# The page's part of it, for Python.
(SETTINGS,) = re.findall(r"```json\n(.*?)```", (FOLDER / "README.md").read_text("utf-8"), re.DOTALL)
GOOD = 'face = "🐍"; return first + second'


@pytest.fixture
async def editor(home: Path, env: dict[str, str], source: Path) -> AsyncIterator[Kate]:
    """A Kate set up as the page says, with a file open."""
    async with kate(home, env, SETTINGS, source) as running:
        await running.says("textDocument/didOpen")
        yield running


async def test_columns_are_counted_in_utf16_units(editor: Kate) -> None:
    assert (await editor.answered("initialize"))["capabilities"]["positionEncoding"] == "utf-16"


async def take(editor: Kate, label: str, typed: str) -> None:
    """Asks for the list until its first entry has that label, types on, and takes it."""
    await asks(editor, lambda: [label] in (some[:1] for some in lists(editor)), label)
    await editor.shows_list()
    await editor.types_on(typed, label)
    await editor.desktop.press("Return")


async def asks(editor: Kate, holds: Callable[[], bool], what: str) -> None:
    """Asks for the list by its key until something holds. The first lists may hold names only: the model is being asked."""
    for _ in range(12):
        await editor.desktop.press("ctrl+space")
        try:
            await editor.desktop.until(holds, what, seconds=5)
            return
        except AssertionError:
            continue
    raise AssertionError(f"never listed: {what}\n{await editor.desktop.evidence()}")


def lists(editor: Kate) -> list[list[str]]:
    """What each list has held, first entry first."""
    return [[item["label"] for item in found["items"]] for found in editor.answers("textDocument/completion")]


async def test_a_suggestion_is_taken_from_the_list(editor: Kate, model: Model, source: Path) -> None:
    model.says = GOOD
    await editor.append("; return fi")
    await take(editor, "first + second", "r")
    await editor.saved(source, PROGRAM[:-1] + "; return first + second\n")
    assert len(model.api.asked) == 1


@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_lines_and_line_ends_stay_as_they_were_found_sound(
    home: Path, env: dict[str, str], model: Model, source: Path, end: str
) -> None:
    more = 'if first > second:\n        return first * "🐍"\n    return second'
    model.says = f"    {more}"
    source.write_bytes(PROGRAM.replace("\n", end).encode())
    async with kate(home, env, SETTINGS, source) as editor:
        await editor.says("textDocument/didOpen")
        await editor.append("\nif fi")
        await take(editor, "first > second: …", "r")
        await editor.saved(source, f"{PROGRAM}    {more}\n".replace("\n", end))


async def test_never_lists_a_broken_answer_and_goes_on(editor: Kate, model: Model, source: Path) -> None:
    model.says = BROKEN
    await editor.append("; return fi")
    await editor.desktop.press("ctrl+space")
    await model.question()
    model.says = GOOD
    await editor.desktop.press("Escape")
    await editor.desktop.type("r")
    await take(editor, "first + second", "s")
    await editor.saved(source, PROGRAM[:-1] + "; return first + second\n")
    assert "undefined_name" not in str(lists(editor))


async def test_what_is_at_hand_comes_by_itself_with_the_next_word(editor: Kate, model: Model, source: Path) -> None:
    model.says = GOOD
    await editor.append("; return fi")
    await model.question()
    await editor.desktop.type("rst + ")
    async with asyncio.timeout(WATCHDOG):
        while True:
            before = len(lists(editor))
            await editor.hides_list()
            await editor.desktop.type("s")
            await editor.desktop.until(partial(is_listed, editor, before), "a list")
            if lists(editor)[-1][:1] == ["second"]:
                break
            # It is still being judged.
            await editor.desktop.press("BackSpace")
    await editor.shows_list()
    assert lists(editor)[-1][:1] == ["second"]
    assert len(model.api.asked) == 1
    await editor.desktop.press("Escape")
    await editor.saved(source, PROGRAM[:-1] + "; return first + s\n")


def is_listed(editor: Kate, before: int) -> bool:
    """Whether there has been another list after so many."""
    return len(lists(editor)) > before


async def test_what_kate_would_take_for_a_snippet_is_not_listed(editor: Kate, model: Model) -> None:
    model.says = f'{GOOD} + f"${{second}}$1"'
    await editor.append("; return fi")
    await model.question()
    await asks(editor, lambda: not editor.answers("textDocument/completion")[-1]["isIncomplete"], "all that there is")
    assert "$" not in str(lists(editor))
    await editor.desktop.press("Escape", "ctrl+s")
    await editor.says("textDocument/didSave")


async def test_without_snippets_it_is_listed_and_taken_as_it_is(
    home: Path, env: dict[str, str], model: Model, source: Path
) -> None:
    model.says = f'{GOOD} + f"${{second}}$1"'
    async with kate(home, env, SETTINGS, source, options="CompletionParens=false\n") as editor:
        await editor.says("textDocument/didOpen")
        await editor.append("; return fi")
        await take(editor, 'first + second + f"${second}$1"', "r")
        await editor.saved(source, PROGRAM[:-1] + '; return first + second + f"${second}$1"\n')


async def choose(editor: Kate, title: str, comes_to: Callable[[], bool]) -> None:
    """Chooses the action of that title, which is the first at the function's name, and waits until it `comes_to` something.

    The first questions may come before the server is up. One that was heard is not asked again: its menu would take the keys.
    """
    await editor.desktop.press("ctrl+End", "Up", "Home", "ctrl+Right")
    before = len(editor.said(method="workspace/executeCommand"))
    for _ in range(6):
        asked = len(editor.answers("textDocument/codeAction"))
        await editor.desktop.press("Escape", "alt+Return")
        try:
            await editor.desktop.until(partial(is_offered, editor, title, asked), title, seconds=WATCHDOG / 6)
            break
        except AssertionError:
            continue
    await editor.chooses_first()
    await editor.desktop.until(partial(is_chosen, editor, before), f"{title} is chosen")
    await editor.desktop.until(comes_to, f"{title} comes to something")


def is_chosen(editor: Kate, before: int) -> bool:
    """Whether a command was sent after so many."""
    return len(editor.said(method="workspace/executeCommand")) > before


def has_answered(editor: Kate, times: int) -> bool:
    """Whether Kate has said so often whether it has made a change."""
    return len(editor.answers("workspace/applyEdit")) == times


def is_offered(editor: Kate, title: str, before: int) -> bool:
    """Whether it is the first action of an offer that came after so many."""
    return [title] in (
        [action["title"] for action in found[:1]] for found in editor.answers("textDocument/codeAction")[before:]
    )


async def test_a_code_action_is_applied_and_undone_in_one_step(
    home: Path, env: dict[str, str], model: Model, stub: Path
) -> None:
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip()
    async with kate(home, env, SETTINGS, stub) as editor:
        await editor.says("textDocument/didOpen")
        for tries in (1, 2):
            await choose(editor, "Implement scale", partial(has_answered, editor, tries))
            # On a slow machine even this may come too late for Kate: then it is at hand.
            if editor.answers("workspace/applyEdit")[-1]["applied"]:
                break
        await editor.saved(stub, IMPLEMENTED)
        await editor.desktop.press("ctrl+z")
        await editor.saved(stub, STUB)
        assert len(model.api.asked) == 1


async def test_a_change_that_comes_late_is_made_when_it_is_chosen_again(
    home: Path, env: dict[str, str], model: Model, stub: Path
) -> None:
    model.says, model.pace = IMPLEMENTED.removeprefix(PROGRAM).strip(), Pace(first_token=3)
    async with kate(home, env, SETTINGS, stub) as editor:
        await editor.says("textDocument/didOpen")
        await choose(editor, "Implement scale", lambda: bool(editor.said(method="window/showMessage")))
        assert "once more" in editor.said(method="window/showMessage")[0]["params"]["message"]
        await editor.saved(stub, STUB)
        await choose(editor, "Implement scale", partial(has_answered, editor, 2))
        await editor.saved(stub, IMPLEMENTED)
        assert len(model.api.asked) == 1


async def test_a_broken_action_changes_nothing_and_says_why(
    home: Path, env: dict[str, str], model: Model, stub: Path
) -> None:
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip().replace("* times", "* undefined_name_xyz")
    async with kate(home, env, SETTINGS, stub) as editor:
        await editor.says("textDocument/didOpen")
        await choose(editor, "Implement scale", lambda: bool(editor.said(method="window/showMessage")))
        assert "undefined_name_xyz" in editor.said(method="window/showMessage")[0]["params"]["message"]
        assert editor.said(method="workspace/applyEdit") == []
        await editor.desktop.type("s")
        await editor.saved(stub, STUB.replace("scale", "sscale"))


async def test_a_file_may_be_closed_and_opened_again(editor: Kate, model: Model, source: Path) -> None:
    model.says = GOOD
    await editor.desktop.press("ctrl+w")
    await editor.says("textDocument/didClose")
    await editor.command("Reopen Latest Closed")
    await editor.says("textDocument/didOpen", times=2)
    await editor.append("; return fi")
    await take(editor, "first + second", "r")
    await editor.saved(source, PROGRAM[:-1] + "; return first + second\n")
    assert len(editor.said(method="initialize")) == 1, "it is the server from before"


async def test_nothing_outlives_a_kate_that_is_killed(editor: Kate) -> None:
    editor.kill()


async def test_is_told_the_language_of_a_file_by_its_own_name(home: Path, env: dict[str, str], tmp_path: Path) -> None:
    files = [tmp_path / f"work/file{language.extensions[0]}" for language in languages.LANGUAGES.values()]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.touch()
    async with kate(home, env, FILE, *files) as editor:
        for opened in range(1, len(files) + 1):
            await editor.says("textDocument/didOpen", times=opened)
            await editor.desktop.press("alt+Right")
        told = [said["params"]["textDocument"] for said in editor.said(method="textDocument/didOpen")]
        named = {Path(document["uri"]).name: languages.canonical(document["languageId"]) for document in told}
        assert named == {f"file{language.extensions[0]}": name for name, language in languages.LANGUAGES.items()}
        assert len(editor.said(method="initialize")) == 1, "one server for all"


def test_is_started_for_every_language_it_knows() -> None:
    servers = json.loads(FILE)["servers"]
    assert json.loads(SETTINGS)["servers"]["kireji"] == servers["kireji"], "the page says the same"
    assert {languages.canonical(name) for name in servers if name != "kireji"} == set(languages.LANGUAGES)
    assert {server["use"] for name, server in servers.items() if name != "kireji"} == {"kireji"}
