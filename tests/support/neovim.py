"""Drives a real Neovim from a test: runs Lua in it, types keys, waits for what it shows. Knows nothing of the server.

Questions and answers are lines of JSON on Neovim's own stdin and stdout (`tests/editors/driver.lua` is the other end),
so that no client library is needed. Nothing waits for time: every wait is for a condition, under one watchdog.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.editing import ROOT, WATCHDOG, program

Json = Any
DRIVER = ROOT / "tests/editors/driver.lua"


@dataclass(frozen=True, slots=True)
class Ghost:
    """A suggestion as it is drawn. `line` and `column` are 0-based, `column` in bytes."""

    line: int
    column: int
    text: str


class Neovim:
    """One running Neovim. Questions are asked one at a time."""

    def __init__(self, process: Process, logs: Sequence[Path]) -> None:
        assert process.stdout is not None
        assert process.stdin is not None
        self._process = process
        self._reader = process.stdout
        self._writer = process.stdin
        self._logs = logs
        self._asked = 0

    async def lua(self, code: str, *args: Json) -> Json:
        """Runs a Lua chunk (`...` are the arguments) and returns its value. AssertionError when it fails."""
        return await self._ask(code, args, wait=False)

    async def until(self, code: str, *args: Json) -> Json:
        """Waits until a Lua chunk returns something true, and returns that. AssertionError at the watchdog."""
        return await self._ask(code, args, wait=True)

    async def type(self, keys: str) -> None:
        """Types keys as a person would (`<Esc>` and the like are keys) and waits until they have done their work."""
        before = await self.lua("return typed")
        taken = await self.lua("return vim.api.nvim_input(... .. '<F36>')", keys)
        assert taken == len(keys.encode()) + len("<F36>"), f"Neovim took {taken} bytes of {keys!r}"
        await self.until("return typed > ...", before)

    async def open(self, path: Path) -> None:
        """Opens a file and waits until its language server has been greeted and told of it."""
        await self.lua("vim.cmd.edit((...))", str(path))
        await self.until(
            "local client = vim.lsp.get_clients({ bufnr = 0 })[1]; return client and client.initialized == true"
        )

    async def lines(self) -> list[str]:
        """The buffer's lines."""
        lines: list[str] = await self.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, true)")
        return lines

    async def ghost(self) -> Ghost:
        """Waits until a suggestion is drawn for the text as it is now, not one left over from before."""
        return Ghost(*await self.until("return settled() and ghost()"))

    async def no_ghost(self) -> None:
        """Waits until the text as it is now has had its answer, and asserts that nothing is drawn for it."""
        await self.until("return settled()")
        shown = await self.lua("return ghost()")
        assert shown is None, f"drawn: {shown}"

    async def drawn(self) -> list[str]:
        """Every suggestion that was ever drawn in this session."""
        texts: list[str] = await self.lua("return drawn") or []
        return texts

    async def messages(self) -> list[str]:
        """Every message that a person was shown."""
        texts: list[str] = await self.lua("return messages") or []
        return texts

    async def told(self, words: str) -> str:
        """Waits until a message with these words is shown."""
        found: str = await self.until(
            "local w = ...; return vim.iter(messages):find(function(m) return m:find(w, 1, true) end)", words
        )
        return found

    async def kill(self) -> None:
        """Kills it, so that it can say no goodbye to what it has started."""
        self._process.kill()
        await self._process.wait()

    async def feed(self, keys: str) -> None:
        """Types keys and does not wait for what they do."""
        await self.lua("vim.api.nvim_input((...))", keys)

    async def _ask(self, code: str, args: Sequence[Json], *, wait: bool) -> Json:
        self._asked += 1
        question = {"id": self._asked, "code": code, "args": list(args), "wait": wait}
        self._writer.write(json.dumps(question).encode() + b"\n")
        try:
            async with asyncio.timeout(WATCHDOG):
                line = await self._reader.readline()
        except TimeoutError:
            raise AssertionError(f"still not true after {WATCHDOG:.0f} s: {code}\n{self._tails()}") from None
        assert line, f"Neovim ended during: {code}\n{self._tails()}"
        answer = json.loads(line)
        assert answer["id"] == self._asked, f"Neovim answered {answer} to question {self._asked}"
        assert "error" not in answer, f"{answer['error']}\nin: {code}"
        return answer.get("value")

    def _tails(self) -> str:
        """The ends of the logs, for a failed test's message."""
        found = [path for path in self._logs if path.exists()]
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-2000:]}" for path in found)


@contextlib.asynccontextmanager
async def neovim(home: Path, env: Mapping[str, str], init: str, name: str = "nvim") -> AsyncIterator[Neovim]:
    """A Neovim that runs `init` (Lua) at its start and no other settings. Ended at the end, and killed if it stays.

    `env` is its whole environment, and its server's; HOME and XDG_STATE_HOME in it keep it away from a person's files.
    """
    stderr = _prepare(home)
    with stderr.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(str(program(name)), "--headless", "--clean", "-n", "-c", f"luafile {DRIVER}"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env={**env, "XDG_RUNTIME_DIR": str(home)},
            cwd=home,
        )
    assert process.stdin is not None
    editor = Neovim(process, (stderr, Path(env["XDG_STATE_HOME"]) / "nvim/lsp.log"))
    try:
        await editor.lua(init)
        yield editor
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(WATCHDOG):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _prepare(home: Path) -> Path:
    """Makes the folder; returns where Neovim's own complaints go."""
    home.mkdir(parents=True, exist_ok=True)
    return home / "stderr"
