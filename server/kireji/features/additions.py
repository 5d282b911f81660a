"""What is left to do elsewhere in a text once a suggestion is accepted whose further changes its client could not carry.

Pure: decides from the text as it is now. Changes nothing itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum
from itertools import takewhile

from kireji.base.types import Change, Document, Edit, Feedback, Offered

_WORD = re.compile(r"\w+")


class Missed(Enum):
    """Why further changes cannot be made any more."""

    CHANGED = "the text there is not what it was"


def additions(offered: Offered, now: Document, kind: Feedback) -> Offered | Missed | None:
    """The further changes alone, as an edit of the text that is there now; None where there is nothing to do.

    Nothing is to be done for a suggestion without them, where a client has made them, and where only a part was accepted
    that does without.
    """
    candidate = offered.candidate
    change, *further = candidate.edit.changes
    old = candidate.site.document
    if not further or (kind is not Feedback.ACCEPTED and not _needs(change, further, now)):
        return None
    # The changes stand in the order of the text above the cursor, whatever their order in the edit.
    further.sort(key=lambda other: other.span)
    if _is_made(old.text, further, now.text):
        return None
    end = further[-1].span.end
    if now.text[:end] != old.text[:end]:
        return Missed.CHANGED
    edit = Edit(candidate.edit.uri, now.version, tuple(further))
    site = replace(candidate.site, document=now)
    return replace(offered, candidate=replace(candidate, site=site, edit=edit))


def _is_made(old: str, further: list[Change], now: str) -> bool:
    """Whether the changes have been made, and nothing else above them."""
    at, made = 0, ""
    for change in further:
        made += old[at : change.span.start] + change.text
        at = change.span.end
    return now.startswith(made)


def _needs(change: Change, further: list[Change], now: Document) -> bool:
    """Whether the part of the suggestion that stands in the text names what the further changes bring."""
    there = now.text[change.span.start : change.span.start + len(change.text)]
    same = "".join(
        char for char, _ in takewhile(lambda pair: pair[0] == pair[1], zip(there, change.text, strict=False))
    )
    rows = (row.split() for other in further for row in other.text.splitlines())
    # The last word of an import is the name that it brings; of a dotted one, the first part.
    brought = {words[-1].partition(".")[0] for words in rows if words}
    return not brought.isdisjoint(_WORD.findall(same))
