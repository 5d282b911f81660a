"""Chooses what of a redacted pack goes into a budget, and in what order. Adds no text, so what was redacted stays so.

A quarter of the budget is the window's, never less than 2,000 characters or the last 20 non-blank lines; then the
likeliest signatures; what is left widens the window again. Most of the signatures last: while someone types on they stay as
they are (`steady.py`), and the rest, which is chosen at every key, comes behind what the service is asked to remember.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from kireji.base.types import ContextItem, Dropped, ItemKind, RedactedPack, Site, Span

_WINDOW_SHARE = 0.25
_MIN_WINDOW = 2_000
_MIN_LINES = 20
# Of the window, what stands before the cursor says more than what stands after.
_BEFORE_SHARE = 0.75
# What a file's heading in the prompt costs beside the file's name, in characters.
_HEADING = len("file: \n")
# Stable things first, so that the beginning of the prompt stays the same while someone types.
_ORDER = (
    (ItemKind.PROJECT, False),
    (ItemKind.RULES, False),
    (ItemKind.SIGNATURE, False),
    (ItemKind.OPEN_FILE, False),
    (ItemKind.TEST, False),
    (ItemKind.EDIT, False),
    (ItemKind.RELATED, False),
    (ItemKind.WINDOW_AFTER, False),
    (ItemKind.SIGNATURE, True),
    (ItemKind.OPEN_FILE, True),
    (ItemKind.WINDOW_BEFORE, False),
    (ItemKind.HERE, False),
    (ItemKind.FACT, False),
    (ItemKind.WISH, False),
    (ItemKind.LESSON, False),
)
# What is said of the project as a whole has a budget of its own (`project.py`).
_STANDING = frozenset({ItemKind.PROJECT, ItemKind.RULES})
# What the question is about is kept whatever else has to go.
_KEPT = frozenset({ItemKind.FACT, ItemKind.WISH, ItemKind.LESSON, ItemKind.HERE})
# Of what is ranked, the likeliest part lasts while someone types on.
_LASTING_SHARE = 0.6
_RANKED = frozenset({ItemKind.SIGNATURE, ItemKind.OPEN_FILE})


@dataclass(frozen=True, slots=True)
class Held:
    """What is to stay as it was sent: ranked items, so many characters below the cursor's line, a budget in characters."""

    items: tuple[ContextItem, ...]
    below: int
    budget: int


def fit(
    pack: RedactedPack,
    budget_tokens: int,
    chars_per_token: float,
    needed: Span | None = None,
    held: Held | None = None,
) -> RedactedPack:
    """The pack within `budget_tokens`, at `chars_per_token`; every item that is left out or shortened says why in
    `dropped`. The lines of `needed`, which lies around the cursor, come first; what is `held` stays.

    Items come in the order of the prompt: the project, other files by name and line, the rest of this file, open files,
    edits, the text after the cursor, what of the former may change at the next key, the text before the cursor.
    """
    budget = int(budget_tokens * chars_per_token) if held is None else held.budget
    before, after, others = _split(pack)
    standing = [item for item in pack.items if item.kind in _STANDING]
    room_before, room_after = _window_room(before, after, budget, _whole_lines(pack.site, needed))
    if held is not None and after is not None:
        room_after = min(len(after.text), (after.text.find("\n") + 1 or len(after.text)) + held.below)
        room_before = min(room_before, max(0, budget - room_after))
    window = Span(
        before.span.end - room_before if before is not None else 0,
        after.span.start + room_after if after is not None else 0,
    )
    kept, dropped = _choose(others, pack, window, budget - room_before - room_after, held)
    headings = sum(map(_heading, {item.uri for item in kept}))
    spare = budget - sum(map(_cost, kept)) - headings - room_before - room_after
    wider = room_before + int(max(0, spare) * (_BEFORE_SHARE if held is None else 1.0))
    spare -= min(len(before.text) if before is not None else 0, wider) - room_before
    items = [*standing, *kept]
    for item, room in ((before, wider), (after, room_after + (max(0, spare) if held is None else 0))):
        if item is not None:
            cut = _tail(item, room) if item is before else _head(item, room)
            items.append(cut)
            if cut != item:
                dropped.append(Dropped(replace(item, text=""), "window cut to the budget"))
    items.sort(key=lambda i: (_ORDER.index((i.kind, i.passing)), i.uri == pack.site.document.uri, i.uri, i.span))
    items = [replace(item, tokens=ceil(len(item.text) / chars_per_token)) for item in items]
    return replace(
        pack,
        items=tuple(items),
        dropped=(*pack.dropped, *dropped),
        tokens=sum(item.tokens for item in items if item.kind not in _STANDING),
    )


def _split(pack: RedactedPack) -> tuple[ContextItem | None, ContextItem | None, list[ContextItem]]:
    before = next((i for i in pack.items if i.kind is ItemKind.WINDOW_BEFORE), None)
    after = next((i for i in pack.items if i.kind is ItemKind.WINDOW_AFTER), None)
    rest = [i for i in pack.items if i is not before and i is not after and i.kind not in _STANDING]
    return before, after, rest


def _whole_lines(site: Site, needed: Span | None) -> tuple[int, int]:
    """How many characters before and after the cursor are needed, to the ends of their lines."""
    if needed is None:
        return 0, 0
    text = site.document.text
    start, end = text.rfind("\n", 0, needed.start) + 1, text.find("\n", needed.end) + 1
    return site.offset - start, (end or len(text)) - site.offset


def _window_room(
    before: ContextItem | None, after: ContextItem | None, budget: int, needed: tuple[int, int]
) -> tuple[int, int]:
    """Characters for the two halves of the window. What one half does not need, the other gets."""
    text_before = before.text if before is not None else ""
    text_after = after.text if after is not None else ""
    window = max(_MIN_WINDOW, int(budget * _WINDOW_SHARE))
    wanted = max(int(window * _BEFORE_SHARE), window - len(text_after), _last_lines(text_before, _MIN_LINES), needed[0])
    room_before = min(len(text_before), wanted, budget - min(needed[1], budget))
    room_after = min(len(text_after), max(0, window - room_before, needed[1]), budget - room_before)
    return room_before, room_after


def _last_lines(text: str, count: int) -> int:
    """How many characters from the end hold the current line and the last `count` non-blank lines before it."""
    end = text.rfind("\n") + 1
    while count > 0 and end > 0:
        start = text.rfind("\n", 0, end - 1) + 1
        count -= bool(text[start:end].strip())
        end = start
    return len(text) - end


def _choose(
    items: Sequence[ContextItem], pack: RedactedPack, window: Span, room: int, held: Held | None
) -> tuple[list[ContextItem], list[Dropped]]:
    """What is held, and the likeliest items that fit into `room` characters besides; a longer one makes way for a shorter
    one behind it."""
    kept = list(held.items) if held is not None else []
    said = {(item.uri, item.text) for item in kept}
    stays = frozenset(said)
    files = {item.uri for item in kept}
    room -= sum(map(_cost, kept)) + sum(map(_heading, files))
    lasting = _LASTING_SHARE * room if held is None else 0.0
    dropped: list[Dropped] = []
    for item in sorted(items, key=lambda i: (-i.score, i.uri, i.span)):
        cost = _cost(item) + (0 if item.uri in files else _heading(item.uri))
        if (item.uri, item.text) in stays:
            continue
        if item.kind in _KEPT:
            kept.append(item)
            room -= cost
        elif item.kind in _RANKED and item.uri == pack.site.document.uri and _within(item, window):
            dropped.append(Dropped(item, "stands in the window"))
        elif (item.uri, item.text) in said:
            dropped.append(Dropped(item, "said already"))
        elif cost > room:
            dropped.append(Dropped(item, "over the budget"))
        else:
            kept.append(replace(item, passing=item.kind in _RANKED and cost > lasting))
            lasting -= cost
            files.add(item.uri)
            said.add((item.uri, item.text))
            room -= cost
    return kept, dropped


def _within(item: ContextItem, window: Span) -> bool:
    return window.start <= item.span.start <= window.end


def _heading(uri: str) -> int:
    return _HEADING + len(uri.rsplit("/", 1)[-1])


def _cost(item: ContextItem) -> int:
    return len(item.text) + 1


def _tail(item: ContextItem, room: int) -> ContextItem:
    """The last `room` characters, from a line's start where one is near."""
    if len(item.text) <= room:
        return item
    start = len(item.text) - room
    line = item.text.find("\n", max(0, start - 1)) + 1
    if 0 < line <= start + room // 2:
        start = line
    return replace(item, text=item.text[start:], span=Span(item.span.end - (len(item.text) - start), item.span.end))


def _head(item: ContextItem, room: int) -> ContextItem:
    """The first `room` characters, to a line's end where one is near."""
    if len(item.text) <= room:
        return item
    line = item.text.rfind("\n", 0, room) + 1
    end = line if line >= room // 2 else room
    return replace(item, text=item.text[:end], span=Span(item.span.start, item.span.start + end))
