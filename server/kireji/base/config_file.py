"""Reads the user's own settings file into flat dotted keys. It looks in one place only, and never in a workspace."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kireji.base.config_values import clipped
from kireji.base.setting import Setting

VERSION = 1
MOST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class UserFile:
    """What the file says. `readable` is False when there is one and its contents cannot be known."""

    path: str = ""
    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    readable: bool = True
    problems: tuple[str, ...] = ()


def read_user_file(path: Path, settings: tuple[Setting, ...]) -> UserFile:
    """The file's values by current key, renamed keys included. A missing file is an empty one; see `require`."""
    try:
        return _parsed(path, settings, _contents(path))
    except (FileNotFoundError, NotADirectoryError):
        return UserFile(str(path))
    except OSError as error:
        return unreadable(path, error.strerror or type(error).__name__)
    except _UnusableError as error:
        return unreadable(path, str(error))


def require(file: UserFile, path: Path) -> UserFile:
    """The same file, where someone named it: then a missing one is an error, for its limits are unknown."""
    return file if path.exists() or not file.readable else unreadable(path, "there is no such file")


def unreadable(path: Path, why: str) -> UserFile:
    """A file whose limits cannot be known, so that the strictest ones hold."""
    problem = f"{path}: {why}; until it is corrected nothing is sent, nothing is spent and nothing in it is trusted"
    return UserFile(str(path), readable=False, problems=(problem,))


class _UnusableError(Exception):
    """The file is there and makes no sense; the message says why."""


def _contents(path: Path) -> tuple[str, int]:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):  # opening a pipe would wait for a writer
        raise _UnusableError("it is not an ordinary file")
    with path.open("rb") as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise _UnusableError(f"it is larger than {MOST_BYTES} bytes")
    try:
        return data.decode("utf-8-sig"), mode
    except UnicodeDecodeError:
        raise _UnusableError("it is not UTF-8 text") from None


def _parsed(path: Path, settings: tuple[Setting, ...], contents: tuple[str, int]) -> UserFile:
    # Imported here because most people have no such file, and the server's start should not pay for it.
    import tomllib

    text, mode = contents
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # The parser's own words name a place and a character, never a value.
        raise _UnusableError(f"it is not valid TOML ({clipped(str(error))})") from None
    version = document.pop("version", VERSION)
    if isinstance(version, bool) or version != VERSION:
        raise _UnusableError(f"this Kireji reads version = {VERSION} of the file, not {clipped(version)}")
    given = dict(_flat(document, ""))
    values: dict[str, Any] = {}
    problems: list[str] = []
    for setting in settings:
        if setting.key and setting.key in given:
            values[setting.key] = given.pop(setting.key)
        for old in setting.former:
            if old in given:
                values.setdefault(setting.key, given.pop(old))
                problems.append(f"{old} in {path}: now called {setting.key}; rename it")
    problems += [f"{clipped(key)} in {path}: there is no such setting; it has no effect" for key in given]
    if any(setting.key in values and setting.name == "api_key" for setting in settings) and _read_by_others(mode):
        problems.append(f"{path}: it holds a key and others can read it; run chmod 600 on it")
    return UserFile(str(path), values, problems=tuple(problems))


def _flat(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _read_by_others(mode: int) -> bool:
    # Windows guards files by access lists, which these bits do not show.
    return os.name == "posix" and bool(mode & 0o077)
