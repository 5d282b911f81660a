"""Suggestions for clients that cannot show ghost text: asked for in the background, handed out with the next list.

One question for each document; one that may still fit what was typed since is left to run. Knows no protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from kireji.base.types import Document, Offered, Outcome
from kireji.features.reuse import typed_since, typed_through


@dataclass(frozen=True, slots=True)
class _Question:
    document: Document
    offset: int
    task: asyncio.Future[Outcome]


class Ready:
    """The question of each document, running or answered. Used on the event loop only."""

    def __init__(self, spawn: Callable[[Awaitable[Outcome]], asyncio.Future[Outcome]]) -> None:
        # Whoever runs our questions also ends them when the server ends.
        self._spawn = spawn
        self._questions: dict[str, _Question] = {}

    def look(self, uri: str, document: Document, offset: int) -> Offered | None:
        """The suggestion in hand, if it fits the text as it is now."""
        question = self._questions.get(uri)
        if question is None or not question.task.done() or question.task.cancelled() or question.task.exception():
            return None
        outcome = question.task.result()
        return typed_through(outcome, document, offset) if isinstance(outcome, Offered) else None

    def begin(
        self, uri: str, document: Document, offset: int, ask: Callable[[], Coroutine[Any, Any, Outcome]]
    ) -> tuple[asyncio.Future[Outcome], bool]:
        """The question to wait for, and whether it is a new one. A running one that cannot fit any more is ended."""
        older = self._questions.get(uri)
        if older is not None:
            typed = typed_since(older.document, older.offset, document, offset)
            if typed is not None and (not older.task.done() or typed == ""):
                return older.task, False
            older.task.cancel()
        task = self._spawn(ask())
        self._questions[uri] = _Question(document, offset, task)
        return task, True

    def drop(self, uri: str) -> None:
        """Ends the question of a document that is of no interest any more."""
        question = self._questions.pop(uri, None)
        if question is not None:
            question.task.cancel()
