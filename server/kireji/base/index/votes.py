"""Which names code like this uses: functions, files and folders that resemble the place vote for the words they hold.

Weights are inverse document frequencies (Spärck Jones 1972) over functions. Says nothing of single definitions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import chain
from operator import itemgetter

from kireji.base.index.place import Place
from kireji.base.index.table import File, Table

_UNITS = 30
_FILES = 12
_MAX_USES = 150
_MAX_FILE_USES = 40
_MAX_FILE_WORDS = 200
_TOKENS = 14
_MAX_TOKEN_USES = 40
_SAMPLE = 12

Votes = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class FileVotes:
    """What holds for a whole file, by word: votes of similar files and of the folder's; `similar` by file, 0 to 1."""

    files: Votes
    folder: Votes
    similar: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class PlaceVotes:
    """What holds for one place, by word: votes of similar functions, and P(word | near word), combined."""

    units: Votes
    together: Votes
    nearest: Votes


def idf(table: Table, number: int) -> float:
    """How much a word says: 0 for one that every function uses."""
    return math.log((1 + table.unit_count) / (1 + len(table.uses[number])))


def telling_words(table: Table, here: File) -> list[int]:
    """The words by which files that resemble this one are found: the rarest that others use as well."""
    rare = [word for word in here.words if 1 < len(table.uses[word]) <= _MAX_FILE_USES]
    rare.sort(key=lambda word: len(table.uses[word]))
    return rare[:_MAX_FILE_WORDS]


def file_votes(table: Table, here: File, telling: Sequence[int]) -> FileVotes:
    """The votes for a file that is in the table, by its `telling_words`."""
    own = table.numbers[here.path]
    scores: dict[int, float] = {}
    unit_file = table.unit_file
    for word in telling:
        weight = idf(table, word)
        for number in {unit_file[unit] for unit in table.uses[word]}:
            scores[number] = scores.get(number, 0.0) + weight
    scores.pop(own, None)
    files = table.files
    for number in scores:
        file = files[number]
        scores[number] /= math.sqrt(len(file.words) + 50.0) if file is not None else math.inf
    best = nlargest(_FILES, scores.items(), key=itemgetter(1))
    total = sum(score for _, score in best) or 1.0
    top = best[0][1] if best else 1.0
    voted: dict[int, float] = {}
    defined = table.definitions
    for number, score in best:
        file = files[number]
        for word in file.words if file is not None else ():
            if word in defined:
                voted[word] = voted.get(word, 0.0) + score / total
    beside: dict[int, float] = {}
    numbers = [number for number in table.folders.get(here.folder, ()) if number != own][:_MAX_FILE_USES]
    for number in numbers:
        file = files[number]
        for word in file.words if file is not None else ():
            if word in defined:
                beside[word] = beside.get(word, 0.0) + 1.0 / len(numbers)
    return FileVotes(voted, beside, {number: score / top for number, score in best})


def place_votes(table: Table, place: Place, excluded: int | None) -> PlaceVotes:
    """The votes for a place; `excluded` is the function that it lies in."""
    weights: dict[int, float] = {}
    for word in place.scope:
        if (number := table.number(word)) is not None:
            weights[number] = 0.5
    for word, lines in place.near.items():
        if (number := table.number(word)) is not None:
            weights[number] = weights.get(number, 0.0) + 3.0 / (3.0 + lines)
    scores: dict[int, float] = {}
    tokens: list[tuple[float, int]] = []
    for number, weight in weights.items():
        uses = table.uses[number]
        if not 0 < len(uses) <= _MAX_USES:
            continue
        says = weight * idf(table, number)
        for unit in uses:
            if unit in scores:
                scores[unit] += says
            else:
                scores[unit] = says
        if 1 < len(uses) <= _MAX_TOKEN_USES:
            tokens.append((says, number))
    if excluded is not None:
        scores.pop(excluded, None)
    unit_words = table.unit_words
    for unit in scores:
        scores[unit] /= math.sqrt(len(unit_words[unit]) + 10.0)
    best = nlargest(_UNITS, scores.items(), key=itemgetter(1))
    units: dict[int, float] = {}
    nearest: dict[int, float] = {}
    total = sum(score for _, score in best) or 1.0
    for rank, (unit, score) in enumerate(best):
        share = score / total
        for name in table.names_in(unit):
            units[name] = units.get(name, 0.0) + share
            if name not in nearest:
                nearest[name] = 1.0 / (1 + rank)
    return PlaceVotes(units, _together(table, tokens, excluded), nearest)


def _together(table: Table, tokens: list[tuple[float, int]], excluded: int | None) -> Votes:
    """1 - Π(1 - P(word | token)) over the tokens that say most."""
    missed: dict[int, float] = {}
    for _, token in nlargest(_TOKENS, tokens):
        units = [unit for unit in table.uses[token] if unit != excluded][:_SAMPLE]
        counts = Counter(chain.from_iterable(table.names_in(unit) for unit in units))
        part = 0.9 / (len(units) + 1.0)
        for name, count in counts.items():
            missed[name] = missed.get(name, 1.0) * (1.0 - count * part)
    return {name: 1.0 - share for name, share in missed.items()}
