"""Drives a real Kate from a test: keys into its window, what it saves, and what it and the server have said to each other."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from support import recorder
from support.desktop import Desktop, desktop
from support.editing import program

# In the colours that Kate has from itself: what is chosen in a list, the edge of a menu, and what is chosen in that.
_CHOSEN = (194, 224, 245)
_MENU_EDGE, _CHOSEN_IN_MENU = (149, 150, 151), (61, 174, 233)
_LOOKS = "textDocument/documentHighlight"


class Kate:
    """One running Kate."""

    def __init__(self, shown: Desktop, log: Path) -> None:
        self.desktop = shown
        self.killed = False
        self._log = log

    async def append(self, text: str) -> None:
        """Types `text` at the end of the last line that has any; the file ends with a line break."""
        await self.desktop.press("ctrl+End", "BackSpace")
        await self.desktop.type(text)

    async def command(self, command: str) -> None:
        """Finds a command of Kate's by its name and runs it."""
        await self.desktop.press("ctrl+alt+i")
        await self.desktop.type(f"{command}\n")

    async def shows_list(self) -> None:
        """Waits until a list is open, by the colour of the entry that is chosen. AssertionError at the watchdog."""
        await self.desktop.until_seen(_CHOSEN, lambda pixels: pixels > 1_000)

    async def hides_list(self) -> None:
        """Waits until none is open. AssertionError at the watchdog."""
        await self.desktop.until_seen(_CHOSEN, lambda pixels: pixels == 0)

    async def chooses_first(self) -> None:
        """Waits until a menu is open, and chooses its first entry. A key too soon would go into the text."""
        await self.desktop.until_seen(_MENU_EDGE, lambda pixels: pixels > 200)
        await self.desktop.press("Down")
        await self.desktop.until_seen(_CHOSEN_IN_MENU, lambda pixels: pixels > 1_000)
        await self.desktop.press("Return")

    async def types_on(self, text: str, label: str) -> None:
        """Types on where a list was asked for, and waits until Kate has the entry of that label.

        Kate 25 looks at the word at the cursor once all that came before is done; Kate 26 asks for more about what is chosen.
        """
        line, character = _place(self.said(method="textDocument/completion")[-1])
        await self.desktop.type(text)
        there = (line, character + len(text))

        def has() -> bool:
            resolved = (said["params"]["label"] for said in self.said(method="completionItem/resolve"))
            return there in map(_place, self.said(method=_LOOKS)) or any(name.startswith(label) for name in resolved)

        await self.desktop.until(has, f"Kate has {label}")

    async def saved(self, path: Path, text: str) -> None:
        """Saves, and waits until `text` is in the file. AssertionError at the watchdog."""
        await self.desktop.press("ctrl+s")
        await self.desktop.until(lambda: path.read_bytes() == text.encode(), f"{path.name} holds {text!r}")

    def kill(self) -> None:
        """Ends it without a word."""
        self.killed = True
        os.kill(self.said(method="initialize")[0]["params"]["processId"], signal.SIGKILL)

    def said(self, **fields: object) -> list[dict[str, Any]]:
        """The messages of the protocol so far that have these members."""
        lines = self._log.read_text("utf-8").splitlines() if self._log.exists() else []
        return [said for line in lines if fields.items() <= (said := json.loads(line)).items()]

    async def says(self, method: str, times: int = 1) -> dict[str, Any]:
        """Waits until a method has been said so often; returns the last. AssertionError at the watchdog."""
        await self.desktop.until(lambda: len(self.said(method=method)) >= times, f"{method}, {times} times")
        return self.said(method=method)[times - 1]

    async def answered(self, method: str) -> Any:
        """Waits until a method has been answered; returns the first answer. AssertionError at the watchdog."""
        await self.desktop.until(lambda: bool(self.answers(method)), f"an answer to {method}")
        return self.answers(method)[0]

    def answers(self, method: str) -> list[Any]:
        """What has been answered to a method so far, by whichever side."""
        asked = {said["id"] for said in self.said(method=method)}
        return [said["result"] for said in self.said() if said.get("id") in asked and "result" in said]


def _place(said: dict[str, Any]) -> tuple[int, int]:
    position = said["params"]["position"]
    return position["line"], position["character"]


@contextlib.asynccontextmanager
async def kate(
    home: Path, env: Mapping[str, str], settings: str, *paths: Path, options: str = ""
) -> AsyncIterator[Kate]:
    """A Kate with files open, `settings` as the person's `settings.json`, `options` of its LSP client, and no others.

    What it asks before it starts a server for the first time has been answered. At the end it is closed as a person would.
    """
    folder = Path(env["XDG_CONFIG_HOME"])
    (folder / "kate/lspclient").mkdir(parents=True)
    (folder / "kate/lspclient/settings.json").write_text(settings, "utf-8")
    log, command = home / "said.jsonl", _recorded(home, env)
    (folder / "katerc").write_text(f"[lspclient]\nAllowedServerCommandLines={command} serve\n{options}", "utf-8")
    found = {**env, "PATH": f"{command.parent}:{env['PATH']}"}
    arguments = (str(program("kate")), "--new", "--block", *map(str, paths))
    async with desktop(home, found, arguments, (log,)) as shown:
        running = Kate(shown, log)
        yield running
        if not running.killed:
            await shown.press("ctrl+q")


def _recorded(home: Path, env: Mapping[str, str]) -> Path:
    """A `kireji` that writes down what is said, before the one on the PATH."""
    served = shutil.which("kireji", path=env["PATH"])
    assert served is not None
    path = home / "bin/kireji"
    path.parent.mkdir()
    words = (sys.executable, recorder.__file__, str(home / "said.jsonl"), served)
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    path.chmod(0o755)
    return path
