"""The door of code actions: `textDocument/codeAction`, `codeAction/resolve`, and the commands with the same effect."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from kireji.base.types import (
    ActionOutcome,
    Intent,
    Proposed,
    Reason,
    Report,
    Snapshot,
    Span,
    Stage,
    Trigger,
    Withheld,
)
from kireji.features.code_action import Offer, offers, problems, resolve, stands
from kireji.features.explain import sentence
from kireji.lsp import to_proto
from kireji.lsp.asked_for import Wanted, edit_wanted, intent_of, wanted
from kireji.lsp.client import Level
from kireji.lsp.edits import Home, Unable, edit_of, unsaid
from kireji.lsp.on_snapshot import Edge, Here, answer, look, reader
from kireji.lsp.progress import Progresses
from kireji.lsp.reading_matter import ReadingMatter
from kireji.lsp.told import in_words

if TYPE_CHECKING:
    from kireji.engine.services import Services

logger = logging.getLogger(__name__)

OPTIONS = types.CodeActionOptions(
    code_action_kinds=[
        types.CodeActionKind.QuickFix,
        types.CodeActionKind.RefactorExtract,
        types.CodeActionKind.RefactorRewrite,
        types.CodeActionKind.Source,
    ],
    resolve_provider=True,
)
# An editor sends what lies in the range; more than this is no place any more.
_MOST_DIAGNOSTICS = 50
# Changes that a client was told lately, so that it may look at them again.
_KEPT = 8


_NOT_TAKEN = (
    "the editor has not taken the change, which may have come too late for it; choose it once more: it is at hand"
)


@dataclass(frozen=True, slots=True)
class Untaken:
    """A change that the client was asked to make and has not made, and what it was for."""

    said: Wanted
    outcome: Proposed


@dataclass(frozen=True, slots=True)
class _Resolved:
    """A change that the client was told, and what could be seen then: who sees the same has not made it."""

    said: Wanted
    snapshot: Snapshot
    outcome: Proposed


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be done here; `reason` says why there is nothing."""

    found: tuple[Offer, ...]
    reason: Reason | None = None
    stage: Stage = Stage.CLASSIFY


class CodeActions:
    """Offers are quick and local; what is chosen asks the model, and its edit has passed the gates."""

    def __init__(self, edge: Edge, progresses: Progresses) -> None:
        self._edge = edge
        self._progresses = progresses
        self._reading = ReadingMatter(edge)
        self._logged: set[str] = set()
        # Some clients make a change only within seconds of the command, and the model may take longer.
        self._untaken: Untaken | None = None
        # Others look at what an action would do before a person chooses it.
        self._resolved: list[_Resolved] = []
        edge.lifecycle.when_closed(self._close)

    def offer(self, params: types.CodeActionParams) -> Awaitable[list[Any]]:
        """What may be done about a range."""
        edge, uri = self._edge, params.text_document.uri
        diagnostics = list(params.context.diagnostics)[:_MOST_DIAGNOSTICS]
        edge.lifecycle.saw_problems(uri, in_words(diagnostics))
        here = look(edge, uri, Trigger.EXPLICIT)
        said = Wanted(uri, "", params.range, tuple(diagnostics))
        intent = intent_of(edge, here, said) if here is not None else Intent(Span(0, 0))
        only = tuple(getattr(kind, "value", kind) for kind in params.context.only or ())
        version = edge.lifecycle.session.documents.version(uri)

        async def work(services: Services, here: Here) -> Offers:
            def look_around() -> tuple[tuple[Offer, ...], tuple[str, ...]]:
                return offers(services, here.snapshot, intent, only), problems(here.snapshot)

            found, wrong = await asyncio.to_thread(look_around)
            self._log_once(wrong)
            found = tuple(offer for offer in found if self._can_take(offer))
            return Offers(found, None if found else Reason.NOTHING_TO_ADD)

        async def run() -> list[Any]:
            told = await answer(edge, here, "code action", work, lambda withheld: Offers((), withheld.reason))
            about = {"uri": uri, "version": version, "range": _plain(params.range)}
            return to_proto.code_actions(told.found, about, diagnostics, edge.lifecycle.session.abilities)

        return run()

    def resolve(self, action: types.CodeAction) -> Awaitable[types.CodeAction]:
        """The action with its edit; without one, and with a message, where there is none to be had."""
        said = wanted(action.data)
        pending, here = self._begin(said, action.title, None)

        async def run() -> types.CodeAction:
            outcome = await pending
            edit = self._edit(outcome, here, action.title) if isinstance(outcome, Proposed) else None
            if edit is not None and isinstance(outcome, Proposed):
                action.edit = edit
                self._keep(said, here, outcome)
                self._tell(outcome, action.title)
            else:
                # Eglot asks again for as long as there is data and no edit: without end, and each time the model is paid.
                action.data = None
            return action

        return run()

    def act(self, data: object, token: str | int | None) -> Awaitable[bool]:
        """Does what an offer's command says; whether the client has applied the edit, or shown the text."""
        return self._done(wanted(data), "", token)

    def edit(self, data: object, token: str | int | None) -> Awaitable[bool]:
        """Does to a range what a person has said in their own words; whether the client has applied the edit."""
        return self._done(edit_wanted(data), "edit", token)

    def _done(self, said: Wanted, title: str, token: str | int | None) -> Awaitable[bool]:
        pending, here = self._begin(said, title, token)

        async def run() -> bool:
            outcome = await pending
            return await self.deliver(outcome, here, title, said.action, said)

        return run()

    async def deliver(
        self, outcome: ActionOutcome, here: Here | None, title: str, name: str, said: Wanted | None = None
    ) -> bool:
        """Brings what an action has come to before the person; whether the client has applied the edit, or shown the text.

        What `said` was for is kept where the client does not take it: it may be chosen again.
        """
        if not isinstance(outcome, Proposed) or here is None:
            return False
        shown = bool(outcome.text) and await self._reading.show(f"Kireji: {name}", outcome.text)
        if not outcome.changes.edits and not outcome.changes.created:
            return shown
        edit = self._edit(outcome, here, title)
        if edit is None or not await self._confirmed(outcome, title):
            return False
        # A person reads before they agree, and may type meanwhile; not every client would see that from a version.
        if not await stands(outcome, here.snapshot, reader(self._edge, here)):
            self._edge.client.show(Level.INFO, _headed(title, Reason.STALE.value))
            return False
        applied = await self._edge.client.apply(edit, _headed(title))
        # Kept once: a client that refuses it even when it comes at once has another reason, such as a newer version.
        if not applied and said is not None and not outcome.report.reused:
            self._untaken = Untaken(said, outcome)
            self._edge.client.show(Level.WARNING, _headed(title, _NOT_TAKEN))
        return applied

    def _begin(self, said: Wanted, title: str, token: str | int | None) -> tuple[Awaitable[ActionOutcome], Here | None]:
        """The outcome on its way, and the document it is about, taken now."""
        edge = self._edge
        here = look(edge, said.uri, Trigger.EXPLICIT)
        intent = intent_of(edge, here, said) if here is not None else Intent(Span(0, 0))
        known = self.untaken(said) or self._known(said, here)

        async def work(services: Services, here: Here) -> ActionOutcome:
            latest = reader(edge, here)
            if known is not None and await stands(known, here.snapshot, latest):
                return replace(known, report=Report(reused=True))
            return await resolve(services, here.snapshot, said.action, intent, latest)

        async def run() -> ActionOutcome:
            able = edge.lifecycle.session.abilities.progress
            async with self._progresses.showing(title or _headed(""), able, token):
                outcome = await answer(edge, here, said.action, work, lambda withheld: withheld)
            if isinstance(outcome, Withheld):
                edge.client.show(Level.INFO, _headed(title, sentence(outcome)))
            return outcome

        return run(), here

    def untaken(self, said: Wanted) -> Proposed | None:
        """The change that the client has not taken, if that was for the same; whatever else is wanted lets go of it."""
        untaken, self._untaken = self._untaken, None
        return untaken.outcome if untaken is not None and untaken.said == said else None

    def _keep(self, said: Wanted, here: Here | None, outcome: Proposed) -> None:
        """Has a change at hand for whoever asks for it once more, and has changed nothing since."""
        if here is not None and self._known(said, here) is None:
            self._resolved.append(_Resolved(said, here.snapshot, outcome))
            del self._resolved[:-_KEPT]

    def _known(self, said: Wanted, here: Here | None) -> Proposed | None:
        if here is None:
            return None
        same = (r for r in self._resolved if r.said == said and _sees_the_same(r.snapshot, here.snapshot))
        return next((resolved.outcome for resolved in same), None)

    def _close(self, uri: str) -> None:
        """A text that is opened again may have the version that it had before."""
        self._resolved = [resolved for resolved in self._resolved if resolved.said.uri != uri]

    def _log_once(self, found: tuple[str, ...]) -> None:
        """Puts into the log, and the editor's, what has not been said before."""
        for problem in found:
            if problem not in self._logged:
                self._logged.add(problem)
                logger.warning("%s", problem)
                self._edge.client.log(Level.WARNING, f"Kireji: {problem}")

    def _can_take(self, offer: Offer) -> bool:
        """Whether the client could do anything with what the offer brings."""
        able = self._edge.lifecycle.session.abilities
        if offer.creates and not (able.creates_files and able.versioned_edits):
            return False
        return offer.shows or able.applies_edits or (able.action_literals and able.lazy_edits)

    def _edit(self, outcome: Proposed, here: Here | None, title: str) -> types.WorkspaceEdit | None:
        """The edit, or None and a message where this client cannot make it."""
        if here is None:
            return None
        lifecycle = self._edge.lifecycle
        own = lifecycle.session.documents.get(here.uri)
        origin = here.snapshot.origin
        home = Home(here.snapshot.document.uri, here.uri, origin, origin + len(own.text) if own is not None else origin)
        edit = edit_of(outcome.changes, home, lifecycle.session.abilities, lifecycle.encoding)
        if isinstance(edit, Unable):
            self._edge.client.show(Level.WARNING, _headed(title, f"{Reason.UNABLE.value} ({edit.value})"))
            return None
        return edit

    def _tell(self, outcome: Proposed, title: str) -> None:
        """What an annotation would say, for a client that shows none."""
        for note in unsaid(outcome.changes, self._edge.lifecycle.session.abilities):
            level = Level.WARNING if note.needs_confirmation else Level.INFO
            self._edge.client.show(level, _headed(title, note.label))

    async def _confirmed(self, outcome: Proposed, title: str) -> bool:
        """Whether a person agrees to what needs that, asked where the client's edits carry no annotations."""
        notes = unsaid(outcome.changes, self._edge.lifecycle.session.abilities)
        asked = [note.label for note in notes if note.needs_confirmation]
        if asked:
            return await self._edge.client.confirm(Level.WARNING, _headed(title, "; ".join(asked)), "Apply")
        self._tell(outcome, title)
        return True


def _sees_the_same(older: Snapshot, newer: Snapshot) -> bool:
    return replace(older, id=newer.id, taken_at=newer.taken_at) == newer


def _plain(where: types.Range) -> list[list[int]]:
    return [[where.start.line, where.start.character], [where.end.line, where.end.character]]


def _headed(title: str, said: str = "") -> str:
    """Who says it, about what, and what."""
    return ": ".join(part for part in ("Kireji", title, said) if part)
