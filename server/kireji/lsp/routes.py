"""The route table: which method goes where. One screen; a new method is one line here.

Every handler is a plain function that runs when its message arrives, so it sees exactly the messages before it. What it
returns is the answer, or an awaitable that becomes a task.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from lsprotocol import types

from kireji.features.explain import explanation
from kireji.features.inline_completion import inline_completion
from kireji.lsp import from_proto, to_proto
from kireji.lsp.lifecycle import Lifecycle
from kireji.lsp.on_snapshot import on_snapshot
from kireji.lsp.protocol import Protocol
from kireji.lsp.starting import Starting
from kireji.lsp.turns import Turns

# Our own method: how the last answer came about.
EXPLAIN = "kireji/explain"


def register(protocol: Protocol, lifecycle: Lifecycle, starting: Starting) -> None:
    """Binds methods to handlers. Options are what makes the framework advertise inline completion at all."""
    inline_options = types.InlineCompletionOptions()
    table: tuple[tuple[str, Callable[[Any], Any], object], ...] = (
        (types.INITIALIZE, lifecycle.initialize, None),
        (types.INITIALIZED, lifecycle.initialized, None),
        (types.SHUTDOWN, lifecycle.shutdown, None),
        (types.WORKSPACE_DID_CHANGE_CONFIGURATION, lifecycle.did_change_configuration, None),
        (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, lifecycle.did_change_folders, None),
        (types.TEXT_DOCUMENT_DID_OPEN, lifecycle.did_open, None),
        (types.TEXT_DOCUMENT_DID_CHANGE, lifecycle.did_change, None),
        (types.TEXT_DOCUMENT_DID_CLOSE, lifecycle.did_close, None),
        (EXPLAIN, lambda _params: explanation(last) if (last := lifecycle.last()) else None, None),
        (types.TEXT_DOCUMENT_INLINE_COMPLETION, _inline(lifecycle, starting), inline_options),
    )
    for method, handler, options in table:
        # The framework marks handlers with attributes, which a bound method does not take.
        protocol.fm.feature(method, options)(functools.partial(handler))


def _inline(lifecycle: Lifecycle, starting: Starting) -> Callable[[types.InlineCompletionParams], Awaitable[object]]:
    turns = Turns()

    def handler(params: types.InlineCompletionParams) -> Awaitable[object]:
        position = from_proto.position(params.position)
        trigger = from_proto.trigger(params.context)
        uri = params.text_document.uri
        pending = on_snapshot(
            lifecycle, turns, starting, uri, position, trigger, "inline completion", inline_completion
        )
        encoding = lifecycle.documents.encoding

        async def answer() -> types.InlineCompletionList:
            return to_proto.inline_list(await pending, encoding)

        return answer()

    return handler
