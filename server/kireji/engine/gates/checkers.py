"""Private checkers of Python, one for each project and interpreter: what they are told, and under which name a text is shown.

Judges nothing. Nothing of the workspace decides what is looked for: each checker reads a settings file that we write. Only
a trusted workspace is shown to it; any other text stands alone in an empty folder.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tomllib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kireji.base.child_home import Home, open_home
from kireji.base.child_protocol import ChildDiagnostic, ChildFailure, ChildSpec, ChildUnavailable
from kireji.base.children import Child
from kireji.base.types import Document, Workspace

# A person works in few projects at a time, and each checker holds 60 to 130 MB.
_LIVING = 2
_LONE = "kireji_buffer"
_SUFFIXES = (".py", ".pyi")
_SETTINGS_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a text is checked in: the folder whose modules exist (None: it stands alone), and whose packages are installed."""

    root: str | None = None
    python: str | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What a program is started with: the folder it is told of, paths that hold modules as well, and our own folder."""

    root: Path
    python: str
    extra: tuple[str, ...]
    own: Path


def surroundings(workspace: Workspace, document: Document) -> Surroundings:
    """Those of a document. An interpreter that is not there is none: nothing can be said of its packages."""
    python = workspace.python if workspace.python is not None and Path(workspace.python).exists() else None
    inside = (
        workspace.trusted
        and workspace.root is not None
        and document.path is not None
        and Path(document.path).is_relative_to(workspace.root)
    )
    return Surroundings(workspace.root if inside else None, python)


class Checkers:
    """The children, started when first needed. `spec` says how to run one; None when the program is not there."""

    def __init__(self, spec: Callable[[Ground], ChildSpec] | None) -> None:
        self._spec = spec
        self._home: Home | None = None
        self._opening = asyncio.Lock()
        self._children: OrderedDict[Surroundings, Child] = OrderedDict()
        self._closed = False

    @property
    def installed(self) -> bool:
        """Whether there is a program to run."""
        return self._spec is not None

    async def diagnostics(
        self, where: Surroundings, document: Document, text: str, seconds: float
    ) -> tuple[ChildDiagnostic, ...]:
        """What the checker says of `text` in the place of a document. Raises ChildUnavailable."""
        deadline = asyncio.get_running_loop().time() + seconds
        child, home = await self._child(where)
        path = Path(document.path) if document.path is not None else Path()
        if where.root is None:
            # Under its own name it might stand before a module of the library.
            path = home / "alone" / (_LONE + (path.suffix if path.suffix in _SUFFIXES else ".py"))
        elif path.suffix not in _SUFFIXES:  # a notebook's cells, or a script without a suffix
            path = path.with_name(f"{_LONE}.py")
        return await child.diagnostics(path.as_uri(), "python", text, deadline)

    async def close(self) -> None:
        """Ends them for good. May be called twice."""
        self._closed = True
        async with self._opening:
            children, self._children = self._children, OrderedDict()
            await asyncio.gather(*(child.close() for child in children.values()))
            if self._home is not None:
                home, self._home = self._home, None
                await asyncio.to_thread(home.close)

    async def _child(self, where: Surroundings) -> tuple[Child, Path]:
        if self._spec is None:
            raise ChildUnavailable(ChildFailure.MISSING)
        async with self._opening:
            if self._closed:
                raise ChildUnavailable(ChildFailure.CLOSED)
            try:
                if self._home is None:
                    self._home = await asyncio.to_thread(open_home)
                found = self._children.get(where)
                if found is None:
                    ground = await asyncio.to_thread(_prepared, where, self._home.path, len(self._children))
                    # One text at a time: another file that is open in the child would be taken for what it was shown last,
                    # and that may be a suggestion which nobody accepted.
                    found = self._children[where] = Child(self._spec(ground), max_open=1)
            except OSError as error:
                raise ChildUnavailable(ChildFailure.MISSING, error.strerror or type(error).__name__) from None
            self._children.move_to_end(where)
            if len(self._children) > _LIVING:
                _, oldest = self._children.popitem(last=False)
                await oldest.close()
            return found, self._home.path


def _prepared(where: Surroundings, home: Path, number: int) -> Ground:
    own = home / f"settings-{number}-{abs(hash(where))}"
    own.mkdir(mode=0o700, exist_ok=True)
    python = where.python if where.python is not None else str(_nothing_installed(own))
    if where.root is None:
        alone = home / "alone"
        alone.mkdir(mode=0o700, exist_ok=True)
        return Ground(alone, python, (), own)
    root = Path(where.root)
    return Ground(root, python, tuple(_module_paths(root)), own)


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
        environment = {"extra-paths": list(ground.extra), "python": ground.python}
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
