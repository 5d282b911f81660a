"""Runs a real VS Code for tests: code-server with the packed extension, and a headless Chromium to look at it with.

A back end is shared by many tests; each window on it has an extension host, and so a language server, of its own. Drives nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import zipfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from support.editing import ROOT, program
from support.log_file import LogFile

if TYPE_CHECKING:
    from playwright.async_api import Browser

VSIX = ROOT / "editors/vscode/dist/kireji.vsix"
# What would otherwise be asked, shown or fetched in a new profile, and is not what is tested; said as this editor says it: what is
# said as older ones did, it writes anew, and with it whatever else it had read there.
QUIET: Mapping[str, object] = {
    "workbench.startupEditor": "none",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.enableExperiments": False,
    "workbench.reduceMotion": "on",
    "telemetry.telemetryLevel": "off",
    "chat.disableAIFeatures": True,
    "extensions.autoUpdate": "off",
    "extensions.autoCheckUpdates": False,
    "update.mode": "none",
    "remote.autoForwardPorts": False,
    "editor.wordBasedSuggestions": "off",
    "editor.accessibilitySupport": "off",
    "files.autoSave": "off",
    "security.workspace.trust.enabled": False,
}
# What is a setting of the machine that is worked on; others are the person's on every machine.
OF_THE_MACHINE = ("kireji.", "python.")
# Kills a group of processes once its standard input ends: when we say so, or when a run of the tests was killed itself.
_END = ("sh", "-c", 'read -r _; kill -KILL "-$1"', "sh")
# One key each for what a test needs between two steps and a person does by the mouse.
CLOSE, CLEAR, HIDE, SIDE, RESTART = (f"Control+Alt+Shift+F{number}" for number in range(6, 11))
KEYS: Mapping[str, str] = {
    CLOSE: "workbench.action.revertAndCloseActiveEditor",
    CLEAR: "notifications.clearAll",
    HIDE: "workbench.action.closePanel",
    SIDE: "workbench.action.closeSidebar",
    RESTART: "kireji.restart",
}


@dataclass(frozen=True)
class CodeServer:
    """A running back end. `user` is its profile, which every window on it shares."""

    url: str
    user: Path
    process: asyncio.subprocess.Process

    def settings(self, more: Mapping[str, object] = MappingProxyType({})) -> None:
        """The person's settings, each where the editor reads it: what is heard of a second place may come seconds later, as a
        further change."""
        machine = {name: value for name, value in more.items() if name.startswith(OF_THE_MACHINE)}
        others = {name: value for name, value in more.items() if name not in machine}
        _write(self.user / "Machine/settings.json", {**QUIET, **machine})
        _write(self.user / "User/settings.json", {**QUIET, **others})

    def keys(self) -> None:
        """The keys that tests use beside the editor's own."""
        bound = [{"key": key.lower().replace("control", "ctrl"), "command": name} for key, name in KEYS.items()]
        path = self.user / "User/keybindings.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(bound), "utf-8")

    def address(self, folder: Path, *opened: Path) -> str:
        """Where a browser finds a window on `folder`, with files open in it."""
        authority = self.url.removeprefix("http://")
        payload = [["openFile", f"vscode-remote://{authority}{path}"] for path in opened]
        return f"{self.url}/?folder={quote(str(folder))}&payload={quote(json.dumps(payload))}"


@contextlib.asynccontextmanager
async def code_server(folder: Path, env: Mapping[str, str], *further: Path) -> AsyncIterator[CodeServer]:
    """A back end with an empty profile and the extension in it; whatever happens, its processes are gone afterwards.

    `further` are folders of other extensions to be there.
    """
    source = [ROOT / "editors/vscode/package.json", *(ROOT / "editors/vscode/src").iterdir()]
    newest = max(file.stat().st_mtime for file in source)
    assert VSIX.exists() and VSIX.stat().st_mtime > newest, (
        f"{VSIX} is missing or older than its source: make vsix packs it"
    )
    user = folder / "user"
    common = ("--user-data-dir", user, "--extensions-dir", folder / "extensions", "--config", folder / "config.yaml")
    packed = (VSIX, *(_packed(extension, folder) for extension in further))
    installed = [arg for vsix in packed for arg in ("--install-extension", str(vsix))]
    # The editor would ask a login shell for its environment, and take that for ours.
    env = {**env, "VSCODE_CLI": "1"}
    log = (folder / "code-server.log").open("ab")
    code = str(program("code-server"))
    with log:
        installing = await asyncio.create_subprocess_exec(
            code, *map(str, common), *installed, env=env, stdout=log, stderr=log
        )
        assert await installing.wait() == 0, (folder / "code-server.log").read_text("utf-8")
        serving = (
            "--bind-addr",
            "127.0.0.1:0",
            "--auth",
            "none",
            "--disable-telemetry",
            "--disable-update-check",
            # A closed window's extension host that was not told so waits so many seconds, instead of hours, whether it was lost.
            *("--reconnection-grace-time", "10"),
        )
        process = await asyncio.create_subprocess_exec(
            code,
            *map(str, common),
            *serving,
            env=env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        keeper = await asyncio.create_subprocess_exec(*_END, str(process.pid), stdin=PIPE, start_new_session=True)
    try:
        found = await LogFile(folder / "code-server.log").says(r"HTTP server listening on (http://[\d.]+:\d+)")
        server = CodeServer(found[1], user, process)
        server.settings()
        server.keys()
        yield server
    finally:
        assert keeper.stdin is not None
        keeper.stdin.close()
        await keeper.wait()
        await process.wait()


@contextlib.asynccontextmanager
async def browser(home: Path) -> AsyncIterator[Browser]:
    """A browser that shows nothing on any screen and asks nobody but whom a page does."""
    from playwright.async_api import async_playwright  # installed by make test-editors, and by nothing else

    # The Node that it brings asks for a library that a bare Debian has not; ours does not.
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(program("node")))
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(
            executable_path=program("chromium"),
            headless=True,
            # Its own sandbox needs rights that a container does not give; all that it shows comes from this machine.
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
            env={**os.environ, "HOME": str(home)},
        )
        try:
            yield found
        finally:
            await found.close()


def _packed(extension: Path, folder: Path) -> Path:
    """An extension's folder as a file in `folder` that the editor installs."""
    packed = folder / f"{extension.name}.vsix"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in extension.iterdir():
            archive.write(path, f"extension/{path.name}")
    return packed


def overwrite(path: Path, text: str) -> None:
    """Writes over what is in a file of settings, in one go: the editor never finds it empty, which would be other settings."""
    with path.open("r+", encoding="utf-8") as file:
        file.write(text.ljust(path.stat().st_size))


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(json.dumps(content), "utf-8")
        return
    before: dict[str, object] = json.loads(path.read_text("utf-8"))
    anew = [name for name, value in QUIET.items() if type(before.get(name)) is not type(value)]
    assert not anew, f"the editor has written {path} anew, to say in its own way: {', '.join(anew)}"
    # What stays as it is is not written: the editor would read it again.
    if before != content:
        overwrite(path, json.dumps(content))
