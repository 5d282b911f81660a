"""From an import to the workspace's files that it may mean: Python, JavaScript, TypeScript and Go, by layout.

Looks at names on disk only; reads nothing but `go.mod`, runs no interpreter and knows no installed packages.
"""

# Strings instead of Path where it looks at names: it does so hundreds of times a keystroke.
# ruff: noqa: PTH112, PTH113, PTH118
from __future__ import annotations

import os
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
        if level > len(importer.parents) or not importer.parents[level - 1].is_relative_to(root):
            return
        bases = [str(importer.parents[level - 1])]
    else:
        # The nearest folder first: a script finds its neighbours; then the source roots that packages are laid out in.
        above = [str(p) for p in importer.parents if p.is_relative_to(root)]
        bases = [*above, *(p for p in _folders(root) if p not in above)]
    for base in bases:
        # Most imports lie outside the workspace: one look at the first part settles that. Strings, because Path is slow
        # here.
        if len(parts) > 1 and not os.path.isdir(os.path.join(base, parts[0])):
            continue
        target = os.path.join(base, *parts)
        alone = (target + ".py", target + ".pyi") if parts else ()
        for file in (*alone, os.path.join(target, "__init__.py"), os.path.join(target, "__init__.pyi")):
            if os.path.isfile(file):
                yield Path(file)
                return


def _folders(root: Path) -> list[str]:
    try:
        with os.scandir(root) as scan:
            return sorted(entry.path for entry in scan if not entry.name.startswith(".") and entry.is_dir())
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
