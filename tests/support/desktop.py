"""A program with windows on a screen that nobody sees (cage): types keys into it and takes pictures. Knows no editor.

The screen is reached by a socket in a folder of its own and ends with the test, so that nobody else's is touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from support.editing import POLL, WATCHDOG, program
from support.keyboard import Keyboard

# No card, no devices and no other screen: the compositor draws into memory.
_UNSEEN = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "QT_QPA_PLATFORM": "wayland", "LANG": "C.UTF-8"}
_SOCKET = "wayland-0"


class Desktop:
    """One screen with one program. `logs` are the files whose ends a failed wait quotes."""

    def __init__(self, keyboard: Keyboard, env: Mapping[str, str], pictures: Path, logs: Sequence[Path]) -> None:
        self._keyboard = keyboard
        self._env = env
        self._pictures = pictures
        self._logs = logs

    async def press(self, *keys: str) -> None:
        """Presses keys by their names: `Return`, `ctrl+space`, `ctrl+shift+k`."""
        for key in keys:
            await self._keyboard.press(key)

    async def type(self, text: str) -> None:
        """Types characters of ASCII; a line break is the Enter key."""
        await self._keyboard.type(text)

    async def picture(self, name: str) -> Path:
        """Takes a picture of the screen and returns its file."""
        path = self._pictures / f"{name}.png"
        await self._taken(str(path))
        return path

    async def until_seen(self, colour: tuple[int, int, int], holds: Callable[[int], bool]) -> None:
        """Waits until the number of pixels that have a colour is as it should be. AssertionError at the watchdog."""
        try:
            async with asyncio.timeout(WATCHDOG):
                while not holds(seen := _count(await self._taken("-t", "ppm", "-"), colour)):
                    await asyncio.sleep(POLL)
        except TimeoutError:
            raise AssertionError(f"{seen} pixels of {colour}\n{await self.evidence()}") from None

    async def _taken(self, *arguments: str) -> bytes:
        process = await asyncio.create_subprocess_exec(
            program("grim"),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._env,
        )
        out, err = await process.communicate()
        assert process.returncode == 0, f"no picture: {err.decode(errors='replace').strip()}"
        return out

    async def until(self, holds: Callable[[], bool], what: str, seconds: float = WATCHDOG) -> None:
        """Waits until something holds that its keys have brought about. AssertionError at the watchdog, with `what` was awaited."""
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    await asyncio.sleep(POLL)
        except TimeoutError:
            raise AssertionError(f"still not so after {seconds:.0f} s: {what}\n{await self.evidence()}") from None

    async def evidence(self) -> str:
        """Where a picture of the screen lies, and the ends of the logs, for a failed test's message."""
        found = [path for path in self._logs if path.exists()]
        tails = [f"--- {path.name}\n{path.read_text(errors='replace')[-4000:]}" for path in found]
        return "\n".join([f"--- screen\n{await self.picture('failed')}", *tails])


@contextlib.asynccontextmanager
async def desktop(
    home: Path, env: Mapping[str, str], command: Sequence[str], logs: Sequence[Path] = ()
) -> AsyncIterator[Desktop]:
    """A screen on which `command` runs, in `home`, with `env` as its whole environment; what it says goes to `desktop.log`.

    It ends when the program has: whoever uses it closes the program. What is still there at the end is killed.
    """
    log = home / "desktop.log"
    # pytest's folders are too deep for the name of a socket.
    with tempfile.TemporaryDirectory(prefix="kireji-") as folder, log.open("wb") as said:
        screen = {**env, **_UNSEEN, "XDG_RUNTIME_DIR": folder}
        running = await asyncio.create_subprocess_exec(
            program("cage"),
            "--",
            *command,
            cwd=home,
            env=screen,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            with contextlib.closing(await _plugged_in(Path(folder) / _SOCKET)) as keyboard:
                yield Desktop(keyboard, {**screen, "WAYLAND_DISPLAY": _SOCKET}, home, (*logs, log))
                async with asyncio.timeout(WATCHDOG):
                    await running.wait()
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()


def _count(picture: bytes, colour: tuple[int, int, int]) -> int:
    """How many pixels of a PPM have a colour. A row of it is looked for, which no other bytes are like."""
    row = bytes(colour) * 16
    return 16 * picture.count(row)


async def _plugged_in(display: Path) -> Keyboard:
    """A keyboard, as soon as there is somebody to plug it into."""
    async with asyncio.timeout(WATCHDOG):
        while True:
            try:
                return Keyboard(display)
            except (FileNotFoundError, ConnectionRefusedError):
                await asyncio.sleep(POLL)
