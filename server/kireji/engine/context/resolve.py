"""From an import to the workspace's files that it may mean: Python, JavaScript, TypeScript and Go, by their layout rules.

Looks at names on disk only; reads nothing but `go.mod`, runs no interpreter and knows no installed packages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kireji.base.files import read_text
from kireji.base.imports import Import
from kireji.base.languages import canonical

_JS_ENDINGS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_MODULE = re.compile(r"^module\s+(\S+)", re.M)
_MAX_PACKAGE_FILES = 40


def resolve(root: Path, importer: Path, language: str, imported: Import) -> tuple[Path, ...]:
    """Files below `root` that the import names, best first; empty for what lies outside the workspace."""
    match canonical(language):
        case "python":
            return tuple(_python(root, importer, imported.module, imported.level))
        case "javascript" | "javascriptreact" | "typescript" | "typescriptreact":
            return tuple(_javascript(importer, imported.module))
        case "go":
            return _go(root, importer, imported.module)
    return ()


def submodule(root: Path, importer: Path, imported: Import, name: str) -> Path | None:
    """The file of `name` where `from module import name` takes a module out of a Python package."""
    dotted = f"{imported.module}.{name}" if imported.module else name
    return next(_python(root, importer, dotted, imported.level), None)


def package_files(folder: Path) -> tuple[Path, ...]:
    """The Go sources of one folder: they share one scope. Tests are left out."""
    try:
        files = sorted(p for p in folder.glob("*.go") if not p.name.endswith("_test.go"))
    except OSError:
        return ()
    return tuple(files[:_MAX_PACKAGE_FILES])


def _python(root: Path, importer: Path, module: str, level: int) -> Iterator[Path]:
    parts = module.split(".") if module else []
    if level:
        folder = importer.parents[level - 1] if level <= len(importer.parents) else root
        bases = [folder] if folder.is_relative_to(root) else []
    else:
        # The nearest folder first: a script finds its neighbours; then the source roots that packages are laid out in.
        bases = [p for p in importer.parents if p.is_relative_to(root)]
        bases += [p for p in (root, *_folders(root)) if p not in bases]
    for base in bases:
        target = base.joinpath(*parts)
        files = [target / "__init__.py", target / "__init__.pyi"]
        if parts:
            files = [target.with_name(parts[-1] + ".py"), target.with_name(parts[-1] + ".pyi"), *files]
        for file in files:
            if file.is_file():
                yield file
                return


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:
        return []


def _javascript(importer: Path, module: str) -> Iterator[Path]:
    if not module.startswith("."):
        return
    target = Path(str(importer.parent / module))
    stem = target.with_suffix("") if target.suffix in (".js", ".jsx", ".mjs", ".cjs") else target
    candidates = [target]
    candidates += (stem.with_name(stem.name + ending) for ending in _JS_ENDINGS)
    candidates += (target / ("index" + ending) for ending in _JS_ENDINGS)
    for file in candidates:
        if file.is_file():
            yield file
            return


def _go(root: Path, importer: Path, module: str) -> tuple[Path, ...]:
    for folder in importer.parents:
        if not folder.is_relative_to(root):
            break
        text = read_text(folder / "go.mod", root, 100_000)
        if text is None:
            continue
        name = _MODULE.search(text)
        if name and (module == name[1] or module.startswith(name[1] + "/")):
            return package_files(folder / module[len(name[1]) :].strip("/"))
        break
    return ()
