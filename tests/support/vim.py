"""Drives a real Vim with ALE from a test: keys into its terminal, and what it shows and saves. Knows nothing of the server."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from support.editing import program
from support.terminal import Terminal, terminal

# What a test needs beside a person's lines: no swap file, a mode that can be read off the last line, and ALE's own log.
_AROUND = """\
set nocompatible noswapfile nobackup showmode hidden encoding=utf-8
filetype plugin on
let &runtimepath = '{ale},' . &runtimepath
let g:ale_disable_lsp = 0
runtime plugin/ale.vim
"""


class Vim:
    """One running Vim with one file open."""

    def __init__(self, running: Terminal, path: Path) -> None:
        self.terminal = running
        self._path = path

    async def normal(self) -> None:
        """Goes to normal mode, closing whatever is open on the way."""
        await self.terminal.press("Escape")
        await self.terminal.until(lambda screen: "-- INSERT --" not in screen, "Vim is in normal mode")

    async def append(self, text: str) -> None:
        """Types `text` at the end of the file's last line and stays in insert mode."""
        await self.normal()
        await self.terminal.type("GA")
        await self.terminal.shows("-- INSERT --")
        await self.terminal.type(text)

    async def command(self, command: str) -> None:
        """Runs one typed command, without its colon."""
        await self.normal()
        await self.terminal.type(f":{command}")
        await self.terminal.press("Enter")

    async def saved(self) -> str:
        """Saves the file and returns what is in it."""
        await self.command("write!")
        await self.terminal.until(lambda screen: re.search(r"\d+B written", screen) is not None, "Vim has saved")
        return self._path.read_bytes().decode("utf-8")


def ale() -> str:
    """Where ALE lies. AssertionError when it has not been set up."""
    return subprocess.run((program("ale"),), capture_output=True, text=True, check=True).stdout.strip()


@contextlib.asynccontextmanager
async def vim(home: Path, env: Mapping[str, str], lines: str, path: Path) -> AsyncIterator[Vim]:
    """A Vim with ALE and `path` open, whose vimrc has a person's `lines` and what a test needs."""
    vimrc = home / "vimrc"
    vimrc.write_text(_AROUND.format(ale=ale()) + lines, "utf-8")
    command = (str(program("vim")), "-N", "-u", str(vimrc), str(path))
    async with terminal(home, {**env, "TERM": "screen-256color"}, command) as running:
        editor = Vim(running, path)
        await running.shows(path.read_text("utf-8").splitlines()[0])
        yield editor
        # A Vim that is killed leaves its servers to themselves; a person says goodbye.
        await editor.command("qall!")
        await running.ends()
