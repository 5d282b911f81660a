"""Drives a real Helix from a test: keys into its terminal, and what it shows and saves. Knows nothing of the server."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from support.editing import POLL, WATCHDOG, program
from support.terminal import Terminal, terminal


class Helix:
    """One running Helix with one file open. Modes are read off its status line: a key too soon would mean another."""

    def __init__(self, running: Terminal, path: Path, log: Path) -> None:
        self.terminal = running
        self._path = path
        self._log = log

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
        await self.command(f"open {path}")
        self._path = path
        await self.said(f'"textDocument/didOpen"[^\\n]*{re.escape(path.name)}')

    async def command(self, command: str) -> None:
        """Runs one typed command, without its colon."""
        await self.normal()
        await self.terminal.type(f":{command}")
        await self.terminal.press("Enter")

    async def saved(self) -> str:
        """Saves the file and returns what is in it."""
        await self.command("write!")
        await self.terminal.until(lambda screen: "[+]" not in screen and ":write!" not in screen, "Helix has saved")
        return self._path.read_text("utf-8")

    def never_said(self, text: str) -> None:
        """Asserts that its log has nothing of `text` so far."""
        assert text not in self._log.read_text("utf-8")

    async def said(self, pattern: str) -> re.Match[str]:
        """Waits until its log, which holds all messages of the protocol, has `pattern`. AssertionError at the watchdog."""
        try:
            async with asyncio.timeout(WATCHDOG):
                while not (found := re.search(pattern, self._log.read_text("utf-8") if self._log.exists() else "")):
                    await asyncio.sleep(POLL)
                return found
        except TimeoutError:
            raise AssertionError(f"not in the log: {pattern}\n{await self.terminal.evidence()}") from None


@contextlib.asynccontextmanager
async def helix(home: Path, env: Mapping[str, str], languages: str, path: Path) -> AsyncIterator[Helix]:
    """A Helix with `path` open and `languages` as the person's `languages.toml`, and no other settings."""
    settings = Path(env["XDG_CONFIG_HOME"]) / "helix"
    settings.mkdir(parents=True)
    (settings / "languages.toml").write_text(languages, "utf-8")
    log = home / "helix.log"
    async with terminal(home, env, (str(program("hx")), "-vv", "--log", str(log), str(path)), (log,)) as running:
        editor = Helix(running, path, log)
        await running.until(lambda screen: _in_mode("NOR", screen), "Helix has started")
        yield editor


def _in_mode(mode: str, screen: str) -> bool:
    return re.search(rf"^ {mode} ", screen, re.MULTILINE) is not None
