"""Definitions that a place may need, each with the signals that speak for it. Weighs nothing: `rank.py` does.

Three sorts, weighed apart: names that the file says already (SEEN), names that it does not (NOVEL), the file's own (SAME).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from heapq import nlargest

from kireji.base.imports import Import
from kireji.base.index.place import Place, is_own
from kireji.base.index.reach import Graph, Reach, bases, distance
from kireji.base.index.table import File, Known, Table
from kireji.base.index.votes import FileVotes, PlaceVotes, idf
from kireji.base.index.words import parts
from kireji.base.outline_tables import DefinitionKind

_NOVEL_WORDS = 260
_SEEN_WORDS = 500
_ALIKE = 3
_IMPORTED = 150
_PART_WORDS = 80
_GROUPS = {"javascript": "js", "javascriptreact": "js", "typescript": "js", "typescriptreact": "js", "cpp": "c"}
_CLASSES = (DefinitionKind.CLASS, DefinitionKind.TYPE)
_CALLED = (DefinitionKind.FUNCTION, DefinitionKind.METHOD)


class Sort(Enum):
    """Where a definition stands, seen from the file with the cursor."""

    SEEN = "seen"
    NOVEL = "novel"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A definition and what speaks for it; `signals` in the order of SIGNALS, most of them 0 to 1."""

    known: Known
    sort: Sort
    signals: tuple[float, ...]


SIGNALS = (
    "class", "type", "function", "method", "variable",
    "private", "dunder", "exported", "top level", "after a dot: member", "no dot: top level",
    "near", "near distance", "in scope", "count", "imported", "imported, unused",
    "direct import", "second import", "same folder", "path", "further alike", "similar file",
    "votes of functions", "nearest function", "together", "votes of files", "votes of folder",
    "parts near", "parts in scope", "path parts", "container parts",
    "popularity", "used from there",
    "own member", "base member", "receiver's module", "receiver's type", "receiver alike", "near type's member",
    "owner near", "owner in file", "raised", "type wanted", "begun", "distance", "line start: member",
)  # fmt: skip


def candidates(
    table: Table,
    graph: Graph,
    place: Place,
    imports: Sequence[Import],
    voted: FileVotes,
    near: PlaceVotes,
) -> list[Candidate]:
    """What may be needed at the place; the file itself is in the table as it is open."""
    here = table.file(place.path)
    if here is None:
        return []
    reach = graph.reach(place.path, place.language, imports)
    view = _View(table, place, reach, here, voted, near)
    found: dict[int, Sort] = {}
    for name, count in place.counts.items():
        if count > place.imported.get(name, 0) and (word := table.number(name)) in table.definitions:
            assert word is not None  # noqa: S101 — it is a key
            found[word] = Sort.SEEN
    for word in _novel(view):
        found.setdefault(word, Sort.NOVEL)
    made: list[Candidate] = []
    for word, sort in found.items():
        for known, alike in _meant(view, table.definitions[word]):
            made.append(Candidate(known, sort, view.signals(known, alike)))
    made += [Candidate(known, Sort.SAME, view.signals(known, 0)) for known in here.definitions]
    return made


def _meant(view: _View, defined: list[Known]) -> Iterable[tuple[Known, int]]:
    """The likeliest other files' definitions of one name, in the same language, with their place among them."""
    here = view.here
    others = [known for known in defined if known.file != view.number and view.group(known.file) == view.language]
    if len(others) > 1:
        others.sort(key=lambda known: (distance(view.table, known, view.reach, here), -view.shared(known.file)))
        if any(view.is_member(known) for known in others):
            others.sort(key=lambda known: not view.is_member(known))
    return ((known, index) for index, known in enumerate(others[:_ALIKE]))


def _novel(view: _View) -> Iterable[int]:
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
    return nlargest(_NOVEL_WORDS, score, key=lambda word: score[word])


def _by_parts(view: _View) -> Iterable[tuple[int, float]]:
    found: dict[int, float] = {}
    table = view.table
    total = 1 + len(table.definitions)
    for part in view.near_parts:
        named = table.named_with.get(part, ())
        if 0 < len(named) <= total * 0.02 + 10:
            weight = math.log(total / (1 + len(named)))
            for word in named:
                found[word] = found.get(word, 0.0) + weight
    best = nlargest(_PART_WORDS, found.items(), key=lambda item: item[1])
    top = best[0][1] if best else 1.0
    return ((word, share / top) for word, share in best)


class _View:
    """One place seen against the table: everything that is the same for all its candidates."""

    def __init__(
        self, table: Table, place: Place, reach: Reach, here: File, voted: FileVotes, near: PlaceVotes
    ) -> None:
        self.table, self.place, self.reach, self.here = table, place, reach, here
        self.voted, self.near = voted, near
        self.number = table.numbers[here.path]
        self.language = _GROUPS.get(here.language, here.language)
        self.owners = place.owners
        self.bases = bases(table, place.headers, place.owners, reach, here)
        self.types = [name for name in dict.fromkeys(place.types.values()) if name in table.members]
        self.receiver_type = place.types.get(place.receiver, "")
        self.receiver_files = reach.modules.get(place.receiver, frozenset()) if place.receiver else frozenset()
        self._weights: dict[str, float] = {}
        self.near_parts = self._parts(word for word, lines in place.near.items() if lines <= 8)
        self.scope_parts = self._parts(place.scope)
        self._families = frozenset((*self.owners, *self.bases))
        self._folders = here.folder.split("/")
        self._used: dict[int, float] = {}
        self._shared: dict[int, float] = {}
        self._file_parts: dict[int, float] = {}
        self._receiver = place.receiver.replace("_", "").lower()
        self._is_own = is_own(place.receiver)

    def group(self, number: int) -> str:
        file = self.table.files[number]
        return _GROUPS.get(file.language, file.language) if file is not None else ""

    def is_member(self, known: Known) -> bool:
        return known.container.rpartition(".")[2] in self._families if known.container else False

    def shared(self, number: int) -> float:
        """How much of their path two files share, 0 to 1."""
        value = self._shared.get(number)
        if value is None:
            file = self.table.files[number]
            folders = file.folder.split("/") if file is not None else []
            count = 0
            for one, other in zip(folders, self._folders, strict=False):
                if one != other:
                    break
                count += 1
            value = self._shared[number] = count / max(len(folders), len(self._folders), 1)
        return value

    def signals(self, known: Known, alike: int) -> tuple[float, ...]:
        place, near, voted = self.place, self.near, self.voted
        name, kind, word, number = known.name, known.kind, known.word, known.file
        owner = known.container.rpartition(".")[2]
        file = self.table.files[number]
        lines = place.near.get(name)
        count = place.counts.get(name, 0)
        imported = place.imported.get(name, 0)
        pieces = parts(name)
        own = bool(owner) and owner in self.owners
        inherited = bool(owner) and owner in self.bases
        top = not owner
        direct = number in self.reach.direct
        begun = place.begun
        return (
            kind is DefinitionKind.CLASS,
            kind is DefinitionKind.TYPE,
            kind is DefinitionKind.FUNCTION,
            kind is DefinitionKind.METHOD,
            kind is DefinitionKind.VARIABLE,
            name.startswith("_"),
            name.startswith("__"),
            known.signature.startswith(("export", "pub", "public")) or (here_go(self.language) and name[0].isupper()),
            top,
            place.dotted and not top,
            not place.dotted and top,
            lines is not None,
            3.0 / (3.0 + lines) if lines is not None else 0.0,
            name in place.scope,
            math.log1p(max(0, count - imported - (number == self.number))),
            imported > 0 and (direct or number in self.reach.second),
            imported > 0 and count <= imported,
            direct,
            number in self.reach.second,
            file is not None and file.folder == self.here.folder,
            self.shared(number),
            alike / 2,
            voted.similar.get(number, 0.0),
            near.units.get(word, 0.0),
            near.nearest.get(word, 0.0),
            near.together.get(word, 0.0),
            voted.files.get(word, 0.0),
            voted.folder.get(word, 0.0),
            self._overlap(pieces, self.near_parts),
            self._overlap(pieces, self.scope_parts),
            self._path_parts(number),
            self._overlap(parts(owner), self.near_parts) if owner else 0.0,
            math.log1p(len(self.table.uses[word])),
            self._used_from(number),
            own,
            inherited,
            number in self.receiver_files and top,
            bool(owner) and owner == self.receiver_type,
            bool(owner) and bool(self._receiver) and not self._is_own and owner.lower() == self._receiver,
            bool(owner) and owner in self.types,
            bool(owner) and owner in place.near,
            bool(owner) and place.counts.get(owner, 0) > 0,
            place.raising and kind in _CLASSES and name.endswith(("Error", "Exception", "Warning")),
            place.typing and kind in _CLASSES,
            bool(begun) and name.startswith(begun),
            0.0,
            place.line_start and inherited and kind in _CALLED,
        )

    def _parts(self, words: Iterable[str]) -> dict[str, float]:
        found: dict[str, float] = {}
        for word in words:
            for part in parts(word):
                if part not in found:
                    found[part] = self._weight(part)
        return found

    def _weight(self, part: str) -> float:
        weight = self._weights.get(part)
        if weight is None:
            named = len(self.table.named_with.get(part, ()))
            weight = self._weights[part] = math.log((2 + len(self.table.definitions)) / (1 + named))
        return weight

    def _overlap(self, pieces: Sequence[str], around: dict[str, float]) -> float:
        total = shared = 0.0
        for piece in pieces:
            weight = self._weight(piece)
            total += weight
            if piece in around:
                shared += weight
        return shared / total if total else 0.0

    def _path_parts(self, number: int) -> float:
        value = self._file_parts.get(number)
        if value is None:
            file = self.table.files[number]
            name = file.path.rpartition("/")[2].partition(".")[0] if file is not None else ""
            value = self._file_parts[number] = self._overlap(parts(name), self.near_parts)
        return value

    def _used_from(self, number: int) -> float:
        """How many of a file's names this file uses, as a logarithm."""
        value = self._used.get(number)
        if value is None:
            file = self.table.files[number]
            counts, imported = self.place.counts, self.place.imported
            names = {known.name for known in file.definitions} if file is not None else set()
            used = sum(1 for name in names if counts.get(name, 0) > imported.get(name, 0))
            value = self._used[number] = math.log1p(used)
        return value


def here_go(language: str) -> bool:
    """Whether a capital letter exports a name."""
    return language == "go"


__all__ = ["SIGNALS", "Candidate", "Sort", "candidates", "idf"]
