"""In how many ways the workspace brings a name into a Python file: as other files import it, or from where it is defined.

Knows the open documents and the files that have been read before, and reads none itself: names on disk are looked at, their
contents never. Whether an import can be resolved is for the gates to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kireji.base.importable import ImportLine
from kireji.base.imports import Import
from kireji.base.languages import canonical
from kireji.base.types import Document, Snapshot
from kireji.engine.context.resolve import resolve
from kireji.engine.context.symbols import FileSymbols, SymbolReader

# What is defined in a test, or in a program's entry, is not there to be imported.
_NOT_OFFERED = re.compile(r"test_.*|.*_tests?|tests?|conftest|setup|__main__")
# How many files are looked through for an import that leads back.
_MOST_FOLLOWED = 60


class WorkspaceImports:
    """What is at hand of a workspace. `symbols` holds what has been read."""

    def __init__(self, symbols: SymbolReader) -> None:
        self._symbols = symbols

    def ways(self, snapshot: Snapshot, name: str) -> tuple[ImportLine, ...]:
        """As `Importable.ways`. A way that would lead back to the document itself is none."""
        document = snapshot.document
        if canonical(document.language) != "python":
            return ()
        root = Path(snapshot.workspace.root).resolve() if snapshot.workspace.root is not None else None
        here = Path(document.path).resolve() if document.path is not None else None
        files = self._files(snapshot, root)
        own = self._symbols.document(document, here) if here is not None else None
        sources = files if own is None else {**files, own.path: own}
        imported = {way for file in sources.values() for way in _as_imported(file, name, root)}
        defined = {
            ImportLine(module, name)
            for file in files.values()
            if root is not None and file.path != here and _defines(file, name)
            if (module := module_of(file.path, root)) is not None
        }
        # A package often offers what a module below it defines.
        packages = tuple(way.module for way in imported if way.name == name)
        found = imported | {way for way in defined if not any(_is_below(way.module, package) for package in packages)}
        if root is None or own is None:
            return tuple(sorted(found))
        near = (_as_here(way, own, root) for way in found if not _leads_back(way, own, root, files))
        return tuple(sorted(near))

    def _files(self, snapshot: Snapshot, root: Path | None) -> dict[Path, FileSymbols]:
        """The Python files at hand, by path; those that are open as they are in the editor."""
        found = {file.path: file for file in self._symbols.known(root)} if root is not None else {}
        for document in snapshot.open_documents:
            if _is_another_file(document, snapshot.document):
                path = Path(document.path or "").resolve()
                found[path] = self._symbols.document(document, path)
        return {path: file for path, file in found.items() if canonical(file.language) == "python"}


def module_of(path: Path, root: Path) -> str | None:
    """The name under which a file below `root` is imported, by where its packages begin; None when it has none."""
    if not path.is_relative_to(root):
        return None
    parts = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while folder != root and (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    if folder != root and folder.name != "src":
        # Folders without a mark are packages as well, from the root on.
        above = folder.relative_to(root).parts
        parts = [*(above[1:] if above[0] == "src" else above), *parts]
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


def _is_another_file(document: Document, own: Document) -> bool:
    return document.uri != own.uri and document.path is not None and canonical(document.language) == "python"


def _defines(file: FileSymbols, name: str) -> bool:
    if name.startswith("_") or _NOT_OFFERED.fullmatch(file.path.stem):
        return False
    return any(d.name == name and not d.container for d in file.definitions)


def _as_imported(file: FileSymbols, name: str, root: Path | None) -> Iterator[ImportLine]:
    """The ways in which a file imports the name, all absolute."""
    for said in file.imports:
        module = _absolute(file, said, root)
        if module is None:
            continue
        if said.alias and said.alias.partition(".")[0] == name and not said.level:
            yield ImportLine(module, alias="" if said.alias == said.module else said.alias)
        for there, local in said.names:
            if local == name:
                yield ImportLine(module, there, "" if local == there else local)


def _absolute(file: FileSymbols, said: Import, root: Path | None) -> str | None:
    """The imported module's full name; None for a relative one that cannot be told."""
    if not said.level:
        return said.module or None
    whole = module_of(file.path, root) if root is not None else None
    if whole is None:
        return None
    parts = whole.split(".")
    kept = len(parts) - said.level + (file.path.stem == "__init__")
    return ".".join([*parts[:kept], *([said.module] if said.module else [])]) or None if kept >= 0 else None


def _as_here(way: ImportLine, own: FileSymbols, root: Path) -> ImportLine:
    """The way as this file says such things: with dots where it imports its neighbours so, and only so."""
    whole = module_of(own.path, root)
    if whole is None or not way.name:
        return way
    package = whole.split(".") if own.path.stem == "__init__" else whole.split(".")[:-1]
    parts = way.module.split(".")
    relative = any(said.level for said in own.imports)
    absolute = any(not said.level and said.module.partition(".")[0] == parts[0] for said in own.imports)
    if not package or package[0] != parts[0] or not relative or absolute:
        return way
    common = 0
    while common < min(len(package), len(parts)) and package[common] == parts[common]:
        common += 1
    return ImportLine(".".join(parts[common:]), way.name, way.alias, len(package) - common + 1)


def _leads_back(way: ImportLine, own: FileSymbols, root: Path, files: dict[Path, FileSymbols]) -> bool:
    """Whether the module, by what it imports in turn, needs this very file: Python would find it half-made."""
    asked = [Import(way.module, ((way.name, way.name),) if way.name else ())]
    seen: set[Path] = set()
    importer = own.path
    waiting = _targets(asked, importer, root)
    while waiting and len(seen) < _MOST_FOLLOWED:
        path = waiting.pop()
        if path == own.path:
            return True
        if path in seen:
            continue
        seen.add(path)
        file = files.get(path)
        if file is not None:
            waiting += _targets(list(file.imports), path, root)
    return False


def _targets(said: list[Import], importer: Path, root: Path) -> list[Path]:
    """The workspace's files that imports name, the modules that they may take out of packages included."""
    found = [path for one in said for path in resolve(root, importer, "python", one)]
    for one in said:
        for name, _ in one.names:
            dotted = f"{one.module}.{name}" if one.module else name
            found += resolve(root, importer, "python", Import(dotted, level=one.level))
    return found


def _is_below(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")
