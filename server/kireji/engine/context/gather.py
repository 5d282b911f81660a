"""Collects what may help at a cursor: the window around it, definitions in reach, what other open files define.

Raw material: secrets are still in it (`redact.py`), and it is more than fits (`fit.py`). Late context is worth nothing,
so what is there at the deadline is what is used. The open file is read from the snapshot, never from the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event

from kireji.base import limits
from kireji.base.languages import canonical
from kireji.base.outline import Definition
from kireji.base.types import ContextItem, ContextPack, Document, ItemKind, Site, Snapshot, Span
from kireji.engine.context.rank import Surroundings, parts, score, surroundings
from kireji.engine.context.symbols import Origin, SymbolReader

# More than any budget keeps; redaction reads it all, so it is not the whole file.
_BEFORE_CHARS = 16_000
_AFTER_CHARS = 8_000
_MAX_ITEMS = 400


async def gather(snapshot: Snapshot, site: Site, reader: SymbolReader, deadline_s: float) -> ContextPack:
    """The pack for a site, within `deadline_s` seconds from now: always the window, the rest as far as time allows."""
    found: list[ContextItem] = []
    stop = Event()
    work = asyncio.create_task(asyncio.to_thread(_collect, snapshot, site, reader, found.append, stop))
    try:
        done, _ = await asyncio.wait({work}, timeout=max(0.0, deadline_s))
    finally:
        # The thread cannot be killed; told to stop, it ends after the file in hand, and nobody reads what it adds.
        stop.set()
    if work in done:
        work.result()
    else:
        work.add_done_callback(_retrieve)
    items = (*_window(site), *_best(list(found)))
    return ContextPack(site, items)


def _retrieve(work: asyncio.Task[None]) -> None:
    """Takes the result of work that came too late, so that an error in it is reported by the loop and not lost."""
    if not work.cancelled() and (error := work.exception()) is not None:
        work.get_loop().call_exception_handler(
            {"message": "gathering context failed after its deadline", "exception": error}
        )


def _window(site: Site) -> tuple[ContextItem, ContextItem]:
    """The text before the cursor, ending at it, and after it, starting at it; whole lines at the far ends."""
    document, offset = site.document, site.offset
    text = document.text
    start = max(0, offset - _BEFORE_CHARS)
    start = min(offset - len(site.before), _next_line(text, start)) if start else 0
    end = min(len(text), offset + _AFTER_CHARS)
    end = max(offset + len(site.after), text.rfind("\n", 0, end) + 1) if end < len(text) else end
    return (
        ContextItem(
            ItemKind.WINDOW_BEFORE, document.uri, Span(start, offset), text[start:offset], why="before the cursor"
        ),
        ContextItem(ItemKind.WINDOW_AFTER, document.uri, Span(offset, end), text[offset:end], why="after the cursor"),
    )


def _next_line(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return end + 1 if end >= 0 else len(text)


def _best(items: list[ContextItem]) -> list[ContextItem]:
    """Without repeats, the likeliest first; ties by file and line, so that equal input gives equal output."""
    unique: dict[tuple[str, Span], ContextItem] = {}
    for item in items:
        key = (item.uri, item.span)
        if key not in unique or unique[key].score < item.score:
            unique[key] = item
    return sorted(unique.values(), key=lambda item: (-item.score, item.uri, item.span))[:_MAX_ITEMS]


def _collect(
    snapshot: Snapshot, site: Site, reader: SymbolReader, add: Callable[[ContextItem], None], stop: Event
) -> None:
    """Runs in a thread: adds items as they are found, until told to stop."""
    document = site.document
    around = surroundings(document, site.offset)
    here = _path(document)
    others = {
        _path(d): d
        for d in snapshot.open_documents
        if d.uri != document.uri and limits.refusal(d, snapshot.options) is None
    }
    root = Path(snapshot.workspace.root) if snapshot.workspace.root is not None else None
    for found in reader.in_reach(document, root, others):
        if stop.is_set():
            return
        if found.path != here:
            uri = others[found.path].uri if found.path in others else found.path.as_uri()
            rank = score(found.definition, found.origin, found.local, around)
            add(_item(ItemKind.SIGNATURE, uri, found.definition, rank, found.origin.value))
    for definition in reader.document(document, here).definitions:
        rank = score(definition, None, "", around)
        add(_item(ItemKind.SIGNATURE, document.uri, definition, rank, "in this file"))
    for path, other in others.items():
        if stop.is_set():
            return
        if canonical(other.language) == canonical(document.language):
            for definition in _sharing(reader.document(other, path).definitions, around):
                rank = score(definition, Origin.PACKAGE, "", around)
                add(_item(ItemKind.OPEN_FILE, other.uri, definition, rank, "in an open file"))


def _item(kind: ItemKind, uri: str, definition: Definition, rank: float, why: str) -> ContextItem:
    return ContextItem(kind, uri, definition.span, definition.signature, rank, why=why)


def _sharing(definitions: Iterable[Definition], around: Surroundings) -> Iterator[Definition]:
    """Definitions of another open file whose name, or half of whose name's parts, stand near the cursor."""
    for definition in definitions:
        pieces = parts(definition.name)
        shared = sum(piece in around.parts for piece in pieces)
        if definition.name in around.counts or 2 * shared >= max(1, len(pieces)):
            yield definition


def _path(document: Document) -> Path:
    """A document without a file goes by its address, which is no path on disk."""
    return Path(document.path).resolve() if document.path else Path(document.uri)
