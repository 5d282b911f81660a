"""Serves a suggestion that is in hand to someone who has typed a part of it meanwhile. Pure; asks nobody.

What is served has the verdict of what was verified: the resulting text is the same to the byte.
"""

from __future__ import annotations

from dataclasses import replace

from kireji.base.types import Candidate, Change, Document, Edit, Offered, Span

_CLOSERS = tuple(")]}\"'`")


def typed_through(offered: Offered, document: Document, offset: int) -> Offered | None:
    """The rest of a suggestion in a later text, whose cursor is at `offset`; None where the text went another way."""
    candidate = offered.candidate
    site, change = candidate.site, candidate.change
    if typed_since(site.document, site.offset, document, offset) == "":
        # Nothing was typed: whatever it changes, it changes here as well.
        edit = replace(candidate.edit, version=document.version)
        return replace(offered, candidate=replace(candidate, site=replace(site, document=document), edit=edit))
    further = candidate.edit.changes[1:]
    if change.span.start != site.offset or any(other.span.end > site.offset for other in further):
        return None
    typed, closer = typed_since(site.document, site.offset, document, offset), 0
    if typed is None and document.text[offset : offset + 1] in _CLOSERS:
        # Editors close what is opened: the suggestion takes the place of that.
        bare = replace(document, text=document.text[:offset] + document.text[offset + 1 :])
        typed, closer = typed_since(site.document, site.offset, bare, offset), 1
    if typed is None or not change.text.startswith(typed) or len(typed) == len(change.text):
        return None
    there = replace(site, document=document, offset=offset, before=site.before + typed)
    if "\n" in typed:
        there = replace(there, before=typed[typed.rfind("\n") + 1 :])
    span = Span(offset, change.span.end + len(typed) + closer)
    # What is changed above the cursor stays where it is.
    edit = Edit(document.uri, document.version, (Change(span, change.text[len(typed) :]), *further))
    return replace(offered, candidate=Candidate(candidate.id, there, edit, candidate.raw, candidate.repairs))


def end_of(accepted: Offered, text: str) -> int | None:
    """Where an accepted suggestion ends in the text that it was put into; None where it does not stand there."""
    first, *further = accepted.candidate.edit.changes
    above = sum(len(c.text) - (c.span.end - c.span.start) for c in further if c.span.end <= first.span.start)
    for start in (first.span.start, first.span.start + above):
        if text.startswith(first.text, start):
            return start + len(first.text)
    return None


def typed_since(old: Document, cursor: int, new: Document, offset: int) -> str | None:
    """What was typed at the cursor of the old text, if that is all that has changed; None if more has."""
    count = offset - cursor
    if old.uri != new.uri or count < 0 or len(new.text) != len(old.text) + count:
        return None
    if new.text[:cursor] != old.text[:cursor] or new.text[offset:] != old.text[cursor:]:
        return None
    return new.text[cursor:offset]
