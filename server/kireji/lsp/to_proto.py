"""From outcomes to the protocol's types. Only what carries a verdict can be converted."""

from __future__ import annotations

from lsprotocol import types

from kireji.base.text import line_at, line_span
from kireji.base.types import Document, Offered, Outcome, Span
from kireji.lsp.positions import Encoding, column_of


def inline_list(outcome: Outcome, encoding: Encoding) -> types.InlineCompletionList:
    """What an editor shows as ghost text: one item, or none."""
    if not isinstance(outcome, Offered):
        return types.InlineCompletionList(items=[])
    change = outcome.candidate.change
    item = types.InlineCompletionItem(
        insert_text=change.text,
        range=to_range(outcome.candidate.site.document, change.span, encoding),
    )
    return types.InlineCompletionList(items=[item])


def to_range(document: Document, span: Span, encoding: Encoding) -> types.Range:
    """A span of a document in the session's encoding."""
    return types.Range(start=_position(document, span.start, encoding), end=_position(document, span.end, encoding))


def _position(document: Document, offset: int, encoding: Encoding) -> types.Position:
    line = line_at(document.lines, offset)
    span = line_span(document.text, document.lines, line)
    text = document.text[span.start : span.end]
    return types.Position(line=line, character=column_of(text, offset - span.start, encoding))
