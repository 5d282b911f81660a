"""Reads one answer of a model: out of its wrapping, if it has one, up to the end that is proved. Keeps no state between answers.

Neither asks nor judges: `asking.py` opens and closes the stream, the gates look at what was read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from kireji.base.clock import Clock
from kireji.base.types import Delta, End, EndReason, Prompt, RawCompletion, Reason, Site
from kireji.engine.prompt.contract import Unwrapper
from kireji.engine.prompt.hole import Bare
from kireji.engine.stream.cut import CutBy, Cutter
from kireji.engine.stream.echo import Echo
from kireji.providers.provider import ProviderError


class Watcher(Protocol):
    """Looks at the answer while it comes. `proof` is not None once what has come is proved wrong."""

    @property
    def proof(self) -> object | None: ...

    def feed(self, text: str) -> None:
        """The insertion as far as it has come. Must return at once."""
        ...


class Taking(Protocol):
    """Takes the insertion out of what is said. `closed` turns true where no more of it can come."""

    @property
    def closed(self) -> bool: ...

    def feed(self, piece: str) -> str:
        """The part of it that this piece completes."""
        ...

    def finish(self) -> str:
        """What was still held back when the stream ended."""
        ...


class Fenced:
    """An answer by the contract: out of its fence, without its echo."""

    def __init__(self, site: Site, tag: str) -> None:
        self._unwrapper, self._echo = Unwrapper(tag), Echo(site)

    @property
    def closed(self) -> bool:
        """The fence was closed."""
        return self._unwrapper.closed

    def feed(self, piece: str) -> str:
        """See Taking."""
        return self._echo.feed(self._unwrapper.feed(piece))

    def finish(self) -> str:
        """See Taking."""
        return self._echo.feed(self._unwrapper.finish()) + self._echo.finish()


def taking(prompt: Prompt, site: Site) -> Taking:
    """How the answer to a prompt is taken: by the contract, or as it comes where a hole is filled."""
    return Fenced(site, prompt.tag) if prompt.hole is None else Bare(prompt.stop)


async def read_answer(
    clock: Clock, pieces: AsyncIterator[Delta | End], site: Site, taken: Taking, watch: Watcher | None = None
) -> RawCompletion:
    """Reads a stream up to the end that the cut proves, or to what the watch proves wrong; the caller then closes it.

    A fault in mid-stream is no exception here: what was whole before it may still be shown.
    """
    started = clock.monotonic()
    cutter = Cutter(site)
    first = 0.0
    chars = 0
    end: End | None = None
    fault: Reason | None = None
    done = False
    cut_by = CutBy.NONE
    text = said = ""
    try:
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
                break
            first = first or clock.monotonic() - started
            chars += len(piece.text)
            said += (more := taken.feed(piece.text))
            step = cutter.feed(more)
            text, done, cut_by = step.text, step.done, step.cut_by
            if done or taken.closed:
                break
            if watch is not None:
                watch.feed(said)
                if watch.proof is not None:
                    return _stopped(cutter, first, clock.monotonic() - started, chars)
    except ProviderError as error:
        if chars == 0:
            raise
        fault = error.reason
    ended = end is not None and end.reason in (EndReason.COMPLETE, EndReason.STOP_SEQUENCE)
    complete = done or taken.closed or ended
    if not done:
        cutter.feed(taken.finish())
        step = cutter.finish(complete)
        text, cut_by = step.text, step.cut_by
    return RawCompletion(text, cut_by.value, complete, end, first, clock.monotonic() - started, chars, fault)


async def read_whole(clock: Clock, pieces: AsyncIterator[Delta | End], tag: str) -> RawCompletion:
    """Reads a stream to the end of the answer. It is complete only if the model had finished, or had closed its fence."""
    started = clock.monotonic()
    unwrapper = Unwrapper(tag)
    parts: list[str] = []
    first, chars = 0.0, 0
    end: End | None = None
    fault: Reason | None = None
    try:
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
                break
            first = first or clock.monotonic() - started
            chars += len(piece.text)
            parts.append(unwrapper.feed(piece.text))
            if unwrapper.closed:
                break
    except ProviderError as error:
        if chars == 0:
            raise
        fault = error.reason
    complete = unwrapper.closed or (end is not None and end.reason in (EndReason.COMPLETE, EndReason.STOP_SEQUENCE))
    parts.append(unwrapper.finish())
    cut_by = "fence" if unwrapper.closed else "end" if complete else "fault"
    elapsed = clock.monotonic() - started
    return RawCompletion("".join(parts), cut_by, complete, end, first, elapsed, chars, fault)


def _stopped(cutter: Cutter, first: float, total: float, chars: int) -> RawCompletion:
    """What was whole when something was proved wrong."""
    return RawCompletion(cutter.finish(False).text, CutBy.PROOF.value, False, None, first, total, chars)
