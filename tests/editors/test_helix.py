"""The popup and code actions in a real Helix, from the real server, with a stand-in playing the model."""

from __future__ import annotations

import re
import subprocess
import tomllib
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
    program,
)
from support.helix import Helix, helix

pytestmark = pytest.mark.editors

SETTINGS = ROOT / "editors/helix/languages.toml"
# Helix sends its own names, where it has no other for a language.
SENT = {"c-sharp": "csharp", "jsx": "javascriptreact", "tsx": "typescriptreact"}


@pytest.fixture
async def editor(home: Path, env: dict[str, str], source: Path) -> AsyncIterator[Helix]:
    """A Helix set up as the page says, with the file open."""
    async with helix(home, env, SETTINGS.read_text("utf-8"), source) as running:
        await running.log.says('"method":"textDocument/didOpen"')
        yield running


async def test_columns_are_counted_in_bytes(editor: Helix) -> None:
    assert (await editor.log.says('"positionEncoding":"([^"]*)"'))[1] == "utf-8"


async def test_a_suggestion_comes_with_the_next_key_and_is_taken(editor: Helix, model: Model) -> None:
    model.says = 'face = "🐍"; return first + second'
    await editor.append("; return fi")
    await editor.log.says("suggestion: offered")
    await editor.terminal.type("r")
    first = re.compile(r"return fir\n[ ~]+first \+ second")
    await editor.terminal.until(lambda screen: first.search(screen) is not None, "it stands before the names")
    await editor.terminal.until(
        lambda screen: pictured(SETTINGS.with_name("README.md"), screen), "it is as on the page"
    )

    await editor.terminal.press("C-n", "Enter")
    assert await editor.saved() == PROGRAM[:-1] + "; return first + second\n"
    assert len(model.api.asked) == 1

    await editor.terminal.type("u")
    await editor.terminal.hides("first + second")
    assert await editor.saved() == PROGRAM[:-1] + "; return fir\n", "what was typed stays"


async def test_lines_of_a_suggestion_stay_as_they_were_found_sound(editor: Helix, model: Model) -> None:
    more = 'if first > second:\n        return first * "$1🐍"\n    return second'
    model.says = f"    {more}"
    await editor.append("\nif fi")
    await editor.log.says("suggestion: offered")
    await editor.terminal.type("r")
    await editor.terminal.shows("first > second: …")

    await editor.terminal.press("C-n", "Enter")
    assert await editor.saved() == f"{PROGRAM}    {more}\n"


async def test_a_key_asks_for_a_suggestion_and_waits_for_it(editor: Helix, model: Model) -> None:
    model.says = 'face = "🐍"; return first + second'
    await editor.append("; return ")
    await editor.terminal.press("C-x")
    await editor.log.says('"isIncomplete"')
    await editor.terminal.press("C-x")
    await editor.terminal.shows("first + second")

    await editor.terminal.press("C-n", "Enter")
    assert await editor.saved() == PROGRAM[:-1] + "; return first + second\n"


async def test_never_lists_a_broken_answer_and_goes_on(editor: Helix, model: Model) -> None:
    model.says = BROKEN
    await editor.append("; return fi")
    await editor.log.says(r"suggestion: (?!offered)")
    assert {asked.status for asked in model.api.asked} == {200}

    model.says = 'face = "🐍"; return first + second'
    await editor.terminal.type("r")
    await editor.log.says("suggestion: offered")
    await editor.terminal.type("s")
    await editor.terminal.shows("first + second")
    assert "undefined_name_xyz" not in editor.log.text()


async def implement(editor: Helix) -> None:
    """Has the function at the end of the file implemented."""
    await editor.terminal.type("ge a")
    await editor.terminal.shows("Implement scale")
    await editor.terminal.press("Enter")
    await editor.terminal.shows("return (text + sign) * times")


async def test_a_code_action_is_applied_and_undone_in_one_step(editor: Helix, model: Model, stub: Path) -> None:
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip()
    await editor.open(stub)
    await implement(editor)
    assert await editor.saved() == IMPLEMENTED
    assert len(model.api.asked) == 1

    await editor.terminal.type("u")
    await editor.terminal.hides("return (text + sign) * times")
    assert await editor.saved() == STUB


async def test_lives_through_close_and_reopen(editor: Helix, command: Kireji, model: Model, source: Path) -> None:
    server = command.server()
    await editor.close()
    await editor.open(source)
    model.says = 'face = "🐍"; return first + second'
    before = editor.log.end()
    await editor.append("; return fi")
    await editor.log.says("suggestion: offered", after=before)
    await editor.terminal.type("r")
    await editor.terminal.shows("first + second")
    await editor.terminal.press("C-n", "Enter")
    assert await editor.saved() == PROGRAM[:-1] + "; return first + second\n"
    assert command.server() == server


async def test_ends_with_its_editor(editor: Helix, command: Kireji) -> None:
    server = command.server()
    await editor.command("quit!")
    await editor.terminal.ends()
    await ended(server)


async def test_ends_with_an_editor_that_is_killed(editor: Helix, command: Kireji) -> None:
    server = command.server()
    await editor.terminal.kill()
    await ended(server)


async def test_lines_that_end_in_crlf_stay_so(editor: Helix, model: Model, source: Path, stub: Path) -> None:
    windows = source.with_name("windows.py")
    windows.write_bytes(crlf(PROGRAM).encode())
    model.says = MORE_SAYS
    await editor.open(windows)
    await editor.append(MORE_TYPED)
    await editor.log.says("suggestion: offered")
    await editor.terminal.type("u")
    await editor.terminal.shows("result = first + second …")
    await editor.terminal.press("C-n", "Enter")
    assert await editor.saved() == crlf(WITH_MORE)

    stub.write_bytes(crlf(STUB).encode())
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip()
    await editor.open(stub)
    await implement(editor)
    assert await editor.saved() == crlf(IMPLEMENTED)


async def test_a_broken_action_changes_nothing_and_says_why(editor: Helix, model: Model, stub: Path) -> None:
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip().replace("* times", "* undefined_name_xyz")
    await editor.open(stub)
    await editor.terminal.type("ge a")
    await editor.terminal.shows("Implement scale")
    await editor.terminal.press("Enter")
    await editor.terminal.shows("Kireji: Implement scale:")
    assert await editor.saved() == STUB
    assert len(model.api.asked) == 3, "it is asked for again, with the findings"


def test_is_started_for_every_language_it_knows_beside_the_servers_that_helix_has(env: dict[str, str]) -> None:
    listed = [row["name"] for row in tomllib.loads(SETTINGS.read_text("utf-8"))["language"]]
    assert {languages.canonical(SENT.get(name, name)) for name in listed} == set(languages.LANGUAGES)

    own = {name: _servers(name, env) for name in listed}
    settings = Path(env["XDG_CONFIG_HOME"]) / "helix"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "languages.toml").write_text(SETTINGS.read_text("utf-8"), "utf-8")
    for name in listed:
        first, *others = _servers(name, env)
        assert first == "kireji"
        assert others[0] in own[name], f"{name}: Helix has {own[name]}"


def _servers(language: str, env: dict[str, str]) -> list[str]:
    """The servers that Helix would ask in a language, first first."""
    health = subprocess.run(
        (program("hx"), "--health", language), env=env, capture_output=True, text=True, encoding="utf-8", check=True
    )
    lines = health.stdout.partition("Configured language servers")[2].partition("Configured debug")[0].splitlines()[1:]
    # A mark, the server's name and a colon, in colours.
    return [line.split(":")[0].split()[-1].removesuffix("\x1b[m") for line in lines]
