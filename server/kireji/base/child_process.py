"""The process of a private child: how it is started, how much memory it may take, how it is ended. Knows no protocol.

The child runs in an empty folder of its own with a bare environment, never in the workspace, and it never inherits our
standard streams. It ends on the end of its input, which the system delivers also when we are killed outright (ruff and ty
leave within milliseconds); a child that does not honour that is not to be used here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

from kireji.base.child_protocol import ChildFailure, ChildSpec, ChildUnavailable
from kireji.base.processes import is_alive

END_SECONDS = 1.0
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "TEMP", "TMP", "COMSPEC", "PATHEXT")


async def spawn(spec: ChildSpec, home: Path) -> asyncio.subprocess.Process:
    """Starts the program in `home`, with its cap on memory. Raises OSError when it cannot be started."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    # A home of its own: neither the user's configuration of the tool nor a cache decides what a gate says.
    own = dict.fromkeys(("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "APPDATA"), str(home))
    options: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":  # untested
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    starting = asyncio.create_subprocess_exec(
        *spec.command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=home,
        env={**kept, **own, **spec.environment},
        **options,
    )
    process = await started(starting, end)
    _cap_memory(process.pid, spec.memory_bytes)
    return process


async def started(
    starting: Coroutine[Any, Any, asyncio.subprocess.Process],
    ending: Callable[[asyncio.subprocess.Process], Coroutine[Any, Any, None]],
) -> asyncio.subprocess.Process:
    """The process that is being started. Who is cancelled meanwhile waits for it, ends it by `ending`, and is cancelled then.

    Left to asyncio, a cancellation in between kills it at its birth, when bubblewrap has a child that does not end with it yet;
    that one lives on, holds the pipes, and asyncio waits for their end for ever. Raises OSError when it cannot be started.
    """
    task = asyncio.ensure_future(starting)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # Cancelled once more, it no longer waits, and the process is ended all the same.
        await asyncio.shield(_unwanted(task, ending))
        raise


async def _unwanted(
    task: asyncio.Task[asyncio.subprocess.Process],
    ending: Callable[[asyncio.subprocess.Process], Coroutine[Any, Any, None]],
) -> None:
    await asyncio.wait({task})
    if not task.cancelled() and task.exception() is None:
        await ending(task.result())


async def exchanged(process: asyncio.subprocess.Process, data: bytes, most: int) -> bytes:
    """All that a process says to an input. Both go on at once: one whose words nobody takes stops to listen.

    Raises ChildUnavailable where it says more than `most` bytes.
    """
    assert process.stdin is not None and process.stdout is not None  # noqa: S101 — it was started with pipes
    writing = asyncio.ensure_future(_written(process.stdin, data))
    try:
        said = bytearray()
        while piece := await process.stdout.read(2**16):
            said += piece
            if len(said) > most:
                raise ChildUnavailable(ChildFailure.PROTOCOL, "it says too much")
        return bytes(said)
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


async def _written(stream: asyncio.StreamWriter, data: bytes) -> None:
    try:
        stream.write(data)
        await stream.drain()
        stream.close()
    except ConnectionError:
        return  # what it has said before it went is read by the other side


def close_pipes(process: asyncio.subprocess.Process) -> asyncio.SubprocessTransport:
    """No more is said to it, and nothing heard. One that is waited for must be treated so first, if nobody reads what it says:
    its pipe is paused when it is full, and asyncio then never sees its end.
    """
    # There is no public way to the pipe of a StreamReader.
    transport = cast(asyncio.SubprocessTransport, process._transport)  # type: ignore[attr-defined]
    for stream in (0, 1):
        if (pipe := transport.get_pipe_transport(stream)) is not None:
            pipe.close()
    return transport


async def end(process: asyncio.subprocess.Process) -> None:
    """Kills a child and whatever it started, and waits for its end, but not for ever."""
    transport = close_pipes(process)
    # One that has ended may have left others, which its number still names as long as nobody else has been given it.
    if process.returncode is None or not is_alive(process.pid):
        _kill(process)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    transport.close()


def resident_bytes(pid: int) -> int | None:
    """How much memory a process holds now; None where the system does not say (macOS and Windows: untested)."""
    if sys.platform != "linux":
        return None
    try:
        fields = Path(f"/proc/{pid}/statm").read_bytes().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return None  # it has just ended


def _cap_memory(pid: int, limit: int) -> None:
    """Caps what the process, and each one it starts, may allocate. Only Linux can do that from outside.

    Reserved address space does not count, so that allocators and thread stacks need no allowance; what exceeds the cap is
    an allocation that fails, inside the child.
    """
    if sys.platform != "linux":  # untested: macOS and Windows leave it uncapped
        return
    import resource

    with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended, or a container forbids it
        _, hard = resource.prlimit(pid, resource.RLIMIT_DATA)
        most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":  # untested; grandchildren live on
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
