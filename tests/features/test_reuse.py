"""What of a suggestion may be served to someone who has typed on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kireji.base.edit import apply
from kireji.base.text import make_document
from kireji.base.types import (
    Candidate,
    Change,
    Edit,
    Offered,
    RawCompletion,
    Shape,
    Site,
    SiteKind,
    Snapshot,
    Span,
    Verdict,
)
from kireji.engine.site import classify
from kireji.features.reuse import typed_through

OLD = "total = first$0  # sum\nprint(total)\n"


def offered(marked: str, insertion: str, replaced: int = 0) -> Offered:
    """A suggestion at the mark."""
    offset = marked.index("$0")
    document = make_document("file:///a.py", "/a.py", "python", 1, marked.replace("$0", ""))
    site = classify(Snapshot("r1", document), offset)
    if not isinstance(site, Site):
        site = Site(document, offset, SiteKind.CODE, Shape.LINE, Span(0, 0), "", "", "")
    edit = Edit(document.uri, 1, (Change(Span(offset, offset + replaced), insertion),))
    raw = RawCompletion(insertion, "", True, None, 0.0, 0.0)
    return Offered(Candidate("r1.1", site, edit, raw), Verdict(()))


def check_reuse(insertion: str, later: str, rest: str | None, replaced: int = 0) -> None:
    """`later` is the text as it is by then, with the cursor marked; `rest` is what may be shown, None for nothing."""
    held = offered(OLD, insertion, replaced)
    offset = later.index("$0")
    document = make_document("file:///a.py", "/a.py", "python", 2, later.replace("$0", ""))
    served = typed_through(held, document, offset)
    if rest is None:
        assert served is None
        return
    assert served is not None
    assert served.candidate.change.text == rest
    assert served.candidate.edit.version == 2
    assert served.candidate.site.offset == offset
    before = held.candidate.site.document.text
    assert apply(document.text, served.candidate.edit.changes) == apply(before, held.candidate.edit.changes)


@pytest.mark.parametrize(
    ("insertion", "later", "rest"),
    [
        (" + second", OLD, " + second"),
        (" + second", "total = first +$0  # sum\nprint(total)\n", " second"),
        (" + second", "total = first + second$0  # sum\nprint(total)\n", None),
        (" + second", "total = first -$0  # sum\nprint(total)\n", None),
        (" + second", "total = fir$0  # sum\nprint(total)\n", None),
        (" + second", "total = first $0  # sum\nprint(other)\n", None),
        (" + second", "Total = first +$0  # sum\nprint(total)\n", None),
        (" + second", "total = first$0 +  # sum\nprint(total)\n", None),
        ("\nprint(first)", "total = first\npr$0  # sum\nprint(total)\n", "int(first)"),
    ],
)
def test_only_the_rest_of_what_was_typed_is_served(insertion: str, later: str, rest: str | None) -> None:
    check_reuse(insertion, later, rest)


def test_what_it_replaces_stays_replaced() -> None:
    check_reuse(" + second  # sum of both", "total = first + $0  # sum\nprint(total)\n", "second  # sum of both", 7)


def test_a_change_that_begins_elsewhere_is_served_where_nothing_was_typed_and_not_where_something_was() -> None:
    """An import goes where the file's imports are, and that may be below the cursor."""
    held = offered(OLD, " + second")
    below = Change(Span(len("total = first  # sum\n"), len("total = first  # sum\n")), "import second\n")
    edit = replace(held.candidate.edit, changes=(*held.candidate.edit.changes, below))
    held = replace(held, candidate=replace(held.candidate, edit=edit))
    offset, text = OLD.index("$0"), OLD.replace("$0", "")
    document = make_document("file:///a.py", "/a.py", "python", 7, text)
    served = typed_through(held, document, offset)
    assert served is not None
    assert (served.candidate.edit.changes, served.candidate.edit.version) == (edit.changes, 7)
    later = make_document("file:///a.py", "/a.py", "python", 8, f"{text[:offset]} +{text[offset:]}")
    assert typed_through(held, later, offset + 2) is None
