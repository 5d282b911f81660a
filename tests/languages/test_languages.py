"""Insertions cut from real code, valid and broken, judged with each language's real tool. Prints language by mode."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from kireji.base.trees import Trees
from kireji.engine.gates.data import DataGate
from kireji.engine.gates.gate import Gate
from kireji.engine.gates.shape import ShapeGate
from kireji.engine.gates.syntax import SyntaxGate
from kireji.engine.gates.text import TextGate
from kireji.engine.gates.tools import delegates
from languages.judged import ROWS, rows_of, score
from support.environment import TOOLS
from support.figures import report

pytestmark = pytest.mark.languages
PLACE = TOOLS / "languages"
LANGUAGES = sorted(path.stem for path in ROWS.glob("*.jsonl"))


def project_of(language: str) -> Path:
    """Where the real code is: beside this file, or where it was installed."""
    own = ROWS.parent / "projects" / language
    return own if own.is_dir() else PLACE / "projects" / language


@pytest.fixture
async def gates(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sequence[Gate]]:
    """The gates of the product, on a machine that has the tools."""
    monkeypatch.setenv("PATH", os.pathsep.join((str(PLACE / "bin"), os.environ["PATH"])))
    monkeypatch.setenv("GOMODCACHE", str(PLACE / "go-modules"))
    monkeypatch.setenv("CARGO_HOME", str(PLACE / "cargo"))  # and not the toolchains of whoever runs this
    others = delegates()
    trees = Trees()
    yield (TextGate(trees), ShapeGate(trees), SyntaxGate(trees), DataGate(), *others)
    for gate in others:
        await gate.close()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_valid_insertion_is_refused_and_most_broken_ones_are(language: str, gates: Sequence[Gate]) -> None:
    rows = rows_of(language)
    modes = {row.mode for row in rows} - {"valid"}
    broken = [row for row in rows if row.mode != "valid"]
    assert len(rows) - len(broken) >= 30 <= len(broken) and len(modes) >= 5
    found = await score(gates, language, project_of(language), rows)
    report(found.table(language))
    assert found.valid_refused == 0, "\n".join(found.odd)
    assert found.valid_unverified <= len(rows) // 20, "\n".join(found.odd)
    assert found.caught >= 0.8, "\n".join(found.odd)
