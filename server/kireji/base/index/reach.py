"""What a file's imports bring into reach, and the classes it builds on; worked out from a table, one file at a time.

Kept per file in a `Graph` until the set of files changes. Ranks nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kireji.base.imports import STAR, Import
from kireji.base.index.links import Links, make_links, targets
from kireji.base.index.table import File, Table
from kireji.base.index.words import WORD
from kireji.base.outline_tables import DefinitionKind

_CLASSES = (DefinitionKind.CLASS, DefinitionKind.TYPE)
_MAX_BASES = 12
_MAX_DEPTH = 3
# While many files come and go, the links are not made anew for each: of ten thousand files they take a while.
_LINKS_SECONDS = 0.5
_BUILDS_ON = re.compile(r"[(:<]|\bextends\b|\bimplements\b|\bfor\b")


@dataclass(frozen=True, slots=True)
class Reach:
    """`direct` and `second` are numbers of files, imported and imported by those; `modules` says what a local name means."""

    direct: frozenset[int]
    second: frozenset[int]
    modules: dict[str, frozenset[int]]


class Graph:
    """The imports between the files of a table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.go_modules: Mapping[str, str] = {}
        self._links: Links | None = None
        self._generation = -1
        self._next = 0.0
        self._targets: dict[tuple[str, Import], tuple[int, ...]] = {}

    def name_modules(self, names: Mapping[str, str]) -> None:
        """The name of the Go module in each folder that has one."""
        if names != self.go_modules:
            self.go_modules = names
            self._links = None

    def reach(self, path: str, language: str, imports: Sequence[Import]) -> Reach:
        """What the imports of one text bring."""
        direct: set[int] = set()
        modules: dict[str, set[int]] = {}
        for imported in imports:
            found = self.targets(path, language, imported)
            direct.update(found)
            for local in (imported.alias.rpartition(".")[2], *(here for _, here in imported.names)):
                if local and local != STAR:
                    modules.setdefault(local, set()).update(found)
        second: set[int] = set()
        for number in direct:
            file = self.table.files[number]
            for imported in file.imports if file is not None else ():
                second.update(self.targets(file.path, file.language, imported) if file is not None else ())
        return Reach(
            frozenset(direct),
            frozenset(second - direct),
            {name: frozenset(numbers) for name, numbers in modules.items()},
        )

    def targets(self, path: str, language: str, imported: Import) -> tuple[int, ...]:
        """As `links.targets`, kept."""
        now = time.monotonic()
        if self._links is None or (self._generation != self.table.generation and now >= self._next):
            self._links = make_links(self.table, self.go_modules)
            self._generation = self.table.generation
            self._next = now + _LINKS_SECONDS
            self._targets = {}
        # A Go package or a dotted module means the same from every file of a folder.
        key = (path if language != "go" else "", imported)
        found = self._targets.get(key)
        if found is None:
            found = self._targets[key] = targets(self._links, self.table, path, language, imported)
        return found


def bases(table: Table, headers: Iterable[str], owners: Sequence[str], reach: Reach, here: File | None) -> list[str]:
    """Names of the classes that those with these headers build on, nearest first, also through others."""
    found: list[str] = []
    waiting = [(word, 1) for header in headers for word in _based_on(header)]
    while waiting and len(found) < _MAX_BASES:
        word, depth = waiting.pop(0)
        if word in found or word in owners:
            continue
        number = table.number(word)
        classes = (
            [known for known in table.definitions.get(number, ()) if known.kind in _CLASSES]
            if number is not None
            else []
        )
        if not classes:
            continue
        found.append(word)
        best = min(classes, key=lambda known: distance(table, known.file, reach, here))
        if depth < _MAX_DEPTH:
            waiting += [(base, depth + 1) for base in _based_on(best.signature)]
    return found


def distance(table: Table, number: int, reach: Reach, here: File | None) -> int:
    """How far a file is from another: itself, imported, in its folder, imported by those, anywhere."""
    if here is not None:
        file = table.files[number]
        if file is here:
            return 0
        if number not in reach.direct and file is not None and file.folder == here.folder:
            return 2
    return 1 if number in reach.direct else 3 if number in reach.second else 4


def _based_on(header: str) -> list[str]:
    """The words of a class's header behind its name."""
    start = _BUILDS_ON.search(header)
    return WORD.findall(header, start.start()) if start else []
