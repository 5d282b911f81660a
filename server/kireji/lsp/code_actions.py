"""The door of code actions: `textDocument/codeAction`, `codeAction/resolve`, and the command with the same effect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from kireji.base.types import Offered, Outcome, Reason, Span, Stage, Trigger, Withheld
from kireji.features.code_action import Offer, offers, resolve
from kireji.features.explain import sentence
from kireji.lsp import from_proto, to_proto
from kireji.lsp.client import Level
from kireji.lsp.on_snapshot import Edge, Here, answer, look, offset_of
from kireji.lsp.progress import Progresses
from kireji.lsp.protocol import ErrorCode, Refusal

if TYPE_CHECKING:
    from kireji.engine.services import Services

OPTIONS = types.CodeActionOptions(
    code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite], resolve_provider=True
)


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

    def offer(self, params: types.CodeActionParams) -> Awaitable[list[Any]]:
        """What may be done about a range."""
        edge, uri = self._edge, params.text_document.uri
        here = look(edge, uri, Trigger.EXPLICIT)
        span = self._span(here, params.range) if here is not None else Span(0, 0)
        only = tuple(getattr(kind, "value", kind) for kind in params.context.only or ())
        version = edge.lifecycle.session.documents.version(uri)

        async def work(services: Services, here: Here) -> Offers:
            found = await asyncio.to_thread(offers, services, here.snapshot, span, only)
            return Offers(found, None if found else Reason.NOTHING_TO_ADD)

        async def run() -> list[Any]:
            told = await answer(edge, here, "code action", work, lambda withheld: Offers((), withheld.reason))
            about = {"uri": uri, "version": version, "range": _plain(params.range)}
            return to_proto.code_actions(told.found, about, edge.lifecycle.session.abilities)

        return run()

    def resolve(self, action: types.CodeAction) -> Awaitable[types.CodeAction]:
        """The action with its edit; without one, and with a message, where there is none to be had."""
        edge = self._edge
        pending, here = self._begin(action.data, action.title, None)

        async def run() -> types.CodeAction:
            outcome = await pending
            if isinstance(outcome, Offered) and here is not None:
                session = edge.lifecycle.session
                origin = here.snapshot.origin
                action.edit = to_proto.workspace_edit(
                    here.uri, outcome, origin, session.abilities, edge.lifecycle.encoding
                )
            else:
                # Eglot asks again for as long as there is data and no edit: without end, and each time the model is paid.
                action.data = None
            return action

        return run()

    def act(self, data: object, token: str | int | None) -> Awaitable[bool]:
        """Does what an offer's command says; whether the client has applied the edit."""
        edge = self._edge
        pending, here = self._begin(data, "Kireji", token)

        async def run() -> bool:
            outcome = await pending
            if not isinstance(outcome, Offered) or here is None:
                return False
            session = edge.lifecycle.session
            edit = to_proto.workspace_edit(
                here.uri, outcome, here.snapshot.origin, session.abilities, edge.lifecycle.encoding
            )
            return await edge.client.apply(edit, "Kireji")

        return run()

    def _begin(self, data: object, title: str, token: str | int | None) -> tuple[Awaitable[Outcome], Here | None]:
        """The outcome on its way, and the document it is about, taken now."""
        edge = self._edge
        uri, name, where = _parsed(data)
        here = look(edge, uri, Trigger.EXPLICIT)
        span = self._span(here, where) if here is not None else Span(0, 0)

        async def work(services: Services, here: Here) -> Outcome:
            return await resolve(services, here.snapshot, name, span, here.latest)

        async def run() -> Outcome:
            able = edge.lifecycle.session.abilities.progress
            async with self._progresses.showing(title, able, token):
                outcome = await answer(edge, here, name, work, lambda withheld: withheld)
            if isinstance(outcome, Withheld):
                edge.client.show(Level.INFO, f"Kireji: {title}: {sentence(outcome)}")
            return outcome

        return run(), here

    def _span(self, here: Here, where: types.Range) -> Span:
        ends = (from_proto.position(where.start), from_proto.position(where.end))
        start, end = sorted(offset_of(self._edge, here, position) for position in ends)
        return Span(start, end)


def _parsed(data: object) -> tuple[str, str, types.Range]:
    """Address, action and range of what an offer carried. Raises Refusal for anything else."""
    try:
        assert isinstance(data, dict)  # noqa: S101 — what is no dict is refused below
        start, end = data["range"]
        place = types.Range(types.Position(*map(int, start)), types.Position(*map(int, end)))
        return str(data["uri"]), str(data["action"]), place
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise Refusal(ErrorCode.INVALID_PARAMS, "this code action was not offered by Kireji") from error


def _plain(where: types.Range) -> list[list[int]]:
    return [[where.start.line, where.start.character], [where.end.line, where.end.character]]
