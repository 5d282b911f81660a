"""Applying edits to text and mapping offsets through them. Pure; knows no documents and no versions."""

from __future__ import annotations

from collections.abc import Sequence

from kireji.base.types import Change, Span


def apply(text: str, changes: Sequence[Change]) -> str:
    """The text with all changes applied. Raises ValueError when two changes overlap or one leaves the text."""
    parts: list[str] = []
    at = 0
    for change in sorted(changes, key=lambda c: c.span):
        if change.span.start < at or change.span.end > len(text) or change.span.end < change.span.start:
            raise ValueError("changes overlap or leave the text")
        parts += text[at : change.span.start], change.text
        at = change.span.end
    return "".join((*parts, text[at:]))


def inserted_span(changes: Sequence[Change], which: int = 0) -> Span:
    """Where the text of `changes[which]` stands once all changes are applied."""
    chosen = changes[which]
    shift = sum(len(c.text) - (c.span.end - c.span.start) for c in changes if c is not chosen and c.span < chosen.span)
    start = chosen.span.start + shift
    return Span(start, start + len(chosen.text))
