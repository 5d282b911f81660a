"""Runs one command where it can do no harm: no network, no home, few files, bounded time, memory, processes and disk.

Knows nothing of what it runs, and does not say which walls hold: `sandbox_walls.py` tries them. Only Linux has walls that are
known here (macOS and Windows: none, so nothing is run there).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kireji.base import child_process
from kireji.base.child_home import open_home
from kireji.base.toolbox import find

_INSIDE = Path(__file__).with_name("sandbox_inside.py")
# What a program needs of the system to be loaded at all, and what it may know of it.
_SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"),
    *(
        "/etc/ld.so.cache",
        "/etc/ld.so.conf",
        "/etc/ld.so.conf.d",
        "/etc/alternatives",
        "/etc/localtime",
        "/etc/mime.types",
        "/etc/ssl/openssl.cnf",  # Debian's Node does not start without
    ),
)
# What stands in an environment for the sandbox's own folder for what is temporary.
TEMPORARY = "{temporary}"
_MOST_OUTPUT = 2**20
_GRACE_SECONDS = 3.0


class Walls(Enum):
    """What keeps a command in, in the order of preference."""

    BUBBLEWRAP = "bubblewrap"
    UNSHARE = "unshare"
    LANDLOCK = "landlock"


class Ended(Enum):
    """How a command came to its end."""

    EXIT = "exit"
    TIME = "time"
    MEMORY = "memory"
    PROCESSES = "processes"
    DISK = "disk"
    OWNER = "owner"
    SETUP = "setup"


@dataclass(frozen=True, slots=True)
class Shown:
    """A folder or file that the command may see, under the path `at`. Without `writable` it cannot change it."""

    source: str
    at: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that a command may take. Bytes and seconds."""

    seconds: float = 60.0
    cpu_seconds: int = 60
    memory_bytes: int = 2 * 2**30
    processes: int = 200
    disk_bytes: int = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Job:
    """One command. Its program is an absolute path; `shown` comes on top of the system's own programs, in order. TEMPORARY in
    a value of its environment becomes the sandbox's own folder."""

    command: tuple[str, ...]
    folder: str
    shown: tuple[Shown, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True)
class Ran:
    """How it ended, with which code, and what it wrote to its standard streams (the first megabyte)."""

    ended: Ended
    code: int = 0
    output: str = field(default="", repr=False)
    note: str = ""


async def run(kind: Walls, job: Job) -> Ran:
    """Runs a command to its end. Cancelling ends it, with all that it has started, before this returns.

    Raises OSError when nothing can be started.
    """
    home = await asyncio.to_thread(open_home)
    try:
        root = home.path / "root"
        await asyncio.to_thread(root.mkdir)
        return await _run(kind, job, root)
    finally:
        await asyncio.to_thread(home.close)


def python_shown() -> tuple[Shown, ...]:
    """The Python that runs us, without its packages' environment: what keeps the command is written in it."""
    return tuple(Shown(path, path) for path in dict.fromkeys((sys.base_prefix, sys.base_exec_prefix)))


async def _run(kind: Walls, job: Job, root: Path) -> Ran:
    temporary = "/tmp"  # noqa: S108 — the sandbox's own
    if kind is Walls.LANDLOCK:
        # It takes folders away and puts none in their place.
        temporary = str(root / "tmp")
        await asyncio.to_thread(Path(temporary).mkdir)
        job = replace(job, shown=(*job.shown, Shown(temporary, temporary, True)))
    shown, links = _all_shown(job)
    source = await asyncio.to_thread(_INSIDE.read_text, "utf-8")
    before = _bubblewrap(job, shown, links) if kind is Walls.BUBBLEWRAP else []
    # From here to where both ends are closed, nothing may be waited for, and nothing fail, outside of the `try`.
    read, write = os.pipe()
    told = {
        "walls": kind.value,
        "report": write,
        "root": str(root),
        "command": list(job.command),
        "folder": job.folder,
        "environment": _environment(job, temporary),
        "mounts": [[s.source, s.at, s.writable] for s in shown],
        "links": links,
        "seconds": job.bounds.seconds,
        "cpu_seconds": job.bounds.cpu_seconds,
        "memory_bytes": job.bounds.memory_bytes,
        "processes": job.bounds.processes,
        "disk_bytes": job.bounds.disk_bytes,
    }
    keeper = [our_python(), "-I", "-S", "-c", source, json.dumps(told)]
    try:
        starting = asyncio.create_subprocess_exec(
            *before,
            *keeper,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=(write,),
            cwd="/",
            env={"LANG": "C.UTF-8"},
            start_new_session=True,
        )
        process = await child_process.started(starting, _end)
    except BaseException:
        os.close(read)
        raise
    finally:
        os.close(write)
    with os.fdopen(read, "rb") as report:
        try:
            output = await _output(process, job.bounds.seconds + _GRACE_SECONDS)
        finally:
            await asyncio.shield(_end(process))
        # Every process that held the other end is gone.
        said = await asyncio.to_thread(report.read, 10_000)
    return _read(said, output)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Has the keeper end all that it started: without namespaces nobody else knows what that is."""
    child_process.close_pipes(process)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_SECONDS):
            await process.wait()
    await child_process.end(process)


async def _output(process: asyncio.subprocess.Process, seconds: float) -> str:
    assert process.stdout is not None  # noqa: S101 — it was started with pipes
    said = bytearray()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while piece := await process.stdout.read(2**16):
                said += piece[: max(0, _MOST_OUTPUT - len(said))]
    return said.decode("utf-8", "replace")


def _read(said: bytes, output: str) -> Ran:
    """What the keeper has reported. One that could not was killed, by the clock here or by the system."""
    try:
        told: dict[str, Any] = json.loads(said)
        return Ran(Ended(told["ended"]), int(told.get("code", 0)), output, str(told.get("what", "")))
    except (ValueError, KeyError, TypeError):
        last = output.strip().rpartition("\n")[2]
        return Ran(Ended.SETUP, 0, output, last or "it was killed")


def our_python() -> str:
    """The program that runs us, without its environment: as it is in the sandbox."""
    return os.path.realpath(sys.executable)


def _environment(job: Job, temporary: str) -> dict[str, str]:
    told = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": TEMPORARY,
        "TMPDIR": TEMPORARY,
        "LANG": "C.UTF-8",
        **job.environment,
    }
    return {name: value.replace(TEMPORARY, temporary) for name, value in told.items()}


def _all_shown(job: Job) -> tuple[list[Shown], list[tuple[str, str]]]:
    """What is there to be shown of the system, with the links that stand for folders of it, and what the job adds."""
    links = [(path, str(Path(path).readlink())) for path in _SYSTEM if Path(path).is_symlink() and path.count("/") == 1]
    system = [path for path in _SYSTEM if Path(path).exists() and path not in dict(links)]
    shown = [*(Shown(path, path) for path in system), *python_shown(), *job.shown]
    return [one for one in shown if Path(one.source).exists()], links


def _bubblewrap(job: Job, shown: Sequence[Shown], links: Sequence[tuple[str, str]]) -> list[str]:
    program = find("bwrap")
    if program is None:
        raise FileNotFoundError("bwrap")
    size = str(job.bounds.disk_bytes)
    flags = ["--unshare-all", "--die-with-parent", "--new-session", "--as-pid-1", "--uid", "1000", "--gid", "1000"]
    flags += ["--cap-drop", "ALL", "--clearenv", "--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/tmp"]  # noqa: S108
    # Who is root outside could write there still.
    for name in ("sys", "irq", "bus", "sysrq-trigger"):
        flags += ["--ro-bind-try", f"/proc/{name}", f"/proc/{name}"]
    for link, target in links:
        flags += ["--symlink", target, link]
    for one in shown:
        flags += ["--bind" if one.writable else "--ro-bind", one.source, one.at]
    return [program, *flags, "--chdir", "/", "--"]
