"""The door of ghost text: `textDocument/inlineCompletion`."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from lsprotocol import types

from kireji.base.types import Outcome, Reason, Stage, Withheld
from kireji.features.inline_completion import inline_completion
from kireji.lsp import from_proto, to_proto
from kireji.lsp.on_snapshot import Edge, Here, answer, look, offset_of
from kireji.lsp.turns import Turns

if TYPE_CHECKING:
    from kireji.engine.services import Services


class Inline:
    """One question at a time for each document."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._turns = Turns()
        edge.lifecycle.when_closed(self._turns.end)

    def ask(self, params: types.InlineCompletionParams) -> Awaitable[types.InlineCompletionList]:
        """At most one suggestion; an empty list where there is none."""
        edge = self._edge
        here = look(edge, params.text_document.uri, from_proto.trigger(params.context))
        offset = offset_of(edge, here, from_proto.position(params.position)) if here is not None else 0

        async def work(services: Services, here: Here) -> Outcome:
            question = inline_completion(services, here.snapshot, offset)
            return await self._turns.take(here.uri, question, Withheld(Reason.SUPERSEDED, Stage.DELIVER))

        async def run() -> types.InlineCompletionList:
            outcome = await answer(edge, here, "inline completion", work, lambda withheld: withheld)
            return to_proto.inline_list(
                outcome, here.snapshot.origin if here is not None else 0, edge.lifecycle.encoding
            )

        return run()
