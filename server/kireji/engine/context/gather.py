"""Collects what may help at a cursor: the window around it, definitions in reach, what other open files define, what was
changed lately, and what the client has told of.

Raw material: secrets are still in it (`redact.py`), and it is more than fits (`fit.py`). Late context is worth nothing,
so what is there at the deadline is what is used. The open file is read from the snapshot, never from the disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from kireji.base import limits
from kireji.base.child_protocol import ChildUnavailable
from kireji.base.index.client import Index
from kireji.base.languages import canonical
from kireji.base.outline import Definition
from kireji.base.types import ContextItem, ContextPack, Document, ItemKind, Site, Snapshot, Span
from kireji.engine.context.edits import edited
from kireji.engine.context.rank import Surroundings, parts, score, surroundings
from kireji.engine.context.symbols import Origin, SymbolReader
from kireji.engine.context.told import failed_test, problems_near

logger = logging.getLogger(__name__)

# More than any budget keeps; redaction reads it all, so it is not the whole file.
_BEFORE_CHARS = 16_000
_AFTER_CHARS = 8_000
_MAX_ITEMS = 400
# Whatever the budget: the window's least size in `fit.py`, and long lines on top.
_LEAST_CHARS = 8_000
# The part of the time that is left to following imports when the index is late. Where it has none to ask, it says so at once.
_READER_SHARE = 0.1
# The hand rules' score that is as likely as not.
_HALF = 2.0
_NOTEBOOK = ".ipynb"


async def gather(
    snapshot: Snapshot,
    site: Site,
    reader: SymbolReader,
    index: Index | None,
    deadline_s: float,
    chars: int,
    needed: Span | None = None,
) -> ContextPack:
    """The pack for a site, within `deadline_s` seconds from now: always the window, the rest as far as time allows.

    Definitions come from the index of the workspace; where it does not serve the text, or has not read the workspace yet,
    from what the imports lead to. `chars` is about as much as will be kept. The window holds the lines of `needed`, which lies
    around the cursor, however long they are.
    """
    ends = asyncio.get_running_loop().time() + deadline_s
    items = await _indexed(snapshot, site, index, chars, ends - _READER_SHARE * deadline_s)
    if items is None:
        items = await _followed(snapshot, site, reader, ends)
    else:
        items += await _beside_it(snapshot, site, reader, ends)
    before, after = _window(site, chars, needed)
    seen = Span(before.span.start, after.span.end)
    edits, dropped = edited(snapshot, site, seen, _opened(snapshot, site), chars)
    test, besides = failed_test(snapshot, site)
    told = (*test, *problems_near(snapshot, site))
    return ContextPack(site, (before, after, *told, *edits, *_best(items)), (*dropped, *besides))


async def _indexed(
    snapshot: Snapshot, site: Site, index: Index | None, chars: int, deadline: float
) -> list[ContextItem] | None:
    """What the index holds likely; None where it cannot say."""
    root, document = snapshot.workspace.root, site.document
    if index is None or root is None or document.path is None:
        return None
    try:
        served = [other for other in _opened(snapshot, site) if _is_served(other, Path(root))]
        hits = await index.find(document, site.offset, root, served, chars, deadline)
    except ChildUnavailable as error:
        logger.debug("index: %s", error)
        return None
    if hits is None or not hits.ready:
        return None
    return [ContextItem(ItemKind.SIGNATURE, h.uri, h.span, h.signature, h.score, why=h.why) for h in hits.items]


async def _followed(snapshot: Snapshot, site: Site, reader: SymbolReader, deadline: float) -> list[ContextItem]:
    """What the imports lead to, as far as time allows."""
    found: list[ContextItem] = []
    stop = Event()
    work = asyncio.create_task(asyncio.to_thread(_collect, snapshot, site, reader, found.append, stop))
    try:
        done, _ = await asyncio.wait({work}, timeout=max(0.0, deadline - asyncio.get_running_loop().time()))
    finally:
        # The thread cannot be killed; told to stop, it ends after the file in hand, and nobody reads what it adds.
        stop.set()
    if work in done:
        work.result()
    else:
        work.add_done_callback(_retrieve)
    return list(found)


async def _beside_it(snapshot: Snapshot, site: Site, reader: SymbolReader, deadline: float) -> list[ContextItem]:
    """What open texts define that the index does not serve: untitled ones, those of other folders, and notebooks' cells."""
    root = Path(snapshot.workspace.root or "")
    language = canonical(site.document.language)
    others = [d for d in _opened(snapshot, site) if canonical(d.language) == language and not _is_served(d, root)]
    if not others:
        return []

    def look() -> list[ContextItem]:
        around = surroundings(site.document, site.offset)
        found = [item for other in others for item in _of_open_file(other, reader, around)]
        # The index's likelihoods are below 1; the hand rules' sums are brought among them.
        return [replace(item, score=item.score / (item.score + _HALF)) for item in found]

    work = asyncio.create_task(asyncio.to_thread(look))
    done, _ = await asyncio.wait({work}, timeout=max(0.0, deadline - asyncio.get_running_loop().time()))
    if work in done:
        return work.result()
    work.add_done_callback(_retrieve)
    return []


def _is_served(document: Document, root: Path) -> bool:
    """Whether the index has the text: a file of the workspace, and not one of several texts in one."""
    path = document.path
    return path is not None and not path.endswith(_NOTEBOOK) and Path(path).is_relative_to(root)


def _opened(snapshot: Snapshot, site: Site) -> list[Document]:
    """The other open texts that may be looked at."""
    return [
        d for d in snapshot.open_documents if d.uri != site.document.uri and limits.refusal(d, snapshot.options) is None
    ]


def _retrieve(work: asyncio.Task[Any]) -> None:
    """Takes the result of work that came too late, so that an error in it is reported by the loop and not lost."""
    if not work.cancelled() and (error := work.exception()) is not None:
        work.get_loop().call_exception_handler(
            {"message": "gathering context failed after its deadline", "exception": error}
        )


def _window(site: Site, chars: int, needed: Span | None) -> tuple[ContextItem, ContextItem]:
    """The text before the cursor, ending at it, and after it, starting at it; whole lines at the far ends."""
    document, offset = site.document, site.offset
    text = document.text
    wanted = needed if needed is not None else Span(offset, offset)
    start = max(0, min(offset - min(_BEFORE_CHARS, max(_LEAST_CHARS, chars)), wanted.start - 1))
    start = min(offset - len(site.before), _next_line(text, start)) if start else 0
    start = min(start, text.rfind("\n", 0, wanted.start) + 1)
    end = min(len(text), max(offset + min(_AFTER_CHARS, max(_LEAST_CHARS, chars) // 2), _next_line(text, wanted.end)))
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
    others = {_path(d): d for d in _opened(snapshot, site)}
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
    for other in others.values():
        if stop.is_set():
            return
        if canonical(other.language) == canonical(document.language):
            for item in _of_open_file(other, reader, around):
                add(item)


def _of_open_file(other: Document, reader: SymbolReader, around: Surroundings) -> Iterator[ContextItem]:
    for definition in _sharing(reader.document(other, _path(other)).definitions, around):
        rank = score(definition, Origin.PACKAGE, "", around)
        yield _item(ItemKind.OPEN_FILE, other.uri, definition, rank, "in an open file")


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
    """A document without a file of its own, as a notebook's cell is, goes by its address, which is no path on disk."""
    own = document.path is not None and not document.path.endswith(_NOTEBOOK)
    return Path(document.path).resolve() if own and document.path else Path(document.uri)
