"""Drives a real Helix from a test: keys into its terminal, and what it shows and saves. Knows nothing of the server."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from support.editing import program
from support.log_file import LogFile
from support.terminal import Terminal, terminal


class Helix:
    """One running Helix with one file open. Modes are read off its status line: a key too soon would mean another.

    Its log holds all messages of the protocol.
    """

    def __init__(self, running: Terminal, path: Path, log: LogFile) -> None:
        self.terminal = running
        self.log = log
        self._path = path

    async def normal(self) -> None:
        """Goes to normal mode, closing whatever is open on the way."""
        if not _in_mode("NOR", await self.terminal.screen()):
            await self.terminal.press("Escape")
        await self.terminal.until(lambda screen: _in_mode("NOR", screen), "Helix is in normal mode")

    async def append(self, text: str) -> None:
        """Types `text` at the end of the file's last line and stays in insert mode."""
        await self.normal()
        await self.terminal.type("geA")
        await self.terminal.until(lambda screen: _in_mode("INS", screen), "Helix is in insert mode")
        await self.terminal.type(text)

    async def open(self, path: Path) -> None:
        """Opens another file, and waits until its language server has been told of it."""
        before = self.log.end()
        await self.command(f"open {path}")
        self._path = path
        await self.log.says(f'"textDocument/didOpen"[^\\n]*{re.escape(path.name)}', after=before)

    async def close(self) -> None:
        """Closes the file, and waits until its language server has been told."""
        before = self.log.end()
        await self.command("buffer-close")
        await self.log.says('"textDocument/didClose"', after=before)

    async def command(self, command: str) -> None:
        """Runs one typed command, without its colon."""
        await self.normal()
        await self.terminal.type(f":{command}")
        # What was said before has gone.
        await self.terminal.shows(f":{command}"[:60])
        await self.terminal.press("Enter")

    async def saved(self) -> str:
        """Saves the file and returns what is in it."""
        await self.command("write!")
        await self.terminal.shows("' written, ")
        return self._path.read_bytes().decode("utf-8")


@contextlib.asynccontextmanager
async def helix(home: Path, env: Mapping[str, str], languages: str, path: Path) -> AsyncIterator[Helix]:
    """A Helix with `path` open and `languages` as the person's `languages.toml`, and no other settings."""
    settings = Path(env["XDG_CONFIG_HOME"]) / "helix"
    settings.mkdir(parents=True)
    (settings / "languages.toml").write_text(languages, "utf-8")
    log = home / "helix.log"
    async with terminal(home, env, (str(program("hx")), "-vv", "--log", str(log), str(path)), (log,)) as running:
        editor = Helix(running, path, LogFile(log))
        await running.until(lambda screen: _in_mode("NOR", screen), "Helix has started")
        yield editor


def _in_mode(mode: str, screen: str) -> bool:
    return re.search(rf"^ {mode} ", screen, re.MULTILINE) is not None
