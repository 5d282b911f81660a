"""What is left to do above a suggestion that was accepted: once, in the text that is there, or not at all."""

from __future__ import annotations

import pytest

from kireji.base.edit import apply
from kireji.base.text import make_document
from kireji.base.types import Candidate, Change, Edit, Feedback, Offered, RawCompletion, Site, Snapshot, Span, Verdict
from kireji.engine.site import classify
from kireji.features.additions import Missed, additions
from kireji.features.reuse import typed_through

URI = "file:///a.py"
OLD = "import io\n\nx = $0\ny = 1\n"
ADDED = Change(Span(10, 10), "import json\n")
ANSWER = "io.StringIO(json.dumps(1))"
ALL, WORD = Feedback.ACCEPTED, Feedback.ACCEPTED_WORD


def offered(*further: Change) -> Offered:
    offset = OLD.index("$0")
    document = make_document(URI, "/a.py", "python", 1, OLD.replace("$0", ""))
    site = classify(Snapshot("r1", document), offset)
    assert isinstance(site, Site)
    edit = Edit(URI, 1, (Change(Span(offset, offset), ANSWER), *further))
    return Offered(Candidate("r1.1", site, edit, RawCompletion(ANSWER, "", True, None, 0.0, 0.0)), Verdict(()))


@pytest.mark.parametrize(
    ("now", "kind", "result"),
    [
        (OLD.replace("$0", ANSWER), ALL, "import io\nimport json\n\nx = io.StringIO(json.dumps(1))\ny = 1\n"),
        # Formatted on the way, or typed on: what stands above counts.
        ("import io\n\nz = 2\nx = io . StringIO()\n", ALL, "import io\nimport json\n\nz = 2\nx = io . StringIO()\n"),
        ("import os\n\nx = io.StringIO(json.dumps(1))\n", ALL, Missed.CHANGED),
        ("", ALL, Missed.CHANGED),
        # Made already: by the client, or by an earlier word.
        (OLD.replace("io\n", "io\nimport json\n").replace("$0", ANSWER), ALL, None),
        # A part that does without.
        (OLD.replace("$0", "io.StringIO("), WORD, None),
        (OLD.replace("$0", "io.StringIO(json"), WORD, "import io\nimport json\n\nx = io.StringIO(json\ny = 1\n"),
        (OLD.replace("$0", "io.StringIO(jso"), WORD, None),
    ],
)
def test_what_is_left(now: str, kind: Feedback, result: str | Missed | None) -> None:
    document = make_document(URI, "/a.py", "python", 7, now)
    rest = additions(offered(ADDED), document, kind)
    if isinstance(result, str):
        assert isinstance(rest, Offered)
        edit = rest.candidate.edit
        assert (apply(now, edit.changes), edit.version, rest.candidate.site.document) == (result, 7, document)
    else:
        assert rest is result


def test_without_further_changes_nothing_is_left() -> None:
    document = make_document(URI, "/a.py", "python", 7, OLD.replace("$0", ANSWER))
    assert additions(offered(), document, ALL) is None


def test_who_types_it_through_still_gets_what_is_changed_above() -> None:
    typed = OLD.replace("$0", "io.")
    document = make_document(URI, "/a.py", "python", 2, typed)
    rest = typed_through(offered(ADDED), document, typed.index("\ny"))
    assert rest is not None
    assert apply(typed, rest.candidate.edit.changes) == OLD.replace("$0", ANSWER).replace("io\n", "io\nimport json\n")
    below = Change(Span(len(OLD) - 4, len(OLD) - 4), "z\n")
    assert typed_through(offered(below), document, typed.index("\ny")) is None
