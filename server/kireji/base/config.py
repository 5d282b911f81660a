"""Settings from the command line, the environment and the user's own file, and what they say about a workspace's trust.

The strongest source that speaks decides; a value that cannot be used is reported and replaced alone, by one that is
never more permissive than the one that was meant. Nothing here reads a file of a workspace: the one path comes from the
user's config folder or `KIREJI_CONFIG`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kireji.base.config_editor import with_editor_options as with_editor_options
from kireji.base.config_file import UserFile, read_user_file, require, unreadable
from kireji.base.config_schema import OPTIONS, PROTECTED, Options, Protected, Settings
from kireji.base.config_values import Bad, clipped, from_data, from_text
from kireji.base.endpoint import is_private_http
from kireji.base.setting import Kind, Setting

_CONFIG = "KIREJI_CONFIG"


@dataclass(frozen=True, slots=True)
class Home:
    """Where a user's own files are."""

    config_file: Path
    state_dir: Path


def user_home() -> Home:
    """The platform's folders for the user who runs this process. Reads the environment; creates nothing."""
    from platformdirs import PlatformDirs

    folders = PlatformDirs("kireji", appauthor=False)
    return Home(Path(folders.user_config_dir) / "config.toml", Path(folders.user_state_dir))


def load(environ: Mapping[str, str], overrides: Mapping[str, object], home: Home | None = None) -> Settings:
    """The settings by command line > environment > user's file > default.

    `overrides` holds what the command line said, by field name; None means that it said nothing. An environment
    variable that is empty counts as not set. Raises ValueError for an override that is no setting, which is a bug of
    the caller.
    """
    known = {setting.name for setting in (*PROTECTED, *OPTIONS)}
    if strangers := overrides.keys() - known:
        raise ValueError(f"no such setting: {', '.join(sorted(strangers))}")
    home = home or user_home()
    file = _user_file(environ, home)
    problems = list(file.problems)
    protected: dict[str, Any] = {s.name: _resolve(s, environ, overrides, file, problems) for s in PROTECTED}
    options: dict[str, Any] = {s.name: _resolve(s, environ, overrides, file, problems) for s in OPTIONS}
    names = {_CONFIG, *(setting.env for setting in (*PROTECTED, *OPTIONS))}
    problems += [
        f"{clipped(name)}: there is no such setting; it has no effect"
        for name in sorted(environ)
        if name.startswith("KIREJI_") and name not in names
    ]
    protected["state_dir"] = protected["state_dir"] or str(home.state_dir)
    protected["actions_dir"] = protected["actions_dir"] or str(home.config_file.parent / "actions")
    if protected["key_file"] == "" and file.readable and environ.get(_CONFIG, "").strip() != os.devnull:
        protected["key_file"] = str(home.config_file.parent / "key")
    if is_private_http(protected["server_url"]) and not protected["plain_http"]:
        protected["server_url"] = ""
        problems.append(
            "the server's address is plain http, which others in its network can read; say model.plain_http = true in your"
            " settings file, or use https; no server is asked"
        )
    return Settings(replace(Protected(), **protected), replace(Options(), **options), tuple(problems))


def sources(environ: Mapping[str, str], overrides: Mapping[str, object], home: Home | None = None) -> Mapping[str, str]:
    """Where each setting's value comes from, by field name and in a person's words. Never the value itself."""
    file = _user_file(environ, home or user_home())
    silent = "the default"
    closed = silent if file.readable else f"{file.path}, which cannot be used"
    given = {s.name: _given(s, environ, overrides, file) for s in (*PROTECTED, *OPTIONS)}
    keys = {s.name: s.key for s in (*PROTECTED, *OPTIONS)}
    return {name: found[0] if found else closed if keys[name] else silent for name, found in given.items()}


def config_file(environ: Mapping[str, str], home: Home | None = None) -> Path | None:
    """The user's own file, whether or not there is one; None where none is read."""
    named = environ.get(_CONFIG, "").strip()
    path = Path(named) if named else (home or user_home()).config_file
    return path if path.is_absolute() and named != os.devnull else None


def is_trusted(settings: Settings, root: str | None) -> bool:
    """Whether the user trusts the workspace at an absolute path: it, or a folder it really lies in, is listed."""
    if settings.protected.trust_all:
        return True
    real = _real(root)
    # Paths are compared part by part once links are resolved: /src is not a parent of /src-of-someone-else.
    listed = (_real(folder) for folder in settings.protected.trusted)
    return real is not None and any(folder is not None and real.is_relative_to(folder) for folder in listed)


def interpreter_for(settings: Settings, root: str | None) -> str | None:
    """The interpreter whose packages a workspace's code is checked against, or None. Nothing is executed to find it."""
    if settings.protected.python is not None:
        return settings.protected.python
    if root is None or not is_trusted(settings, root):
        return None
    # Windows is untested. The path stays unresolved: a venv is recognised by the place of its link to the interpreter.
    python = Path(root, ".venv", "Scripts/python.exe" if os.name == "nt" else "bin/python")
    return str(python) if python.is_file() and os.access(python, os.X_OK) else None


def _user_file(environ: Mapping[str, str], home: Home) -> UserFile:
    keys = (*PROTECTED, *OPTIONS)
    named = environ.get(_CONFIG, "").strip()
    if named == os.devnull:
        return UserFile()
    path = Path(named) if named else home.config_file
    # A relative path would be looked up where the editor was started, which is most often the workspace.
    if not path.is_absolute():
        return unreadable(path, f"{_CONFIG} must be an absolute path" if named else "the home folder is not absolute")
    return require(read_user_file(path, keys), path) if named else read_user_file(path, keys)


def _resolve(
    setting: Setting, environ: Mapping[str, str], overrides: Mapping[str, object], file: UserFile, problems: list[str]
) -> object:
    """The value of the strongest source that speaks; what is wrong with it goes to `problems`."""
    if setting.kind is Kind.KEY and overrides.get(setting.name) is not None:
        problems.append(
            f"{setting.name} on the command line has no effect, since others could read it; set {setting.env}"
        )
    given = _given(setting, environ, overrides, file)
    if given is not None:
        return _settled(setting, *given, problems)
    # Nobody can know what an unreadable file would have said, so its strictest reading stands.
    return setting.default if file.readable or not setting.key else setting.closed


def _given(
    setting: Setting, environ: Mapping[str, str], overrides: Mapping[str, object], file: UserFile
) -> tuple[str, object | Bad] | None:
    """The strongest source that speaks, as people call it, and what it says; None where none does."""
    given = overrides.get(setting.name)
    if given is not None and setting.kind is not Kind.KEY:
        said = from_text(setting, given) if isinstance(given, str) else from_data(setting, given)
        return f"{setting.name} on the command line", said
    if setting.env and environ.get(setting.env, "").strip():
        return setting.env, from_text(setting, environ[setting.env])
    if setting.key in file.values:
        return f"{setting.key} in {file.path}", from_data(setting, file.values[setting.key])
    return None


def _settled(setting: Setting, source: str, result: object | Bad, problems: list[str]) -> object:
    if not isinstance(result, Bad):
        return result
    fallback = getattr(setting.default, "value", setting.default)
    then = setting.then or ("it is not used" if fallback in (None, (), "") else f"{fallback} is used")
    problems.append(f"{source}: {result.why}; {then}")
    return setting.closed


def _real(path: str | None) -> Path | None:
    if not path or not Path(path).is_absolute():
        return None
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a name that no file can have
        return None
