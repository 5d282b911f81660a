"""What an action was to cure is looked for again: gone where a gate of ours knows it, said to be unproved where none does."""

from __future__ import annotations

from pathlib import Path

import pytest

from kireji.base.config_schema import Options
from kireji.base.types import (
    ActionOutcome,
    Diagnostic,
    GateState,
    Intent,
    Proposed,
    Reason,
    Snapshot,
    Span,
    Trigger,
    Withheld,
)
from kireji.features.code_action import resolve
from support.acting import Acting, acting, marked
from support.messages_api import script

TEXT = "def total(prices):\n    return sum(price)$0\n"
CURED = "<old_1>\n    return sum(price)\n</old_1>\n<new_1>\n    return sum(prices)\n</new_1>"
SAME = "<old_1>\n    return sum(price)\n</old_1>\n<new_1>\n    return float(sum(price))\n</new_1>"
QUERY = "def find(db, name):\n    return db.execute(f\"SELECT id FROM t WHERE n = '{name}'\")$0\n"


async def outcome_of(line: Acting, text: str, words: str, source: str, code: str, action: str = "fix") -> ActionOutcome:
    """What becomes of a problem about some words."""
    document, span = marked(text)
    at = document.text.rindex(words)
    problem = Diagnostic(Span(at, at + len(words)), "about it", source, code)
    options = Options(action_attempts=1, gates_explicit_ms=20_000)
    snapshot = Snapshot("t", document, options=options, trigger=Trigger.EXPLICIT)
    return await resolve(line.services, snapshot, action, Intent(span, (problem,)), lambda _: document)


@pytest.mark.parametrize("action", ["fix", "fix-all"])
async def test_a_problem_that_is_gone(tmp_path: Path, action: str) -> None:
    async with acting(tmp_path, script(CURED)) as line:
        outcome = await outcome_of(line, TEXT, "price", "Ruff", "F821", action)
        assert isinstance(outcome, Proposed), outcome
        assert {r.gate: r.state for r in outcome.verdict.results}["problem"] is GateState.PASS
        assert not any("problem" in note.label for note in outcome.changes.notes)


async def test_a_problem_that_is_still_there(tmp_path: Path) -> None:
    """The gates alone would let it pass: the text before had it, too."""
    async with acting(tmp_path, script(SAME)) as line:
        outcome = await outcome_of(line, TEXT, "price", "Ruff", "F821")
        assert isinstance(outcome, Withheld)
        assert outcome.reason is Reason.INVALID
        assert [(f.gate, f.code, f.symbol) for f in outcome.findings if f.code == "F821"] == [("ruff", "F821", "price")]


async def test_a_problem_of_another_server_is_not_called_cured(tmp_path: Path) -> None:
    async with acting(tmp_path, script(CURED)) as line:
        outcome = await outcome_of(line, TEXT, "price", "Pylance", "reportUndefinedVariable")
        assert isinstance(outcome, Proposed), outcome
        (note,) = [note for note in outcome.changes.notes if "Pylance" in note.label]
        assert note.needs_confirmation


async def test_a_warning_of_ours_is_looked_for_too(tmp_path: Path) -> None:
    answer = "<old_1>\n    return db.execute(f\"SELECT id FROM t WHERE n = '{name}'\")\n</old_1>\n"
    good = f'{answer}<new_1>\n    return db.execute("SELECT id FROM t WHERE n = ?", (name,))\n</new_1>'
    bad = f"{answer}<new_1>\n    return db.execute(f\"SELECT id FROM t WHERE n = '{{name}}' LIMIT 1\")\n</new_1>"
    async with acting(tmp_path, script(bad, good)) as line:
        first = await outcome_of(line, QUERY, 'f"SELECT', "Ruff", "S608")
        assert first.reason is Reason.INVALID, first
        second = await outcome_of(line, QUERY, 'f"SELECT', "Ruff", "S608")
        assert isinstance(second, Proposed), second
        assert {r.gate: r.state for r in second.verdict.results}["problem"] is GateState.PASS
