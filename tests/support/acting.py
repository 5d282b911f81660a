"""Code actions for tests: `$0` marks the cursor (two of them a selection) in a file, and an answer is given by hand or played."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from kireji.base import syntax
from kireji.base.clock import SystemClock
from kireji.base.config_schema import Options, Settings
from kireji.base.edit import apply
from kireji.base.text import make_document
from kireji.base.types import (
    ActionOutcome,
    Change,
    Diagnostic,
    Document,
    Intent,
    Proposed,
    Reason,
    Snapshot,
    Span,
    Trigger,
)
from kireji.compose import build_services
from kireji.engine.actions.action import Action, Refused, Scene, Target
from kireji.engine.actions.implement import IMPLEMENT
from kireji.engine.actions.reach import stray
from kireji.engine.services import Services
from kireji.features.code_action import resolve
from support.messages_api import Answer, MessagesApi
from support.patience import PATIENT, asking

_SUFFIXES = {"python": "py", "typescript": "ts", "javascript": "js", "go": "go", "rust": "rs", "java": "java"}
MARK = "$0"


def marked(text: str, language: str = "python", name: str = "shop") -> tuple[Document, Span]:
    """A document, and the cursor or selection that was marked in it."""
    first, mark, rest = text.partition(MARK)
    assert mark, "no cursor in the text"
    inside, mark, last = rest.partition(MARK)
    path = f"/w/{name}" if "." in name else f"/w/{name}.{_SUFFIXES.get(language, language)}"
    document = make_document(f"file://{path}", path, language, 1, first + inside + last)
    return document, Span(len(first), len(first) + (len(inside) if mark else 0))


def scene_of(
    text: str, language: str = "python", *diagnostics: Diagnostic, instruction: str = "", name: str = "shop"
) -> Scene:
    """What an action would look at there."""
    document, span = marked(text, language, name)
    tree = syntax.parse(language, document.text) if syntax.supported(language) else None
    return Scene(Snapshot("t", document, trigger=Trigger.EXPLICIT), tree, Intent(span, diagnostics, instruction))


def target_of(text: str, language: str = "python") -> tuple[Scene, Target]:
    """The stub at the cursor. AssertionError where there is none."""
    scene = scene_of(text, language)
    target = IMPLEMENT.find(scene)
    assert target is not None, "there is no stub here"
    return scene, target


def made(action: Action, scene: Scene, answer: str) -> str | Refused:
    """The scene's text once an action has made its change of an answer, or why there is no such text."""
    target = action.find(scene)
    assert target is not None, f"{action.id} does not apply here"
    plan = action.plan(scene, target)
    if isinstance(plan, Refused):
        return plan
    found = action.make(scene, target, plan, answer)
    if isinstance(found, Refused):
        return found
    refused = stray(found.changes, plan, scene.document, scene.snapshot.workspace)
    if refused is not None:
        return refused
    (edit,) = found.changes.edits
    return apply(scene.document.text, edit.changes)


def changed(text: str, answer: str, language: str = "python") -> str | Refused:
    """The text with an answer's body in the stub at the cursor, or why there is no such text."""
    return made(IMPLEMENT, scene_of(text, language), answer)


def change_of(outcome: ActionOutcome) -> Change:
    """The one change of an outcome. AssertionError where there is none."""
    assert isinstance(outcome, Proposed), outcome
    ((change,),) = (edit.changes for edit in outcome.changes.edits)
    return change


class Acting:
    """Services over a stand-in of the model, asked to implement what is at a cursor."""

    def __init__(self, services: Services, api: MessagesApi) -> None:
        self.services = services
        self.api = api

    async def ask(self, text: str, language: str = "python", options: Options | None = None) -> ActionOutcome:
        """The outcome at the cursor, in a text that nobody changes meanwhile."""
        document, span = marked(text, language)
        snapshot = Snapshot("t", document, options=options or PATIENT, trigger=Trigger.EXPLICIT)
        return await resolve(self.services, snapshot, IMPLEMENT.id, Intent(span), lambda _: document)

    async def check(self, text: str, expected: str | Reason, language: str = "python") -> None:
        """What stands in the file afterwards, or why nothing was changed."""
        outcome = await self.ask(text, language)
        if isinstance(expected, Reason):
            assert not isinstance(outcome, Proposed), outcome.changes
            assert outcome.reason is expected, outcome
            return
        assert apply(marked(text, language)[0].text, (change_of(outcome),)) == expected


@contextlib.asynccontextmanager
async def acting(state: Path, answer: Answer) -> AsyncIterator[Acting]:
    """A stand-in that answers so, and services that ask it."""
    async with MessagesApi(answer) as api:
        services = build_services(Settings(protected=asking(api, state)), SystemClock())
        try:
            yield Acting(services, api)
        finally:
            await services.close()
