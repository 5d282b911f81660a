"""From an import to the files of the workspace that it may mean, by their paths alone; asks neither disk nor interpreter.

What is not found where the language would look is looked for by the end of its path, the nearest first: projects keep their
sources in folders of all names, and say so in files of build tools that are not read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import normpath

from kireji.base.imports import Import
from kireji.base.index.table import Table

_STANDS_FOR_FOLDER = frozenset({"__init__", "index", "mod", "lib"})
_JS = ("javascript", "javascriptreact", "typescript", "typescriptreact")
_JS_ENDINGS = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
_MAX_FILES = 40
# By the end of its path alone, a module of one word would be found everywhere.
_MAX_ALIKE = 3


@dataclass(frozen=True, slots=True)
class Links:
    """What paths say. Holds for one generation of a table; `make_links` makes it anew."""

    stems: dict[str, int]
    by_name: dict[str, list[str]]
    folders: dict[str, list[str]]
    go_modules: Mapping[str, str]


def make_links(table: Table, go_modules: Mapping[str, str]) -> Links:
    """`go_modules`: the name of the Go module in each folder that has one."""
    stems: dict[str, int] = {}
    by_name: dict[str, list[str]] = {}
    for path, number in sorted(table.numbers.items()):
        stem = path.rpartition(".")[0] if "." in path.rpartition("/")[2] else path
        folder, _, name = stem.rpartition("/")
        for known in (stem, folder) if name in _STANDS_FOR_FOLDER and folder else (stem,):
            if known not in stems:
                stems[known] = number
                by_name.setdefault(known.rpartition("/")[2], []).append(known)
    folders: dict[str, list[str]] = {}
    for folder, numbers in table.folders.items():
        if numbers:
            folders.setdefault(folder.rpartition("/")[2], []).append(folder)
    return Links(stems, by_name, folders, go_modules)


def targets(links: Links, table: Table, path: str, language: str, imported: Import) -> tuple[int, ...]:
    """The numbers of the files that the import names, without `path` itself."""
    if language == "go":
        found = list(_go(links, table, imported.module))
    elif language in _JS:
        found = list(_javascript(links, path, imported.module))
    elif language == "python":
        found = list(_python(links, path, imported))
    else:
        found = list(_by_path(links, path, imported))
    here = table.numbers.get(path)
    return tuple(dict.fromkeys(number for number in found if number != here))[:_MAX_FILES]


def _python(links: Links, path: str, imported: Import) -> Iterator[int]:
    parts = imported.module.split(".") if imported.module else []
    folders = path.split("/")[:-1]
    # What is taken out of a package may be a module of it.
    tails: list[list[str]] = [[], *([name] for name, _ in imported.names)]
    if imported.level:
        if imported.level - 1 > len(folders):
            return
        base = folders[: len(folders) - imported.level + 1]
        for tail in tails:
            if (number := links.stems.get("/".join([*base, *parts, *tail]))) is not None:
                yield number
        return
    for tail in tails:
        if parts and (number := _upwards(links, folders, [*parts, *tail])) is not None:
            yield number


def _upwards(links: Links, folders: Sequence[str], parts: Sequence[str]) -> int | None:
    wanted = "/".join(parts)
    for depth in range(len(folders), -1, -1):
        if (number := links.stems.get("/".join([*folders[:depth], wanted]))) is not None:
            return number
    if len(parts) > 1:
        return next(_ending(links, "/".join(folders), wanted), None)
    return None


def _javascript(links: Links, path: str, module: str) -> Iterator[int]:
    for ending in _JS_ENDINGS:
        if module.endswith(ending):
            module = module.removesuffix(ending)
            break
    if module.startswith("."):
        target = normpath(f"{path.rpartition('/')[0] or '.'}/{module}")
        if (number := links.stems.get(target if target != "." else "index")) is not None:
            yield number
    elif "/" in module:  # an alias that a build tool knows, such as `@/components/list`
        yield from _ending(links, path, module.partition("/")[2])


def _go(links: Links, table: Table, module: str) -> Iterator[int]:
    for folder, name in links.go_modules.items():
        if module == name or module.startswith(name + "/"):
            inner = module[len(name) :].strip("/")
            yield from _sources(table, "/".join(part for part in (folder, inner) if part))
            return
    for folder in links.folders.get(module.rpartition("/")[2], ()):
        if folder and module.endswith("/" + folder):
            yield from _sources(table, folder)
            return


def _sources(table: Table, folder: str) -> Iterator[int]:
    for number in sorted(table.folders.get(folder, ())):
        file = table.files[number]
        if file is not None and not file.path.endswith("_test.go"):
            yield number


def _by_path(links: Links, path: str, imported: Import) -> Iterator[int]:
    """Other languages: the module is a path already (`a/b`), relative to the importing file or to some source root."""
    module = imported.module
    if not module:
        return
    folder = path.rpartition("/")[0]
    near = links.stems.get(normpath(f"{folder or '.'}/{module}"))
    if near is not None:
        yield near
    else:
        yield from _ending(links, path, module.lstrip("./"))


def _ending(links: Links, path: str, wanted: str) -> Iterator[int]:
    """Modules whose path ends so, the one that shares most of its path with `path` first."""
    found = [s for s in links.by_name.get(wanted.rpartition("/")[2], ()) if s == wanted or s.endswith("/" + wanted)]
    found.sort(key=lambda stem: (-_shared(stem, path), len(stem), stem))
    return (links.stems[stem] for stem in found[:_MAX_ALIKE])


def _shared(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one.split("/"), other.split("/"), strict=False):
        if a != b:
            break
        count += 1
    return count
