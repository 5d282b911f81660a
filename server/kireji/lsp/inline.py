"""The door of ghost text: `textDocument/inlineCompletion`."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import TYPE_CHECKING

from lsprotocol import types

from kireji.base.figures import AHEAD
from kireji.base.types import Offered, Outcome, Trigger
from kireji.features.inline_completion import foresee, inline_completion, judge_again
from kireji.features.reuse import end_of
from kireji.features.suggestions import Engine, Suggestions
from kireji.lsp import from_proto, to_proto
from kireji.lsp.on_snapshot import Edge, Here, answer, by_itself, look, offset_of, place_of

if TYPE_CHECKING:
    from kireji.engine.services import Services


class Inline:
    """One answer at a time for each document."""

    def __init__(self, edge: Edge, suggestions: Suggestions) -> None:
        self._edge = edge
        self._suggestions = suggestions

    def prefetch(self, uri: str, accepted: Offered) -> None:
        """Asks what comes after an accepted suggestion, so that it is there, or on its way, when the editor asks."""
        here = look(self._edge, uri, Trigger.AUTOMATIC)
        if here is None or not here.snapshot.options.prefetch:
            return
        offset = end_of(accepted, here.snapshot.document.text)
        if offset is None:
            return

        async def work(services: Services, here: Here) -> Outcome:
            return await inline_completion(services, here.snapshot, offset)

        def begin(services: Services) -> None:
            engine = replace(self._engine(services, here, offset), ask=lambda: by_itself(self._edge, here, AHEAD, work))
            self._suggestions.anticipate(place_of(here, offset), engine)

        self._edge.starting.once_there(begin)

    def ask(self, params: types.InlineCompletionParams) -> Awaitable[types.InlineCompletionList]:
        """At most one suggestion; an empty list where there is none."""
        edge = self._edge
        here = look(edge, params.text_document.uri, from_proto.trigger(params.context))
        offset = offset_of(edge, here, from_proto.position(params.position)) if here is not None else 0

        async def work(services: Services, here: Here) -> Outcome:
            return await self._suggestions.suggest(place_of(here, offset), self._engine(services, here, offset))

        async def run() -> types.InlineCompletionList:
            outcome = await answer(edge, here, "inline completion", work, lambda withheld: withheld)
            return to_proto.inline_list(
                outcome, here.snapshot.origin if here is not None else 0, edge.lifecycle.encoding
            )

        return run()

    def _engine(self, services: Services, here: Here, offset: int) -> Engine:
        return Engine(
            ask=lambda: inline_completion(services, here.snapshot, offset),
            judge=lambda offered: judge_again(services, here.snapshot, offered),
            foresee=lambda: foresee(services, here.snapshot, offset),
        )
