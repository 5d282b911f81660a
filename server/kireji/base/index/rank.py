"""Weighs what speaks for each definition: three logistic heads whose weights are data (`weights.py`), merged by probability.

A definition that costs more room must be likelier: its probability is divided by a power of its length. The weights were
fitted by `tests/bench/fit_context.py`, on repositories other than those it is measured on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter

from kireji.base.index.candidates import Sort, candidates
from kireji.base.index.signals import Part, View, owner_of
from kireji.base.index.table import Known
from kireji.base.index.weights import BIAS, WEIGHTS

_LENGTH_POWER = 0.7
_MAX_LENGTH = 120
_ROOM = tuple((length + 1) ** -_LENGTH_POWER for length in range(_MAX_LENGTH + 1))
# What the weights do not know by itself says why an item is there; these do, the strongest first.
_WHY = (
    ("raised", "may be raised here"),
    ("receiver's type", "member of what stands before the dot"),
    ("receiver's module", "in the module before the dot"),
    ("receiver alike", "member of what stands before the dot"),
    ("own member", "member of the class around"),
    ("base member", "member of a base class"),
    ("near", "named near the cursor"),
    ("near type's member", "member of a type near the cursor"),
    ("imported from there", "imported"),
    ("direct import", "in an imported module"),
    ("same folder", "in the same folder"),
    ("similar functions", "used by similar functions"),
    ("together", "used where the same names are"),
    ("similar files", "used by similar files"),
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A definition, how likely it is needed for the room it takes, and the parts of what speaks for it."""

    known: Known
    sort: Sort
    score: float
    parts: tuple[Part, ...]


def ranked(view: View) -> Iterator[Ranked]:
    """All candidates, the likeliest first."""
    found: list[tuple[float, Known, Sort, tuple[Part, ...]]] = []
    words: dict[int, Part] = {}
    files: dict[int, Part] = {}
    owners: dict[str, Part] = {}
    for sort, group in candidates(view):
        weights, bias = dict(WEIGHTS[sort]), BIAS[sort]
        # Most parts are shared by many definitions, and so weighed once.
        weighed: dict[int, float] = {}
        for known, alike in group:
            if (word := words.get(known.word)) is None:
                word = words[known.word] = view.of_word(known.word, known.name)
            if (file := files.get(known.file)) is None:
                file = files[known.file] = view.of_file(known.file)
            if (owner := owners.get(known.container)) is None:
                owner = owners[known.container] = view.of_owner(owner_of(known))
            rest = view.of_rest(known, alike)
            value = bias + weigh(weights, rest)
            for part in (word, file, owner):
                if (add := weighed.get(id(part))) is None:
                    add = weighed[id(part)] = weigh(weights, part)
                value += add
            end = known.signature.find("\n")
            room = _ROOM[min(_MAX_LENGTH, end if end >= 0 else len(known.signature))]
            found.append((room / (1.0 + math.exp(-value)), known, sort, (word, file, owner, rest)))
    found.sort(key=itemgetter(0), reverse=True)
    return (Ranked(known, sort, score, parts) for score, known, sort, parts in found)


def weigh(weights: Mapping[str, float], part: Part) -> float:
    """What a part adds to the logarithm of the odds."""
    value = 0.0
    for signal, strength in part:
        value += weights.get(signal, 0.0) * strength
    return value


def all_signals(view: View, known: Known, alike: int) -> Iterable[tuple[str, float]]:
    """All that speaks for one definition; for fitting weights."""
    yield from view.of_word(known.word, known.name)
    yield from view.of_file(known.file)
    yield from view.of_owner(owner_of(known))
    yield from view.of_rest(known, alike)


class Reasons:
    """Why definitions are there, in a few words. Parts are shared, so each is read once."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}

    def of(self, found: Ranked) -> str:
        """The sort, and the first of the reasons that hold."""
        first = min(map(self._of_part, found.parts))
        return f"{found.sort.value}; {_WHY[first][1]}" if first < len(_WHY) else found.sort.value

    def _of_part(self, part: Part) -> int:
        first = self._first.get(id(part))
        if first is None:
            there = {signal for signal, _ in part}
            holding = (number for number, (signal, _) in enumerate(_WHY) if signal in there)
            first = self._first[id(part)] = next(holding, len(_WHY))
        return first
