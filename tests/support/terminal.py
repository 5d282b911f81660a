"""A program in a terminal of its own (tmux): types keys into it and waits for what it shows. Knows no editor.

The terminal is reached by a socket in a folder of its own and ends with the test, also with one that is killed, so that
nobody else's is touched and nothing is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from support.editing import POLL, WATCHDOG, ended, program

COLUMNS, ROWS = 100, 30
# Waits until whoever holds its input is gone, and then runs what it was given.
_AFTERWARDS = 'read -r _; exec "$@"'


class Terminal:
    """One terminal. `logs` are the files whose ends a failed wait quotes."""

    def __init__(self, socket: Path, env: Mapping[str, str], logs: Sequence[Path]) -> None:
        self._tmux = (str(program("tmux")), "-u", "-S", str(socket), "-f", "/dev/null")
        self._env = {**env, "LANG": "C.UTF-8"}
        self._logs = logs

    async def press(self, *keys: str) -> None:
        """Presses keys by their names: `Enter`, `Escape`, `C-x`, `Down`."""
        await self.tmux("send-keys", "-t", "0", *keys)

    async def type(self, text: str) -> None:
        """Types text as it stands; a line break is the Enter key."""
        first, *lines = text.split("\n")
        for key in (first, *(part for line in lines for part in ("\n", line))):
            if key == "\n":
                await self.press("Enter")
            elif key:
                # A last semicolon would end tmux's own command.
                typed = f"{key[:-1]}\\;" if key.endswith(";") else key
                await self.tmux("send-keys", "-t", "0", "-l", "--", typed)

    async def screen(self) -> str:
        """What is shown now, a line a row, without spaces at the ends."""
        shown = await self.tmux("capture-pane", "-p", "-t", "0")
        return "\n".join(line.rstrip() for line in shown.splitlines())

    async def shows(self, text: str) -> str:
        """Waits until `text` is on the screen; returns the screen. AssertionError at the watchdog."""
        return await self.until(lambda screen: text in screen, f"the screen shows {text!r}")

    async def hides(self, text: str) -> str:
        """Waits until `text` is not on the screen; returns the screen. AssertionError at the watchdog."""
        return await self.until(lambda screen: text not in screen, f"the screen does not show {text!r}")

    async def pids(self) -> tuple[int, int]:
        """The processes of the terminal itself and of the program in it."""
        terminal, inside = (await self.tmux("display-message", "-p", "-t", "0", "#{pid} #{pane_pid}")).split()
        return int(terminal), int(inside)

    async def kill(self) -> None:
        """Kills the program, which can say no goodbye to what it has started."""
        os.kill((await self.pids())[1], signal.SIGKILL)
        await self.ends()

    async def ends(self) -> None:
        """Waits until the program has ended by itself. AssertionError at the watchdog."""
        try:
            async with asyncio.timeout(WATCHDOG):
                while (await self.tmux("display-message", "-p", "-t", "0", "#{pane_dead}")).strip() != "1":
                    await asyncio.sleep(POLL)
        except TimeoutError:
            raise AssertionError(f"it did not end\n{await self.evidence()}") from None

    async def until(self, holds: Callable[[str], bool], what: str, seconds: float = WATCHDOG) -> str:
        """Waits until `holds(screen)`; returns that screen. AssertionError at the watchdog, with `what` was awaited."""
        try:
            async with asyncio.timeout(seconds):
                while not holds(screen := await self.screen()):
                    await asyncio.sleep(POLL)
                return screen
        except TimeoutError:
            raise AssertionError(f"still not so after {seconds:.0f} s: {what}\n{await self.evidence()}") from None

    async def evidence(self) -> str:
        """The screen and the ends of the logs, for a failed test's message."""
        found = [path for path in self._logs if path.exists()]
        tails = [f"--- {path.name}\n{path.read_text(errors='replace')[-4000:]}" for path in found]
        return "\n".join([f"--- screen\n{await self.screen()}", *tails])

    @contextlib.asynccontextmanager
    async def ended_afterwards(self) -> AsyncIterator[None]:
        """Ends the terminal, and with it the program, at the end. Somebody else does it, who also hears of a killed test's end."""
        keeper = await asyncio.create_subprocess_exec(
            *("sh", "-c", _AFTERWARDS, "sh", *self._tmux, "kill-server"),
            stdin=asyncio.subprocess.PIPE,
            env=self._env,
            start_new_session=True,
        )
        assert keeper.stdin is not None
        try:
            yield
        finally:
            keeper.stdin.close()
            assert await keeper.wait() == 0, "the terminal cannot be ended"

    async def tmux(self, *arguments: str) -> str:
        """Runs one tmux command on this terminal and returns its output. AssertionError when it fails."""
        process = await asyncio.create_subprocess_exec(
            *self._tmux,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._env,
        )
        out, err = await process.communicate()
        assert process.returncode == 0, f"tmux {arguments[0]}: {err.decode(errors='replace').strip()}"
        return out.decode()


@contextlib.asynccontextmanager
async def terminal(
    home: Path, env: Mapping[str, str], command: Sequence[str], logs: Sequence[Path] = ()
) -> AsyncIterator[Terminal]:
    """A terminal in which `command` runs, in `home`, with `env` as its whole environment. Both are ended at the end."""
    # pytest's folders are too deep for the name of a socket.
    with tempfile.TemporaryDirectory(prefix="kireji-") as folder:
        running = Terminal(Path(folder) / "tmux", env, logs)
        async with running.ended_afterwards():
            # What it leaves on the screen can still be read after it has ended.
            await running.tmux(
                *("new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "-c", str(home)),
                f"exec {shlex.join(command)}",
                *(";", "set-option", "-g", "remain-on-exit", "on"),
                *(";", "set-option", "-g", "escape-time", "0"),
            )
            pids = await running.pids()
            yield running
        for pid in pids:
            await ended(pid)
