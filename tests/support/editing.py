"""What tests of real editors share: the model that is played, and the environment in which an editor finds `kireji`."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import kireji
from support.environment import TOOLS, clean_environment
from support.messages_api import Answer, Asked, MessagesApi, tagged
from support.messages_play import AT_ONCE, Play

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = TOOLS / "editors/bin"
# What is edited. Beside characters outside the basic plane, columns differ in every encoding.
PROGRAM = 'def add(first, second):\n    """Sums. 🦊"""\n    face = "🐍"\n'
# A function to implement: its body begins behind such a character, on the same line.
STUB = f'{PROGRAM}\n\ndef scale(text, times, sign="🐍"): ...\n'
IMPLEMENTED = STUB.replace(" ...", "\n    return (text + sign) * times")
# What a model may say that no editor may show.
BROKEN = "return undefined_name_xyz(a, b\n    import nothing_here\n"
# Two lines from one place, behind such a character; what is typed of them before; and what the file becomes.
MORE = "result = first + second\n    return result"
MORE_SAYS, MORE_TYPED = f'face = "🐍"; {MORE}', "; res"
WITH_MORE = f"{PROGRAM[:-1]}; {MORE}\n"
# Whole editors, and what they install, take longer than anything else on a machine that does other things as well.
WATCHDOG = 180.0
POLL = 0.02


# Writes down what process it is, and becomes the server.
_COMMAND = """\
#!/bin/sh
born() {{ echo "$1 ${{22}}"; }}
read -r row </proc/$$/stat
born $row >>"{started}"
exec "{python}" -m kireji "$@"
"""


class Model:
    """What the stand-in answers from now on, and what it was asked."""

    def __init__(self) -> None:
        self.says: str | Play | Answer = ""
        self.pace = AT_ONCE
        self.api = MessagesApi(self._answer, key="test-key")

    async def question(self, number: int = 0) -> Asked:
        """The question with that number, once it has been asked. AssertionError at the watchdog."""
        try:
            async with asyncio.timeout(WATCHDOG):
                return await self.api.request(number)
        except TimeoutError:
            raise AssertionError(f"asked {len(self.api.asked)} questions, and not number {number}") from None

    async def answered(self, number: int = 0) -> None:
        """Waits until a question has been answered, or taken back. AssertionError at the watchdog."""
        asked = await self.question(number)
        try:
            async with asyncio.timeout(WATCHDOG):
                await asked.done.wait()
        except TimeoutError:
            raise AssertionError(f"question {number} is not over: {asked}") from None

    def _answer(self, asked: Asked) -> Play | str:
        if isinstance(self.says, str):
            return Play(tagged(asked, self.says), pace=self.pace)
        return self.says if isinstance(self.says, Play) else self.says(asked)


class Kireji:
    """The command `kireji` of this interpreter, in a folder of its own. Knows every process that was started by it, by its
    number and when it was born: a run of these tests is long enough for numbers to be given anew."""

    def __init__(self, folder: Path) -> None:
        self._started = folder / "started"
        self.command = folder / "kireji"
        folder.mkdir()
        self.command.write_text(_COMMAND.format(started=self._started, python=sys.executable))
        self.command.chmod(0o755)

    def environment(self, home: Path, model: Model) -> dict[str, str]:
        """An editor's whole environment: no settings of a person, this command on the PATH, the played model.

        Of other programs only the system's are there: a language server found elsewhere would take part.
        """
        env = clean_environment(home, ANTHROPIC_API_KEY="test-key", ANTHROPIC_BASE_URL=model.api.url)
        env["PATH"] = f"{self.command.parent}{os.pathsep}{os.defpath}"
        env["PYTHONPATH"] = str(Path(kireji.__file__).parents[1])
        return env

    def running(self) -> list[int]:
        """The processes that were started by the command and have not ended, oldest first."""
        return [pid for pid, born in self._processes() if _runs(pid) and _born(pid) == born]

    def server(self) -> int:
        """The one server that runs. AssertionError when there are more, or none."""
        (server,) = self.running()
        return server

    async def ended(self) -> None:
        """Waits until no process that was started by the command is left. AssertionError at the watchdog."""
        try:
            async with asyncio.timeout(WATCHDOG):
                while self.running():
                    await asyncio.sleep(POLL)
        except TimeoutError:
            left = "; ".join(map(_lineage, self.running()))
            raise AssertionError(f"kireji is still running after its editor ended: {left}") from None

    def _processes(self) -> list[tuple[int, str]]:
        rows = self._started.read_text().splitlines() if self._started.exists() else []
        return [(int(pid), born) for pid, born in map(str.split, rows)]


def crlf(text: str) -> str:
    """The text as it is in files whose lines end in two characters."""
    return text.replace("\n", "\r\n")


def pictured(page: Path, screen: str, number: int = 0) -> bool:
    """Whether a page's picture of a terminal (the first, …) shows what the screen does, row by row but for blanks.

    Rows below the suggestion count for nothing: which names follow it depends on how far their analysis is.
    """
    rows = re.findall(r"```text\n(.*?)```", page.read_text("utf-8"), re.DOTALL)[number].splitlines()
    last = max(place for place, row in enumerate(rows) if "first + second" in row)
    shown = [row.split() for row in screen.splitlines()]
    return all(row.split() in shown for row in rows[: last + 1])


def program(name: str) -> Path:
    """An editor's program. AssertionError when it has not been set up."""
    found = PROGRAMS / name
    assert found.exists(), f"no {name} at {found}: make test-editors puts one there"
    return found


async def ended(pid: int) -> None:
    """Waits until a process that is not our child is gone. TimeoutError at the watchdog."""
    async with asyncio.timeout(WATCHDOG):
        while _runs(pid):
            await asyncio.sleep(POLL)


def _lineage(pid: int) -> str:
    """A process and whose child it is, up to these tests; for whoever has to find out why it still runs."""
    if pid == os.getpid():
        return "these tests"
    try:
        args = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (ProcessLookupError, FileNotFoundError):
        return f"{pid} (gone)"
    return f"{pid} ({' '.join(args)[-120:].strip()})" + (f" below {_lineage(parent)}" if parent > 1 else "")


def _born(pid: int) -> str:
    """When a process was started, as the system counts; empty where it is gone."""
    try:
        # Behind its name, which may have anything in it.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (ProcessLookupError, FileNotFoundError):
        return ""


def _runs(pid: int) -> bool:
    # A process whose parent is gone may wait to be reaped: it runs no more. Elsewhere than on Linux it counts as running.
    status = Path(f"/proc/{pid}/status")
    try:
        os.kill(pid, 0)
        return "State:\tZ" not in (status.read_text() if status.exists() else "")
    except (ProcessLookupError, FileNotFoundError):
        return False
