"""From the protocol's types to plain values. Converts and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types
from pygls.uris import to_fs_path

from kireji.base.types import Trigger
from kireji.lsp.documents import ContentChange, Position


def position(value: types.Position) -> Position:
    """A position as the client sent it, in the session's encoding."""
    return Position(value.line, value.character)


def changes(values: Sequence[types.TextDocumentContentChangeEvent]) -> list[ContentChange]:
    """Content changes in the order in which they apply."""
    return [
        ContentChange(v.text, position(v.range.start), position(v.range.end))
        if isinstance(v, types.TextDocumentContentChangePartial)
        else ContentChange(v.text)
        for v in values
    ]


def trigger(context: types.InlineCompletionContext) -> Trigger:
    """Who asked."""
    invoked = context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    return Trigger.EXPLICIT if invoked else Trigger.AUTOMATIC


def path(uri: str) -> str | None:
    """The file's path; None for untitled documents and other schemes."""
    return to_fs_path(uri) if uri.startswith("file:") else None


def roots(params: types.InitializeParams) -> tuple[str, ...]:
    """The workspace folders' paths, by whichever of the protocol's three ways the client names them."""
    if params.workspace_folders:
        named = [path(folder.uri) for folder in params.workspace_folders]
    elif params.root_uri:
        named = [path(params.root_uri)]
    else:
        named = [params.root_path]
    return tuple(p for p in named if p)


def settings(options: object) -> object:
    """What of the initialization options are settings: what tells about the client itself is read in `abilities.py`."""
    return {key: value for key, value in options.items() if key != "client"} if isinstance(options, dict) else options
