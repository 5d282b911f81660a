"""The doctor's look at what is installed: Kireji, Python, the libraries, the grammars, and the programs that are run."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from kireji import __version__
from kireji.cli.health import REINSTALL, Line, Machine, note, ok, wrong

# Distribution -> what is imported of it. They are only loaded here; each has one user elsewhere.
LIBRARIES: Mapping[str, str] = MappingProxyType(
    {
        "pygls": "pygls.lsp.server",
        "lsprotocol": "lsprotocol.types",
        "anthropic": "anthropic",
        "jedi": "jedi",
        "tree-sitter": "tree_sitter",
        "platformdirs": "platformdirs",
        "click": "click",
        "rich": "rich.console",
    }
)
TOOLS = ("ruff", "ty")
_OLDEST, _NEWEST = (3, 11), (3, 14)
_VERSION_SECONDS = 10.0
_PIN = re.compile(r"([A-Za-z0-9._-]+)==([^;,\s]+)")


def kireji(_machine: Machine) -> Iterator[Line]:
    """Which Kireji this is, and whether an editor that is started from here would find the same."""
    here = Path(__file__).parents[1]
    yield ok("kireji", f"{__version__}, in {here}")
    command = shutil.which("kireji")
    scripts = Path(sysconfig.get_path("scripts"))
    if command is None:
        there = shutil.which("kireji", path=str(scripts)) is not None
        remedy = f"Add {scripts} to PATH, or give your editor the whole path of the command." if there else REINSTALL
        yield note("command", "`kireji` is not on this PATH, where editors look for it", remedy)
    elif Path(command).resolve().parent != scripts.resolve():
        remedy = f"Put {scripts} before it on PATH, if this Kireji is the one that you mean."
        yield note("command", f"`kireji` on this PATH is another one: {command}", remedy)


def python(_machine: Machine) -> Iterator[Line]:
    """The interpreter that runs Kireji."""
    version, text = sys.version_info[:2], f"{sys.version.split()[0]}, {sys.executable}"
    if version < _OLDEST:
        yield wrong("python", f"{text}: too old", "Install Kireji with Python 3.11 or later.")
    elif version > _NEWEST:
        yield note("python", f"{text}: newer than any that is supported", "Install Kireji with Python 3.11 to 3.14.")
    else:
        yield ok("python", text)
    try:
        importlib.import_module("sqlite3")
    except ImportError as error:  # a Python that was built on a machine without it
        remedy = "Install Kireji with a Python that has it, or install your system's sqlite and build this one again."
        yield wrong("python", f"has no sqlite3, in which spending is counted: {error}", remedy)


def libraries(_machine: Machine) -> Iterator[Line]:
    """Whether each library loads; its metadata alone would not tell that a binary of it is broken."""
    pins = _pins()
    loaded = []
    for distribution, module in LIBRARIES.items():
        try:
            importlib.import_module(module)
            version = metadata.version(distribution)
        except Exception as error:  # noqa: BLE001 — a library may break in any way while it loads; that is the finding
            yield wrong(distribution, f"does not load: {type(error).__name__}: {error}", REINSTALL)
            continue
        loaded.append(f"{distribution} {version}")
        if version != (wanted := pins.get(distribution, version)):
            yield note(distribution, f"is {version}, and Kireji is made for {wanted}", REINSTALL)
    if loaded:
        yield ok("libraries", ", ".join(loaded))


def grammars(_machine: Machine) -> Iterator[Line]:
    """Whether every language that we know can be parsed."""
    from kireji.base import syntax
    from kireji.base.languages import LANGUAGES

    # By what went wrong: a missing parser would otherwise be said twenty times.
    failures: dict[str, list[str]] = {}
    for language in LANGUAGES:
        try:
            syntax.parse(language, "")
        except Exception as error:  # noqa: BLE001 — as above
            failures.setdefault(f"{type(error).__name__}: {error}", []).append(language)
    for why, languages in failures.items():
        yield wrong("grammars", f"{', '.join(languages)} cannot be parsed: {why}", REINSTALL)
    if parsed := len(LANGUAGES) - sum(map(len, failures.values())):
        yield ok("grammars", f"{parsed} of {len(LANGUAGES)} languages parse")


def tools(machine: Machine) -> Iterator[Line]:
    """The checkers: the one that the settings name, else the one that came with Kireji."""
    for tool in TOOLS:
        chosen: str | None = getattr(machine.settings.protected, tool)
        source = machine.sources[tool]
        remedy = (
            f"Correct or remove {source}: without it, the {tool} that came with Kireji is run." if chosen else REINSTALL
        )
        try:
            program = chosen or _bundled(tool)
            version = _version_of(program)
        except (ImportError, OSError, subprocess.SubprocessError) as error:
            yield wrong(tool, _broken(chosen, error), remedy)
        else:
            yield ok(tool, f"{version.removeprefix(tool).strip()}, {program}{f', from {source}' if chosen else ''}")


def git(_machine: Machine) -> Iterator[Line]:
    """Only looked up, and not run: PATH may lead into the folder that someone else has written."""
    found = shutil.which("git")
    if found:
        yield ok("git", found)
    else:
        yield note("git", "is not on PATH; nothing of today needs it", "Install git, to be ready for what will.")


def _pins() -> dict[str, str]:
    """The libraries that must be of one version, as far as this Kireji was installed and not only put on a path."""
    try:
        required = metadata.requires("kireji") or []
    except metadata.PackageNotFoundError:
        return {}
    return {found[1]: found[2] for entry in required if (found := _PIN.match(entry))}


def _bundled(tool: str) -> str:
    """Raises ImportError or FileNotFoundError."""
    return str(getattr(importlib.import_module(tool), f"find_{tool}_bin")())


def _version_of(program: str) -> str:
    """What a program says of its version. Raises OSError or SubprocessError.

    Its output goes to a file: a pipe stays open for as long as any child of the program lives. It runs in an empty
    folder, so that it finds no settings.
    """
    from kireji.base.child_home import open_home

    with tempfile.TemporaryFile() as output, contextlib.closing(open_home()) as home:
        process = subprocess.Popen(  # noqa: S603 — a program of the installation, or of the user's own settings
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            cwd=home.path,
            start_new_session=True,
        )
        try:
            code = process.wait(_VERSION_SECONDS)
        except BaseException:
            _kill(process)
            raise
        if code:
            raise subprocess.CalledProcessError(code, program)
        output.seek(0)
        said = output.read(200).decode("utf-8", "replace").strip()
    return said.splitlines()[0] if said else "says no version"


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a program that has not ended by itself, and whatever it started."""
    if sys.platform == "win32":  # untested; grandchildren live on
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _broken(chosen: str | None, error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        why = f"ends with exit code {error.returncode} when it is asked for its version"
    elif isinstance(error, subprocess.TimeoutExpired):
        why = "does not say its version within ten seconds"
    else:
        why = f"cannot be run: {getattr(error, 'strerror', None) or error}"
    return f"{chosen} {why}" if chosen else why
