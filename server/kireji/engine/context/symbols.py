"""The workspace's definitions that a file's imports bring into reach, with their signatures.

Files are read and outlined once and kept until they change, in one SymbolReader. Scores nothing
(`rank.py`) and executes nothing. Blocking: call it off the event loop.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Lock

from kireji.base.files import excluded, read_text
from kireji.base.imports import DEFAULT, STAR, Import, imports
from kireji.base.languages import canonical, language_of
from kireji.base.outline import Definition, outline
from kireji.base.outline_tables import DefinitionKind
from kireji.base.types import Document
from kireji.engine.context.resolve import package_files, resolve

_WORD = re.compile(r"[A-Za-z_]\w*")
# `a` imports from `b`, which takes it from `c`: packages do that once, seldom twice.
_MAX_HOPS = 2
_MAX_BASES = 3


class Origin(Enum):
    """How a definition came into reach."""

    NAMED = "imported by name"
    MODULE = "in an imported module"
    MEMBER = "member of an imported class"
    INHERITED = "member of a base class"
    PACKAGE = "in the same package"


@dataclass(frozen=True, slots=True)
class FileSymbols:
    """One file as the reader knows it."""

    path: Path
    language: str
    definitions: tuple[Definition, ...]
    imports: tuple[Import, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A definition within reach. `local` is what the importing file calls it, or its module or class."""

    path: Path
    definition: Definition
    origin: Origin
    local: str


class SymbolReader:
    """Outlines of files, kept by (path, time of change, size). Safe to use from several threads."""

    def __init__(self, max_bytes: int = 400_000, max_files: int = 2_000) -> None:
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._files: OrderedDict[Path, tuple[object, FileSymbols]] = OrderedDict()
        self._lock = Lock()

    def document(self, document: Document, path: Path) -> FileSymbols:
        """The symbols of a text that is open in the editor."""
        return self._kept(path, hash(document.text), document.language, document.text)

    def file(self, path: Path, root: Path, open_documents: Mapping[Path, Document]) -> FileSymbols | None:
        """The symbols of a file below `root`, from the editor where it is open; None when it cannot be read."""
        if (document := open_documents.get(path)) is not None:
            return self.document(document, path)
        if not path.is_relative_to(root):  # also when another workspace, to which it belongs, has it in the cache
            return None
        try:
            status = path.stat()
        except OSError:
            return None
        stamp = (status.st_mtime_ns, status.st_size)
        with self._lock:
            kept = self._files.get(path)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        text = read_text(path, root, self._max_bytes) if excluded(path, root) is None else None
        return self._kept(path, stamp, language_of(str(path)), text) if text is not None else None

    def known(self, root: Path) -> tuple[FileSymbols, ...]:
        """The files below `root` as they were when they were last read. Reads none."""
        with self._lock:
            return tuple(file for path, (_, file) in self._files.items() if path.is_relative_to(root))

    def in_reach(
        self, document: Document, root: Path | None, open_documents: Mapping[Path, Document]
    ) -> Iterator[Found]:
        """What the document's imports bring into reach, import by import; for Go also the rest of its package.

        Only files below `root`; nothing without one, or for a document outside it.

        For each class its members, and those of its base classes that can be found. Repeats are possible.
        """
        path = Path(document.path).resolve() if document.path else None
        root = root.resolve() if root is not None else None
        if path is None or root is None or not path.is_relative_to(root):
            return
        here = self.document(document, path)
        walk = _Walk(self, root, {**open_documents, path: document})
        for imported in here.imports:
            yield from walk.imported(here, imported)
        for definition in here.definitions:
            if definition.kind is DefinitionKind.CLASS:
                yield from walk.inherited(here, definition, _MAX_BASES)
        if canonical(document.language) == "go":
            for file in package_files(path.parent):
                if file != path and (symbols := walk.file(file)) is not None:
                    yield from (Found(file, d, Origin.PACKAGE, "") for d in symbols.definitions)

    def _kept(self, path: Path, stamp: object, language: str, text: str) -> FileSymbols:
        with self._lock:
            kept = self._files.get(path)
            if kept is not None and kept[0] == stamp:
                self._files.move_to_end(path)
                return kept[1]
        symbols = FileSymbols(path, language, outline(language, text), imports(language, text))
        with self._lock:
            self._files[path] = (stamp, symbols)
            self._files.move_to_end(path)
            while len(self._files) > self._max_files:
                self._files.popitem(last=False)
        return symbols


class _Walk:
    """One pass over the imports of one document."""

    def __init__(self, reader: SymbolReader, root: Path, documents: Mapping[Path, Document]) -> None:
        self._reader = reader
        self._root = root
        self._documents = documents
        self._files: dict[Path, FileSymbols | None] = {}
        self._resolved: dict[tuple[Path, str, int], tuple[Path, ...]] = {}

    def file(self, path: Path) -> FileSymbols | None:
        """As the reader's, asked once a pass."""
        if path not in self._files:
            self._files[path] = self._reader.file(path, self._root, self._documents)
        return self._files[path]

    def imported(self, here: FileSymbols, imported: Import) -> Iterator[Found]:
        """What one import brings."""
        for name, local in imported.names:
            if name == STAR:
                yield from (replaced for f in self._targets(here, imported) for replaced in self._module(f, ""))
            elif (hit := self._find(here, imported, name, _MAX_HOPS)) is not None:
                where, definition = hit
                yield Found(where.path, definition, Origin.NAMED, local)
                yield from _members(where, definition, Origin.MEMBER, local)
                yield from self.inherited(where, definition, _MAX_BASES)
            elif module := self._submodule(here, imported, name):
                yield from self._module(module, local)
        if imported.alias or not imported.names:
            for file in self._targets(here, imported):
                yield from self._module(file, imported.alias.rpartition(".")[2])

    def inherited(self, here: FileSymbols, definition: Definition, depth: int) -> Iterator[Found]:
        """The members of a class's bases, nearest first."""
        if depth == 0 or definition.kind is not DefinitionKind.CLASS:
            return
        for name in _WORD.findall(definition.signature):
            if name == definition.name:
                continue
            hit = self._lookup(here, name, _MAX_HOPS)
            if hit is not None and hit[1].kind is DefinitionKind.CLASS and hit[1] != definition:
                where, base = hit
                if where.path != here.path:
                    yield Found(where.path, base, Origin.INHERITED, name)
                yield from _members(where, base, Origin.INHERITED, name)
                yield from self.inherited(where, base, depth - 1)

    def _module(self, file: FileSymbols, local: str) -> Iterator[Found]:
        for definition in file.definitions:
            yield Found(file.path, definition, Origin.MODULE, local)

    def _targets(self, here: FileSymbols, imported: Import) -> Iterator[FileSymbols]:
        key = (here.path.parent, imported.module, imported.level)
        if key not in self._resolved:
            paths = resolve(self._root, here.path, here.language, imported)
            self._resolved[key] = tuple(Path(os.path.normpath(path)) for path in paths)
        for path in self._resolved[key]:
            if (file := self.file(path)) is not None:
                yield file

    def _submodule(self, here: FileSymbols, imported: Import, name: str) -> FileSymbols | None:
        if canonical(here.language) != "python":
            return None
        dotted = f"{imported.module}.{name}" if imported.module else name
        return next(self._targets(here, Import(dotted, level=imported.level)), None)

    def _find(self, here: FileSymbols, imported: Import, name: str, hops: int) -> tuple[FileSymbols, Definition] | None:
        """The definition of `name` in the module that the import names, or where that module has it from."""
        for file in self._targets(here, imported):
            if (hit := self._lookup(file, name, hops - 1)) is not None:
                return hit
        return None

    def _lookup(self, file: FileSymbols, name: str, hops: int) -> tuple[FileSymbols, Definition] | None:
        """A top-level name of a file: defined in it, or imported into it within `hops` further files."""
        wanted = (
            {name}
            if name != DEFAULT
            else {d.name for d in file.definitions if d.signature.startswith("export default")}
        )
        for definition in file.definitions:
            if definition.name in wanted and not definition.container:
                return file, definition
        for imported in file.imports if hops > 0 else ():
            for there, local in imported.names:
                if local in (name, STAR) and (
                    hit := self._find(file, imported, name if there == STAR else there, hops)
                ):
                    return hit
        return None


def _members(file: FileSymbols, definition: Definition, origin: Origin, local: str) -> Iterator[Found]:
    if definition.kind not in (DefinitionKind.CLASS, DefinitionKind.TYPE):
        return
    container = f"{definition.container}.{definition.name}" if definition.container else definition.name
    yield from (Found(file.path, d, origin, local) for d in file.definitions if d.container == container)
