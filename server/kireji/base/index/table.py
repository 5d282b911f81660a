"""The index in memory: who defines a name, which functions use a word, which names a file holds; as numbers, to be small.

Files are put in, replaced and taken out one at a time. Finds nothing by itself: `signals.py` asks, `links.py` follows imports.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from kireji.base.imports import Import
from kireji.base.index.entry import Entry
from kireji.base.index.words import parts
from kireji.base.outline_tables import DefinitionKind


@dataclass(slots=True, eq=False)
class Known:
    """A definition as the table keeps it. `file` and `word` are numbers; `word` is that of its name."""

    file: int
    word: int
    name: str
    kind: DefinitionKind
    signature: str
    container: str
    start: int
    end: int


@dataclass(slots=True, eq=False)
class File:
    """A file as the table keeps it. `words` are the numbers of all its words, once each."""

    path: str
    folder: str
    language: str
    stamp: str
    definitions: list[Known]
    imports: tuple[Import, ...]
    units: list[int]
    words: array[int] = field(repr=False)


class Table:
    """All files of one workspace. Numbers of files and units are used again after they have gone."""

    def __init__(self) -> None:
        self.files: list[File | None] = []
        self.numbers: dict[str, int] = {}
        self.folders: dict[str, set[int]] = {}
        self.spelling: list[str] = []
        self.uses: list[array[int]] = []
        self.unit_words: list[array[int]] = []
        self.unit_file: array[int] = array("I")
        self.definitions: dict[int, list[Known]] = {}
        self.members: dict[str, list[Known]] = {}
        self.named_with: dict[str, array[int]] = {}
        # Grows with every change of what files there are, so that what was worked out from their names can be kept.
        self.generation = 0
        self._words: dict[str, int] = {}
        self._names: dict[int, tuple[int, ...]] = {}
        self._free_files: list[int] = []
        self._free_units: list[int] = []

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def unit_count(self) -> int:
        """How many functions there are, and rests of files."""
        return len(self.unit_words) - len(self._free_units)

    def number(self, word: str) -> int | None:
        """A word's number; None for one that stands nowhere."""
        return self._words.get(word)

    def file(self, path: str) -> File | None:
        """The file by its path."""
        number = self.numbers.get(path)
        return None if number is None else self.files[number]

    def names_in(self, unit: int) -> tuple[int, ...]:
        """The words of a unit that some file defines; worked out once, for most of its words are none."""
        names = self._names.get(unit)
        if names is None:
            defined = self.definitions
            names = self._names[unit] = tuple(word for word in self.unit_words[unit] if word in defined)
        return names

    def __iter__(self) -> Iterator[File]:
        return (file for file in self.files if file is not None)

    def put(self, entry: Entry) -> None:
        """Takes a file in, in place of what was known of it."""
        # A key that is pressed changes one function: what the others use stays as it is.
        old = self._remove(entry.path)
        if old is None:
            self.generation += 1
            old = {}
        number = self._free_files.pop() if self._free_files else len(self.files)
        if number == len(self.files):
            self.files.append(None)
        units = [self._put_unit(number, array("I", sorted(map(self._number, unit))), old) for unit in entry.units]
        self._drop_units(unit for same in old.values() for unit in same)
        all_words = set().union(*(self.unit_words[unit] for unit in units))
        definitions = [
            Known(
                number,
                self._number(d.name),
                intern(d.name),
                d.kind,
                d.signature,
                intern(d.container),
                d.span.start,
                d.span.end,
            )
            for d in entry.definitions
        ]
        folder = entry.path.rpartition("/")[0]
        self.files[number] = File(
            entry.path,
            intern(folder),
            intern(entry.language),
            entry.stamp,
            definitions,
            tuple(map(_lean, entry.imports)),
            units,
            array("I", sorted(all_words)),
        )
        self.numbers[entry.path] = number
        self.folders.setdefault(folder, set()).add(number)
        for known_here in definitions:
            if known_here.word not in self.definitions:
                for part in set(parts(known_here.name)):
                    self.named_with.setdefault(part, array("I")).append(known_here.word)
                for unit in self.uses[known_here.word]:
                    self._names.pop(unit, None)
            self.definitions.setdefault(known_here.word, []).append(known_here)
            if known_here.container:
                owner = known_here.container.rpartition(".")[2]
                self.members.setdefault(owner, []).append(known_here)

    def row(self, path: str) -> list[Any] | None:
        """What was put in for a file, as plain lists for JSON; words and names once each, by number elsewhere."""
        file = self.file(path)
        if file is None:
            return None
        numbers: dict[str, int] = {}

        def number(word: str) -> int:
            return numbers.setdefault(word, len(numbers))

        units = [[number(self.spelling[word]) for word in self.unit_words[unit]] for unit in file.units]
        defined = [
            [number(d.name), d.kind.value, d.signature, number(d.container), d.start, d.end] for d in file.definitions
        ]
        brought = [[i.module, i.names, i.level, i.alias] for i in file.imports]
        return [file.path, file.language, file.stamp, list(numbers), defined, brought, units]

    def forget(self, path: str) -> None:
        """Forgets a file; nothing where it is not known."""
        old = self._remove(path)
        if old is not None:
            self._drop_units(unit for same in old.values() for unit in same)
            self.generation += 1

    def _remove(self, path: str) -> dict[bytes, list[int]] | None:
        """Takes a file out, but for its units: these are returned, by their words. None where the file is not known."""
        number = self.numbers.pop(path, None)
        file = None if number is None else self.files[number]
        if number is None or file is None:
            return None
        self.files[number] = None
        self._free_files.append(number)
        self.folders[file.folder].discard(number)
        units: dict[bytes, list[int]] = {}
        for unit in file.units:
            units.setdefault(self.unit_words[unit].tobytes(), []).append(unit)
        # A name that nobody defines any more keeps its empty list: it is back with the next key.
        for known in file.definitions:
            self.definitions[known.word].remove(known)
            if known.container:
                self.members[known.container.rpartition(".")[2]].remove(known)
        return units

    def _drop_units(self, units: Iterable[int]) -> None:
        for unit in units:
            for word in self.unit_words[unit]:
                self.uses[word].remove(unit)
            self.unit_words[unit] = array("I")
            self._names.pop(unit, None)
            self._free_units.append(unit)

    def _number(self, word: str) -> int:
        number = self._words.get(word)
        if number is None:
            number = self._words[word] = len(self.spelling)
            self.spelling.append(word)
            self.uses.append(array("I"))
        return number

    def _put_unit(self, file: int, numbers: array[int], old: dict[bytes, list[int]]) -> int:
        if same := old.get(numbers.tobytes()):
            unit = same.pop()
            self.unit_file[unit] = file
            return unit
        if self._free_units:
            unit = self._free_units.pop()
            self.unit_words[unit] = numbers
            self.unit_file[unit] = file
        else:
            unit = len(self.unit_words)
            self.unit_words.append(numbers)
            self.unit_file.append(file)
        for number in numbers:
            self.uses[number].append(unit)
        return unit


def _lean(imported: Import) -> Import:
    """The same, with strings that all files share: most files import the same."""
    names = tuple((intern(there), intern(here)) for there, here in imported.names)
    return Import(intern(imported.module), names, imported.level, intern(imported.alias))
