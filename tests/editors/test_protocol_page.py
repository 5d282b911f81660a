"""`editors/PROTOCOL.md` names every command, every state and every field that there is, and no others; and it has been read
against the code as it is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from kireji.lsp.commands import NAMES
from kireji.lsp.reading_matter import DOCUMENT
from kireji.lsp.routes import EXPLAIN, PROBLEMS, TEST_FAILED
from kireji.lsp.status import STATUS, State, Status, as_json
from support.protocol_surface import COMMAND, constants, digest, members, renewed, surface, written

PAGE = (Path(__file__).resolve().parents[2] / "editors/PROTOCOL.md").read_text("utf-8")


def first_cells(heading: str) -> list[str]:
    """The code in the first column of the table below a heading."""
    section = PAGE.split(f"## {heading}", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.M)


def test_commands_methods_and_fields_are_named() -> None:
    assert tuple(first_cells("Commands")) == NAMES
    assert set(first_cells("Requests")) == {EXPLAIN, PROBLEMS, TEST_FAILED, STATUS, DOCUMENT}
    assert first_cells("The status") == list(as_json(Status(State.READY)))
    states = re.search(r"^\| `state` \| (.*?) \|", PAGE, re.M)
    assert states is not None
    assert re.findall(r'"(\w+)"', states[1]) == [state.value for state in State]


def test_the_page_was_read_against_the_code_as_it_is() -> None:
    assert written(PAGE) == digest(), (
        f"what clients see of the server has changed: read editors/PROTOCOL.md again, mend it, and run `{COMMAND}`"
    )


def test_what_clients_send_and_get_is_part_of_what_the_page_is_read_against() -> None:
    seen = {line.rpartition(" ")[2] for line in surface()}
    said = {"applyEdit", "positionEncoding", "instruction", "draft", "run", "output", "diagnostics", "word", "position"}
    told = {"spentToday", "secondsLeft", "doneWhen", "likelyDollars", "applied", "findings", "language", "cap_reached"}
    assert said | told | set(NAMES) <= seen
    assert f"kireji.lsp.status STATUS = {STATUS!r}" in surface()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = {'a': 1, **b}", {"a"}),
        ("data['a'].get('b', 'c')", {"a", "b"}),
        ("kept.pop('a', None)", {"a"}),
        ("'a' in said and 'b' not in said", {"a", "b"}),
        ("_wants('a', told)", {"a"}),
        ("match x:\n    case [{'a': {'b': int(n)}}]:\n        pass", {"a", "b"}),
        ("say.aloud('a'); x = 'b'; y = 'c' == z", set()),
    ],
)
def test_members_are_read_off_the_code(source: str, names: set[str]) -> None:
    assert set(members(ast.parse(source))) == names


def test_constants_are_told_with_their_values() -> None:
    assert list(constants(ast.parse("A = 'x'\n_B = 1\nC = 2\nD = (3,)\ndef f():\n    E = 4"))) == ["A = 'x'", "C = 2"]


def test_the_digest_is_all_that_is_renewed() -> None:
    page = PAGE.replace(written(PAGE), "0123")
    assert renewed(page) == renewed(PAGE)
    assert written(page) == "0123" and written(renewed(page)) == digest()
    with pytest.raises(ValueError, match="surface"):
        renewed("no line")
