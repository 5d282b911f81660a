"""Keeps the lasting part of what is sent as it is while someone types on, so that the service finds it in its cache again.

What a key makes likelier comes behind that part (`fit.py`). The part is chosen anew where the text around has changed, where
it says what is no longer so, or where most of it is not wanted any more or much more is known. One server's, on the event
loop; reads no file.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from kireji.base.types import ContextItem, Document, ItemKind, RedactedPack
from kireji.engine.context.fit import Held

_MOST_TEXTS = 8
# What is typed at one place before it counts as another.
_MOST_TYPED = 2_000
# As long as the service remembers; what a file on disk said may be outdated then.
_LASTS_SECONDS = 300.0
_LEAST_WANTED = 0.5
# The first question may have come before the index was there.
_MUCH_MORE = 1.5
_RANKED = frozenset({ItemKind.SIGNATURE, ItemKind.OPEN_FILE})


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was held for a text, of `known` characters that were to choose from. What is typed at the place keeps `head`
    characters before it and `tail` behind it."""

    text: str = field(repr=False)
    head: int
    tail: int
    at: float
    tokens: int
    known: int
    held: Held


class Steady:
    """The lasting parts of the last questions, one for each text."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def held(self, pack: RedactedPack, opened: Iterable[Document], tokens: int, now: float) -> Held | None:
        """What the last question about the text held, if it may stay; `pack` is what would be chosen from now."""
        kept = self._kept.get(pack.site.document.uri)
        if kept is None or kept.tokens != tokens or now - kept.at > _LASTS_SECONDS or not _typed_on(kept, pack):
            return None
        if _known(pack) > _MUCH_MORE * kept.known:
            return None
        texts = {document.uri: document.text for document in (*opened, pack.site.document)}
        if any(item.text not in texts.get(item.uri, item.text) for item in kept.held.items):
            return None
        found = {(item.uri, item.text) for item in pack.items}
        wanted = sum(len(item.text) for item in kept.held.items if (item.uri, item.text) in found)
        return kept.held if wanted >= _LEAST_WANTED * sum(len(item.text) for item in kept.held.items) else None

    def keep(
        self, chosen_from: RedactedPack, pack: RedactedPack, held: Held | None, tokens: int, budget: int, now: float
    ) -> None:
        """Remembers what a fitted pack holds, so that the next one may hold the same."""
        site, uri = pack.site, pack.site.document.uri
        kept = self._kept.pop(uri, None)
        if kept is None or held is None:
            lasting = tuple(item for item in pack.items if item.kind in _RANKED and not item.passing)
            below = sum(len(i.text) - _first_line(i) for i in pack.items if i.kind is ItemKind.WINDOW_AFTER)
            head = site.offset - len(site.before)
            tail = len(site.document.text) - site.offset - len(site.after)
            kept = _Kept(site.document.text, head, tail, now, tokens, _known(chosen_from), Held(lasting, below, budget))
        self._kept[uri] = kept
        while len(self._kept) > _MOST_TEXTS:
            self._kept.popitem(last=False)

    def forget(self, uri: str) -> None:
        """The next question about a text is chosen as if it were the first."""
        self._kept.pop(uri, None)


def _typed_on(kept: _Kept, pack: RedactedPack) -> bool:
    """Whether the text differs at the place only, and the cursor stands there."""
    text, offset = pack.site.document.text, pack.site.offset
    end = len(text) - kept.tail
    return (
        kept.head <= offset <= end
        and end - kept.head <= _MOST_TYPED
        and text.startswith(kept.text[: kept.head])
        and text.endswith(kept.text[len(kept.text) - kept.tail :])
    )


def _known(pack: RedactedPack) -> int:
    return sum(len(item.text) for item in pack.items if item.kind in _RANKED)


def _first_line(item: ContextItem) -> int:
    return (item.text.find("\n") + 1) or len(item.text)
