"""A change over files as one edit of the protocol, for clients of every ability."""

from __future__ import annotations

from typing import Any

import pytest
from pygls.protocol import default_converter

from kireji.base.text import make_document
from kireji.base.types import Change, ChangeSet, FileEdit, NewFile, Note, Span
from kireji.lsp.abilities import Abilities
from kireji.lsp.edits import Home, Unable, edit_of, unsaid
from kireji.lsp.positions import Encoding

A, B, C = "file:///w/a.py", "file:///w/b.py", "file:///w/c.py"
HERE = Home(A, A, 0, 100)
PLAIN = Abilities()
VERSIONED = Abilities(versioned_edits=True)
FULL = Abilities(versioned_edits=True, creates_files=True, annotates=True)
NOTES = (Note(A, "Look at this", "because", needs_confirmation=True), Note(A, "and this"), Note(B, "B"))


def file_edit(uri: str, text: str, start: int, end: int, new: str, version: int | None = 3) -> FileEdit:
    """One change of one file."""
    return FileEdit(make_document(uri, None, "python", 3, text), (Change(Span(start, end), new),), version)


TWO = (file_edit(A, "x = '𝒳'\n", 0, 7, "y"), file_edit(B, "one\ntwo\n", 4, 7, "2", version=None))
NEW = NewFile(C, "/w/c.py", "python", "z = 1\n")


def told(changes: ChangeSet, abilities: Abilities, home: Home = HERE, encoding: Encoding = Encoding.UTF16) -> object:
    """What goes over the wire."""
    edit = edit_of(changes, home, abilities, encoding)
    make: Any = default_converter
    return edit if isinstance(edit, Unable) else make().unstructure(edit)


def span(line: int, start: int, end: int) -> dict[str, dict[str, int]]:
    """A range on one line."""
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}


def test_plain_changes_for_a_client_that_knows_no_versions() -> None:
    changes = ChangeSet(TWO, notes=NOTES)
    assert told(changes, PLAIN) == {
        "changes": {A: [{"range": span(0, 0, 8), "newText": "y"}], B: [{"range": span(1, 0, 3), "newText": "2"}]}
    }
    assert unsaid(changes, PLAIN) == NOTES
    assert unsaid(changes, VERSIONED) == NOTES


def test_versions_are_those_of_the_editor_and_null_for_the_disk() -> None:
    assert told(ChangeSet(TWO), VERSIONED) == {
        "documentChanges": [
            {"textDocument": {"uri": A, "version": 3}, "edits": [{"range": span(0, 0, 8), "newText": "y"}]},
            {"textDocument": {"uri": B, "version": None}, "edits": [{"range": span(1, 0, 3), "newText": "2"}]},
        ]
    }


def test_new_files_and_one_annotation_a_file() -> None:
    changes = ChangeSet(TWO, (NEW,), NOTES)
    assert told(changes, FULL) == {
        "changeAnnotations": {
            A: {"label": "Look at this; and this", "description": "because", "needsConfirmation": True},
            B: {"label": "B", "needsConfirmation": False},
        },
        "documentChanges": [
            {"kind": "create", "uri": C, "options": {"overwrite": False, "ignoreIfExists": False}},
            {"textDocument": {"uri": C, "version": None}, "edits": [{"range": span(0, 0, 0), "newText": "z = 1\n"}]},
            {"textDocument": {"uri": A, "version": 3},
             "edits": [{"range": span(0, 0, 8), "newText": "y", "annotationId": A}]},
            {"textDocument": {"uri": B, "version": None},
             "edits": [{"range": span(1, 0, 3), "newText": "2", "annotationId": B}]},
        ],
    }  # fmt: skip
    assert unsaid(changes, FULL) == ()


@pytest.mark.parametrize("abilities", [PLAIN, VERSIONED, Abilities(creates_files=True)])
def test_no_file_is_created_by_a_client_that_cannot(abilities: Abilities) -> None:
    assert told(ChangeSet((), (NEW,)), abilities) is Unable.CREATE


def test_a_cell_of_a_notebook_is_changed_at_its_own_address_and_no_other_cell() -> None:
    home = Home("file:///w/n.ipynb.py", "cell:2", 4, 8)
    text = "one\ntwo\n"
    own = ChangeSet((file_edit(home.read, text, 4, 7, "2"),))
    assert told(own, PLAIN, home) == {"changes": {"cell:2": [{"range": span(0, 0, 3), "newText": "2"}]}}
    assert told(ChangeSet((file_edit(home.read, text, 0, 3, "1"),)), PLAIN, home) is Unable.NOTEBOOK
    below = file_edit(home.read, f"{text}three\n", 4, 9, "2")
    assert told(ChangeSet((below,)), PLAIN, home) is Unable.NOTEBOOK
