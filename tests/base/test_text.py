"""Lines by the LSP's rules, and edits as plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kireji.base.edit import apply, inserted_span
from kireji.base.text import line_at, line_span, line_starts, split_lines
from kireji.base.types import Change, Span

TEXTS = st.text(alphabet="ab é𝒳\n\r\f\v\x1c\x85\u2028", max_size=40)


@given(TEXTS)
def test_lines_join_to_the_text_and_end_where_the_protocol_says(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert len(lines) == text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    starts = line_starts(text)
    for number, start in enumerate(starts):
        span = line_span(text, starts, number)
        assert span.start == start
        assert not set(text[span.start : span.end]) & set("\r\n")


@given(TEXTS, st.integers(0, 40))
def test_every_offset_is_in_its_line(text: str, offset: int) -> None:
    offset = min(offset, len(text))
    starts = line_starts(text)
    line = line_at(starts, offset)
    assert starts[line] <= offset
    assert line + 1 == len(starts) or offset < starts[line + 1]


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ([Change(Span(1, 2), "XY")], "aXYcd"),
        ([Change(Span(4, 4), "!"), Change(Span(0, 0), ">")], ">abcd!"),
        ([Change(Span(0, 4), "")], ""),
    ],
)
def test_changes_apply_in_any_order(changes: list[Change], after: str) -> None:
    assert apply("abcd", changes) == after
    for which, change in enumerate(changes):
        span = inserted_span(changes, which)
        assert after[span.start : span.end] == change.text


@pytest.mark.parametrize("changes", [[Change(Span(0, 2), ""), Change(Span(1, 3), "")], [Change(Span(3, 9), "")]])
def test_overlapping_or_stray_changes_are_refused(changes: list[Change]) -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply("abcd", changes)
