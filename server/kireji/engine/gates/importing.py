"""What a checker's word about an import is worth: which imports may fail, and which could be found where it did not look.

Works on lines, not on a tree: a half-typed line elsewhere must not change the answer. Imports nothing itself.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kireji.base.import_names import may_come_with
from kireji.base.manifests import declared
from kireji.base.text import indent_of, line_at, split_lines
from kireji.base.types import Document, Span
from kireji.engine.gates.checkers import Surroundings

_STATEMENT = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]+(?P<dots>\.*)[ \t]*(?P<module>[\w.]*)[ \t]+import\b|import[ \t]+)", re.M
)
_STAR = re.compile(r"^[ \t]*from[ \t]+[\w.]+[ \t]+import[ \t]*\(?[ \t]*\*", re.M)
_TRIED = re.compile(r"try\s*:")
_CATCHES = re.compile(r"except\b(?:\s*:|.*\b(?:ImportError|ModuleNotFoundError|Exception|BaseException)\b)")
_SUPPRESSES = re.compile(r"(?:async\s+)?with\b.*\bsuppress\s*\(.*(?:ImportError|ModuleNotFoundError|Exception)")
_CHECKING = re.compile(r"(?:el)?if\b.*\bTYPE_CHECKING\b")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import says: `level` leading dots, the module, and the member that is taken out of it ("" for the module)."""

    level: int
    module: str
    member: str


def imported_at(text: str, span: Span) -> Imported:
    """The import that a finding is about."""
    line = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.start)
    head = None
    # A list of names in brackets may be long; what stands further up is not its beginning.
    for match in _STATEMENT.finditer(text, max(0, line - 4000), end if end >= 0 else len(text)):
        head = match if match.start() <= span.start else head
    name = text[span.start : span.end]
    if head is None or head["module"] is None:
        return Imported(0, name, "")
    dots = len(head["dots"])
    return Imported(dots, head["module"], name if span.start >= head.end() else "")


def may_fail(document: Document, offset: int) -> bool:
    """Whether the import at an offset is one that its author expects to fail, or that only checkers read."""
    rows = split_lines(document.text)
    at = line_at(document.lines, offset)
    for line in (at, *_headers(rows, at)):
        row = rows[line].strip()
        if _CHECKING.match(row) or _SUPPRESSES.match(row) or (line != at and _CATCHES.match(row)):
            return True
        if _TRIED.match(row) and any(_CATCHES.match(rows[n].strip()) for n in _siblings(rows, line)):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Repeated:
    """Imports said once more behind a text: `added` is what comes behind it, `places` where each came from.

    A place is (offset in `added`, offset in the text, length).
    """

    added: str
    places: tuple[tuple[int, int, int], ...]

    def origin(self, offset: int) -> int | None:
        """Where in the text an offset in `added` came from."""
        return next((was + offset - at for at, was, length in self.places if at <= offset < at + length), None)


def repeated(document: Document, inserted: Span) -> Repeated:
    """The imports of an insertion in a place that is reached, for a checker that takes their own for unreachable.

    A check of an argument's type makes it so, and real code is full of these. Those that depend on the machine are left out:
    what they import is often found on that machine alone.
    """
    rows = split_lines(document.text)
    added, places = _REACHED, []
    start = document.text.rfind("\n", 0, inserted.start) + 1
    for match in _SIMPLE.finditer(document.text, start, inserted.end):
        line = line_at(document.lines, match.start(1))
        if not any(_MACHINE.search(rows[above]) for above in _headers(rows, line)):
            places.append((len(added) + len(_INDENT), match.start(1), len(match[1])))
            added += f"{_INDENT}{match[1]}\n"
    return Repeated(added, tuple(places))


_REACHED = "\n\ndef kireji_imports():\n"
_INDENT = "    "
_SIMPLE = re.compile(
    r"^[ \t]*(from[ \t]+\.*[\w.]*[ \t]+import[ \t]+(?:\([^)]*\)|[^\n#;(]+)|import[ \t]+[^\n#;]+)", re.M
)
_MACHINE = re.compile(r"\b(?:sys|os|platform)\.|version|TYPE_CHECKING|\bsystem\b", re.IGNORECASE)


def has_star(text: str) -> bool:
    """Whether names may come from a module that is taken whole."""
    return _STAR.search(text) is not None


def doubt(found: Imported, where: Surroundings, document: Document) -> str | None:
    """Why the import may be right although the checker did not find it; None when it cannot be."""
    top = found.module.partition(".")[0]
    if not found.level and top in sys.stdlib_module_names:
        return None
    if where.root is None:
        return "imports cannot be checked outside a trusted workspace"
    path = Path(document.path or "")
    if found.level:
        return None if path.is_file() else "the file is not on the disk, so nothing is beside it"
    if found.member:
        return None  # the module itself was found
    if _is_ours(top, Path(where.root), path):
        # What stands beside the file, or in a project inside the workspace, is found when it is run from there.
        return None if _is_ours(top, Path(where.root), Path(where.root, "-")) else f"where {top} stands is not known"
    if where.python is None:
        return "no interpreter is known whose packages could be looked at"
    # What the project says that it needs is allowed, and is what the model was told of.
    known = may_come_with(top, declared(where.root, str(path), "python").dependencies)
    return f"{known} is declared, and not installed here" if known is not None else None


def _is_ours(top: str, root: Path, path: Path) -> bool:
    """Whether a module of that name stands in one of the folders from the file up to the root."""
    for folder in path.parents:
        if any((place / top).is_dir() or (place / f"{top}.py").is_file() for place in (folder, folder / "src")):
            return True
        if folder == root:
            return False
    return False


def _headers(rows: Sequence[str], line: int) -> Iterator[int]:
    """The lines that open the blocks around a line, the nearest first, by indentation."""
    width = len(indent_of(rows[line]))
    for above in range(line - 1, -1, -1):
        row = rows[above]
        if row.strip() and not row.lstrip().startswith("#") and len(indent_of(row)) < width:
            width = len(indent_of(row))
            yield above
        if width == 0:
            return


def _siblings(rows: Sequence[str], line: int) -> Iterator[int]:
    """The lines below at the same indentation, as far as the statement may reach."""
    width = len(indent_of(rows[line]))
    for below in range(line + 1, len(rows)):
        if not rows[below].strip():
            continue
        own = len(indent_of(rows[below]))
        if own < width:
            return
        if own == width:
            yield below
            if not re.match(r"\s*(?:except|else|finally)\b", rows[below]):
                return
