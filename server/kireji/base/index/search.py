"""From a text and a cursor to the definitions that may be needed there: place, votes, candidates, ranks, in this order.

Reads the table only; whoever calls holds its lock. What holds for a whole file is kept for a few seconds: it costs
most, and changes least.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from kireji.base.index.entry import Entry, functions
from kireji.base.index.place import place
from kireji.base.index.reach import Graph
from kireji.base.index.signals import View
from kireji.base.index.votes import FileVotes, file_votes, place_votes, telling_words

_KEPT_SECONDS = 5.0


@dataclass(slots=True)
class Memory:
    """The votes for the file that was last asked about. They hold while its telling words are the same, which most keys
    leave alone; for other files' sake, not for long."""

    path: str = ""
    telling: list[int] = field(default_factory=list)
    until: float = 0.0
    voted: FileVotes | None = None


def look(graph: Graph, memory: Memory, entry: Entry, text: str, offset: int) -> View | None:
    """The place at `offset` of a text whose entry is in the table; None where it is not."""
    table = graph.table
    here = table.file(entry.path)
    if here is None:
        return None
    around = place(entry.path, entry.language, text, offset, entry.definitions, entry.imports)
    now = time.monotonic()
    telling = telling_words(table, here)
    if memory.voted is None or (memory.path, memory.telling) != (entry.path, telling) or memory.until < now:
        memory.path, memory.telling, memory.until = entry.path, telling, now + _KEPT_SECONDS
        memory.voted = file_votes(table, here, telling)
    spans = functions(entry.definitions)
    inside = next((i for i, span in enumerate(spans) if span.start < offset <= span.end), None)
    near = place_votes(table, around, here.units[inside] if inside is not None else None)
    reach = graph.reach(entry.path, entry.language, entry.imports)
    return View(table, around, offset, reach, here, memory.voted, near)
