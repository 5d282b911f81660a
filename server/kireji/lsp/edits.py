"""From a change over files to one edit of the protocol, as much of it as the client knows: versions, new files, annotations.

Judges nothing and asks nobody. What a client cannot do is said, never left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lsprotocol import types

from kireji.base.types import ChangeSet, FileEdit, NewFile, Note
from kireji.lsp.abilities import Abilities
from kireji.lsp.positions import Encoding
from kireji.lsp.to_proto import to_range


@dataclass(frozen=True, slots=True)
class Home:
    """The document that a request was about: `read` is the address of the text that the engine has read, `uri` the client's
    own, which reaches from `origin` to `end` in it. They differ for a notebook's cell."""

    read: str
    uri: str
    origin: int
    end: int


class Unable(Enum):
    """Why a change cannot be given to a client."""

    CREATE = "it cannot create files"
    NOTEBOOK = "it takes no change of several cells of a notebook at once"


def edit_of(changes: ChangeSet, home: Home, abilities: Abilities, encoding: Encoding) -> types.WorkspaceEdit | Unable:
    """The whole change as one edit, so that one undo takes it back; or what the client cannot do."""
    if changes.created and not (abilities.versioned_edits and abilities.creates_files):
        return Unable.CREATE
    spans = (change.span for edit in _at_home(changes, home) for change in edit.changes)
    if any(span.start < home.origin or span.end > home.end for span in spans):
        return Unable.NOTEBOOK
    if not abilities.versioned_edits:
        return types.WorkspaceEdit(
            changes={_uri(e.document.uri, home): _plain(e, home, encoding) for e in changes.edits}
        )
    notes = _noted(changes, home) if abilities.annotates else {}
    parts: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for file in changes.created:
        parts += _created(file, file.uri if file.uri in notes else None)
    for edit in changes.edits:
        uri = _uri(edit.document.uri, home)
        target = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=edit.version)
        note = uri if uri in notes else None
        edits = [_annotated(plain, note) for plain in _plain(edit, home, encoding)]
        parts.append(types.TextDocumentEdit(text_document=target, edits=edits))
    return types.WorkspaceEdit(document_changes=parts, change_annotations=notes or None)


def unsaid(changes: ChangeSet, abilities: Abilities) -> tuple[Note, ...]:
    """What a person must be told otherwise, because this client's edits carry no annotations."""
    return () if abilities.annotates and abilities.versioned_edits else changes.notes


def _at_home(changes: ChangeSet, home: Home) -> Iterator[FileEdit]:
    return (edit for edit in changes.edits if edit.document.uri == home.read)


def _uri(read: str, home: Home) -> str:
    return home.uri if read == home.read else read


def _noted(changes: ChangeSet, home: Home) -> dict[str, types.ChangeAnnotation]:
    """One annotation a file, by the file's address: an editor shows them beside the file's changes."""
    found: dict[str, types.ChangeAnnotation] = {}
    for uri in dict.fromkeys(note.uri for note in changes.notes):
        notes = [note for note in changes.notes if note.uri == uri]
        found[_uri(uri, home)] = types.ChangeAnnotation(
            label="; ".join(note.label for note in notes),
            description="\n".join(note.description for note in notes if note.description) or None,
            needs_confirmation=any(note.needs_confirmation for note in notes),
        )
    return found


def _created(file: NewFile, note: str | None) -> Iterator[types.CreateFile | types.TextDocumentEdit]:
    yield types.CreateFile(
        uri=file.uri, options=types.CreateFileOptions(overwrite=False, ignore_if_exists=False), annotation_id=note
    )
    nothing = types.Range(types.Position(0, 0), types.Position(0, 0))
    target = types.OptionalVersionedTextDocumentIdentifier(uri=file.uri, version=None)
    yield types.TextDocumentEdit(text_document=target, edits=[_annotated(types.TextEdit(nothing, file.text), note)])


def _plain(edit: FileEdit, home: Home, encoding: Encoding) -> list[types.TextEdit]:
    origin = home.origin if edit.document.uri == home.read else 0
    return [types.TextEdit(to_range(edit.document, c.span, origin, encoding), c.text) for c in edit.changes]


def _annotated(edit: types.TextEdit, note: str | None) -> types.TextEdit | types.AnnotatedTextEdit:
    if note is None:
        return edit
    return types.AnnotatedTextEdit(annotation_id=note, range=edit.range, new_text=edit.new_text)
