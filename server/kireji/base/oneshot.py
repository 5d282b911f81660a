"""A program that judges one text and ends: the text is its input, its findings are its output. Judges nothing itself.

It is run as `child_process.py` runs any child, in a folder of its own, and is killed when it takes too long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kireji.base import child_process
from kireji.base.child_home import Home, open_home
from kireji.base.child_protocol import ChildDiagnostic, ChildFailure, ChildSpec, ChildUnavailable, clean

_MOST_BYTES = 16 * 2**20
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class OneShotSpec:
    """How to run it, and how its output about a text is read. `parse` raises ValueError for what is not its output."""

    child: ChildSpec
    parse: Callable[[bytes, str], tuple[ChildDiagnostic, ...]] = field(repr=False)


class OneShot:
    """Runs it anew for each text, two at a time."""

    def __init__(self, spec: OneShotSpec) -> None:
        self._spec = spec
        self._home: Home | None = None
        self._opening = asyncio.Lock()
        self._closed = False
        self._running: set[asyncio.subprocess.Process] = set()
        self._asking = 0
        self._room = asyncio.Semaphore(_AT_ONCE)

    @property
    def idle(self) -> bool:
        """Whether nobody waits for what it says."""
        return self._asking == 0

    async def diagnostics(self, uri: str, language_id: str, text: str, deadline: float) -> tuple[ChildDiagnostic, ...]:
        """What it says of `text`, with spans in string offsets. `deadline` is loop time. Raises ChildUnavailable."""
        shown = clean(text)
        self._asking += 1
        try:
            async with asyncio.timeout_at(deadline), self._room:
                said = await self._run(shown.encode())
        except TimeoutError:
            raise ChildUnavailable(ChildFailure.LATE) from None
        except OSError as error:
            if self._closed:  # and its folder gone
                raise ChildUnavailable(ChildFailure.CLOSED) from None
            raise ChildUnavailable(ChildFailure.MISSING, error.strerror or type(error).__name__) from None
        finally:
            self._asking -= 1
        try:
            return self._spec.parse(said, shown)
        except (ValueError, KeyError, TypeError):
            raise ChildUnavailable(ChildFailure.PROTOCOL) from None

    async def tell(self, method: str, params: object, deadline: float) -> None:
        """It remembers nothing, so there is nothing to tell."""

    async def close(self) -> None:
        """No more of it: whoever waits gets ChildUnavailable. May be called twice."""
        self._closed = True
        await asyncio.gather(*(child_process.end(process) for process in self._running))
        async with self._opening:
            if self._home is not None:
                home, self._home = self._home, None
                await asyncio.to_thread(home.close)

    async def _place(self) -> Path:
        """The one folder that it is run in; another once that has been cleared away.

        Concurrent first texts wait for one: a second would take its place and end it.
        """
        async with self._opening:
            if self._closed:
                raise ChildUnavailable(ChildFailure.CLOSED)
            if self._home is None or not self._home.is_there:
                self._home = await asyncio.to_thread(open_home)
            return self._home.path

    async def _run(self, data: bytes) -> bytes:
        process = await child_process.spawn(self._spec.child, await self._place())
        self._running.add(process)
        try:
            # Whoever has closed it while it was started did not know it yet.
            said = b"" if self._closed else await child_process.exchanged(process, data, _MOST_BYTES)
            if self._closed:
                raise ChildUnavailable(ChildFailure.CLOSED)
            return said
        finally:
            self._running.discard(process)
            await asyncio.shield(child_process.end(process))
