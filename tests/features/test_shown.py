"""What the audit is told of what was shown: whole lines of every file, and no secret."""

from __future__ import annotations

import pytest

from kireji.base.text import make_document
from kireji.base.types import (
    Candidate,
    Change,
    ChangeSet,
    Edit,
    FileEdit,
    NewFile,
    Offered,
    Proposed,
    RawCompletion,
    Reason,
    Report,
    Span,
    Stage,
    Verdict,
    Withheld,
)
from kireji.features.shown import shown
from support.sites import site_of

REPORT = Report(prompt="digest")


def offered(text: str, insert: str) -> tuple[Offered, str]:
    """A suggestion at `$0`, and the text before it."""
    site = site_of(text)
    change = Change(Span(site.offset, site.offset), insert)
    edit = Edit(site.document.uri, 1, (change,))
    return Offered(
        Candidate("1.1", site, edit, RawCompletion("", "", True, None, 0, 0)), Verdict(()), REPORT
    ), site.document.text


@pytest.mark.parametrize(
    ("text", "insert", "lines"),
    [
        ("def f(a):\n    return $0\n\nx = 1\n", "a + 1", ("    return a + 1",)),
        ("def f(a):\n    $0\n", "b = a\n    return b", ("    b = a", "    return b")),
        ("f($0)", "a", ("f(a)",)),
    ],
)
def test_lines_of_a_suggestion_are_whole(text: str, insert: str, lines: tuple[str, ...]) -> None:
    told, before = offered(text, insert)
    found = shown(told, make_document("file:///a.py", "/a.py", "python", 1, before))
    assert (found.path, found.prompt, found.lines, found.text) == ("/a.py", "digest", lines, insert)
    assert found.version


def test_a_change_over_files_and_a_secret() -> None:
    document = make_document("file:///a.py", "/a.py", "python", 1, "x = 1\ny = 2\n")
    key = "AKIA" + "QWERTYUIOPASDFGH"
    changes = ChangeSet(
        (FileEdit(document, (Change(Span(4, 5), "3"), Change(Span(10, 11), "4")), 1),),
        (NewFile("file:///b.py", "/b.py", "python", f"key = '{key}'\nz = 5\n"),),
    )
    found = shown(Proposed("1", changes, Verdict(()), REPORT), document)
    assert found.lines == ("x = 3", "y = 4", f"key = '{key}'", "z = 5")
    assert key not in found.text and "<redacted:" in found.text and found.text.startswith("3\n4\n")


def test_what_was_withheld_has_no_lines() -> None:
    document = make_document("file:///a.py", None, "python", 1, "x")
    found = shown(Withheld(Reason.INVALID, Stage.GATES, report=REPORT), document)
    assert (found.path, found.prompt, found.lines, found.text) == ("file:///a.py", "digest", (), "")
    assert shown(Withheld(Reason.PAUSED, Stage.CLASSIFY), document).version == ""
