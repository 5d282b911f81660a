"""Weighs what speaks for each definition: three logistic heads whose weights are data (`weights.py`), merged by probability.

A definition that costs more room must be likelier: its probability is divided by a power of its length. The weights were
fitted by `tests/bench/fit_context.py`, on repositories other than those it is measured on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from heapq import nlargest
from operator import itemgetter
from types import MappingProxyType

from kireji.base.index.candidates import Sort, candidates
from kireji.base.index.signals import Part, View, owner_of
from kireji.base.index.table import Known
from kireji.base.index.weights import BIAS, WEIGHTS

_LENGTH_POWER = 0.7
_MAX_LENGTH = 120
# What the weights do not know by itself says why an item is there; these do, the strongest first.
_WHY: Mapping[str, str] = MappingProxyType(
    {
        "receiver's type": "member of what stands before the dot",
        "receiver's module": "in the module before the dot",
        "receiver alike": "member of what stands before the dot",
        "own member": "member of the class around",
        "base member": "member of a base class",
        "raised": "may be raised here",
        "near": "named near the cursor",
        "near type's member": "member of a type near the cursor",
        "imported from there": "imported",
        "direct import": "in an imported module",
        "same folder": "in the same folder",
        "similar functions": "used by similar functions",
        "together": "used where the same names are",
        "similar files": "used by similar files",
    }
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A definition and how likely it is needed, for the room it takes."""

    known: Known
    sort: Sort
    score: float


def ranked(view: View, limit: int) -> list[Ranked]:
    """The likeliest definitions, best first, at most `limit`."""
    found: list[tuple[float, Known, Sort]] = []
    words = _Sums(lambda known: known.word, lambda known: view.of_word(known.word, known.name))
    files = _Sums(lambda known: known.file, lambda known: view.of_file(known.file))
    owners = _Sums(lambda known: known.container, lambda known: view.of_owner(owner_of(known)))
    for known, sort, alike in candidates(view):
        value = (
            BIAS[sort]
            + words.of(known, sort)
            + files.of(known, sort)
            + owners.of(known, sort)
            + weigh(WEIGHTS[sort], view.of_rest(known, alike))
        )
        end = known.signature.find("\n")
        length = min(_MAX_LENGTH, end if end >= 0 else len(known.signature)) + 1
        found.append((1.0 / (1.0 + math.exp(-value)) / length**_LENGTH_POWER, known, sort))
    return [Ranked(known, sort, score) for score, known, sort in nlargest(limit, found, key=itemgetter(0))]


class _Sums:
    """What one part says, worked out once for all definitions that share it."""

    def __init__(self, key: Callable[[Known], int | str], part: Callable[[Known], Part]) -> None:
        self._key = key
        self._part = part
        self._known: dict[Sort, dict[int | str, float]] = {sort: {} for sort in Sort}

    def of(self, known: Known, sort: Sort) -> float:
        sums, key = self._known[sort], self._key(known)
        value = sums.get(key)
        if value is None:
            value = sums[key] = weigh(WEIGHTS[sort], self._part(known))
        return value


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


def why(view: View, found: Ranked) -> str:
    """Why a definition is there, in a few words: the sort, and the first of the reasons that hold."""
    there = {signal for signal, _ in all_signals(view, found.known, 0)}
    reason = next((reason for signal, reason in _WHY.items() if signal in there), "")
    return f"{found.sort.value}; {reason}" if reason else found.sort.value
