"""A supervised private child language server: it is handed a text under the document's own URI and says what is wrong.

The overlay exists in the child alone: the editor never hears of it and the disk is never touched. Nothing here judges a
diagnostic. The child runs in an empty folder of its own with a bare environment, never in the workspace, and it never
inherits our standard streams. It ends on the end of its input, which the system delivers also when we are killed
outright (ruff and ty leave within milliseconds); a child that does not honour that is not to be used here. Over 300 lines:
starting, asking and losing a child share one state, and are read together.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, cast
from weakref import WeakValueDictionary

from kireji.base import child_protocol as protocol
from kireji.base.child_protocol import (
    ChildDiagnostic,
    ChildFailure,
    ChildSpec,
    ChildState,
    ChildUnavailable,
    ProtocolError,
    Units,
)
from kireji.base.text import line_starts

MAX_OPEN = 8
START_SECONDS = 10.0
# A waiter gives up at its own deadline; the child is killed only when it stays silent for this long.
HUNG_SECONDS = 5.0
BACK_OFF_SECONDS = (0.0, 0.25, 1.0, 4.0, 15.0, 60.0)
# Uptime after which earlier failures are forgotten.
STEADY_SECONDS = 60.0
CLOSE_SECONDS = 1.0
# The LSP's "content modified" and "server cancelled": the child asks to be asked again.
_ASK_AGAIN = (-32801, -32802)
_ASKED_AT_MOST = 3

_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "TEMP", "TMP", "COMSPEC", "PATHEXT")


class Child:
    """One child process and its successors. Belongs to one event loop; start it lazily (ask) or eagerly (`start`)."""

    def __init__(self, spec: ChildSpec, *, hung_seconds: float = HUNG_SECONDS, max_open: int = MAX_OPEN) -> None:
        self.spec = spec
        self.state = ChildState.IDLE
        self._hung_seconds = hung_seconds
        self._max_open = max_open
        self._process: asyncio.subprocess.Process | None = None
        self._units = Units.UTF16
        self._ids = itertools.count(1)
        self._versions = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._open: OrderedDict[str, None] = OrderedDict()
        # Whoever holds or awaits a lock keeps it alive; nobody else needs it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self._starting: asyncio.Task[None] | None = None
        self._home: tempfile.TemporaryDirectory[str] | None = None
        self._failures = 0
        self._last_failure = ChildFailure.CRASHED
        self._not_before = 0.0
        self._since = 0.0

    @property
    def pid(self) -> int | None:
        """The process id while one runs."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Starts the child unless it runs. Cancelling the caller does not cancel the start. Raises ChildUnavailable."""
        if self.state is ChildState.READY:
            return
        if self.state is ChildState.CLOSED:
            raise ChildUnavailable(ChildFailure.CLOSED)
        if self._starting is None:
            if _now() < self._not_before:
                raise ChildUnavailable(ChildFailure.BACKING_OFF, self._last_failure.value)
            self._starting = self._spawn_task(self._start())
        await _outcome(self._starting)

    async def diagnostics(self, uri: str, language_id: str, text: str, deadline: float) -> tuple[ChildDiagnostic, ...]:
        """What the child says of `text` as the content of `uri`, with spans in `text`'s string offsets.

        `deadline` is loop time (monotonic seconds). Raises ChildUnavailable. A cancelled or late waiter leaves the
        exchange to end by itself: the next text of the same URI is sent only after that answer has come, so that no
        answer can be taken for another text's.
        """
        try:
            async with asyncio.timeout_at(deadline):
                await self.start()
                if (lock := self._locks.get(uri)) is None:
                    lock = self._locks[uri] = asyncio.Lock()
                await lock.acquire()
                exchange = self._spawn_task(self._exchange(lock, uri, language_id, text))
                return cast(tuple[ChildDiagnostic, ...], await _outcome(exchange))
        except TimeoutError:
            raise ChildUnavailable(ChildFailure.LATE) from None

    async def close(self) -> None:
        """Ends the child for good, within about a second. Whoever waits gets ChildUnavailable. May be called twice."""
        self.state = ChildState.CLOSED
        self._fail_pending(ChildFailure.CLOSED)
        await self._end_process()
        current = asyncio.current_task()
        others = [task for task in self._tasks if task is not current]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        # A start that was under way may have spawned a process meanwhile.
        await self._end_process()
        await asyncio.gather(*self._endings)
        if self._home is not None:
            self._home.cleanup()
            self._home = None

    # -- the life of the process

    async def _start(self) -> None:
        self.state = ChildState.STARTING
        try:
            async with asyncio.timeout(START_SECONDS):
                process = await self._spawn()
                self._process = process
                self._spawn_task(self._read(process))
                root_uri = Path(self.spec.root).as_uri() if self.spec.root else None
                result = await self._request("initialize", protocol.initialize_params(self.spec, root_uri))
                self._units = protocol.units_of(result)
                self._send({"method": "initialized", "params": {}})
        except OSError as error:
            self._fail(ChildFailure.MISSING)
            raise ChildUnavailable(ChildFailure.MISSING, error.strerror or type(error).__name__) from None
        except TimeoutError:
            await self._lose(ChildFailure.HUNG)
            raise ChildUnavailable(ChildFailure.HUNG, "while starting") from None
        except ProtocolError as error:
            await self._lose(ChildFailure.PROTOCOL)
            raise ChildUnavailable(ChildFailure.PROTOCOL, str(error)) from None
        except ChildUnavailable as error:
            if self._process is not None:
                await self._lose(error.failure)
            raise
        finally:
            self._starting = None
        if self.state is ChildState.STARTING:  # and not closed meanwhile
            self.state = ChildState.READY
            self._since = _now()

    async def _spawn(self) -> asyncio.subprocess.Process:
        if self._home is None:
            self._home = tempfile.TemporaryDirectory(prefix="kireji-", ignore_cleanup_errors=True)
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        # A home of its own: neither the user's configuration of the tool nor a cache decides what a gate says.
        own = dict.fromkeys(("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "APPDATA"), self._home.name)
        options: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":  # untested
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        return await asyncio.create_subprocess_exec(
            *self.spec.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=self._home.name,
            env={**kept, **own},
            **options,
        )

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 — it was started with a pipe
        failure = ChildFailure.CRASHED
        try:
            while (message := await protocol.read_message(process.stdout)) is not None:
                self._receive(message)
        except ProtocolError:
            failure = ChildFailure.PROTOCOL
        except ChildUnavailable:
            pass  # its input was closed while we answered it: it has ended
        if process is self._process:
            await self._lose(failure)

    def _receive(self, message: dict[str, Any]) -> None:
        if "method" in message:
            if "id" in message:
                self._send(protocol.reply_to(self.spec, message))
            return
        number = message.get("id")
        waiting = self._pending.pop(number, None) if isinstance(number, int) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    async def _lose(self, failure: ChildFailure) -> None:
        """The child is of no use any more: ends it, tells whoever waits, and counts the failure."""
        if self.state is not ChildState.CLOSED:
            self._fail(failure)
        self._fail_pending(failure)
        await self._end_process()

    def _fail(self, failure: ChildFailure) -> None:
        if self.state is ChildState.READY and _now() - self._since > STEADY_SECONDS:
            self._failures = 0
        self._not_before = _now() + BACK_OFF_SECONDS[min(self._failures, len(BACK_OFF_SECONDS) - 1)]
        self._failures += 1
        self._last_failure = failure
        self.state = ChildState.BACKING_OFF

    def _fail_pending(self, failure: ChildFailure) -> None:
        pending, self._pending = self._pending, {}
        for waiting in pending.values():
            if not waiting.done():
                waiting.set_exception(ChildUnavailable(failure))

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        self._open.clear()
        if process is not None:
            ending = asyncio.get_running_loop().create_task(_end(process))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            # Whoever is cancelled here leaves the ending to itself: `close` waits for it.
            await asyncio.shield(ending)

    # -- talking

    async def _exchange(self, lock: asyncio.Lock, uri: str, language_id: str, text: str) -> tuple[ChildDiagnostic, ...]:
        try:
            async with asyncio.timeout(self._hung_seconds):
                text = protocol.clean(text)
                self._show(uri, language_id, text)
                result = await self._request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
            return protocol.parse_diagnostics(result, text, line_starts(text), self._units)
        except TimeoutError:
            await self._lose(ChildFailure.HUNG)
            raise ChildUnavailable(ChildFailure.HUNG) from None
        except ProtocolError as error:
            await self._lose(ChildFailure.PROTOCOL)
            raise ChildUnavailable(ChildFailure.PROTOCOL, str(error)) from None
        finally:
            lock.release()

    def _show(self, uri: str, language_id: str, text: str) -> None:
        """Makes `text` the child's content of `uri`; closes the document that was used longest ago."""
        version = next(self._versions)
        if uri in self._open:
            changed = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}
            self._send({"method": "textDocument/didChange", "params": changed})
        else:
            opened = {"uri": uri, "languageId": language_id, "version": version, "text": text}
            self._send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})
        self._open[uri] = None
        self._open.move_to_end(uri)
        idle = [known for known in self._open if known not in self._locks]
        for known in idle[: max(0, len(self._open) - self._max_open)]:
            del self._open[known]
            self._send({"method": "textDocument/didClose", "params": {"textDocument": {"uri": known}}})

    async def _request(self, method: str, params: Any) -> Any:
        for _ in range(_ASKED_AT_MOST):
            number = next(self._ids)
            waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._pending[number] = waiting
            try:
                self._send({"id": number, "method": method, "params": params})
                if self._process is not None and self._process.stdin is not None:
                    with contextlib.suppress(ConnectionError):  # the reader sees the end and says so
                        await self._process.stdin.drain()
                answer = await waiting
            finally:
                self._pending.pop(number, None)
            if "error" not in answer:
                return answer.get("result")
            code = answer["error"].get("code") if isinstance(answer["error"], dict) else None
            if code not in _ASK_AGAIN:
                break
        raise ChildUnavailable(ChildFailure.REFUSED, str(code))

    def _send(self, message: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            raise ChildUnavailable(self._last_failure if self.state is not ChildState.CLOSED else ChildFailure.CLOSED)
        self._process.stdin.write(protocol.frame(message))

    def _spawn_task(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # the waiter may be gone; what failed is in the state


async def _outcome(task: asyncio.Task[Any]) -> Any:
    """What a shared task comes to. Cancelling the waiter leaves the task alone; a task ended by `close` is an error."""
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        waiter = asyncio.current_task()
        if task.cancelled() and waiter is not None and not waiter.cancelling():
            raise ChildUnavailable(ChildFailure.CLOSED) from None
        raise


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kills a child and waits for its end, but not for ever.

    Its pipes are closed first: one that nobody reads any more is paused when it is full, and asyncio then never sees its
    end. There is no public way to the pipe of a StreamReader.
    """
    transport = cast(asyncio.SubprocessTransport, process._transport)  # type: ignore[attr-defined]
    for stream in (0, 1):
        if (pipe := transport.get_pipe_transport(stream)) is not None:
            pipe.close()
    if process.returncode is None:
        _kill(process)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), CLOSE_SECONDS)
    transport.close()


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kills the child and whatever it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":  # untested; grandchildren live on
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
