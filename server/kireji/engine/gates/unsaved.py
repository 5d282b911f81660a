"""What open texts say that the disk does not say yet: the model was told of it, and tools that read the disk know nothing of it.

Judges nothing: whoever is about to refuse asks here first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kireji.base.types import Document, Snapshot, Span

_CALLED = re.compile(r"([A-Za-z_]\w*)\s*\Z")
_HEAD = re.compile(r"(?:[A-Za-z_]\w*\s*\.\s*)*([A-Za-z_]\w*)\s*\(")
_REACH = 2_000


def unsaved(snapshot: Snapshot) -> Iterator[Document]:
    """The other open texts of which the disk holds another version. A file or two are read: ask only before a refusal."""
    return (d for d in snapshot.open_documents if d.uri != snapshot.document.uri and not is_saved(d))


def is_saved(document: Document) -> bool:
    """Whether the disk holds the same."""
    try:
        return document.path is not None and Path(document.path).read_bytes() == document.text.encode()
    except (OSError, ValueError):
        return False


def defined_in(snapshot: Snapshot, name: str) -> bool:
    """Whether an unsaved Python text defines a function or a class of that name."""
    definition = re.compile(rf"\b(?:def|class)\s+{re.escape(name)}\b")
    return any(definition.search(document.text) for document in unsaved(snapshot))


def called_at(text: str, span: Span) -> str:
    """What is called where a call's argument, or all of the call, stands at a span; "" where that is not seen."""
    if (head := _HEAD.match(text, span.start, span.end)) is not None:
        return head[1]
    depth = 0
    for at in range(span.start - 1, max(-1, span.start - _REACH), -1):
        if text[at] in ")]}":
            depth += 1
        elif text[at] in "([{":
            if depth == 0:
                found = _CALLED.search(text[max(0, at - 100) : at]) if text[at] == "(" else None
                return found[1] if found is not None else ""
            depth -= 1
    return ""
