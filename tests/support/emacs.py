"""Drives a real Emacs from a test: keys into its terminal, and Lisp through a socket. Knows nothing of the server.

`tests/editors/driver.el` is the other end of the socket. Nothing waits for time: every wait is for a condition.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from support.editing import ROOT, WATCHDOG, program
from support.terminal import Terminal, terminal

DRIVER = ROOT / "tests/editors/driver.el"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

# How often a list is asked for.
_LISTS = 36
# What a terminal sends for C-/.
UNDO = "C-_"
# What is true of a buffer that Eglot has told the server of; the same of lsp-mode.
EGLOT = "(and (fboundp 'eglot-managed-p) (eglot-managed-p) t)"
LSP_MODE = (
    "(and (bound-and-true-p lsp-mode) (consp (lsp-workspaces)) "
    "(eq (lsp--workspace-status (car (lsp-workspaces))) 'initialized))"
)
# Compiling in the background is no business of these tests, and needs a compiler.
_EARLY = """\
(setq native-comp-jit-compilation nil native-comp-enable-subr-trampolines nil package-enable-at-startup nil)
"""
_TEXT = "(buffer-substring-no-properties (point-min) (point-max))"


class Emacs:
    """One running Emacs. Questions are asked one at a time."""

    def __init__(self, running: Terminal, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.terminal = running
        self._reader = reader
        self._writer = writer
        self._asked = 0

    async def lisp(self, code: str) -> Any:
        """The value of a Lisp form in the selected window's buffer (nil is None, lists must be vectors)."""
        return await self._ask(code, wait=False)

    async def until(self, code: str) -> Any:
        """Waits until a Lisp form's value is not nil, and returns it. AssertionError at the watchdog."""
        return await self._ask(code, wait=True)

    async def open(self, path: Path, managed: str = EGLOT) -> None:
        """Opens a file and waits until its language server has been greeted and told of it, which `managed` says."""
        await self.find(path)
        await self.until(managed)

    async def find(self, path: Path) -> None:
        """Opens a file."""
        await self.terminal.press("C-x", "C-f")
        await self.until("(and (active-minibuffer-window) t)")
        await self.terminal.type(str(path))
        await self.terminal.press("Enter")

    async def close(self) -> None:
        """Closes the file."""
        name = await self.lisp("(buffer-name)")
        await self.terminal.press("C-x", "k", "Enter")
        await self.until(f"(not (get-buffer {_quoted(name)}))")

    async def saved(self) -> str:
        """Saves the file and returns what is in it."""
        await self.terminal.press("C-x", "C-s")
        await self.until("(not (buffer-modified-p))")
        return Path(await self.lisp("(buffer-file-name)")).read_bytes().decode("utf-8")

    async def append(self, text: str) -> None:
        """Types `text` at the end of the file's last line."""
        await self.terminal.press("M->", "Left")
        await self.terminal.type(text)
        await self.until(f"(looking-back (regexp-quote {_quoted(text.rpartition(chr(10))[2])}) (pos-bol))")

    async def complete(self) -> None:
        """Completes at point, and waits until that is over. A list that is open is closed before: else it would be scrolled."""
        await self.terminal.press("C-g")
        await self.until('(not (get-buffer-window "*Completions*"))')
        before = await self.lisp("driver-completions")
        await self.terminal.press("C-M-i")
        await self.until(f"(> driver-completions {before})")

    async def lists(self, text: str) -> str:
        """Completes at point until `text` is in the list, which has names only while the model is asked. Returns the screen."""
        for _ in range(_LISTS):
            await self.complete()
            try:
                return await self.terminal.until(lambda screen: text in screen, text, seconds=WATCHDOG / _LISTS)
            except AssertionError:
                continue
        raise AssertionError(f"never listed: {text}\n{await self.terminal.evidence()}")

    async def completes_to(self, text: str) -> None:
        """Completes at point until the buffer's text is this one: who asks again waits. AssertionError at the watchdog."""
        try:
            async with asyncio.timeout(WATCHDOG):
                while await self.text() != text:
                    await self.complete()
        except TimeoutError:
            raise AssertionError(f"it does not become {text!r}\n{await self.terminal.evidence()}") from None

    async def said(self, pattern: str) -> None:
        """Waits until the protocol's messages or the server's log have a regular expression (Emacs's)."""
        await self.until(_in_events(f"(re-search-forward {_quoted(pattern)} nil t)"))

    async def never_said(self, text: str) -> None:
        """Asserts that nothing of what was said so far has `text`."""
        assert await self.lisp(_in_events(f"(search-forward {_quoted(text)} nil t)")) is None, (
            await self.terminal.evidence()
        )

    async def text(self) -> str:
        """The text of the buffer."""
        text: str = await self.lisp(_TEXT)
        return text

    async def has(self, text: str) -> None:
        """Waits until the text of the buffer is this one, and the minibuffer closed."""
        await self.until(f"(and (not (active-minibuffer-window)) (equal {_TEXT} {_quoted(text)}))")

    async def _ask(self, code: str, *, wait: bool) -> Any:
        self._asked += 1
        question = {"id": self._asked, "code": code, "wait": wait}
        self._writer.write(json.dumps(question).encode() + b"\n")
        try:
            async with asyncio.timeout(WATCHDOG):
                line = await self._reader.readline()
        except TimeoutError:
            message = f"still not so after {WATCHDOG:.0f} s: {code}\n{await self.terminal.evidence()}"
            raise AssertionError(message) from None
        assert line, f"Emacs ended during: {code}\n{await self.terminal.evidence()}"
        answer = json.loads(line)
        assert answer["id"] == self._asked, f"Emacs answered {answer} to question {self._asked}"
        assert "error" not in answer, f"{answer['error']}\nin: {code}\n{await self.terminal.evidence()}"
        return answer["value"]


@contextlib.asynccontextmanager
async def emacs(home: Path, env: Mapping[str, str], init: str) -> AsyncIterator[Emacs]:
    """An Emacs in a terminal that has `init` as the person's `init.el`, and no other settings."""
    settings = Path(env["XDG_CONFIG_HOME"]) / "emacs"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "init.el").write_text(init, "utf-8")
    (settings / "early-init.el").write_text(_EARLY)
    connected: asyncio.Future[Streams] = asyncio.Future()
    with TemporaryDirectory(prefix="kireji-") as folder:
        socket = f"{folder}/driver"
        server = await asyncio.start_unix_server(lambda *streams: connected.set_result(streams), socket)
        command = (
            str(program("emacs")),
            "-nw",
            "--no-site-file",
            "--no-splash",
            "-l",
            str(DRIVER),
            "-f",
            "driver-connect",
        )
        async with server, terminal(home, {**env, "DRIVER_SOCKET": socket}, command) as running:
            reader, writer = await _first(connected, running)
            try:
                yield Emacs(running, reader, writer)
            finally:
                writer.close()


def _quoted(text: str) -> str:
    """A Lisp string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _in_events(form: str) -> str:
    """A form that is evaluated at the start of what was said."""
    events = "(with-current-buffer (jsonrpc-events-buffer (eglot-current-server)) (save-excursion (goto-char (point-min)) {}))"
    return events.format(form)


async def _first(connected: asyncio.Future[Streams], running: Terminal) -> Streams:
    try:
        return await asyncio.wait_for(connected, WATCHDOG)
    except TimeoutError:
        raise AssertionError(f"Emacs did not start\n{await running.evidence()}") from None
