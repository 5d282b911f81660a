"""Which formatter a project has chosen, by its own files, and how that is run on one text. Reads files, runs nothing.

Only asked in trusted workspaces: some formatters load code that a project names. None is bundled.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from kireji.base.files import read_text
from kireji.base.languages import canonical
from kireji.base.toolbox import find

_MOST_BYTES = 400_000
# The last ones are code of the project.
_SETTINGS = """
.prettierrc .prettierrc.json .prettierrc.json5 .prettierrc.yaml .prettierrc.yml .prettierrc.toml
.prettierrc.js .prettierrc.cjs .prettierrc.mjs .prettierrc.ts
prettier.config.js prettier.config.cjs prettier.config.mjs prettier.config.ts
"""
_PRETTIER = tuple(_SETTINGS.split())


class Ranges(Enum):
    """How a formatter is told which lines it is asked about; NONE: it cannot be told."""

    NONE = "none"
    RUFF = "ruff"
    BLACK = "black"
    CLANG = "clang"


@dataclass(frozen=True, slots=True)
class Formatter:
    """A formatter that a project has chosen. `command` reads a text and writes it; None where the program is not there."""

    name: str
    command: tuple[str, ...] | None
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ranges: Ranges = Ranges.NONE

    def about(self, first: int, last: int) -> tuple[str, ...]:
        """The command for these lines of a text, counted from 1."""
        command = self.command or ()
        match self.ranges:
            case Ranges.RUFF:
                return (*command[:-1], f"--range={first}-{last + 1}", command[-1])
            case Ranges.BLACK:
                return (*command[:-1], f"--line-ranges={first}-{last}", command[-1])
            case Ranges.CLANG:
                return (*command, f"--lines={first}:{last}")
            case Ranges.NONE:
                return command


def formatter_of(language: str, path: str, root: str, python: str | None) -> Formatter | None:
    """The formatter for a file of a workspace; None where nobody has chosen one. Blocks."""
    chosen = _CHOICES.get(canonical(language))
    return chosen(path, root, python) if chosen is not None else None


def _python(path: str, root: str, python: str | None) -> Formatter | None:
    for folder in _upwards(path, root):
        tools = _tools(folder, root)
        if "black" in tools:
            program = _of_python("black", root, python)
            black = (program, "-q", "--stdin-filename", path, "-") if program else None
            return Formatter("black", black, ranges=Ranges.BLACK)
        settings = [name for name in ("ruff.toml", ".ruff.toml") if (folder / name).is_file()]
        if "ruff" in tools or settings:
            program = _of_python("ruff", root, python)
            command = (program, "format", "--no-cache", "--quiet", "--stdin-filename", path, "-") if program else None
            return Formatter("ruff", command, ranges=Ranges.RUFF)
    return None


def _web(path: str, root: str, _: str | None) -> Formatter | None:
    for folder in _upwards(path, root):
        if any((folder / name).is_file() for name in _PRETTIER) or "prettier" in _package(folder, root):
            names = (f"node_modules/prettier/bin/{name}" for name in ("prettier.cjs", "prettier.js"))
            own = next((found for name in names if (found := _own(root, name)) is not None), None)
            node, program = find("node", outside=root), find("prettier", outside=root)
            if own is not None and node is not None:
                return Formatter("prettier", (node, own, "--stdin-filepath", path))
            return Formatter("prettier", (program, "--stdin-filepath", path) if program else None)
    return None


def _go(path: str, root: str, _: str | None) -> Formatter | None:
    """Go has one style."""
    if not any((folder / "go.mod").is_file() for folder in _upwards(path, root)):
        return None
    program = find("gofmt", outside=root)
    return Formatter("gofmt", (program,) if program else None)


def _rust(path: str, root: str, _: str | None) -> Formatter | None:
    for folder in _upwards(path, root):
        if (folder / "Cargo.toml").is_file():
            program = find("rustfmt", outside=root)
            package = _toml(folder / "Cargo.toml", root).get("package")
            edition = package.get("edition") if isinstance(package, dict) else None
            year = edition if isinstance(edition, str) else "2021"
            settings = [above for above in _upwards(path, root) if (above / "rustfmt.toml").is_file()]
            options = ("--config-path", str(settings[0])) if settings else ()
            command = (program, "--edition", year, *options) if program else None
            # It is most often a link to whatever chooses a toolchain, which looks below the person's home.
            tools = os.environ.get("RUSTUP_HOME") or str(Path(os.path.expanduser("~"), ".rustup"))  # noqa: PTH111
            return Formatter("rustfmt", command, {"RUSTUP_HOME": tools})
    return None


def _c(path: str, root: str, _: str | None) -> Formatter | None:
    for folder in _upwards(path, root):
        if any((folder / name).is_file() for name in (".clang-format", "_clang-format")):
            program = find("clang-format", outside=root)
            command = (program, f"--assume-filename={path}") if program else None
            return Formatter("clang-format", command, ranges=Ranges.CLANG)
    return None


_CHOICES: Mapping[str, Callable[[str, str, str | None], Formatter | None]] = MappingProxyType(
    {
        "python": _python,
        "javascript": _web,
        "typescript": _web,
        "css": _web,
        "html": _web,
        "json": _web,
        "markdown": _web,
        "yaml": _web,
        "go": _go,
        "rust": _rust,
        "c": _c,
        "cpp": _c,
    }
)


def _upwards(path: str, root: str) -> Iterator[Path]:
    """The folders from a file's own up to the workspace's."""
    for folder in Path(path).parents:
        if folder.is_relative_to(root):
            yield folder


def _own(root: str, program: str) -> str | None:
    path = Path(root, program)
    return str(path) if path.is_file() and (os.access(path, os.X_OK) or path.suffix in (".cjs", ".js")) else None


def _of_python(name: str, root: str, python: str | None) -> str | None:
    """A program of the environment that runs the project, else of this machine."""
    beside = Path(python).with_name(name) if python is not None else None
    own = str(beside) if beside is not None and beside.is_file() and os.access(beside, os.X_OK) else None
    return own or _own(root, f".venv/bin/{name}") or find(name, outside=root)


def _tools(folder: Path, root: str) -> frozenset[str]:
    tools = _toml(folder / "pyproject.toml", root).get("tool")
    return frozenset(tools) if isinstance(tools, dict) else frozenset()


def _toml(file: Path, root: str) -> dict[str, object]:
    try:
        return tomllib.loads(read_text(file, Path(root), _MOST_BYTES) or "")
    except (ValueError, RecursionError):
        return {}


def _package(folder: Path, root: str) -> frozenset[str]:
    """What a package.json names: its own keys and what it is developed with."""
    try:
        data = json.loads(read_text(folder / "package.json", Path(root), _MOST_BYTES) or "")
    except (ValueError, RecursionError):
        return frozenset()
    if not isinstance(data, dict):
        return frozenset()
    needed = data.get("devDependencies")
    return frozenset(data) | (frozenset(needed) if isinstance(needed, dict) else frozenset())
