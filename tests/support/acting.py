"""Code actions for tests: `$0` marks the cursor (two of them a selection) in a file, and an answer is given by hand or played."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from kireji.base import syntax
from kireji.base.clock import SystemClock
from kireji.base.config_schema import Options, Protected, Settings
from kireji.base.edit import apply
from kireji.base.syntax import Tree
from kireji.base.text import make_document
from kireji.base.types import Change, Document, Offered, Outcome, Reason, Snapshot, Span, Trigger
from kireji.compose import build_services
from kireji.engine.actions.action import Refused, Target
from kireji.engine.actions.implement import IMPLEMENT
from kireji.engine.services import Services
from kireji.features.code_action import resolve
from support.messages_api import Answer, MessagesApi

_SUFFIXES = {"python": "py", "typescript": "ts", "javascript": "js", "go": "go", "rust": "rs", "java": "java"}
MARK = "$0"


def marked(text: str, language: str = "python", name: str = "shop") -> tuple[Document, Span]:
    """A document, and the cursor or selection that was marked in it."""
    first, mark, rest = text.partition(MARK)
    assert mark, "no cursor in the text"
    inside, mark, last = rest.partition(MARK)
    path = f"/w/{name}.{_SUFFIXES.get(language, language)}"
    document = make_document(f"file://{path}", path, language, 1, first + inside + last)
    return document, Span(len(first), len(first) + (len(inside) if mark else 0))


def target_of(text: str, language: str = "python") -> tuple[Document, Tree, Target]:
    """The stub at the cursor. AssertionError where there is none."""
    document, span = marked(text, language)
    tree = syntax.parse(language, document.text)
    target = IMPLEMENT.find(document, tree, span)
    assert target is not None, "there is no stub here"
    return document, tree, target


def changed(text: str, answer: str, language: str = "python") -> str | Refused:
    """The text with an answer's body in the stub at the cursor, or why there is no such text."""
    document, tree, target = target_of(text, language)
    change = IMPLEMENT.change(document, tree, target, answer)
    if isinstance(change, Refused):
        return change
    assert target.span.start <= change.span.start <= change.span.end <= target.span.end
    return apply(document.text, (change,))


def change_of(outcome: Outcome) -> Change:
    """The one change of an outcome. AssertionError where there is none."""
    assert isinstance(outcome, Offered), outcome
    (change,) = outcome.candidate.edit.changes
    return change


class Acting:
    """Services over a stand-in of the model, asked to implement what is at a cursor."""

    def __init__(self, services: Services, api: MessagesApi) -> None:
        self.services = services
        self.api = api

    async def ask(self, text: str, language: str = "python", options: Options | None = None) -> Outcome:
        """The outcome at the cursor, in a text that nobody changes meanwhile."""
        document, span = marked(text, language)
        snapshot = Snapshot("t", document, options=options or Options(), trigger=Trigger.EXPLICIT)
        return await resolve(self.services, snapshot, IMPLEMENT.id, span, lambda: document)

    async def check(self, text: str, expected: str | Reason, language: str = "python") -> None:
        """What stands in the file afterwards, or why nothing was changed."""
        outcome = await self.ask(text, language)
        if isinstance(expected, Reason):
            assert not isinstance(outcome, Offered), outcome.candidate.change
            assert outcome.reason is expected, outcome
            return
        assert apply(marked(text, language)[0].text, (change_of(outcome),)) == expected


@contextlib.asynccontextmanager
async def acting(state: Path, answer: Answer) -> AsyncIterator[Acting]:
    """A stand-in that answers so, and services that ask it."""
    async with MessagesApi(answer) as api:
        protected = Protected(api_key=api.key, base_url=api.url, state_dir=str(state))
        services = build_services(Settings(protected=protected), SystemClock())
        try:
            yield Acting(services, api)
        finally:
            await services.close()
