"""The door of the pop-up: `textDocument/completion` and `completionItem/resolve`."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from kireji.base.types import Document, Outcome, Reason, Trigger, Withheld
from kireji.features.completion import Popup, completion, describe
from kireji.features.inline_completion import foresee, inline_completion, judge_again
from kireji.features.listed import Listed
from kireji.features.reuse import typed_since
from kireji.features.suggestions import Engine, Suggestions
from kireji.lsp import from_proto, to_proto
from kireji.lsp.documents import Position
from kireji.lsp.on_snapshot import Edge, Here, answer, by_itself, look, offset_of, place_of

if TYPE_CHECKING:
    from kireji.engine.services import Services

logger = logging.getLogger(__name__)

OPTIONS = types.CompletionOptions(trigger_characters=[".", ":", ">"], resolve_provider=True)
# Whoever has typed a moment ago is typing; clients call both "invoked".
_TYPING_SECONDS = 1.0
# Lists whose items can be resolved.
_KEPT = 4
_WORD = re.compile(r"[\w$]*")


def _as_of(popup: Popup, now: Document | None) -> Popup | None:
    """What of the list can still be used: where a word was typed on, clients narrow it down themselves; else nothing."""
    if now is None:
        return None
    offset = popup.offset + len(now.text) - len(popup.snapshot.document.text)
    typed = typed_since(popup.snapshot.document, popup.offset, now, offset)
    if typed is None or _WORD.fullmatch(typed) is None:
        return None
    fits = popup.suggestion is not None and popup.suggestion.candidate.change.text.startswith(typed)
    return popup if fits else replace(popup, suggestion=None)


class Popups:
    """The lists of one client. Keeps the last ones, so that their items can be resolved."""

    def __init__(self, edge: Edge, suggestions: Suggestions) -> None:
        self._edge = edge
        self._suggestions = suggestions
        self._asked: tuple[str, int, Position] | None = None
        self._lists: dict[str, Popup] = {}
        self._listed = Listed(edge.spawn)
        edge.lifecycle.when_closed(self._listed.drop)

    def ask(self, params: types.CompletionParams) -> Awaitable[types.CompletionList]:
        """The list at a place."""
        edge, uri = self._edge, params.text_document.uri
        position = from_proto.position(params.position)
        here = look(edge, uri, self._who(uri, position, params.context))
        offset = offset_of(edge, here, position) if here is not None else 0
        wanted = not edge.lifecycle.session.abilities.inline_completion
        if here is not None:
            self._asked = (uri, here.snapshot.document.version, position)

        async def work(services: Services, here: Here) -> Popup:
            engine = Engine(
                ask=lambda: self._question(here, offset),
                judge=lambda offered: judge_again(services, here.snapshot, offered),
                foresee=lambda: foresee(services, here.snapshot, offset),
            )
            place = place_of(here, offset)
            suggestions = self._suggestions if wanted else None
            popup = await completion(services, place, self._listed, suggestions, engine)
            return self._listable(popup)

        def nothing(withheld: Withheld) -> Popup | Withheld:
            return withheld

        async def run() -> types.CompletionList:
            told = await answer(edge, here, "completion", work, nothing)
            if here is None or not isinstance(told, Popup):
                return types.CompletionList(is_incomplete=False, items=[])
            current = _as_of(told, here.latest())
            if current is None:
                return types.CompletionList(is_incomplete=True, items=[])
            self._keep(current)
            session = edge.lifecycle.session
            return to_proto.completion_list(current, session.abilities, edge.lifecycle.encoding)

        return run()

    def resolve(self, item: types.CompletionItem) -> Awaitable[types.CompletionItem]:
        """An item of one of the last lists with its documentation; any other comes back as it is."""
        data = item.data if isinstance(item.data, dict) else {}
        popup = self._lists.get(str(data.get("list")))

        async def run() -> types.CompletionItem:
            if popup is None:
                return item
            services = await self._edge.starting.services()
            item.documentation = await self._documentation(services, popup, data.get("name"))
            return item

        return run()

    def _keep(self, popup: Popup) -> None:
        """A list that waited for the model may come after a newer one, and a client show either."""
        self._lists[popup.snapshot.id] = popup
        for older in list(self._lists)[:-_KEPT]:
            del self._lists[older]

    def _listable(self, popup: Popup) -> Popup:
        """Without a suggestion of which this client would make another text."""
        if popup.suggestion is None or to_proto.listable(popup.suggestion, self._edge.lifecycle.session.abilities):
            return popup
        logger.info("%s: it would be taken for a snippet", popup.suggestion.candidate.id)
        return replace(popup, suggestion=None, reason=popup.reason if popup.names else Reason.UNABLE)

    async def _documentation(self, services: Services, popup: Popup, name: object) -> types.MarkupContent | None:
        if name is None and popup.suggestion is not None:
            change = popup.suggestion.candidate.change
            text = popup.snapshot.document.text[popup.word.start : popup.offset] + change.text
            checks = ", ".join(f"{r.gate} {r.state.value}" for r in popup.suggestion.verdict.results)
            fenced = f"```{popup.snapshot.document.language}\n{text}\n```\nChecked: {checks}."
            return types.MarkupContent(types.MarkupKind.Markdown, fenced)
        if not isinstance(name, str) or (described := await describe(services, popup, name)) is None:
            return None
        signatures = "\n".join(described.signatures)
        head = f"```python\n{signatures}\n```\n" if signatures else ""
        return types.MarkupContent(types.MarkupKind.Markdown, head + described.documentation)

    def _question(self, here: Here, offset: int) -> Coroutine[Any, Any, Outcome]:
        async def work(services: Services, here: Here) -> Outcome:
            return await inline_completion(services, here.snapshot, offset)

        return by_itself(self._edge, here, "suggestion", work)

    def _who(self, uri: str, position: Position, context: types.CompletionContext | None) -> Trigger:
        """Who asks. Typing and a key look alike in the protocol: typing follows a change, and asks once at a place."""
        kind = context.trigger_kind if context is not None else types.CompletionTriggerKind.Invoked
        if kind != types.CompletionTriggerKind.Invoked:
            return Trigger.AUTOMATIC
        documents = self._edge.lifecycle.session.documents
        again = self._asked == (uri, documents.version(uri), position)
        still = time.monotonic() - documents.changed_at(uri) > _TYPING_SECONDS
        return Trigger.EXPLICIT if again or still else Trigger.AUTOMATIC
