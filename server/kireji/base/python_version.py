"""The lowest version of Python that a project is for, by what its files say. Runs nothing and decides nothing.

Read as data, from the file's folder up to the workspace's: `requires-python` in pyproject.toml, then `.python-version`; else
the pyvenv.cfg of the interpreter that is known. A value that cannot be understood counts as none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from kireji.base.files import read_text

Version = tuple[int, int]

# Checkers know no older ones, and no project needs them judged.
OLDEST: Version = (3, 7)
_MINORS = 60
_FILE_BYTES = 1_000_000
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(\.\*)?")
_PINNED = re.compile(r"(?:cpython-|python-?|pypy-?)?(\d+)\.(\d+)(?:[.\-+a-z].*)?", re.IGNORECASE)
_CREATED = re.compile(r"^\s*version(?:_info)?\s*=\s*(\d+)\.(\d+)", re.MULTILINE)


def python_version(root: str | None, path: str | None, python: str | None) -> Version | None:
    """The version for the file at `path` in the workspace at `root`, with the interpreter `python`; None when nobody says.

    Looks at a few names on disk each time, and reads a file only when it has changed.
    """
    for name, meaning in (("pyproject.toml", required), (".python-version", pinned)):
        for file in _upwards(root, path, name):
            if (version := _read(file, Path(root or ""), meaning)) is not None:
                return version
    if python is None:
        return None
    home = Path(python).parent.parent
    return _read(home / "pyvenv.cfg", home, created)


def required(text: str) -> Version | None:
    """The lowest version that the `requires-python` of a pyproject.toml allows; None without a lower bound."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    project = data.get("project")
    said = project.get("requires-python") if isinstance(project, dict) else None
    return lowest(said) if isinstance(said, str) else None


def lowest(specifier: str) -> Version | None:
    """The lowest 3.x of which a release fits a specifier such as `>=3.9,!=3.10.*`; None for one that does not say."""
    clauses = [clause.strip() for clause in specifier.split(",") if clause.strip()]
    found = [match for clause in clauses if (match := _CLAUSE.fullmatch(clause)) is not None]
    if len(found) != len(clauses) or not any(match[1] in (">=", ">", "==", "===", "~=") for match in found):
        return None
    return next((_clipped((3, n)) for n in range(_MINORS) if all(_allows(match, n) for match in found)), None)


def pinned(text: str) -> Version | None:
    """The lowest version that a `.python-version` names, one on each line."""
    rows = (row.partition("#")[0].strip() for row in text.splitlines())
    found = [(int(match[1]), int(match[2])) for row in rows if (match := _PINNED.fullmatch(row)) is not None]
    versions = [version for version in found if version[0] == 3]
    return _clipped(min(versions)) if versions else None


def created(text: str) -> Version | None:
    """The version that a pyvenv.cfg says its environment was made for."""
    match = _CREATED.search(text)
    version = (int(match[1]), int(match[2])) if match is not None else (0, 0)
    return _clipped(version) if version[0] == 3 else None


def _allows(clause: re.Match[str], minor: int) -> bool:
    """Whether a clause allows any release of 3.`minor`."""
    said = (int(clause[2]), int(clause[3] or 0))
    whole = clause[4] is None or clause[5] is not None
    here = (3, minor)
    match clause[1]:
        case ">=" | ">":
            return here >= said
        case "<=":
            return here <= said
        case "<":
            return here < said or (here == said and not whole and clause[4] != "0")
        case "!=":
            # One release that is left out leaves the others.
            return here != said or clause[5] is None
        case "~=":
            return here >= said and (here[0] == said[0] if clause[4] is None else here == said)
        case _:
            return here == said if clause[3] is not None else here[0] == said[0]


def _clipped(version: Version) -> Version:
    return max(version, OLDEST)


def _upwards(root: str | None, path: str | None, name: str) -> Iterator[Path]:
    """The places of a file from the folder of `path` up to `root`; nothing outside a workspace."""
    if root is None or path is None or not Path(path).is_relative_to(root):
        return
    for folder in Path(path).parents:
        yield folder / name
        if folder == Path(root):
            return


def _read(file: Path, root: Path, meaning: Callable[[str], Version | None]) -> Version | None:
    try:
        status = file.stat()
    except (OSError, ValueError):
        return None
    return _meant(file, root, meaning, (status.st_mtime_ns, status.st_size, status.st_ino))


@lru_cache(maxsize=64)
def _meant(file: Path, root: Path, meaning: Callable[[str], Version | None], stamp: object) -> Version | None:
    text = read_text(file, root, _FILE_BYTES)
    return meaning(text) if text is not None else None
