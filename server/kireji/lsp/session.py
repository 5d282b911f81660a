"""What one client has told us, and the frozen view that a request gets of it. Changed by `lifecycle.py` only.

Reading decides nothing: a snapshot is what was there, taken synchronously when the message arrived.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from kireji.base import config
from kireji.base.config_schema import Settings
from kireji.base.python_version import python_version
from kireji.base.types import (
    Document,
    Outcome,
    Proposed,
    Reason,
    RecentEdit,
    Snapshot,
    Span,
    Trigger,
    Workspace,
)
from kireji.lsp.abilities import Abilities
from kireji.lsp.documents import DocumentStore
from kireji.lsp.notebooks import NotebookStore, as_one
from kireji.lsp.told import ToldStore

OPEN_DOCUMENTS_SEEN = 8
# How many of the last outcomes can be explained.
EXPLAINED = 100
FOREVER = math.inf


@dataclass(slots=True)
class Session:
    """One client's session. `paused_until` is monotonic seconds; `trouble` is why the last question went unanswered,
    `unjudged` what the last answer could not be judged for."""

    settings: Settings
    documents: DocumentStore = field(default_factory=DocumentStore)
    notebooks: NotebookStore = field(default_factory=NotebookStore)
    languages: set[str] = field(default_factory=set)
    roots: tuple[str, ...] = ()
    abilities: Abilities = field(default_factory=Abilities)
    said: set[str] = field(default_factory=set)
    recent: deque[Outcome | Proposed] = field(default_factory=lambda: deque(maxlen=EXPLAINED))
    trouble: Reason | None = None
    unjudged: str = ""
    paused_until: float = 0.0
    told: ToldStore = field(default_factory=ToldStore)


def view(session: Session, uri: str) -> tuple[Document, int] | None:
    """The text that the engine reads for `uri`, and where the document of that address starts in it."""
    document = session.documents.get(uri)
    if document is None:
        return None
    notebook = session.notebooks.around(uri)
    if notebook is None:
        return document, 0
    return as_one(*notebook, document, session.documents.get)


def take(session: Session, request: str, uri: str, trigger: Trigger) -> Snapshot | None:
    """Everything a request may see, as of now; None when the document is not open."""
    seen = view(session, uri)
    if seen is None:
        return None
    document, origin = seen
    notebook = session.notebooks.around(uri)
    own = notebook[1] if notebook is not None else (uri,)
    recent = session.documents.recent(OPEN_DOCUMENTS_SEEN + len(own))
    others = tuple(d for d in recent if d.uri not in own)[:OPEN_DOCUMENTS_SEEN]
    now = time.monotonic()
    return Snapshot(
        id=request,
        document=document,
        open_documents=others,
        workspace=workspace_of(session, document.path),
        options=session.settings.options,
        trigger=trigger,
        taken_at=now,
        origin=origin,
        paused=session.paused_until > now,
        # An item of a list carries its further edits itself; ghost text has them asked for once it is accepted. Of a
        # notebook, what lies elsewhere may be another cell, which is another document to the client.
        elsewhere=notebook is None and (session.abilities.applies_edits or not session.abilities.inline_completion),
        own_actions=session.settings.protected.actions_dir,
        recent_edits=_edits(session, document, own, others) if session.settings.options.recent_edits else (),
        problems=tuple(replace(p, uri=document.uri) for one in own for p in session.told.problems(one)),
        failed_test=session.told.failed_test(),
    )


def _edits(
    session: Session, document: Document, own: Sequence[str], others: Sequence[Document]
) -> tuple[RecentEdit, ...]:
    """What was changed lately in the texts that a request sees, the newest last."""
    found = [edit for other in others for edit in session.documents.edits(other.uri)]
    for uri in own:
        found += [(at, here) for at, edit in session.documents.edits(uri) for here in _located(edit, document)]
    return tuple(edit for _, edit in sorted(found, key=lambda pair: pair[0]))


def _located(edit: RecentEdit, document: Document) -> Iterator[RecentEdit]:
    """An edit of a document, or of a cell, in the text that is read for it; nothing where its place there is not certain."""
    if edit.uri == document.uri:
        yield edit
    elif edit.after.strip() and document.text.count(edit.after) == 1:
        start = document.text.index(edit.after)
        yield replace(edit, uri=document.uri, span=Span(start, start + len(edit.after)))


def workspace_of(session: Session, path: str | None) -> Workspace:
    """The innermost folder around the path, with what its trust allows."""
    around = [root for root in session.roots if path is not None and PurePath(path).is_relative_to(root)]
    if not around:
        return Workspace()
    root = max(around, key=len)
    settings = session.settings
    python = config.interpreter_for(settings, root)
    return Workspace(root, config.is_trusted(settings, root), python, python_version(root, path, python))
