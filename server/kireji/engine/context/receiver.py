"""What exists at the cursor itself: the members of what stands before the dot, and the signature of the call around it.

Python is asked about in the analysis worker, which takes longer than a key: a question begins as soon as a key makes it
likely, goes on whatever becomes of who asked, and its answer serves the rest of the word. Other languages have their members
from the index. What is late is left out.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from kireji.base.analysis.client import Analysis
from kireji.base.child_protocol import ChildState, ChildUnavailable
from kireji.base.languages import canonical
from kireji.base.types import ContextItem, Document, ItemKind, Snapshot, Span, Trigger

# How long a question may take that nobody waits for any more, and how long its answer holds: other files change meanwhile.
_PATIENT_SECONDS = 5.0
_LASTS_SECONDS = 20.0
_MOST_QUESTIONS = 16
_MOST_NAMES = 60
_MOST_CHARS = 700
# How far before the cursor a call is looked for that is still open.
_REACH = 2_000
_MEMBER = re.compile(r"([\w\])\"'])\s*\.\s*(\w*)\Z")
_RECEIVER = re.compile(r"([\w.\[\]()'\"]*)\.\s*(\w*)\Z")
_CALLED = re.compile(r"([A-Za-z_][\w.]*)\s*\Z")
# What opens a bracket after these is no call.
_NO_CALLS = frozenset(
    {"def", "class", "if", "elif", "while", "for", "in", "and", "or", "not", "return", "with", "print"}
)

# The names of members, or a signature; empty where nothing is known.
Known = tuple[str, ...] | str
Ask = Callable[[Document, int, Snapshot, float], Awaitable[Known]]


@dataclass(frozen=True, slots=True)
class _Question:
    """Asked about a text up to `head`, which is all that decides the answer."""

    uri: str
    kind: str
    head: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Asked:
    task: asyncio.Future[Known]
    at: float


class Receivers:
    """The last questions, running or answered. One server's, on the event loop."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._asked: OrderedDict[_Question, _Asked] = OrderedDict()

    def foresee(self, snapshot: Snapshot, offset: int) -> None:
        """Begins to find out what will be asked about a place soon. Waits for nothing."""
        self._begin(snapshot, offset)

    async def items(self, snapshot: Snapshot, offset: int, deadline: float) -> list[ContextItem]:
        """What is known at a place. Who asked by a key gets it by `deadline` (loop time); while someone types, what is there."""
        tasks = [asked.task for asked in self._begin(snapshot, offset)]
        left = deadline - asyncio.get_running_loop().time() if snapshot.trigger is Trigger.EXPLICIT else 0.0
        if tasks:
            await asyncio.wait(tasks, timeout=max(0.0, left))
        said = [task.result() for task in tasks if task.done() and not task.cancelled() and task.exception() is None]
        uri, here = snapshot.document.uri, Span(offset, offset)
        before = snapshot.document.text[max(0, offset - _REACH) : offset]
        return [
            ContextItem(ItemKind.HERE, uri, here, _in_words(names, before), 0.0, why="known at the cursor")
            for names in said
            if names
        ]

    async def close(self) -> None:
        """Ends what is asked. May be called twice."""
        tasks = [asked.task for asked in self._asked.values()]
        self._asked.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, snapshot: Snapshot, offset: int) -> list[_Asked]:
        document = snapshot.document
        # The worker is not started for this: whoever wants no names listed has another program that knows them.
        if canonical(document.language) != "python" or self._analysis.state is not ChildState.READY:
            return []
        text = document.text
        line = text.rfind("\n", 0, offset) + 1
        places: list[tuple[str, int, Ask]] = []
        if (dot := _MEMBER.search(text[line:offset])) is not None:
            places.append(("members", line + dot.start(2), self._members))
        if (opened := _open_call(text, offset)) is not None:
            places.append(("call", opened, self._call))
        return [self._put(_Question(document.uri, kind, text[:at]), snapshot, at, ask) for kind, at, ask in places]

    def _put(self, question: _Question, snapshot: Snapshot, offset: int, ask: Ask) -> _Asked:
        now = asyncio.get_running_loop().time()
        asked = self._asked.pop(question, None)
        if asked is None or now - asked.at > _LASTS_SECONDS or _failed(asked.task):
            task = asyncio.ensure_future(_answered(ask(snapshot.document, offset, snapshot, now + _PATIENT_SECONDS)))
            asked = _Asked(task, now)
        self._asked[question] = asked
        while len(self._asked) > _MOST_QUESTIONS:
            # One that still runs ends by its own deadline.
            self._asked.popitem(last=False)
        return asked

    async def _members(self, document: Document, offset: int, snapshot: Snapshot, deadline: float) -> Known:
        return await self._analysis.members(document, offset, snapshot.workspace, deadline) or ()

    async def _call(self, document: Document, offset: int, snapshot: Snapshot, deadline: float) -> Known:
        signature = await self._analysis.signature(document, offset, snapshot.workspace, deadline)
        return signature.label if signature is not None else ""


async def _answered(work: Awaitable[Known]) -> Known:
    """Nothing where the worker cannot say it in time."""
    try:
        return await work
    except ChildUnavailable:
        return ""


def _failed(task: asyncio.Future[Known]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None or not task.result())


def _in_words(known: Known, before: str) -> str:
    """Members, first those that begin as the word before the cursor does; or a call's signature."""
    if isinstance(known, str):
        return f"the call around the cursor: {known[:_MOST_CHARS]}"
    receiver = _RECEIVER.search(before)
    begun = receiver[2] if receiver is not None else ""
    names = sorted((name for name in known if _is_meant(name, begun)), key=lambda name: not name.startswith(begun))
    text = f"{receiver[1] if receiver is not None else ''}. has: {', '.join(names[:_MOST_NAMES])}"
    return text if len(text) <= _MOST_CHARS else text[: text.rfind(",", 0, _MOST_CHARS)]


def _is_meant(name: str, begun: str) -> bool:
    """Whether a name is for whoever writes that: what begins with an underscore is not, unless that is written."""
    return begun.startswith("_") or not name.startswith("_")


def _open_call(text: str, offset: int) -> int | None:
    """The offset behind the bracket of the call that is open at an offset, by brackets alone; None where there is none."""
    depth = 0
    for at in range(offset - 1, max(-1, offset - _REACH), -1):
        if text[at] in ")]}":
            depth += 1
        elif text[at] in "([{":
            if depth == 0:
                called = _CALLED.search(text, max(0, at - 100), at) if text[at] == "(" else None
                return (
                    at + 1 if called is not None and called[1] not in _NO_CALLS and not _defines(text, called) else None
                )
            depth -= 1
        elif text[at] == "\n" and depth == 0 and not text[at + 1 : at + 2].isspace():
            # A line at the left edge begins a statement: nothing that is open reaches across it.
            return None
    return None


def _defines(text: str, called: re.Match[str]) -> bool:
    return text[: called.start()].rstrip(" \t").endswith(("def", "class"))
