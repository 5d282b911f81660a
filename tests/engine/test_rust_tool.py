"""What rust-analyzer says is worth nothing where it has not found the standard library."""

from __future__ import annotations

import pytest

from kireji.base.child_protocol import ChildDiagnostic
from kireji.base.types import Span
from kireji.engine.gates.delegate import Report, judge
from kireji.engine.gates.rust import rust_tool
from support.gating import trial_of

SOURCE = "$0\nfn first(f: &mut fmt::Formatter) {}\n"
ANSWER = "use std::fmt;"


def unresolved(at: Span) -> ChildDiagnostic:
    return ChildDiagnostic("E0432", "unresolved import", 1, at)


@pytest.mark.parametrize("found", [True, False])
def test_an_import_is_refused_only_where_the_standard_library_is_known(found: bool) -> None:
    tool = rust_tool()
    tried = trial_of(SOURCE, ANSWER, "rust")
    shown = tool.shown("rust", tried.after.text)
    assert shown.text[: shown.at] == tried.after.text and "use ::std::" in shown.text[shown.at :]
    # What is found in our own lines is told at the text's end.
    before = () if found else (unresolved(Span(len(tried.baseline.text), len(tried.baseline.text))),)
    after = () if found else (unresolved(Span(shown.at, shown.at)),)
    new = Report((unresolved(Span(4, 12)), *after), blind=False)
    findings, doubts = judge(tool, tried, "/project", Report(before, blind=False), new)
    assert bool(findings) is found
    assert bool(doubts) is not found
