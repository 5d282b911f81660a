"""What a person has changed lately, as small diffs: what they are about is often said nowhere else. Asks nobody.

An edit is told whole or not at all: not where the cursor stands in it, not what the window shows anyway, and not where a
secret stands, or stood, in its lines, even in part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from kireji.base.text import line_span
from kireji.base.types import ContextItem, Document, Dropped, ItemKind, RecentEdit, Site, Snapshot, Span
from kireji.engine.context.secrets import find_secrets, private_keys

# How much of what is sent may tell of edits, of which none is long.
_SHARE = 0.1
_MOST_CHARS = 1_000
_MOST = 8
# They are few and small, and no likeness to the cursor's surroundings says what they are worth: they come before all that
# is ranked.
_SCORE = 1e6
# How far around an edit a secret is looked for that its lines may be a part of.
_REACH = 1_000
_KEY_WORDS = ("PRIVATE KEY", "Private-Lines: ")


def edited(
    snapshot: Snapshot, site: Site, window: Span, opened: Sequence[Document], chars: int
) -> tuple[list[ContextItem], list[Dropped]]:
    """The edits of the site's document and of those `opened`, the newest first; and what is not told, with the reason.

    `window` is what will be seen of the document around the cursor, `chars` about as much as will be sent.
    """
    documents = {document.uri: document for document in (*opened, site.document)}
    lines = line_span(site.document.text, site.document.lines, site.document.lines.index(_start(site)))
    room = min(_SHARE * chars, _MOST_CHARS)
    items: list[ContextItem] = []
    dropped: list[Dropped] = []
    for number, edit in enumerate(_told(reversed(snapshot.recent_edits), documents, site, lines, window)):
        rank = _SCORE - number
        item = ContextItem(ItemKind.EDIT, edit.uri, edit.span, _diff(edit), rank, why="edited lately")
        if len(item.text) > room or len(items) >= _MOST:
            dropped.append(Dropped(item, "over the share of edits"))
        elif _secret(documents[edit.uri].text, edit):
            dropped.append(Dropped(item, "a secret stands in it"))
        else:
            room -= len(item.text)
            items.append(item)
    return items, dropped


def _told(
    edits: Iterator[RecentEdit], documents: Mapping[str, Document], site: Site, line: Span, window: Span
) -> Iterator[RecentEdit]:
    """Those that say something which is not seen anyway."""
    for edit in edits:
        span, here = edit.span, edit.uri == site.document.uri
        if edit.uri not in documents:
            continue
        if here and span.start <= line.end and line.start <= span.end:
            continue
        if here and not edit.before.strip() and window.start <= span.start and span.end <= window.end:
            continue
        if edit.before.split() != edit.after.split():
            yield edit


def _start(site: Site) -> int:
    return site.offset - len(site.before)


def _diff(edit: RecentEdit) -> str:
    lines = [f"-{line}" for line in edit.before.splitlines()] + [f"+{line}" for line in edit.after.splitlines()]
    return "\n".join(("@@", *lines))


def _secret(text: str, edit: RecentEdit) -> bool:
    """Whether a secret, or a part of one, stands in the edit's lines, or stood in what they replaced."""
    start, end = edit.span.start, edit.span.end
    near = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    if any(_holds_near(near[0], middle, near[1]) for middle in (edit.before, edit.after)):
        return True
    # Keys are longer than that, and rare: a text without their opening words need not be searched.
    if not any(words in text or words in edit.before for words in _KEY_WORDS):
        return False
    return any(_in_key(text[:start], middle, text[end:]) for middle in (edit.before, edit.after))


@lru_cache(maxsize=128)
def _holds_near(head: str, middle: str, tail: str) -> bool:
    """Looked for once while the lines around an edit stay as they are: at every key, only elsewhere is typed."""
    found = [hit.span for hit in find_secrets(f"{head}{middle}{tail}")]
    return any(span.start < len(head) + len(middle) and span.end > len(head) for span in found)


def _in_key(head: str, middle: str, tail: str) -> bool:
    found = private_keys(f"{head}{middle}{tail}")
    return any(span.start < len(head) + len(middle) and span.end > len(head) for span in found)
