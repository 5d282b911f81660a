"""Which definitions are looked at for a place: the few hundred that something speaks for. Weighs none against another.

Three sorts, weighed apart by `rank.py`: names that the file says already, names that it does not, the file's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from enum import Enum
from heapq import nlargest

from kireji.base.index.signals import View
from kireji.base.index.table import Known

_NOVEL_WORDS = 180
_ALIKE = 3
_IMPORTED = 150
_PART_WORDS = 80
# The text so close to the cursor is always sent: what it defines need not be said again.
_WINDOW_BEFORE = 1_500
_WINDOW_AFTER = 400
# A part that every fiftieth name has says nothing.
_COMMON_SHARE = 0.02


class Sort(Enum):
    """Where a definition stands, seen from the file with the cursor."""

    SEEN = "named in this file"
    NOVEL = "not named in this file"
    SAME = "in this file"


def candidates(view: View) -> Iterator[tuple[Sort, list[tuple[Known, int]]]]:
    """What may be needed, by sort, each with its place among the definitions of the same name."""
    definitions = view.table.definitions
    numbers = (view.table.number(name) for name in view.said)
    seen = [number for number in numbers if number is not None and number in definitions]
    yield Sort.SEEN, _meant(view, seen)
    yield Sort.NOVEL, _meant(view, set(_novel(view)).difference(seen))
    before, after = view.offset - _WINDOW_BEFORE, view.offset + _WINDOW_AFTER
    yield Sort.SAME, [(known, 0) for known in view.here.definitions if not before <= known.start <= after]


def _meant(view: View, words: Iterable[int]) -> list[tuple[Known, int]]:
    definitions = view.table.definitions
    return [(known, alike) for word in words for alike, known in enumerate(_likeliest(view, definitions[word]))]


def _likeliest(view: View, defined: list[Known]) -> list[Known]:
    """Other files' definitions of one name, in the same language: members of the classes around first, then the nearest."""
    others = [known for known in defined if view.nearness(known.file) is not None]
    if len(others) > 1:
        others.sort(key=lambda known: (not view.is_member(known), view.nearness(known.file)))
    return others[:_ALIKE]


def _novel(view: View) -> Iterable[int]:
    """Words that the file does not say: voted for, imported, members of what is at hand, or made of the same parts."""
    table, near, voted = view.table, view.near, view.voted
    score: dict[int, float] = {}
    for weight, votes in ((2.0, near.units), (2.0, near.together), (1.5, voted.files), (1.0, voted.folder)):
        for word, share in votes.items():
            score[word] = score.get(word, 0.0) + weight * share
    for number in view.reach.direct:
        file = table.files[number]
        for known in file.definitions[:_IMPORTED] if file is not None else ():
            if not known.container:
                score[known.word] = score.get(known.word, 0.0) + 1.0
            elif known.container in view.place.imported:
                score[known.word] = score.get(known.word, 0.0) + 0.6
    for owner in (*view.owners, *view.bases, *view.types):
        for known in table.members.get(owner, ()):
            score[known.word] = score.get(known.word, 0.0) + 1.5
    if view.receiver_type:
        for known in table.members.get(view.receiver_type, ()):
            score[known.word] = score.get(known.word, 0.0) + 5.0
    for number in view.receiver_files:
        file = table.files[number]
        for known in file.definitions if file is not None else ():
            if not known.container:
                score[known.word] = score.get(known.word, 0.0) + 3.0
    for word, share in _by_parts(view):
        score[word] = score.get(word, 0.0) + share
    return nlargest(_NOVEL_WORDS, score, key=score.__getitem__)


def _by_parts(view: View) -> Iterable[tuple[int, float]]:
    found: dict[int, float] = {}
    table = view.table
    total = 1 + len(table.definitions)
    for part in view.near_parts:
        named = table.named_with.get(part, ())
        if 0 < len(named) <= total * _COMMON_SHARE + 10:
            weight = math.log(total / (1 + len(named)))
            for word in named:
                found[word] = found.get(word, 0.0) + weight
    best = nlargest(_PART_WORDS, found.items(), key=lambda item: item[1])
    # Where one name is all there is, it weighs nothing.
    top = (best[0][1] if best else 0.0) or 1.0
    return ((word, share / top) for word, share in best)
