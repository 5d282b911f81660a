"""What one client can do, read once from what it says of itself. Facts only; what follows from them is decided where it matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lsprotocol import types
from pygls.capabilities import get_capability


@dataclass(frozen=True, slots=True)
class Abilities:
    """The client's abilities that change an answer of ours. A client that says nothing has none."""

    inline_completion: bool = False
    insert_replace: bool = False
    insert_as_is: bool = False
    reads_snippets: bool = False
    action_literals: bool = False
    lazy_edits: bool = False
    versioned_edits: bool = False
    creates_files: bool = False
    annotates: bool = False
    shows_documents: bool = False
    applies_edits: bool = False
    configuration: bool = False
    configuration_registration: bool = False
    watches_files: bool = False
    progress: bool = False
    status: bool = False
    documents: bool = False


def abilities(capabilities: types.ClientCapabilities, options: object = None) -> Abilities:
    """The facts of a client's capabilities. `status` and `documents` are our own, below `experimental`:
    `{"kireji": {"status": true, "documents": true}}`.

    `options` are the initialization options: some clients make edits that a server asks for and do not say so, and whoever
    configures them can, by `{"client": {"applyEdit": true}}`; and others take every text of a list for a snippet when they know
    snippets at all, whatever it is said to be: `{"client": {"readsSnippets": true}}`.
    """

    def has(path: str) -> Any:
        return get_capability(capabilities, path)

    resolved = has("text_document.code_action.resolve_support.properties") or ()
    modes = has("text_document.completion.completion_item.insert_text_mode_support.value_set") or ()
    resources = has("workspace.workspace_edit.resource_operations") or ()
    return Abilities(
        inline_completion=has("text_document.inline_completion") is not None,
        insert_replace=bool(has("text_document.completion.completion_item.insert_replace_support")),
        insert_as_is=types.InsertTextMode.AsIs in modes,
        reads_snippets=bool(has("text_document.completion.completion_item.snippet_support"))
        and _claims("readsSnippets", options),
        action_literals=has("text_document.code_action.code_action_literal_support") is not None,
        # What is resolved later comes back to us only with its data.
        lazy_edits="edit" in resolved and bool(has("text_document.code_action.data_support")),
        versioned_edits=bool(has("workspace.workspace_edit.document_changes")),
        creates_files=types.ResourceOperationKind.Create in resources,
        annotates=has("workspace.workspace_edit.change_annotation_support") is not None,
        shows_documents=bool(has("window.show_document.support")),
        applies_edits=bool(has("workspace.apply_edit")) or _claims("applyEdit", options),
        configuration=bool(has("workspace.configuration")),
        configuration_registration=bool(has("workspace.did_change_configuration.dynamic_registration")),
        watches_files=bool(has("workspace.did_change_watched_files.dynamic_registration")),
        progress=bool(has("window.work_done_progress")),
        status=_wants("status", capabilities.experimental),
        documents=_wants("documents", capabilities.experimental),
    )


def _wants(what: str, experimental: object) -> bool:
    ours = experimental.get("kireji") if isinstance(experimental, dict) else None
    return isinstance(ours, dict) and ours.get(what) is True


def counted_in(options: object) -> list[str]:
    """The unit of columns, where whoever configures a client says that it counts otherwise than the protocol would have it:
    `{"client": {"positionEncoding": "utf-8"}}`."""
    said = options.get("client") if isinstance(options, dict) else None
    unit = said.get("positionEncoding") if isinstance(said, dict) else None
    return [unit] if isinstance(unit, str) else []


def _claims(what: str, options: object) -> bool:
    said = options.get("client") if isinstance(options, dict) else None
    return isinstance(said, dict) and said.get(what) is True
