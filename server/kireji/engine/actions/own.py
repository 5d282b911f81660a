"""A person's own actions: one Markdown file each, front matter above, the instruction below, examples under *Good* and *Bad*.

Read from the user's folder, and from `.kireji/actions` of a trusted workspace; what is wrong with a file is said, and the
others work. Executes nothing: a file says what the model is asked, never what may change.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from kireji.base.files import read_text
from kireji.base.languages import canonical
from kireji.base.types import ItemKind, Snapshot, Span
from kireji.engine.actions.action import Action, Example, Form, Scene, Target
from kireji.engine.actions.functions import function_at, short
from kireji.engine.actions.rewriting import MOST_CHARS, blocks_at_home, lines_around, with_header

T = TypeVar("T")

PROJECT = ".kireji/actions"
_MOST_FILES = 50
_MOST_BYTES = 32_768
_MOST_TITLE = 60
_MOST_WORDS = 8_000
_MOST_EXAMPLES = 6
_KEYS = frozenset({"title", "kind", "languages", "where", "context"})
_KIND = re.compile(r"(?:quickfix|refactor|source)(?:\.[\w-]+)*")
# Editors run these by themselves when a file is saved.
_ON_SAVE = ("source.fixAll", "source.organizeImports", "source.sortImports")
_CONTEXT = MappingProxyType({"signatures": ItemKind.SIGNATURE, "open": ItemKind.OPEN_FILE})
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)\n---[ \t]*\n(.*)\Z", re.DOTALL)
_SECTION = re.compile(r"^#{1,6}[ \t]+(good|bad)\b[^\n]*\n(.*?)(?=^#{1,6}[ \t]+(?:good|bad)\b|\Z)", re.M | re.S | re.I)
_FENCED = re.compile(r"^(?P<fence>`{3,})(?P<language>[\w+#.-]*)[^\n]*\n(?P<text>.*?)^(?P=fence)[ \t]*$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Own:
    """What the files say. `problems` are for people: one line each, with the file."""

    actions: tuple[Action, ...] = ()
    problems: tuple[str, ...] = ()


class _WrongError(Exception):
    """Why a file is no action, in a person's words."""


def own_actions(snapshot: Snapshot, is_secret: Callable[[str], bool]) -> Own:
    """All own actions for a snapshot: the user's, then those of its workspace if that is trusted. Reads the disk."""
    folders = [("own", Path(snapshot.own_actions))] if snapshot.own_actions else []
    workspace = snapshot.workspace
    if workspace.trusted and workspace.root is not None and _is_within(Path(workspace.root)):
        folders.append(("project", Path(workspace.root, PROJECT)))
    return read_actions(folders, is_secret)


def read_actions(folders: list[tuple[str, Path]], is_secret: Callable[[str], bool]) -> Own:
    """The actions of some folders, each with the word that its actions' ids begin with."""
    actions: list[Action] = []
    problems: list[str] = []
    for whose, folder in folders:
        for path in _files(folder, problems):
            text = read_text(path, folder, _MOST_BYTES)
            try:
                if text is None:
                    raise _WrongError(f"it is no text of at most {_MOST_BYTES:,} bytes in that folder")
                actions.append(_parsed(f"{whose}:{path.stem}", whose, text, is_secret))
            except _WrongError as error:
                problems.append(f"{path}: {error}; this action is left out")
    return Own(tuple(actions), tuple(problems))


def _is_within(root: Path) -> bool:
    """Whether the workspace's folder of actions is one of its own: a link may lead anywhere."""
    try:
        return (root / PROJECT).resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a loop of links
        return False


def _files(folder: Path, problems: list[str]) -> list[Path]:
    try:
        found = sorted(
            path for path in folder.iterdir() if path.suffix.lower() == ".md" and path.stem.lower() != "readme"
        )
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        problems.append(f"{folder}: {error.strerror}; its actions are left out")
        return []
    if len(found) > _MOST_FILES:
        problems.append(f"{folder}: it holds {len(found)} files; the first {_MOST_FILES} are read")
    return found[:_MOST_FILES]


def _parsed(name: str, whose: str, text: str, is_secret: Callable[[str], bool]) -> Action:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    hidden = next((c for c in text.lstrip("\ufeff") if unicodedata.category(c) in ("Cf", "Co", "Cs")), None)
    if hidden is not None:
        raise _WrongError(f"it holds a character that does not show: U+{ord(hidden):04X}")
    if is_secret(text):
        raise _WrongError("it holds a secret, which would be sent")
    front = _FRONT.match(text)
    if front is None:
        raise _WrongError("it does not begin with a front matter between two lines of ---")
    said = dict(_pairs(front[1]))
    title, body = said.get("title", ""), front[2]
    if not title:
        raise _WrongError("its front matter has no title")
    sections = list(_SECTION.finditer(body))
    words = body[: sections[0].start()].strip() if sections else body.strip()
    if not words or len(words) > _MOST_WORDS:
        raise _WrongError(f"below the front matter stand the instructions, in 1 to {_MOST_WORDS:,} characters")
    languages = frozenset(canonical(word) for word in _list(said.get("languages", "")))
    examples = [_example(match[2], languages) for match in sections if match[1].lower() == "good"]
    wrong = [_counter(match[2]) for match in sections if match[1].lower() == "bad"]
    return Action(
        id=name,
        kind=_kind(said.get("kind", "refactor.rewrite")),
        title=_title(title, whose),
        form=Form.BLOCKS,
        instruction="\n\n".join((words, *wrong)),
        examples=tuple(examples[:_MOST_EXAMPLES]),
        context=frozenset(
            _chosen("context", word, _CONTEXT) for word in _list(said.get("context", "signatures, open"))
        ),
        proofs=("syntax",),
        max_tokens=6_000,
        find=_finder(_chosen("where", said.get("where", "selection"), _PLACES), languages),
        plan=with_header,
        make=blocks_at_home,
        imports=True,
    )


def _pairs(front: str) -> Iterator[tuple[str, str]]:
    """The front matter's lines: `key: value`. Flat on purpose: a whole YAML would bring tags and references."""
    for line in front.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, colon, value = line.partition(":")
        if not colon or key.strip().lower() not in _KEYS:
            raise _WrongError(f"its front matter knows {', '.join(sorted(_KEYS))}, not {key.strip()[:40]!r}")
        yield key.strip().lower(), value.strip().strip("\"'")


def _list(value: str) -> list[str]:
    words = (word.strip().strip("\"'").lower() for word in value.strip("[] ").split(","))
    return [word for word in words if word]


def _title(title: str, whose: str) -> str:
    plain = " ".join(title.replace("{name}", "").split())[:_MOST_TITLE]
    return plain if whose == "own" else f"{plain} (this project's)"


def _kind(kind: str) -> str:
    if not _KIND.fullmatch(kind) or kind.startswith(_ON_SAVE) or kind == "source":
        raise _WrongError(f"{kind[:40]!r} is no kind for it: take quickfix, refactor.rewrite or source.NAME")
    return kind


def _chosen(key: str, word: str, known: Mapping[str, T]) -> T:
    if word.lower() not in known:
        raise _WrongError(f"{key} is one of {', '.join(known)}, not {word[:40]!r}")
    return known[word.lower()]


def _example(section: str, languages: frozenset[str]) -> Example:
    before, after, language = _blocks(section)
    answer = f"<old>\n{before}</old>\n<new>\n{after}</new>"
    return Example(language or next(iter(sorted(languages)), "text"), "", before, answer)


def _counter(section: str) -> str:
    before, after, _ = _blocks(section)
    why = " ".join(_FENCED.sub("", section).split())
    return f"This would be wrong{f': {why}' if why else ''}\nWhat stood there:\n{before}What was made of it:\n{after}".rstrip()


def _blocks(section: str) -> tuple[str, str, str]:
    found = list(_FENCED.finditer(section))
    if len(found) != 2:
        raise _WrongError("an example is two fenced blocks: what stands there, and what is to become of it")
    return found[0]["text"], found[1]["text"], canonical(found[0]["language"])


def _finder(
    place: Callable[[Scene], tuple[Span, str] | None], languages: frozenset[str]
) -> Callable[[Scene], Target | None]:
    def find(scene: Scene) -> Target | None:
        if languages and canonical(scene.document.language) not in languages:
            return None
        found = place(scene)
        if found is None:
            return None
        span, name = found
        if span.end - span.start > MOST_CHARS or not scene.document.text[span.start : span.end].strip():
            return None
        return Target(name, span, span.start, span)

    return find


def _selection(scene: Scene) -> tuple[Span, str] | None:
    text, span = scene.document.text, scene.intent.span
    return (lines_around(text, span), "") if text[span.start : span.end].strip() else _function(scene)


def _function(scene: Scene) -> tuple[Span, str] | None:
    function = function_at(scene.tree, scene.intent.span) if scene.tree is not None else None
    return (lines_around(scene.document.text, function.span), short(function.name)) if function is not None else None


def _file(scene: Scene) -> tuple[Span, str] | None:
    return Span(scene.snapshot.origin, len(scene.document.text)), ""


def _line(scene: Scene) -> tuple[Span, str] | None:
    return lines_around(scene.document.text, scene.intent.span), ""


_PLACES: Mapping[str, Callable[[Scene], tuple[Span, str] | None]] = MappingProxyType(
    {"selection": _selection, "function": _function, "file": _file, "line": _line}
)
