"""Names that a child colours as resolving to nothing, out of the LSP's relative encoding."""

from __future__ import annotations

from typing import Any

import pytest

from kireji.base.child_tokens import CODE, kind_of, unresolved


def place(*ends: int) -> dict[str, Any]:
    return {"start": {"line": ends[0], "character": ends[1]}, "end": {"line": ends[2], "character": ends[3]}}


@pytest.mark.parametrize(
    ("data", "items", "places"),
    [
        ([], [], []),
        ([1, 4, 3, 7, 0], [], [place(1, 4, 1, 7)]),
        ([1, 4, 3, 2, 0, 0, 5, 2, 7, 0, 2, 1, 1, 7, 0], [], [place(1, 9, 1, 11), place(3, 1, 3, 2)]),
        ([1, 4, 3, 7, 0], [{"code": "inactive-code", "range": place(0, 0, 2, 0)}], []),
        ([1, 4, 3, 7, 0], [{"code": "E0425", "range": place(0, 0, 2, 0)}], [place(1, 4, 1, 7)]),
        ([2, 0, 3, 7, 0], [{"code": "inactive-code", "range": place(0, 0, 2, 0)}], [place(2, 0, 2, 3)]),
    ],
)
def test_only_what_is_marked_and_compiled(data: list[int], items: list[Any], places: list[Any]) -> None:
    found = unresolved({"data": data}, 7, items)
    assert [item["range"] for item in found] == places
    assert all((item["code"], item["severity"]) == (CODE, 1) for item in found)


@pytest.mark.parametrize("tokens", [{}, {"data": [1, 2, 3]}, {"data": 7}, []])
def test_what_is_no_answer(tokens: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        unresolved(tokens, 7, [])


def test_no_answer_is_no_token() -> None:
    assert unresolved(None, 7, []) == []


@pytest.mark.parametrize(
    "result", [None, {}, {"capabilities": {"semanticTokensProvider": {"legend": {"tokenTypes": 3}}}}]
)
def test_a_server_without_such_a_kind(result: Any) -> None:
    assert kind_of(result, "unresolvedReference") is None


def test_the_number_of_a_kind() -> None:
    legend = {"legend": {"tokenTypes": ["a", "unresolvedReference"]}}
    assert kind_of({"capabilities": {"semanticTokensProvider": legend}}, "unresolvedReference") == 1
