"""Which walls of the sandbox hold on this machine, found out by an attempt to get out of each. Runs nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys

from kireji.base.child_home import open_home
from kireji.base.sandbox import Bounds, Ended, Job, Shown, Walls, our_python, python_shown, run
from kireji.base.tasks import TaskEnded, outcome

_PROBE_SECONDS = 10.0
# Says whether a file of this machine, its programs, and who listens on it can be reached.
_PROBE = (
    "import os,socket,sys\n"
    "def no(what):\n"
    "    try: what()\n"
    "    except OSError: return True\n"
    "ok=no(lambda: open(sys.argv[1])) and no(lambda: open('/usr/kireji-probe','x'))\n"
    "ok=ok and no(lambda: socket.create_connection(('127.0.0.1',int(sys.argv[3])),1))\n"
    "open(sys.argv[2],'w').write('walls' if ok else 'open')\n"
)


class Sandbox:
    """The walls of this machine, looked for once, when they are first needed."""

    def __init__(self) -> None:
        self._looking: asyncio.Task[Walls | None] | None = None

    async def walls(self) -> Walls | None:
        """The best walls that hold here; None where there are none, or the look was ended, and nothing may be run."""
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(walls())
        try:
            return await outcome(self._looking)
        except TaskEnded:
            return None

    @property
    def known(self) -> str:
        """The name of the walls, "none", or nothing as long as nobody has looked."""
        if self._looking is None or not self._looking.done() or self._looking.cancelled():
            return ""
        found = self._looking.result()
        return found.value if found is not None else "none"

    async def close(self) -> None:
        """Ends a look that still goes on. May be called twice."""
        if self._looking is not None and not self._looking.done():
            self._looking.cancel()
            await asyncio.wait({self._looking})


async def walls() -> Walls | None:
    """The best walls that hold on this machine; None where none do. Each is tried by an attempt to get out."""
    if sys.platform == "linux":
        for kind in Walls:
            with contextlib.suppress(OSError):  # it is not installed, or the system forbids it
                if await holds(kind):
                    return kind
    return None


async def holds(kind: Walls) -> bool:
    """Whether these walls can be put up here, and keep a command from this machine's files and from the network.

    Raises OSError when nothing can be started.
    """
    if sys.platform != "linux":
        return False
    home = await asyncio.to_thread(open_home)
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        hidden, out = home.path / "hidden", home.path / "out"
        await asyncio.to_thread(hidden.write_text, "x")
        await asyncio.to_thread(out.mkdir)
        said = out / "said"
        job = Job(
            (our_python(), "-I", "-S", "-c", _PROBE, str(hidden), str(said), str(listener.getsockname()[1])),
            str(out),
            (*python_shown(), Shown(str(out), str(out), True)),
            bounds=Bounds(seconds=_PROBE_SECONDS),
        )
        ran = await run(kind, job)
        return ran.ended is Ended.EXIT and ran.code == 0 and said.is_file() and said.read_text() == "walls"
    finally:
        listener.close()
        await asyncio.to_thread(home.close)
