"""From plain results to the protocol's types. Only what carries a verdict can become an edit.

`origin` is where the document that the client knows starts in the text that the engine reads; it is the start of a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from kireji.base.text import line_at, line_span
from kireji.base.types import Change, Document, Name, NameKind, Offered, Outcome, Span
from kireji.lsp.abilities import Abilities
from kireji.lsp.positions import Encoding, column_of

if TYPE_CHECKING:
    from kireji.features.code_action import Offer
    from kireji.features.completion import Popup

ACCEPT = "kireji.accept"
ACT = "kireji.act"
EDIT = "kireji.edit"
PLAN = "kireji.plan"

# A message longer than this is not about one problem.
_MOST_SAID = 1_000

# What a snippet has in the place of text.
_MARK = re.compile(r"\$(?:\d|\{)")

_KINDS = MappingProxyType(
    {
        NameKind.CLASS: types.CompletionItemKind.Class,
        NameKind.CONSTANT: types.CompletionItemKind.Constant,
        NameKind.FUNCTION: types.CompletionItemKind.Function,
        NameKind.KEYWORD: types.CompletionItemKind.Keyword,
        NameKind.METHOD: types.CompletionItemKind.Method,
        NameKind.MODULE: types.CompletionItemKind.Module,
        NameKind.PARAMETER: types.CompletionItemKind.Variable,
        NameKind.PROPERTY: types.CompletionItemKind.Property,
        NameKind.VARIABLE: types.CompletionItemKind.Variable,
        NameKind.OTHER: types.CompletionItemKind.Text,
    }
)


def inline_list(outcome: Outcome, origin: int, encoding: Encoding) -> types.InlineCompletionList:
    """What an editor shows as ghost text: one item, or none; several only where several were asked for."""
    if not isinstance(outcome, Offered):
        return types.InlineCompletionList(items=[])
    return types.InlineCompletionList(items=[_ghost(one, origin, encoding) for one in (outcome, *outcome.others)])


def _ghost(offered: Offered, origin: int, encoding: Encoding) -> types.InlineCompletionItem:
    change = offered.candidate.change
    return types.InlineCompletionItem(
        # Editors with grey text keep the line ends of a file apart from its lines; Neovim takes a CR for a character.
        insert_text=change.text.replace("\r\n", "\n"),
        range=to_range(offered.candidate.site.document, change.span, origin, encoding),
        command=_accept(offered),
    )


def completion_list(popup: Popup, abilities: Abilities, encoding: Encoding) -> types.CompletionList:
    """What an editor shows as a list: the suggestion first, then the names in their order."""
    items = [_suggestion(popup, popup.suggestion, abilities, encoding)] if popup.suggestion is not None else []
    items += [_name(popup, name, place, abilities, encoding) for place, name in enumerate(popup.names, 1)]
    return types.CompletionList(is_incomplete=not popup.complete, items=items)


def listable(offered: Offered, abilities: Abilities) -> bool:
    """Whether what a client's list would put into the text is what was found sound."""
    return not abilities.reads_snippets or _MARK.search(offered.candidate.change.text) is None


def code_actions(
    offers: tuple[Offer, ...], about: dict[str, Any], diagnostics: list[types.Diagnostic], abilities: Abilities
) -> list[Any]:
    """What may be done here. Each carries what is needed to do it later: lazily where the client can, else as a command.

    What brings a text to be read is a command always: a client asks for an edit as often as it likes.
    """
    found: list[Any] = []
    for offer in offers:
        data = {**about, "action": offer.action}
        cured = None
        if offer.cures:
            cured = [diagnostics[number] for number in offer.cures]
            data["diagnostics"] = [_told(diagnostic) for diagnostic in cured]
        command = types.Command(title=offer.title, command=ACT, arguments=[data])
        if not abilities.action_literals:
            found.append(command)
        elif abilities.lazy_edits and not offer.shows:
            found.append(types.CodeAction(title=offer.title, kind=offer.kind, data=data, diagnostics=cured))
        else:
            found.append(types.CodeAction(title=offer.title, kind=offer.kind, command=command, diagnostics=cured))
    return found


def _told(diagnostic: types.Diagnostic) -> dict[str, Any]:
    """A diagnostic as plain data, so that it comes back with the action that is to cure it."""
    start, end = diagnostic.range.start, diagnostic.range.end
    return {
        "range": [[start.line, start.character], [end.line, end.character]],
        "message": diagnostic.message[:_MOST_SAID],
        "source": diagnostic.source or "",
        "code": str(diagnostic.code) if diagnostic.code is not None else "",
        "deprecated": types.DiagnosticTag.Deprecated in (diagnostic.tags or ()),
    }


def workspace_edit(
    uri: str, outcome: Offered, origin: int, abilities: Abilities, encoding: Encoding
) -> types.WorkspaceEdit:
    """The edit of one document, for the version that it was made for where the client knows versions."""
    candidate = outcome.candidate
    document = candidate.site.document
    edits = _text_edits(document, candidate.edit.changes, origin, encoding)
    if not abilities.versioned_edits:
        return types.WorkspaceEdit(changes={uri: edits})
    target = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=candidate.edit.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(text_document=target, edits=list(edits))])


def to_range(document: Document, span: Span, origin: int, encoding: Encoding) -> types.Range:
    """A span of the engine's text, in the client's document and the session's encoding."""
    first = line_at(document.lines, origin)
    return types.Range(
        start=_position(document, span.start, first, encoding), end=_position(document, span.end, first, encoding)
    )


def _text_edits(document: Document, changes: Sequence[Change], origin: int, encoding: Encoding) -> list[types.TextEdit]:
    return [types.TextEdit(range=to_range(document, c.span, origin, encoding), new_text=c.text) for c in changes]


def _position(document: Document, offset: int, first: int, encoding: Encoding) -> types.Position:
    line = line_at(document.lines, offset)
    span = line_span(document.text, document.lines, line)
    text = document.text[span.start : span.end]
    return types.Position(line=line - first, character=column_of(text, offset - span.start, encoding))


def _suggestion(popup: Popup, offered: Offered, abilities: Abilities, encoding: Encoding) -> types.CompletionItem:
    """Its range starts with the word that has begun, because clients look for that in what they show."""
    document, (change, *further) = popup.snapshot.document, offered.candidate.edit.changes
    begun = document.text[popup.word.start : popup.offset]
    text = begun + change.text
    first, *more = text.splitlines() or [""]
    span = Span(popup.word.start, change.span.end)
    return types.CompletionItem(
        label=f"{first} …" if more else first,
        # Helix reads the text of a Snippet as one, whatever its format says: it would indent it again and drop each `$`.
        kind=types.CompletionItemKind.Text,
        detail="Kireji",
        sort_text="000",
        filter_text=first,
        preselect=True,
        insert_text_format=types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AsIs if abilities.insert_as_is else None,
        text_edit=types.TextEdit(range=to_range(document, span, popup.snapshot.origin, encoding), new_text=text),
        additional_text_edits=_text_edits(document, further, popup.snapshot.origin, encoding) if further else None,
        command=_accept(offered),
        data={"list": popup.snapshot.id},
    )


def _name(popup: Popup, name: Name, place: int, abilities: Abilities, encoding: Encoding) -> types.CompletionItem:
    document, origin = popup.snapshot.document, popup.snapshot.origin
    insert = to_range(document, Span(popup.word.start, popup.offset), origin, encoding)
    edit: types.TextEdit | types.InsertReplaceEdit
    if abilities.insert_replace:
        replace = to_range(document, popup.word, origin, encoding)
        edit = types.InsertReplaceEdit(new_text=name.text, insert=insert, replace=replace)
    else:
        edit = types.TextEdit(range=insert, new_text=name.text)
    return types.CompletionItem(
        label=name.text,
        kind=_KINDS[name.kind],
        detail=name.detail or None,
        sort_text=f"{place:03d}",
        text_edit=edit,
        data={"list": popup.snapshot.id, "name": name.text},
    )


def _accept(offered: Offered) -> types.Command:
    """What the client runs once the suggestion stands in the text, so that it can be counted."""
    return types.Command(title="Kireji: accepted", command=ACCEPT, arguments=[offered.candidate.id])
