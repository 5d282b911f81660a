"""The route table: which method goes where. One screen; a new method is one line here.

Every handler is a plain function that runs when its message arrives, so it sees exactly the messages before it. What it
returns is the answer, or an awaitable that becomes a task.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lsprotocol import types

from kireji.features.explain import explanation
from kireji.features.suggestions import Suggestions
from kireji.lsp import commands
from kireji.lsp.code_actions import OPTIONS as ACTION_OPTIONS
from kireji.lsp.code_actions import CodeActions
from kireji.lsp.inline import Inline
from kireji.lsp.on_snapshot import Edge
from kireji.lsp.plans import Plans
from kireji.lsp.popup import OPTIONS as POPUP_OPTIONS
from kireji.lsp.popup import Popups
from kireji.lsp.progress import Progresses
from kireji.lsp.protocol import Protocol

# Our own methods: how the last answer came about, and what a client may tell of the code.
EXPLAIN = "kireji/explain"
PROBLEMS = "kireji/problems"
TEST_FAILED = "kireji/testFailed"


def register(protocol: Protocol, edge: Edge) -> None:
    """Binds methods to handlers. Options are what makes the framework advertise some of them at all."""
    lifecycle = edge.lifecycle
    suggestions = Suggestions(edge.spawn)
    lifecycle.when_closed(suggestions.drop)
    inline, popups = Inline(edge, suggestions), Popups(edge, suggestions)
    progresses = Progresses(edge.client)
    actions = CodeActions(edge, progresses)
    table: tuple[tuple[str, Callable[[Any], Any], object], ...] = (
        (types.INITIALIZE, lifecycle.initialize, None),
        (types.INITIALIZED, lifecycle.initialized, None),
        (types.SHUTDOWN, lifecycle.shutdown, None),
        (types.WORKSPACE_DID_CHANGE_CONFIGURATION, lifecycle.did_change_configuration, None),
        (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, lifecycle.did_change_folders, None),
        (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, lifecycle.did_change_files, None),
        (types.TEXT_DOCUMENT_DID_OPEN, lifecycle.did_open, None),
        (types.TEXT_DOCUMENT_DID_CHANGE, lifecycle.did_change, None),
        (types.TEXT_DOCUMENT_DID_CLOSE, lifecycle.did_close, None),
        (types.NOTEBOOK_DOCUMENT_DID_OPEN, lifecycle.did_open_notebook, None),
        (types.NOTEBOOK_DOCUMENT_DID_CHANGE, lifecycle.did_change_notebook, None),
        (types.NOTEBOOK_DOCUMENT_DID_CLOSE, lifecycle.did_close_notebook, None),
        (types.TEXT_DOCUMENT_INLINE_COMPLETION, inline.ask, types.InlineCompletionOptions()),
        (types.TEXT_DOCUMENT_COMPLETION, popups.ask, POPUP_OPTIONS),
        (types.COMPLETION_ITEM_RESOLVE, popups.resolve, None),
        (types.TEXT_DOCUMENT_CODE_ACTION, actions.offer, ACTION_OPTIONS),
        (types.CODE_ACTION_RESOLVE, actions.resolve, None),
        (
            types.WORKSPACE_EXECUTE_COMMAND,
            commands.runner(edge, actions, Plans(edge, progresses, actions), suggestions, inline),
            None,
        ),
        (types.WINDOW_WORK_DONE_PROGRESS_CANCEL, progresses.stop, None),
        (PROBLEMS, lifecycle.did_tell_problems, None),
        (TEST_FAILED, lifecycle.did_fail_test, None),
        (EXPLAIN, lambda _params: explanation(recent[-1]) if (recent := lifecycle.session.recent) else None, None),
    )
    for method, handler, options in table:
        # The framework marks handlers with attributes, which a bound method does not take.
        protocol.fm.feature(method, options)(functools.partial(handler))
