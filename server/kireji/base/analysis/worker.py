"""The analysis worker: a process that answers questions about one Python text at a time. The only importer of jedi.

It never executes code of a workspace. In a trusted one, the project's own interpreter is started to say where its packages
are; else only files are read, and beside the workspace's own there is the standard library alone. It lives through whatever
jedi raises, and ends with its input.
"""

from __future__ import annotations

import contextlib
import hashlib
import site
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jedi
from jedi.api.environment import InterpreterEnvironment, InvalidPythonEnvironment

from kireji.base.analysis.cache import make_safe
from kireji.base.analysis.channel import Channel, die
from kireji.base.analysis.limits import too_deep
from kireji.base.analysis.places import after_dot, place_of
from kireji.base.exclusions import Exclusions
from kireji.base.types import NameKind

# What jedi has worked out about a text serves a second question about it; other files may change meanwhile.
_REUSE_SECONDS = 5.0
_MAX_DETAIL = 120
_MAX_MEMBERS = 2_000
_MAX_SIGNATURES = 4
_MAX_SIGNATURE = 500
_MAX_DOCUMENTATION = 4_000
# What most files lead to; the first look at each takes a second or more.
_WARMING = ("class A:\n    def f(self): ...\nA().f", "import os\nos.pa", "from pathlib import Path\nPath('x').jo")
_KINDS = (
    ("function", NameKind.FUNCTION),
    ("class", NameKind.CLASS),
    ("module", NameKind.MODULE),
    ("namespace", NameKind.MODULE),
    ("keyword", NameKind.KEYWORD),
    ("property", NameKind.PROPERTY),
    ("param", NameKind.PARAMETER),
)
# They replace more than a word: the rest of a path, or a key with its quotes.
_NO_NAMES = ("path", "string")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text and where it belongs: what decides jedi's answer, apart from other files."""

    text: str = field(repr=False)
    path: str
    root: str | None
    python: str | None


class Analyst:
    """Answers from jedi. Keeps the project's interpreter running, and the last text."""

    def __init__(self) -> None:
        # Nothing is imported because a text names it.
        jedi.settings.auto_import_modules = []
        self._interpreter = InterpreterEnvironment()
        self._library = _library()
        self._environment: tuple[str, Any] | None = None
        self._script: tuple[_Text, float, Any] | None = None
        self._exclusions = Exclusions()

    def complete(self, asked: _Text, params: Mapping[str, Any]) -> list[dict[str, str]]:
        """The names at the offset, in jedi's order, at most `limit`."""
        return self._listed(self._completions(asked, int(params["offset"])), params)

    def tell(self, asked: _Text, params: Mapping[str, Any]) -> list[dict[str, str]]:
        """As `complete`, without what excluded files define."""
        return self._listed(self._sayable(asked, self._completions(asked, int(params["offset"]))), params)

    def _listed(self, completions: list[Any], params: Mapping[str, Any]) -> list[dict[str, str]]:
        items: list[dict[str, str]] = []
        for completion in completions:
            if len(items) >= int(params["limit"]):
                break
            items.append(
                {
                    "name": completion.name_with_symbols,
                    "kind": _kind(completion.type).value,
                    "detail": str(completion.description).partition("\n")[0][:_MAX_DETAIL],
                }
            )
        return items

    def describe(self, asked: _Text, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """Signatures and documentation of one of the names at the offset."""
        for completion in self._completions(asked, int(params["offset"])):
            if completion.name_with_symbols == params["name"]:
                signatures = [s.to_string()[:_MAX_SIGNATURE] for s in completion.get_signatures()[:_MAX_SIGNATURES]]
                documentation = completion.docstring(raw=True)[:_MAX_DOCUMENTATION]
                return {"signatures": signatures, "documentation": documentation}
        return None

    def members(self, asked: _Text, params: Mapping[str, Any]) -> list[str] | None:
        """The names that the expression before the dot has, without what excluded files define."""
        start = after_dot(asked.text, int(params["offset"]))
        if start is None:
            return None
        place = place_of(asked.text, start)
        names = [c.name for c in self._sayable(asked, self._of(asked).complete(place.line, place.column))]
        return names[:_MAX_MEMBERS] or None

    def signature(self, asked: _Text, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """The call around the offset, where what is called is not defined in an excluded file."""
        place = place_of(asked.text, int(params["offset"]))
        for found in self._sayable(asked, self._of(asked).get_signatures(place.line, place.column)):
            return {
                "label": found.to_string()[:_MAX_SIGNATURE],
                "parameters": [p.to_string()[:_MAX_SIGNATURE] for p in found.params],
                "active": found.index,
                "documentation": found.docstring(raw=True)[:_MAX_DOCUMENTATION],
            }
        return None

    def forget(self) -> None:
        """Drops what was worked out about the last text."""
        self._script = None

    def _sayable(self, asked: _Text, found: list[Any]) -> list[Any]:
        """Of what jedi has found, what may be told to a model: files that are in no question are not quoted either."""
        paths = [str(name.module_path) if name.module_path is not None else "" for name in found]
        excluded = self._exclusions.among(set(paths) - {"", asked.path}, asked.root)
        return [name for name, path in zip(found, paths, strict=True) if path not in excluded]

    def _completions(self, asked: _Text, offset: int) -> list[Any]:
        place = place_of(asked.text, offset)
        found = self._of(asked).complete(place.line, place.column)
        # The name replaces the word before the cursor, so it must be one that the word begins.
        return [c for c in found if c.type not in _NO_NAMES and c.name.lower().startswith(place.word.lower())]

    def _of(self, asked: _Text) -> Any:
        now = time.monotonic()
        if self._script is None or self._script[0] != asked or now - self._script[1] > _REUSE_SECONDS:
            self._script = None
            self._script = (asked, now, self._read(asked))
        return self._script[2]

    def _read(self, asked: _Text) -> Any:
        environment = self._environment_of(asked.python) if asked.python is not None else None
        project = jedi.Project(
            asked.root if asked.root is not None else str(Path.cwd()),
            sys_path=self._library if environment is None else None,
            load_unsafe_extensions=False,
        )
        text = place_of(asked.text, 0).text
        return jedi.Script(text, path=asked.path, project=project, environment=environment or self._interpreter)

    def _environment_of(self, python: str) -> Any:
        """The project's interpreter; None when it cannot be used."""
        if self._environment is None or self._environment[0] != python:
            try:
                self._environment = (python, jedi.create_environment(python, safe=False))
            except InvalidPythonEnvironment:
                self._environment = (python, None)
        return self._environment[1]


def main(cache: str | None = None) -> None:
    """Serves until the input ends. `cache` is where jedi keeps what it has parsed; by default below the home folder."""
    if cache is not None:
        with contextlib.suppress(OSError):  # then it is kept as if none had been given
            Path(cache).mkdir(mode=0o700, parents=True, exist_ok=True)
            jedi.settings.cache_directory = cache
    make_safe()
    channel = Channel()
    analyst = Analyst()
    table: dict[str, Callable[[_Text, Mapping[str, Any]], object]] = {
        "complete": analyst.complete,
        "tell": analyst.tell,
        "describe": analyst.describe,
        "members": analyst.members,
        "signature": analyst.signature,
    }
    for message in channel.requests():
        method, number = message.get("method"), message.get("id")
        if number is None:
            continue
        if method == "initialize":
            for text in _WARMING:
                place = {"uri": "", "path": None, "root": None, "python": None}
                _answer(analyst, analyst.complete, {"text": text, "offset": len(text), "limit": 50, **place})
            channel.answer(number, {"capabilities": {"positionEncoding": "utf-32"}})
        elif method in table:
            channel.answer(number, _answer(analyst, table[method], message["params"]))
        else:
            channel.refuse(number)


def _answer(
    analyst: Analyst, work: Callable[[_Text, Mapping[str, Any]], object], params: Mapping[str, Any]
) -> dict[str, object]:
    """What jedi says, or a note why it says nothing. A second look follows a first that failed: jedi reads an edited text by
    the difference to what it knew, and that is where it errs."""
    asked = _Text(params["text"], _path(params["path"], params["uri"]), params["root"], params["python"])
    if refusal := too_deep(asked.text):
        return {"value": None, "note": refusal}
    try:
        try:
            return {"value": work(asked, params)}
        except (MemoryError, RecursionError):
            raise
        except Exception:  # noqa: BLE001 — broken code makes jedi raise anything
            analyst.forget()
            jedi.settings.fast_parser = False
            try:
                return {"value": work(asked, params)}
            finally:
                jedi.settings.fast_parser = True
    except MemoryError:
        die()  # what was half done is in an unknown state; the next process begins afresh
    except Exception as error:  # noqa: BLE001 — as above; its words may hold source text, its name does not
        analyst.forget()
        return {"value": None, "note": f"jedi failed: {type(error).__name__}"}


def _library() -> list[str]:
    """The standard library's folders: of what else is installed beside us, a workspace need not have anything."""
    roots = {str(Path(sysconfig.get_path(name))) for name in ("stdlib", "platstdlib")}
    packages = {str(Path(folder)) for folder in site.getsitepackages()}
    return [
        folder
        for folder in sys.path
        if folder not in packages and any(folder == root or Path(root) in Path(folder).parents for root in roots)
    ]


def _kind(type_: str) -> NameKind:
    return next((kind for name, kind in _KINDS if name == type_), NameKind.VARIABLE)


def _path(path: str | None, uri: str) -> str:
    """The path under which jedi remembers a text between edits; a text without a file gets one of its own."""
    if path is not None:
        return path
    return str(Path.cwd() / f"untitled_{hashlib.sha256(uri.encode('utf-8', 'replace')).hexdigest()[:16]}.py")
