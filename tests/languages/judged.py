"""Judges the rows of a language by the product's gates and the language's real tool, warm, as an explicit request would."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kireji.base.text import make_document
from kireji.base.types import GateState, Verdict, Workspace
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.gate import Gate
from kireji.engine.gates.run import prepare_gates, run_gates
from support.gating import candidate_at

ROWS = Path(__file__).parent / "rows"
SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Row:
    """One insertion in one file of a project; `mode` says how it was broken, or that it is valid."""

    mode: str
    file: str
    sha: str
    start: int
    end: int
    insert: str


@dataclass(slots=True)
class Score:
    """What became of the rows of one language, by mode; seconds from the answer to the verdict."""

    states: dict[str, Counter[GateState]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: list[float] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    @property
    def caught(self) -> float:
        """The share of broken rows that were refused."""
        broken = [counts for mode, counts in self.states.items() if mode != "valid"]
        return sum(c[GateState.FAIL] for c in broken) / sum(c.total() for c in broken)

    @property
    def valid_refused(self) -> int:
        """How many valid rows were refused."""
        return self.states["valid"][GateState.FAIL]

    @property
    def valid_unverified(self) -> int:
        """Of how many valid rows the tool could not tell."""
        return self.states["valid"][GateState.UNKNOWN]

    def table(self, language: str) -> str:
        """One line: the share caught per mode, what became of the valid ones, and times."""
        valid = self.states["valid"]
        modes = [
            f"{mode} {counts[GateState.FAIL]}/{counts.total()}"
            for mode, counts in sorted(self.states.items())
            if mode != "valid"
        ]
        times = sorted(self.seconds)
        p50, p95 = (round(times[int(len(times) * q)] * 1000) for q in (0.5, 0.95))
        return (
            f"{language}: caught {self.caught:.0%} ({', '.join(modes)}); valid refused {valid[GateState.FAIL]}/{valid.total()}, "
            f"unverified {valid[GateState.UNKNOWN]}; p50 {p50} ms, p95 {p95} ms"
        )


def rows_of(language: str, folder: Path = ROWS) -> list[Row]:
    """The rows that were made of a language."""
    text = (folder / f"{language}.jsonl").read_text("utf-8")
    return [Row(**json.loads(line)) for line in text.splitlines()]


async def score(gates: Sequence[Gate], language: str, project: Path, rows: Sequence[Row]) -> Score:
    """Each row judged as it would be while someone asks for a suggestion there."""
    found = Score()
    for row in rows:
        verdict, seconds = await judged(gates, language, project, row)
        found.states[row.mode][verdict.state] += 1
        found.seconds.append(seconds)
        expected = GateState.PASS if row.mode == "valid" else GateState.FAIL
        if verdict.state is not expected:
            notes = [f"{r.gate}: {r.note}" for r in verdict.results if r.note]
            said = [f"{f.gate} {f.code} {f.symbol!r}" for f in verdict.findings]
            found.odd.append(f"{row.mode} {verdict.state.value} {row.file}:{row.start} {row.insert!r} {notes} {said}")
    return found


async def judged(gates: Sequence[Gate], language: str, project: Path, row: Row) -> tuple[Verdict, float]:
    """The verdict on one row, and how long it took from the answer on."""
    path = project / row.file
    text = path.read_bytes().decode()
    assert hashlib.sha256(text.encode()).hexdigest()[:12] == row.sha, (
        f"{path} is not the file that the rows were cut from"
    )
    document = make_document(path.as_uri(), str(path), language, 1, text[: row.start] + text[row.end :])
    snapshot, candidate = candidate_at(document, row.start, row.insert)
    snapshot = replace(snapshot, workspace=Workspace(str(project), trusted=True))
    tried = trial(snapshot, candidate)
    await prepare_gates(gates, snapshot, tried.baseline)
    begun = time.perf_counter()
    verdict = await run_gates(gates, trial(snapshot, candidate, tried.baseline), SECONDS)
    return verdict, time.perf_counter() - begun
