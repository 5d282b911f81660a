"""What a person is told about a change before it is made: what could not be proved, and what they must look at themselves.

Says it in annotations, one or two for each file; quotes no source text and decides nothing.
"""

from __future__ import annotations

from dataclasses import replace

from kireji.base.types import ChangeSet, GateResult, GateState, Note, Verdict
from kireji.engine.proof.review import concerns

_LABEL_CHARS = 200


def annotated(changes: ChangeSet, verdict: Verdict) -> ChangeSet:
    """The change with a note on each file that needs one; what was noted before stays."""
    unproved = [_said(result) for result in verdict.results if result.state is GateState.UNKNOWN]
    notes: list[Note] = []
    for uri in (*(edit.document.uri for edit in changes.edits), *(new.uri for new in changes.created)):
        if unproved:
            label = "Not proved: " + "; ".join(dict.fromkeys(unproved))
            notes.append(Note(uri, _short(label), "What no check could tell is yours to judge.", True))
        if touched := concerns(changes).get(uri):
            label = f"Review: it touches {' and '.join(touched)}"
            notes.append(
                Note(uri, label, "Checks prove that code works, not that it is safe. Read it line by line.", True)
            )
    return replace(changes, notes=(*changes.notes, *notes))


def _said(result: GateResult) -> str:
    return f"{result.gate} ({result.note})" if result.note else result.gate


def _short(text: str) -> str:
    return text if len(text) <= _LABEL_CHARS else f"{text[: _LABEL_CHARS - 1]}…"
