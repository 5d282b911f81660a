"""The tables of one workspace: one of programs, and one of markup and data, whose names say nothing of programs.

Finds nothing by itself; whoever calls holds the workspace's lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kireji.base.index.entry import Entry
from kireji.base.index.reach import Graph
from kireji.base.index.table import File, Table
from kireji.base.languages import canonical
from kireji.base.outline_markup import MARKUP


class Shelves:
    """Which table a file is in follows from its language."""

    def __init__(self) -> None:
        self.programs, self.others = Table(), Table()
        self._graphs = (Graph(self.programs), Graph(self.others))

    def __len__(self) -> int:
        return len(self.programs) + len(self.others)

    def __contains__(self, path: str) -> bool:
        return path in self.programs.numbers or path in self.others.numbers

    def graph(self, language: str) -> Graph:
        """The imports between the files of those languages with which one shares a table."""
        return self._graphs[canonical(language) in MARKUP]

    def paths(self) -> set[str]:
        """Of all files."""
        return self.programs.numbers.keys() | self.others.numbers.keys()

    def put(self, entry: Entry) -> None:
        """Takes a file in, in place of what was known of it."""
        table = self.graph(entry.language).table
        other = self.others if table is self.programs else self.programs
        other.forget(entry.path)
        table.put(entry)

    def file(self, path: str) -> File | None:
        """The file by its path."""
        return self.programs.file(path) or self.others.file(path)

    def row(self, path: str) -> list[Any] | None:
        """As `Table.row`."""
        return self.programs.row(path) or self.others.row(path)

    def forget(self, path: str) -> None:
        """Forgets a file; nothing where it is not known."""
        self.programs.forget(path)
        self.others.forget(path)

    def name_modules(self, names: Mapping[str, str]) -> None:
        """The name of the Go module in each folder that has one."""
        for graph in self._graphs:
            graph.name_modules(names)

    def rows(self) -> Iterator[list[Any]]:
        """All files, a step at a time: what goes between two steps is left out."""
        for path in sorted(self.paths()):
            if (row := self.row(path)) is not None:
                yield row
