"""Notebooks: the order of their cells, and the one text that the cells of a language make together.

A cell is hardly ever whole by itself: what it uses was imported and defined in the cells above. So the engine is handed
the cells of one language one below the other; lines that only a notebook's shell understands become comments of equal
length, and cells that belong to another program are left out. Holds no text: `documents.py` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from kireji.base.languages import LANGUAGES, canonical
from kireji.base.text import make_document
from kireji.base.types import Document


class NotebookStore:
    """Open notebooks: the addresses of their cells in order. Only `lifecycle.py` writes, on the event loop."""

    def __init__(self) -> None:
        self._cells: dict[str, list[str]] = {}

    def open(self, uri: str, cells: Sequence[str]) -> None:
        """Opens a notebook; opening it again replaces it."""
        self._cells[uri] = list(cells)

    def splice(self, uri: str, start: int, deleted: int, cells: Sequence[str]) -> bool:
        """Replaces `deleted` cells from `start` on, both drawn into range. False when the notebook is not open."""
        if uri not in self._cells:
            return False
        start = max(start, 0)
        self._cells[uri][start : start + max(deleted, 0)] = cells
        return True

    def close(self, uri: str) -> None:
        """Forgets a notebook; closing an unknown one does nothing."""
        self._cells.pop(uri, None)

    def around(self, cell: str) -> tuple[str, tuple[str, ...]] | None:
        """The notebook that a cell belongs to and all its cells; None for what is no cell."""
        return next(((uri, tuple(cells)) for uri, cells in self._cells.items() if cell in cells), None)


def as_one(
    notebook: str, cells: Sequence[str], cell: Document, get: Callable[[str], Document | None]
) -> tuple[Document, int]:
    """The cells in `cell`'s language as one document of its version, and the offset at which `cell` starts in it."""
    language = canonical(cell.language)
    parts: list[str] = []
    origin = length = 0
    for uri in cells:
        other = cell if uri == cell.uri else get(uri)
        if other is None or canonical(other.language) != language:
            continue
        text = _plain(other.text, language)
        if other is not cell and text.startswith("%%"):
            continue
        if other is cell:
            origin = length
        parts.append(text if text.endswith("\n") else text + "\n")
        length += len(parts[-1])
    # Tools judge a file by its name, and this text is no notebook any more.
    extension = LANGUAGES[language].extensions[0] if language in LANGUAGES else ""
    path = cell.path + extension if cell.path is not None else None
    return make_document(notebook + extension, path, cell.language, cell.version, "".join(parts)), origin


_SHELL_LINE = re.compile(r"^([ \t]*)[%!?](?!%)", re.MULTILINE)


def _plain(text: str, language: str) -> str:
    return _SHELL_LINE.sub(r"\1#", text) if language == "python" else text
