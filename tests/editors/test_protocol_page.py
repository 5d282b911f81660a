"""`editors/PROTOCOL.md` names every command, every state and every field that there is, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from kireji.lsp.commands import NAMES
from kireji.lsp.reading_matter import DOCUMENT
from kireji.lsp.routes import EXPLAIN, PROBLEMS, TEST_FAILED
from kireji.lsp.status import STATUS, State, Status, as_json

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
