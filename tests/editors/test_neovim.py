"""Ghost text in real Neovims, from the real server, with a stand-in playing the model: 0.12, which draws it itself, and 0.10,
where the plugin does. Each is set up as the README says. Installed by `setup.sh`."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import pytest

from kireji.base import languages
from support.editing import (
    BROKEN,
    IMPLEMENTED,
    MORE,
    MORE_SAYS,
    MORE_TYPED,
    POLL,
    PROGRAM,
    ROOT,
    STUB,
    WATCHDOG,
    WITH_MORE,
    Kireji,
    Model,
    crlf,
    ended,
)
from support.messages_play import Fault, FaultKind, Pace, Play
from support.neovim import Ghost, Neovim, neovim
from support.plan_model import ACCEPTED, FILES, GROSS, PLANNED, WISH, PlanModel
from support.proving import make

pytestmark = pytest.mark.editors

PLUGIN = ROOT / "editors/neovim"
SUM = "return first + second"
LOOP = "for number in (first, second):\n        print(number)\n    return first + second"

# Several files are planned for where something says that they belong together.
SHOP = FILES | {"pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'}
# What a place in a line is counted in.
CODECS = {"utf-8": "utf-8", "utf-16": "utf-16-le"}
UNITS = {"utf-8": 1, "utf-16": 2}

Start = Callable[..., AbstractAsyncContextManager[Neovim]]


@pytest.fixture(params=["nvim", "nvim10"])
def start(request: pytest.FixtureRequest, home: Path, env: dict[str, str]) -> Start:
    """Starts a Neovim set up as the README says, whose `kireji` is the one of this interpreter."""

    def starting(lines: str = "", **more: str) -> AbstractAsyncContextManager[Neovim]:
        return neovim(home, {**env, **more}, lines or as_documented(), request.param)

    return starting


@pytest.fixture
async def editor(start: Start) -> AsyncIterator[Neovim]:
    """One that runs."""
    async with start() as running:
        yield running


def as_documented() -> str:
    """The README's lines for `init.lua`; what a start does with a folder on the path is done by hand."""
    (block,) = re.findall(r"```lua\n(.*?)```", (PLUGIN / "README.md").read_text("utf-8"), re.DOTALL)
    lines = block.replace("/path/to/kireji/editors/neovim", str(PLUGIN))
    assert len(lines.splitlines()) <= 5
    return f"{lines}\nvim.cmd.runtime('plugin/kireji.lua')"


def feedback(env: dict[str, str]) -> list[str]:
    """What the server has counted."""
    store = next(Path(env["HOME"]).rglob("kireji.sqlite3"))
    with closing(sqlite3.connect(store)) as connection:
        return [row[0] for row in connection.execute("SELECT what FROM feedback ORDER BY at")]


async def test_shows_a_suggestion_and_tab_accepts_it(editor: Neovim, model: Model, source: Path) -> None:
    model.says = 'face = "🐍"; return first + second'
    await editor.open(source)
    encoding = await editor.lua("return vim.lsp.get_clients({ name = 'kireji' })[1].offset_encoding")
    assert encoding == ("utf-8" if await editor.lua("return vim.lsp.inline_completion ~= nil") else "utf-16")

    await editor.type("GA; return ")
    line = '    face = "🐍"; return '
    assert await editor.ghost() == Ghost(2, len(line.encode()), "first + second")

    await editor.type("<Tab>")
    await editor.until("return vim.api.nvim_get_current_line() == ...", f"{line}first + second")
    assert await editor.lines() == [*PROGRAM.splitlines()[:2], f"{line}first + second"]


async def test_takes_it_by_word_and_by_line_and_that_is_counted(
    editor: Neovim, model: Model, source: Path, env: dict[str, str]
) -> None:
    model.says = LOOP
    await editor.open(source)
    await editor.type("Gofor")
    assert await editor.ghost() == Ghost(3, len("    for"), LOOP.removeprefix("for"))
    asked = len(model.api.asked)

    await editor.type("<M-Right>")
    await editor.until("return vim.api.nvim_get_current_line() == ...", "    for number")
    assert await editor.ghost() == Ghost(3, len("    for number"), LOOP.removeprefix("for number"))

    await editor.type("<M-Down>")
    await editor.until("return vim.api.nvim_get_current_line() == ...", "    for number in (first, second):")
    assert (await editor.ghost()).text == LOOP.removeprefix("for number in (first, second):")

    await editor.type("<Tab>")
    await editor.until("return vim.api.nvim_get_current_line() == ...", "    return first + second")
    assert await editor.lines() == f"{PROGRAM}    {LOOP}\n".splitlines()
    async with asyncio.timeout(WATCHDOG):
        while feedback(env)[:3] != ["ACCEPTED_WORD", "ACCEPTED_LINE", "ACCEPTED"]:
            await asyncio.sleep(POLL)
    # Neovim asks what comes next, and so has the server: the model is asked once, and there is nothing.
    await editor.no_ghost()
    assert len(model.api.asked) == asked + 1, "what is left of a suggestion is not asked for again"


async def test_tab_is_left_to_the_completion_list_and_to_people(editor: Neovim, model: Model, source: Path) -> None:
    model.says = SUM
    await editor.open(source)
    await editor.lua("vim.opt.completeopt = 'menuone,noselect'; vim.bo.expandtab = false")
    await editor.type("Gofi<C-x><C-n>")
    await editor.until("return vim.fn.pumvisible() == 1")
    await editor.type("<Tab>")
    assert (await editor.lua("return vim.api.nvim_get_current_line()")).endswith("fi\t")

    await editor.type("<Esc>0C<Tab>")
    assert await editor.lua("return vim.api.nvim_get_current_line()") == "\t"


async def test_names_come_in_the_completion_list(editor: Neovim, model: Model, source: Path) -> None:
    await editor.open(source)
    await editor.lua(
        """
        vim.opt.completeopt = 'menuone,noselect'
        _G.lists = 0
        vim.api.nvim_create_autocmd('LspRequest', { callback = function(event)
          local request = event.data.request
          if request.method == 'textDocument/completion' and request.type == 'complete' then
            vim.schedule(function() lists = lists + 1 end)
          end
        end })
        """
    )
    await editor.type("Goreturn fi")
    # While the server starts a list may be empty, or lack what is analysed; a person asks again.
    words: list[str] = []
    async with asyncio.timeout(WATCHDOG):
        while "first" not in words:
            await editor.type("<C-e>" if words else "")
            before = await editor.lua("return lists")
            # A key behind it would end the list before it is there.
            await editor.feed("<C-x><C-o>")
            found = "vim.fn.complete_info({ 'items' }).items"
            await editor.until(f"return lists > ... and (vim.fn.pumvisible() == 1 or #{found} == 0)", before)
            words = await editor.lua(f"return vim.tbl_map(function(item) return item.word end, {found})")
    await editor.type("<C-n>" * (words.index("first") + 1) + "<C-y>")
    assert await editor.lua("return vim.api.nvim_get_current_line()") == "    return first"


async def test_never_shows_a_broken_answer_says_why_and_goes_on(editor: Neovim, model: Model, source: Path) -> None:
    model.says = BROKEN
    await editor.open(source)
    await editor.type("Goret")
    await editor.no_ghost()
    assert {asked.status for asked in model.api.asked} == {200}
    await editor.type("<Esc>:Kireji explain<CR>")
    explained = await editor.until(
        "return vim.bo.filetype == 'markdown' and vim.api.nvim_buf_get_lines(0, 0, -1, true)"
    )
    assert explained[0] == "# Not shown: a gate proved the answer wrong"
    assert any("`F821`" in line or "syntax" in line for line in explained), explained
    await editor.type("q")

    model.says = SUM
    await editor.type("Aurn ")
    assert await editor.ghost() == Ghost(3, len("    return "), "first + second")
    assert await editor.drawn() == ["first + second"]


async def test_an_answer_to_older_text_does_not_take_the_suggestion_away(
    start: Start, model: Model, source: Path
) -> None:
    # The older question ends when it is given up.
    async with start(KIREJI_REQUEST_MS="8000") as editor:
        model.says = Play("", fault=Fault(FaultKind.SILENCE))
        await editor.open(source)
        await editor.type("Goret")
        older = await model.question()

        model.says = SUM
        await editor.type("urn ")
        assert await editor.ghost() == Ghost(3, len("    return "), "first + second")
        async with asyncio.timeout(WATCHDOG):
            await older.closed.wait()
        assert await editor.ghost() == Ghost(3, len("    return "), "first + second")


WATCHED = """
held, taken_back = {}, {}
local server = require('kireji.server')
local request, cancel = server.request, server.cancel
server.request = function(client, method, params, done, ...)
  if method == 'textDocument/inlineCompletion' then
    held[#held + 1] = done
  end
  return request(client, method, params, done, ...)
end
server.cancel = function(client, id)
  taken_back[#taken_back + 1] = id
  return cancel(client, id)
end
"""


async def test_an_answer_that_was_on_its_way_when_it_was_taken_back_hides_no_newer_question(
    env: dict[str, str], home: Path, model: Model, source: Path
) -> None:
    # Of the two, the one that asks by itself.
    async with neovim(home, env, as_documented(), "nvim10") as editor:
        model.says = Play("", fault=Fault(FaultKind.SILENCE))
        await editor.open(source)
        await editor.lua(WATCHED)
        await editor.type("Goret")
        await model.question()
        asked = await editor.lua("return #held")
        await editor.type("u")
        await editor.until("return #held > ...", asked)
        await editor.lua("held[...](nil, { items = {} })", asked)
        await editor.type("<Esc>")
        await editor.until("return #taken_back == #held")


async def test_a_slow_model_never_blocks_typing_and_leaving_ends_its_question(
    editor: Neovim, model: Model, source: Path
) -> None:
    model.says, model.pace = SUM, Pace(first_token=600.0)
    await editor.open(source)
    await editor.type("Goret")
    slow = await model.question()
    words = " and again ".join(["urn first"] * 8)
    await editor.type(words)
    assert await editor.lua("return vim.api.nvim_get_current_line()") == f"    ret{words}"
    assert all(asked.sent == 0 for asked in model.api.asked), "no key has waited for an answer"
    last = await model.question(1)
    async with asyncio.timeout(WATCHDOG):
        await slow.closed.wait()
    await editor.type("<Esc>")
    async with asyncio.timeout(WATCHDOG):
        await last.closed.wait()
    assert await editor.lua("return ghost()") is None


async def test_a_suggestion_is_taken_away_and_comes_again_when_asked(
    editor: Neovim, model: Model, source: Path
) -> None:
    model.says = SUM
    await editor.open(source)
    await editor.type("Goreturn ")
    await editor.ghost()
    await editor.type("<C-]>")
    await editor.until("return ghost() == nil")
    assert (await editor.lines())[-1] == "    return "
    await editor.type("f")
    assert (await editor.ghost()).text == "irst + second"


async def test_pauses_and_resumes(editor: Neovim, model: Model, source: Path) -> None:
    model.says = SUM
    await editor.open(source)
    await editor.type(":Kireji pause<CR>")
    await editor.until("return require('kireji').statusline():find('paused')")
    await editor.type("Goret")
    await editor.no_ghost()
    assert model.api.asked == []
    await editor.type("<Esc>:Kireji resume<CR>")
    await editor.until("return require('kireji').statusline():find('ready')")
    await editor.type("Aurn ")
    assert (await editor.ghost()).text == "first + second"


async def implement(editor: Neovim) -> None:
    """Has the function at the end of the file implemented."""
    await editor.type("G")
    await editor.lua(
        "vim.lsp.buf.code_action({ apply = true, filter = function(a) return a.title:find('Implement') end })"
    )
    await editor.until("return vim.api.nvim_buf_line_count(0) > ...", len(STUB.splitlines()))
    assert await editor.lines() == IMPLEMENTED.splitlines()


async def test_a_code_action_is_applied_and_undone_in_one_step(editor: Neovim, model: Model, stub: Path) -> None:
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip()
    await editor.open(stub)
    await implement(editor)
    await editor.type("u")
    assert await editor.lines() == STUB.splitlines()


async def test_lines_are_edited_as_a_person_says(editor: Neovim, model: Model, source: Path) -> None:
    model.says = '<old>\n    face = "🐍"\n</old>\n<new>\n    face = "🐢"\n</new>'
    await editor.open(source)
    await editor.type(":3Kireji edit a tortoise instead<CR>")
    await editor.until("return vim.api.nvim_buf_get_lines(0, 2, 3, true)[1] == ...", '    face = "🐢"')
    assert "a tortoise instead" in model.api.asked[0].question
    await editor.type("u")
    assert await editor.lines() == PROGRAM.splitlines()


# A prompt that waits beside everything else, as plugins draw it; and what is sent then.
ASIDE = """
vim.ui.input = function(_, done) said = done end
require('kireji.server').command = function(_, arguments) sent = arguments[1] end
"""


@pytest.mark.parametrize("wish", ["edit", "plan"])
async def test_what_a_person_says_is_about_the_place_where_they_were_asked(
    editor: Neovim, source: Path, stub: Path, wish: str
) -> None:
    await editor.open(source)
    await editor.lua(ASIDE)
    await editor.type(f"gg:Kireji {wish}<CR>")
    await editor.until("return said ~= nil")
    await editor.lua("vim.cmd.edit((...)); vim.cmd.normal('G')", str(stub))
    await editor.lua("said('do as I say')")
    sent = await editor.lua("return sent")
    assert (sent["uri"], sent["instruction"]) == (source.as_uri(), "do as I say")
    if wish == "edit":
        assert sent["range"]["start"] == {"line": 0, "character": 0}


async def test_several_files_are_changed_as_planned_once_a_person_agrees(
    editor: Neovim, model: Model, source: Path
) -> None:
    root, model.says = make(source.parent, SHOP), PlanModel()
    await editor.open(root / "shop/prices.py")
    await editor.type(f":Kireji plan {WISH}<CR>")
    shown = await editor.until("return vim.bo.filetype == 'markdown' and vim.api.nvim_buf_get_lines(0, 0, -1, true)")
    assert shown[0] == f"# {PLANNED['summary']}"
    assert {"1. **A gross price**", "   - `shop/prices.py`", "   - `tests/test_bill.py` (new)"} <= set(shown)
    assert re.search(r"about \$0\.\d+, at most \$\d\.\d\d", "\n".join(shown))
    assert len(model.api.asked) == 1, "nothing is done yet"

    # What could not be proved is asked about; here, tests run for nobody.
    await editor.lua("answer_prompt('1<CR>')")
    await editor.type("<CR>")
    await editor.told("the change is made")
    assert "\n".join(await editor.lines()) == ACCEPTED["message"]
    await editor.type("q")
    assert GROSS in "\n".join([*await editor.lines(), ""])
    await editor.type("u")
    assert "\n".join([*await editor.lines(), ""]) == FILES["shop/prices.py"]
    await editor.type("<C-r>:wall<CR>")
    assert "gross(p, rate)" in (root / "shop/bill.py").read_text("utf-8")
    assert "def test_total" in (root / "tests/test_bill.py").read_text("utf-8")


async def test_a_plan_that_is_not_agreed_to_changes_nothing(editor: Neovim, model: Model, source: Path) -> None:
    root, model.says = make(source.parent, SHOP), PlanModel()
    await editor.open(root / "shop/prices.py")
    await editor.type(f":Kireji plan {WISH}<CR>")
    await editor.until("return vim.bo.filetype == 'markdown'")
    await editor.type("q")
    assert await editor.lines() == FILES["shop/prices.py"].splitlines()
    assert len(model.api.asked) == 1


async def test_a_refused_plan_says_why(editor: Neovim, model: Model, source: Path) -> None:
    root, model.says = make(source.parent, SHOP), PlanModel(PLANNED | {"decline": "There is no such tax."})
    await editor.open(root / "shop/prices.py")
    await editor.type(f":Kireji plan {WISH}<CR>")
    assert "There is no such tax." in await editor.told("no plan: ")


async def test_what_would_be_sent_can_be_read(editor: Neovim, model: Model, source: Path) -> None:
    await editor.open(source)
    await editor.type("G:Kireji prompt<CR>")
    shown = await editor.until("return vim.bo.filetype == 'markdown' and vim.api.nvim_buf_get_lines(0, 0, -1, true)")
    assert any('"""Sums. 🦊"""' in line for line in shown), shown
    assert model.api.asked == []


async def test_a_question_says_what_other_tools_and_tests_have_found(
    editor: Neovim, model: Model, source: Path
) -> None:
    model.says = SUM
    await editor.open(source)
    await editor.lua(
        """
        _G.said = {}
        vim.api.nvim_create_autocmd('LspNotify', { callback = function(event)
          said[event.data.method] = vim.deepcopy(event.data.params)
        end })
        local where = { lnum = 2, col = #'    face = "🐍', end_col = #'    face = "🐍"' }
        vim.diagnostic.set(vim.api.nvim_create_namespace('zoo'), 0, {
          vim.tbl_extend('error', where, { message = 'no such animal', severity = vim.diagnostic.severity.WARN, source = 'zoo' }),
          vim.tbl_extend('error', where, { message = 'only a hint', severity = vim.diagnostic.severity.HINT }),
        })
        require('kireji').test_failed('sums.py:1: assert add(1, 2) == 4', 'test_add')
        """
    )
    (problem,) = (await editor.until("return said['kireji/problems']"))["diagnostics"]
    encoding = await editor.lua("return vim.lsp.get_clients({ name = 'kireji' })[1].offset_encoding")
    end = len('    face = "🐍"'.encode(CODECS[encoding])) // UNITS[encoding]
    assert problem["range"]["end"] == {"line": 2, "character": end}

    await editor.type("Goret")
    await editor.ghost()
    question = model.api.asked[0].question
    assert "no such animal" in question and "only a hint" not in question
    assert "assert add(1, 2) == 4" in question and "test_add" in question

    await editor.lua("vim.diagnostic.reset(); require('kireji').test_failed('')")
    await editor.until("return #said['kireji/problems'].diagnostics == 0 and said['kireji/testFailed'].output == ''")
    model.says = "print(first)"
    await editor.type("<Esc>ccpri")
    await editor.ghost()
    question = model.api.asked[-1].question
    assert "no such animal" not in question and "assert add" not in question


async def test_lives_through_close_and_reopen(editor: Neovim, command: Kireji, model: Model, source: Path) -> None:
    model.says = SUM
    await editor.open(source)
    server = command.server()
    await editor.type(":bdelete<CR>")
    assert await editor.lua("return vim.lsp.get_clients({ bufnr = 0 })[1]") is None
    await editor.open(source)
    await editor.type("Goret")
    assert (await editor.ghost()).text == SUM.removeprefix("ret")
    await editor.type("<Tab>")
    await editor.until("return vim.api.nvim_get_current_line() == ...", f"    {SUM}")
    assert command.server() == server


async def test_ends_with_an_editor_that_is_killed(editor: Neovim, command: Kireji, source: Path) -> None:
    await editor.open(source)
    server = command.server()
    await editor.kill()
    await ended(server)


async def test_lines_that_end_in_crlf_stay_so(editor: Neovim, model: Model, source: Path, stub: Path) -> None:
    source.write_bytes(crlf(PROGRAM).encode())
    model.says = MORE_SAYS
    await editor.open(source)
    await editor.type(f"GA{MORE_TYPED}")
    assert (await editor.ghost()).text == MORE.removeprefix(MORE_TYPED.removeprefix("; "))
    await editor.type("<Tab>")
    await editor.until("return vim.api.nvim_get_current_line() == '    return result'")
    await editor.type("<Esc>:write<CR>")
    assert source.read_bytes().decode() == crlf(WITH_MORE)

    stub.write_bytes(crlf(STUB).encode())
    model.says = IMPLEMENTED.removeprefix(PROGRAM).strip()
    await editor.open(stub)
    await implement(editor)
    await editor.type(":write<CR>")
    assert stub.read_bytes().decode() == crlf(IMPLEMENTED)


async def test_a_reached_cap_is_said_once(start: Start, model: Model, source: Path) -> None:
    async with start(KIREJI_DAILY_CAP_USD="0") as editor:
        await editor.open(source)
        await editor.type("Goret")
        assert "money.daily_cap_usd" in await editor.told("the daily cap of $0.00 is reached")
        await editor.type("urn")
        await editor.no_ghost()
        assert len(await editor.messages()) == 1
        assert model.api.asked == []


async def test_a_wrong_key_is_said_once(start: Start, model: Model, source: Path) -> None:
    async with start(ANTHROPIC_API_KEY="another-key") as editor:
        await editor.open(source)
        await editor.type("Goret")
        assert "`kireji key set`" in await editor.told("refused the key")
        await editor.type("urn")
        await editor.no_ghost()
        assert len(await editor.messages()) == 1


async def test_a_missing_key_is_said_once_in_a_lifetime(start: Start, model: Model, source: Path) -> None:
    for times in (1, 0):
        async with start(ANTHROPIC_API_KEY="") as editor:
            await editor.open(source)
            await editor.until("return require('kireji').statusline():find('ready')")
            assert sum("kireji key set" in message for message in await editor.messages()) == times
    assert model.api.asked == []


async def restart(editor: Neovim, command: Kireji, buffers: int) -> None:
    """Has the server started anew, and waits until another one is ready and serves so many buffers."""
    process = command.server()
    former = await editor.lua("return vim.lsp.get_clients({ name = 'kireji' })[1].id")
    await editor.type(":Kireji restart<CR>")
    await ended(process)
    # The editor hears a moment later that it has ended: until then all looks as it did before.
    await editor.until(
        """
        local former, buffers = ...
        local all = vim.lsp.get_clients({ name = 'kireji' })
        return #all == 1 and all[1].id ~= former and vim.tbl_count(all[1].attached_buffers) == buffers
          and require('kireji').statusline():find('ready')
        """,
        *(former, buffers),
    )
    assert command.server() != process


async def test_a_new_server_takes_over_when_asked(editor: Neovim, command: Kireji, model: Model, source: Path) -> None:
    model.says = SUM
    await editor.open(source)
    await restart(editor, command, 1)
    await editor.type("Goret")
    assert (await editor.ghost()).text == SUM.removeprefix("ret")


async def test_a_new_server_takes_over_all_that_is_open(
    editor: Neovim, command: Kireji, model: Model, source: Path, stub: Path
) -> None:
    await editor.open(stub)
    await editor.open(source)
    await restart(editor, command, 2)
    assert await editor.messages() == []
    assert await editor.lua("return vim.v.errmsg") == ""


async def crash(editor: Neovim, command: Kireji) -> None:
    """Kills the server, and waits until the editor has seen that it is gone."""
    server = command.server()
    os.kill(server, signal.SIGKILL)
    await ended(server)
    await editor.until("return #vim.lsp.get_clients({ name = 'kireji' }) == 0")


async def test_a_server_that_has_crashed_is_started_anew_when_asked(
    editor: Neovim, command: Kireji, model: Model, source: Path
) -> None:
    model.says = SUM
    await editor.open(source)
    await crash(editor, command)
    await editor.type(":Kireji restart<CR>")
    await editor.until("return require('kireji').statusline():find('ready')")
    await editor.type("Goret")
    assert (await editor.ghost()).text == SUM.removeprefix("ret")


TELLS = """
vim.api.nvim_create_autocmd('User', {
  pattern = 'KirejiStatus',
  callback = function() is_ready = require('kireji.status').now.state == 'ready' end,
})
"""


async def test_the_end_of_one_server_hides_no_other(
    editor: Neovim, command: Kireji, source: Path, tmp_path: Path
) -> None:
    root = make(tmp_path / "shop", SHOP)
    await editor.lua(TELLS)
    await editor.open(root / "shop/prices.py")
    await editor.until("return is_ready")
    first = command.server()
    await editor.lua("is_ready = false")
    await editor.open(source)
    await editor.until("return is_ready")
    os.kill(first, signal.SIGKILL)
    await editor.until("return #vim.lsp.get_clients({ name = 'kireji' }) == 1")
    await editor.until("return require('kireji').statusline():find('ready')")


async def test_what_a_server_said_last_is_not_taken_for_news_after_its_end(
    editor: Neovim, command: Kireji, source: Path
) -> None:
    await editor.open(source)
    await editor.until("return require('kireji').statusline():find('ready')")
    await editor.lua("gone = vim.lsp.get_clients({ name = 'kireji' })[1]; said = require('kireji.status').now")
    await crash(editor, command)
    await editor.lua("gone.handlers['kireji/status'](nil, said, { client_id = gone.id })")
    assert await editor.lua("return require('kireji').statusline()") == ""


async def test_who_agrees_to_the_plan_of_a_server_that_is_gone_is_told_so(
    editor: Neovim, command: Kireji, model: Model, source: Path
) -> None:
    root, model.says = make(source.parent, SHOP), PlanModel()
    await editor.open(root / "shop/prices.py")
    await editor.type(f":Kireji plan {WISH}<CR>")
    await editor.until("return vim.bo.filetype == 'markdown'")
    await crash(editor, command)
    await editor.type("<CR>")
    await editor.told("the server that this was asked of has ended")


async def test_settings_of_taste_have_an_effect(start: Start, model: Model, source: Path) -> None:
    quiet = "require('kireji').setup({ settings = { completion = { automatic = false } } })"
    async with start(lines=as_documented().replace("require('kireji').setup()", quiet)) as editor:
        await editor.open(source)
        await editor.type("Goret")
        await editor.no_ghost()
        assert model.api.asked == []


async def test_a_missing_server_is_said_once_with_what_to_do(start: Start, source: Path, tmp_path: Path) -> None:
    async with start(PATH="/usr/bin:/bin") as editor:
        await editor.lua("vim.cmd.edit((...))", str(source))
        told = await editor.told("there is no program 'kireji'")
        assert "pipx install kireji" in told and ":checkhealth kireji" in told
        await editor.lua("vim.cmd.edit((...))", str(tmp_path / "other.py"))
        assert len(await editor.messages()) == 1
        await editor.lua("vim.cmd.checkhealth('kireji')")
        assert any("there is no program 'kireji'" in line for line in await editor.lines())


async def test_the_health_check_finds_all_well(editor: Neovim, source: Path) -> None:
    await editor.open(source)
    await editor.until("return require('kireji').statusline():find('ready')")
    await editor.lua("vim.cmd.checkhealth('kireji')")
    page = "\n".join(await editor.lines())
    assert "kireji, version" in page and "claude-haiku" in page and "ERROR" not in page, page


async def test_commands_are_completed_as_far_as_the_server_knows_them(editor: Neovim, source: Path) -> None:
    await editor.open(source)
    assert await editor.lua("return vim.fn.getcompletion('Kireji ', 'cmdline')") == [
        *("accept", "dismiss", "edit", "explain", "health", "pause", "plan", "prompt", "restart", "resume", "snooze"),
        "status",
    ]
    await editor.type(":Kireji nonsense<CR>")
    assert "there is no :Kireji nonsense" in await editor.told("nonsense")


async def test_is_started_for_every_language_it_knows(editor: Neovim) -> None:
    types: list[str] = await editor.lua(
        "return dofile(vim.api.nvim_get_runtime_file('lsp/kireji.lua', false)[1]).filetypes"
    )
    assert {languages.canonical(name) for name in types} == set(languages.LANGUAGES)
