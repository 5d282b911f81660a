"""Asks the analysis worker: one question at a time, the newest first, each with a deadline. Knows nothing of jedi.

Every method raises ChildUnavailable when there is no answer by its deadline, or none at all; `deadline` is loop time (monotonic
seconds). Where the worker answers that it cannot tell, the result is empty, or None.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from kireji.base.analysis import answers
from kireji.base.analysis.answers import Description, Signature
from kireji.base.analysis.limits import too_long
from kireji.base.child_protocol import ChildFailure, ChildSpec, ChildState, ChildUnavailable, Pace, ProtocolError
from kireji.base.children import Child
from kireji.base.tasks import Tasks
from kireji.base.types import Document, Name, Workspace

logger = logging.getLogger(__name__)

# It holds 70 MB when warm, and grows with every package that it has looked into.
MEMORY_BYTES = 600 * 1024 * 1024
RECYCLE_BYTES = 150 * 1024 * 1024
# Its start takes jedi's first answers with it: 2 s, on a loaded machine 9. Later, a first look at a large package takes
# several; what was read by then is kept for the next process.
PACE = Pace(start=30.0, hung=10.0)
# Isolated: neither the folder it runs in nor PYTHON* variables can put a module in front of ours. Only our own package's
# folder is added, in case the package is not installed.
_START = """
import sys
root, *cache = sys.argv[1:]
root in sys.path or sys.path.insert(0, root)
from kireji.base.analysis.worker import main
main(*cache)
"""

T = TypeVar("T")


def analysis_spec(cache: Path | None = None) -> ChildSpec:
    """How to run the worker: with the interpreter that runs us.

    `cache` is a private folder in which jedi keeps what it has read of libraries and of the workspace, parsed; it saves most
    of a start. Without one that lives as long as the `Analysis`, which spares only a restart.
    """
    kept = () if cache is None else (str(cache),)
    command = (sys.executable, "-I", "-c", _START, str(Path(__file__).parents[3]), *kept)
    return ChildSpec("analysis", command, requires=frozenset(), memory_bytes=MEMORY_BYTES, recycle_bytes=RECYCLE_BYTES)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A question that waits, and the future that gets its answer."""

    method: str
    params: dict[str, Any]
    deadline: float
    answer: asyncio.Future[Any]


class Analysis:
    """The worker, seen from the server. Starts with the first question or by `start`; belongs to one event loop."""

    def __init__(self, child: Child | None = None) -> None:
        self._child = child if child is not None else Child(analysis_spec(), pace=PACE)
        self._waiting: list[_Turn] = []
        self._tasks = Tasks()
        self._pump: asyncio.Task[None] | None = None

    @property
    def state(self) -> ChildState:
        """Where the worker is in its life."""
        return self._child.state

    async def start(self) -> None:
        """Starts the worker and waits until it is warm. Raises ChildUnavailable."""
        await self._child.start()

    async def close(self) -> None:
        """Ends the worker for good; whoever waits gets ChildUnavailable. May be called twice."""
        await self._child.close()
        await self._tasks.cancel()
        self._fail_all(ChildUnavailable(ChildFailure.CLOSED))

    async def complete(
        self, document: Document, offset: int, workspace: Workspace, limit: int, deadline: float
    ) -> tuple[Name, ...]:
        """The names that may stand at `offset`, at most `limit`; private ones, then those with two underscores, come last."""
        value = await self._ask("complete", document, offset, workspace, deadline, limit=limit)
        return _read(answers.completions, value if value is not None else [])

    async def tell(
        self, document: Document, offset: int, workspace: Workspace, limit: int, deadline: float
    ) -> tuple[Name, ...]:
        """As `complete`, for a model: without what excluded files define. `members` and `signature` leave that out as well."""
        value = await self._ask("tell", document, offset, workspace, deadline, limit=limit)
        return _read(answers.completions, value if value is not None else [])

    async def describe(
        self, document: Document, offset: int, workspace: Workspace, name: str, deadline: float
    ) -> Description | None:
        """More about one of the names that `complete` gives for the same text and offset; a few kilobytes at most."""
        return _read(answers.description, await self._ask("describe", document, offset, workspace, deadline, name=name))

    async def members(
        self, document: Document, offset: int, workspace: Workspace, deadline: float
    ) -> tuple[str, ...] | None:
        """The names of the expression left of the dot that stands before `offset`, or before the word there; None: unknown.

        An object that makes members up as they are asked for has `__getattr__` among them.
        """
        return _read(answers.members, await self._ask("members", document, offset, workspace, deadline))

    async def signature(
        self, document: Document, offset: int, workspace: Workspace, deadline: float
    ) -> Signature | None:
        """The signature of the call around `offset`; None when there is none, or it is not known."""
        return _read(answers.signature, await self._ask("signature", document, offset, workspace, deadline))

    async def _ask(
        self, method: str, document: Document, offset: int, workspace: Workspace, deadline: float, **more: object
    ) -> Any:
        if refusal := too_long(document.text, document.lines):
            logger.debug("analysis: %s: %s", method, refusal)
            return None
        if self._child.state is ChildState.CLOSED:
            raise ChildUnavailable(ChildFailure.CLOSED)
        # An interpreter is started, and with it whatever its environment holds: only where the person trusts the folder.
        python = workspace.python if workspace.trusted else None
        place = {"uri": document.uri, "path": document.path, "root": workspace.root, "python": python}
        params = {"text": document.text, "offset": offset, **place, **more}
        turn = _Turn(method, params, deadline, asyncio.get_running_loop().create_future())
        self._waiting.append(turn)
        if self._pump is None:
            self._pump = self._tasks.spawn(self._serve())
        try:
            async with asyncio.timeout_at(deadline):
                result = await turn.answer
        except TimeoutError:
            raise ChildUnavailable(ChildFailure.LATE) from None
        finally:
            turn.answer.cancel()
        if not isinstance(result, dict):
            raise ChildUnavailable(ChildFailure.PROTOCOL)
        if note := result.get("note"):
            logger.debug("analysis: %s: %s", method, note)
        return result.get("value")

    async def _serve(self) -> None:
        """Sends one question after the other, until none waits. A question whose waiter has gone is not sent; one that was
        sent is waited for whatever its waiter does, because the worker is busy with it."""
        try:
            while any(not turn.answer.done() for turn in self._waiting):
                await self._child.start()
                if (turn := self._newest()) is not None:
                    await self._put(turn)
        except ChildUnavailable as error:
            self._fail_all(error)
        finally:
            self._pump = None

    def _newest(self) -> _Turn | None:
        now = asyncio.get_running_loop().time()
        while self._waiting:
            turn = self._waiting.pop()
            if not turn.answer.done() and turn.deadline > now:
                return turn
        return None

    async def _put(self, turn: _Turn) -> None:
        try:
            # The child is killed when it hangs: no wait is without end.
            result = await self._child.request(turn.method, turn.params, float("inf"))
        except ChildUnavailable as error:
            if not turn.answer.done():
                turn.answer.set_exception(ChildUnavailable(error.failure, error.detail))
        else:
            if not turn.answer.done():
                turn.answer.set_result(result)

    def _fail_all(self, error: ChildUnavailable) -> None:
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.answer.done():
                turn.answer.set_exception(ChildUnavailable(error.failure, error.detail))


def _read(parse: Callable[[Any], T], value: Any) -> T:
    try:
        return parse(value)
    except ProtocolError as error:
        raise ChildUnavailable(ChildFailure.PROTOCOL, str(error)) from None
