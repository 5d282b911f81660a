"""What is said of a project as a whole: the version of its language, its dependencies, its formatter, its rules for whoever
writes its code. The same at every key, so it opens what the service is asked to remember.

Rules are read in trusted workspaces only: they are to be followed, and a stranger's are not. Read in threads, anew when a file
has changed; what is late is left out. Takes nothing out: `redact.py` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

from kireji.base.files import excluded, read_text
from kireji.base.manifests import Declared, declared, upwards
from kireji.base.types import ContextItem, Document, ItemKind, Snapshot, Span, Workspace

# From the file's folder up to the root, the nearest first.
_NEAR = ("AGENTS.md", "CLAUDE.md")
# At the root alone.
_ROOT = (".kireji/rules.md", ".github/copilot-instructions.md", ".cursorrules")
_CURSOR = ".cursor/rules"
_CURSOR_FILES = frozenset({".mdc", ".md"})
_MOST_FILES = 8
_FILE_BYTES = 60_000
# The rest of the room is for rules.
_FACTS_SHARE = 0.4
# A file that has changed is seen this much later at most.
_LOOK_SECONDS = 2.0
_MOST_PLACES = 32

_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\((?:https?:)?//[^)]*\)")
_BLANKS = re.compile(r"\n\s*\n\s*")


@dataclass(frozen=True, slots=True)
class _Place:
    """What decides what is said: where the file lies, its language, how far it is trusted, how much may be said."""

    workspace: Workspace
    folder: str
    language: str
    chars: int


@dataclass(frozen=True, slots=True)
class _Known:
    items: tuple[ContextItem, ...]
    at: float


class Projects:
    """What was read of projects. One server's, on the event loop."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Place, _Known] = OrderedDict()
        self._reading: dict[_Place, asyncio.Task[tuple[ContextItem, ...]]] = {}

    async def items(self, snapshot: Snapshot, document: Document, chars: int, deadline: float) -> list[ContextItem]:
        """At most `chars` characters about the project of a document, as far as they are known by `deadline` (loop time)."""
        root, loop = snapshot.workspace.root, asyncio.get_running_loop()
        if root is None or document.path is None or chars <= 0 or not Path(document.path).is_relative_to(root):
            return []
        place = _Place(snapshot.workspace, str(Path(document.path).parent), document.language, chars)
        known = self._known.get(place)
        if known is not None and loop.time() - known.at < _LOOK_SECONDS:
            return list(known.items)
        reading = self._reading.get(place)
        if reading is None:
            reading = self._reading[place] = asyncio.create_task(self._read(place))
        # Shielded by being waited for, not awaited: who asks next is served by what this one has begun.
        await asyncio.wait({reading}, timeout=max(0.0, deadline - loop.time()))
        known = self._known.get(place)
        return list(known.items) if known is not None else []

    async def _read(self, place: _Place) -> tuple[ContextItem, ...]:
        try:
            items = await asyncio.to_thread(lambda: tuple(_said(place)))
            self._known[place] = _Known(items, asyncio.get_running_loop().time())
            self._known.move_to_end(place)
            while len(self._known) > _MOST_PLACES:
                self._known.popitem(last=False)
            return items
        finally:
            del self._reading[place]


def _said(place: _Place) -> Iterator[ContextItem]:
    root = place.workspace.root
    assert root is not None  # noqa: S101 — only files of a workspace get here
    found = declared(root, str(Path(place.folder, "-")), place.language)
    facts = _facts(found, place.workspace, int(_FACTS_SHARE * place.chars))
    if facts:
        uri = (found.files[0] if found.files else Path(root)).as_uri()
        yield ContextItem(ItemKind.PROJECT, uri, Span(0, 0), facts, why="declared by the project's files")
    room = place.chars - len(facts)
    said: set[str] = set()
    files = _rules(Path(root), place.folder) if place.workspace.trusted else iter(())
    for file in islice(files, _MOST_FILES):
        text = _rule_text(file, Path(root))
        if not text or text in said or room <= 0:
            continue
        said.add(text)
        cut = _cut(text, room)
        room -= len(cut)
        if cut:
            why = "the project's rules" if cut == text else "the project's rules, as far as there is room"
            yield ContextItem(ItemKind.RULES, file.as_uri(), Span(0, len(cut)), cut, why=why)


def _facts(found: Declared, workspace: Workspace, room: int) -> str:
    version = found.version
    if workspace.version is not None and not version:
        version = f"Python {workspace.version[0]}.{workspace.version[1]} or newer"
    lines = [version] if version else []
    if found.style:
        lines.append(f"formatted by {found.style}" if not found.style[0].isdigit() else f"at most {found.style}")
    if found.dependencies:
        lines.append(_cut_list("declared dependencies: ", found.dependencies, room - sum(map(len, lines))))
    return "\n".join(line for line in lines if line)


def _cut_list(head: str, names: tuple[str, ...], room: int) -> str:
    """As many names as there is room for, and whether that is all."""
    whole = head + ", ".join(names)
    if len(whole) <= room:
        return whole
    end = whole.rfind(",", 0, max(0, room))
    return f"{whole[:end]}, and others" if end > 0 else ""


def _rules(root: Path, folder: str) -> Iterator[Path]:
    """Where rules may stand, what counts most first."""
    found: list[Path] = [root / _ROOT[0]]
    for name in _NEAR:
        found += upwards(str(root), str(Path(folder, "-")), name)
    found += (root / name for name in _ROOT[1:])
    with contextlib.suppress(OSError):  # there is no such folder, or it may not be read
        found += sorted(file for file in (root / _CURSOR).iterdir() if file.suffix in _CURSOR_FILES)
    yield from (file for file in found if file.is_file())


def _rule_text(file: Path, root: Path) -> str:
    try:
        status = file.stat()
    except (OSError, ValueError):
        return ""
    if excluded(file, root) is not None:
        return ""
    return _read_rules(file, root, (status.st_mtime_ns, status.st_size, status.st_ino))


@lru_cache(maxsize=64)
def _read_rules(file: Path, root: Path, stamp: object) -> str:
    """A file of rules without what only its readers on the web see."""
    text = (read_text(file, root, _FILE_BYTES) or "").replace("\r\n", "\n")
    text = _COMMENT.sub("", _FRONT.sub("", text, count=1))
    text = _LINK.sub(r"\1", _IMAGE.sub("", text))
    return _BLANKS.sub("\n", text).strip()


def _cut(text: str, room: int) -> str:
    """Whole lines, at most `room` characters."""
    return text if len(text) <= room else text[: text.rfind("\n", 0, room + 1) + 1].rstrip()
