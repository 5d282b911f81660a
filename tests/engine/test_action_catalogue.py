"""Each action: what becomes of a good answer, why a faulty one is refused, and where it is not offered."""

from __future__ import annotations

import pytest

from kireji.base.types import Diagnostic, Reason, Span
from kireji.engine.actions.action import Refused
from kireji.engine.actions.registry import ACTIONS, action_named
from support.acting import made, scene_of
from support.action_rows import FAULTY, GOOD, NOWHERE, Row


def check(row: Row) -> None:
    action = action_named(row.action)
    assert action is not None
    words, source, code = row.problem
    plain = row.text.replace("$0", "")
    at = plain.find(words) if words else 0
    problems = (
        (Diagnostic(Span(at, at + len(words)), f"about {words}", source, code, row.action == "replace-deprecated"),)
        if words
        else ()
    )
    found = made(action, scene_of(row.text, row.language, *problems, instruction=row.wish), row.answer)
    if isinstance(row.expected, Reason):
        assert isinstance(found, Refused), found
        assert found.reason is row.expected, found
    else:
        assert found == row.expected


@pytest.mark.parametrize("row", GOOD, ids=lambda row: f"{row.action} {row.language}")
def test_a_good_answer_is_made_a_change(row: Row) -> None:
    check(row)


@pytest.mark.parametrize("row", [r for r in GOOD if "\r" not in r.text], ids=lambda row: f"{row.action} {row.language}")
def test_the_same_with_other_line_ends(row: Row) -> None:
    assert isinstance(row.expected, str)
    text, expected = row.text.replace("\n", "\r\n"), row.expected.replace("\n", "\r\n")
    check(Row(row.action, row.language, text, row.answer, expected, row.problem, row.wish))


@pytest.mark.parametrize("row", FAULTY, ids=lambda row: f"{row.action} {row.language}")
def test_a_faulty_answer_is_refused(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("name", "language", "text"), [(n, *row) for n, rows in NOWHERE.items() for row in rows])
def test_it_is_not_offered_where_it_cannot_work(name: str, language: str, text: str) -> None:
    action = action_named(name)
    assert action is not None
    assert action.find(scene_of(text, language)) is None


def test_every_action_has_its_rows_in_two_languages() -> None:
    others = {"trace", "tests", "explain"}  # they reach into other files, or change none
    for action in ACTIONS:
        assert len(NOWHERE[action.id]) >= 2, action.id
        languages = {row.language for row in GOOD if row.action == action.id}
        assert action.id in others or action.id == "implement" or ("python" in languages and len(languages) > 1), (
            action.id
        )
