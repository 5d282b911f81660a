"""The definitions that code needs are sent: a small run of `make bench-context` on this project's own source.

The ranking was fitted on other projects; what is asked of it here is less than what it reaches, because the source changes.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import kireji
from bench.context import answers, normal
from bench.context_rows import Row, rows

BUDGET = 2_048
LONG = 25
LEAST = {"cross": 0.75, "same": 0.85}


def stands_elsewhere(row: Row, text: str) -> bool:
    """Whether a text is found where the answer is not: in the rest of its file, or in another one."""
    others = (path.read_text("utf-8") for path in row.root.rglob("*.py") if path != row.root / row.path)
    return text in row.prefix + row.suffix or any(text in other for other in others)


def test_most_of_what_is_needed_is_sent(tmp_path: Path) -> None:
    asked = [row for row in rows(Path(kireji.__file__).parents[1], 20, 1) if not row.ablated]
    said = asyncio.run(answers(asked, BUDGET, tmp_path))
    found: dict[str, list[bool]] = {"cross": [], "same": []}
    for row, answer in zip(asked, said, strict=True):
        assert len(answer["context"]) <= 4 * BUDGET
        truth = row.truth.strip()
        # A short one may stand anywhere by chance, and a long one may stand elsewhere as well.
        assert len(truth) < LONG or truth not in answer["context"] or stands_elsewhere(row, truth)
        text = normal(answer["context"])
        for need in row.needs:
            found["cross" if need.cross else "same"].append(normal(need.signature)[:80] in text)
    for kind, hits in found.items():
        assert len(hits) >= 5
        assert sum(hits) / len(hits) >= LEAST[kind], f"{kind}: {sum(hits)} of {len(hits)}"
