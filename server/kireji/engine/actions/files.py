"""Other files of the workspace, as actions see them: what an editor has open before what stands on the disk, and never what is
protected, outside, or never read. Writes nothing. Blocks: an action's plan runs in a thread."""

from __future__ import annotations

from pathlib import Path

from kireji.base.files import read_text
from kireji.base.languages import language_of
from kireji.base.protected import contained
from kireji.base.text import make_document
from kireji.base.types import Document, Snapshot

_MOST_BYTES = 400_000


def opened(snapshot: Snapshot, path: Path) -> Document | None:
    """An open document by its real path."""
    for document in (snapshot.document, *snapshot.open_documents):
        if document.path is not None and Path(document.path).resolve() == path:
            return document
    return None


def file_at(snapshot: Snapshot, path: str) -> tuple[Document, int | None] | None:
    """A file of the workspace that may be read and changed, with the version that an editor has open."""
    root = snapshot.workspace.root
    real = contained(path, root) if root is not None else None
    if real is None or root is None:
        return None
    document = opened(snapshot, real)
    if document is not None:
        return document, document.version
    text = read_text(real, Path(root), _MOST_BYTES)
    # What cannot be read letter for letter cannot be changed either.
    if text is None or "\ufffd" in text:
        return None
    return make_document(real.as_uri(), str(real), language_of(str(real)), 0, text), None


def said_path(snapshot: Snapshot, document: Document) -> str:
    """A file's path as the model is told it: from the workspace's root, so that nothing of the machine is in it."""
    root = snapshot.workspace.root
    if document.path is None or root is None:
        return document.uri.rsplit("/", 1)[-1]
    try:
        return Path(document.path).resolve().relative_to(Path(root).resolve()).as_posix()
    except ValueError:
        return Path(document.path).name
