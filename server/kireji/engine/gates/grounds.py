"""What a checker of Python is started with: the settings that we write for it, and how to run the two that we know.

Starts nothing: `checkers.py` does. Of the workspace's own settings only the places of its modules are read.
"""

from __future__ import annotations

import json
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kireji.base.child_protocol import ChildSpec
from kireji.base.python_version import Version

# The folder, below the one that is given, in which texts stand alone.
ALONE = "alone"
_SETTINGS_BYTES = 1_000_000
# The newest Python that ty knows; told of a newer one it would not start.
_NEWEST: Version = (3, 15)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a program is started with: the folder it is told of, paths that hold modules as well, our own folder, and the
    Python that the code is for, where that is known."""

    root: Path
    python: str
    extra: tuple[str, ...]
    own: Path
    version: Version | None = None


def prepared(root: str | None, python: str | None, version: Version | None, home: Path, number: int) -> Ground:
    """Writes what a checker needs below `home`. Without a root its texts stand alone. Blocks. Raises OSError."""
    own = home / f"settings-{number}"
    own.mkdir(mode=0o700, exist_ok=True)
    python = python if python is not None else str(_nothing_installed(own))
    if root is None:
        alone = home / ALONE
        alone.mkdir(mode=0o700, exist_ok=True)
        return Ground(alone, python, (), own, version)
    return Ground(Path(root), python, tuple(_module_paths(Path(root))), own, version)


def _nothing_installed(own: Path) -> Path:
    """An environment without packages: a checker that is told of none would take the one it was installed in itself."""
    place = own / "python"
    library = (
        Path("Lib") if sys.platform == "win32" else Path("lib", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    )
    (place / library / "site-packages").mkdir(parents=True, exist_ok=True)
    (place / "pyvenv.cfg").write_text(f"home = {own}\n", encoding="utf-8")
    return place


# Where projects say that more folders hold modules: table, key.
_EXTRA = (
    (("tool", "ty", "environment"), "extra-paths"),
    (("tool", "ty", "environment"), "root"),
    (("tool", "pyright"), "extraPaths"),
    (("tool", "basedpyright"), "extraPaths"),
    (("tool", "pyrefly"), "search-path"),
    (("tool", "mypy"), "mypy_path"),
    (("tool", "pytest", "ini_options"), "pythonpath"),
)


def _module_paths(root: Path) -> Iterator[str]:
    """The folders inside a project that its own settings name as places of modules. A broken file names none."""
    try:
        with (root / "pyproject.toml").open("rb") as file:
            data: Any = tomllib.loads(file.read(_SETTINGS_BYTES).decode())
    except (OSError, ValueError, RecursionError):
        return
    for tables, key in _EXTRA:
        table = data
        for name in tables:
            table = table.get(name, {}) if isinstance(table, Mapping) else {}
        value = table.get(key, ()) if isinstance(table, Mapping) else ()
        names = value.replace(",", ":").split(":") if isinstance(value, str) else value
        for name in names if isinstance(names, list) else ():
            path = (root / str(name).replace("$MYPY_CONFIG_FILE_DIR", ".")).resolve()
            if path.is_relative_to(root.resolve()) and path.is_dir() and path != root.resolve():
                yield str(path)


# ---- the programs


def ty_spec(executable: str | None, rules: Mapping[str, str]) -> Callable[[Ground], ChildSpec] | None:
    """How to run ty: the given program, else the one of the installed package; None when there is neither."""
    if executable is None:
        from ty import find_ty_bin

        try:
            executable = find_ty_bin()
        except FileNotFoundError:
            return None
    program = executable

    def spec(ground: Ground) -> ChildSpec:
        environment: dict[str, object] = {"extra-paths": list(ground.extra), "python": ground.python}
        if ground.version is not None:
            major, minor = min(ground.version, _NEWEST)
            environment["python-version"] = f"{major}.{minor}"
        settings = ground.own / "ty.toml"
        # A JSON string or list of strings is the same in TOML.
        tables: dict[str, Mapping[str, object]] = {"environment": environment, "rules": {"all": "ignore", **rules}}
        settings.write_text(
            "".join(
                f"[{table}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
                for table, values in tables.items()
            ),
            encoding="utf-8",
        )
        options = {"diagnosticMode": "openFilesOnly", "configurationFile": str(settings)}
        return ChildSpec("ty", (program, "server"), str(ground.root), options, recycle_bytes=300 * 2**20)

    return spec


def pyrefly_spec() -> Callable[[Ground], ChildSpec] | None:
    """How to run the pyrefly that stands beside this Python (the extra `types`); None where there is none.

    It asks the interpreter that it is told of where its packages lie, so that one runs: never one of an untrusted workspace.
    """
    program = Path(sysconfig.get_path("scripts"), "pyrefly.exe" if sys.platform == "win32" else "pyrefly")
    if not program.is_file():
        return None

    def spec(ground: Ground) -> ChildSpec:
        # Without the first it speaks of types only where the project has settings of its own.
        options = {"pyrefly": {"displayTypeErrors": "force-on"}, "pythonPath": ground.python}
        return ChildSpec(
            "pyrefly",
            (str(program), "lsp", "--indexing-mode", "none", "--threads", "1"),
            str(ground.root),
            options,
            settings={"python": options},
            # It answers when asked, and does not say in its greeting that it would.
            requires=frozenset(),
            recycle_bytes=300 * 2**20,
        )

    return spec
