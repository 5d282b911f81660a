"""Drives a real Vim with ALE from a test: keys into its terminal, and what it shows and saves. Knows nothing of the server."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from support.editing import WATCHDOG, program
from support.log_file import LogFile
from support.terminal import Terminal, terminal

# What a test needs beside a person's lines: no swap file, a mode that can be read off the last line, Vim's own log of what it
# says to its children and hears from them.
_AROUND = """\
call ch_logfile('{log}', 'w')
set nocompatible noswapfile nobackup showmode hidden encoding=utf-8
filetype plugin on
let &runtimepath = '{ale},' . &runtimepath
let g:ale_disable_lsp = 0
runtime plugin/ale.vim
"""
# How often the key is pressed that leads to normal mode.
_ESCAPES = 18


class Vim:
    """One running Vim with one file open. Its log holds all messages of the protocol."""

    def __init__(self, running: Terminal, path: Path, log: LogFile) -> None:
        self.terminal = running
        self.log = log
        self._path = path

    async def normal(self) -> None:
        """Goes to normal mode, closing whatever is open on the way.

        Where a job of ALE's ends at that moment, Vim may keep the key as the beginning of another, until the next one comes.
        """
        for _ in range(_ESCAPES):
            await self.terminal.press("Escape")
            try:
                await self.terminal.until(_is_normal, "Vim is in normal mode", seconds=WATCHDOG / _ESCAPES)
                return
            except AssertionError:
                continue
        raise AssertionError(f"Vim is not in normal mode\n{await self.terminal.evidence()}")

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
        # What was said before has gone.
        await self.terminal.shows(f":{command}"[:60])
        await self.terminal.press("Enter")

    async def open(self, path: Path) -> None:
        """Opens another file, and waits until its language server has been told of it."""
        before = self.log.end()
        await self.command(f"edit {path}")
        self._path = path
        await self.log.says(f'"textDocument/didOpen"[^\\n]*{re.escape(path.name)}', after=before)

    async def close(self) -> None:
        """Closes the file, and waits until its language server has been told."""
        before = self.log.end()
        await self.command("bdelete")
        await self.log.says('"textDocument/didClose"', after=before)

    async def saved(self) -> str:
        """Saves the file and returns what is in it."""
        await self.command("write!")
        await self.terminal.until(lambda screen: re.search(r"\d+B written", screen) is not None, "Vim has saved")
        return self._path.read_bytes().decode("utf-8")


def _is_normal(screen: str) -> bool:
    return "-- INSERT --" not in screen


def ale() -> str:
    """Where ALE lies. AssertionError when it has not been set up."""
    return subprocess.run((program("ale"),), capture_output=True, text=True, check=True).stdout.strip()


@contextlib.asynccontextmanager
async def vim(home: Path, env: Mapping[str, str], lines: str, path: Path) -> AsyncIterator[Vim]:
    """A Vim with ALE and `path` open, whose vimrc has a person's `lines` and what a test needs."""
    vimrc, log = home / "vimrc", home / "vim.log"
    vimrc.write_text(_AROUND.format(ale=ale(), log=log) + lines, "utf-8")
    command = (str(program("vim")), "-N", "-u", str(vimrc), str(path))
    async with terminal(home, {**env, "TERM": "screen-256color"}, command, (log,)) as running:
        editor = Vim(running, path, LogFile(log))
        await running.shows(path.read_text("utf-8").splitlines()[0])
        await editor.log.says('"textDocument/didOpen"')
        yield editor
