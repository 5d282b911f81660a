"""Measures context: the share of needed definitions that would be sent, by language; on this project's source, or any.

    PYTHONPATH=server:tests python -m bench.context [--count N] [--seed N] [--budget N] [--rows FILE] [FOLDER...]

Rows are made by `context_rows.py` and answered by `kireji lab context`. A need is met when the first 80 characters of its
definition's first line stand in the context, white space aside.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import kireji
from bench.context_rows import Row, read_rows, rows
from support.environment import clean_environment

_CHARS_PER_TOKEN = 4


def normal(text: str) -> str:
    """White space made one blank."""
    return " ".join(text.split())


async def answers(asked: Sequence[Row], budget: int, home: Path) -> list[dict[str, Any]]:
    """What the lab says to each row, from one process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kireji", "lab", "context"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # How long a look may take is a question of the machine; what it finds is the measure.
        env=clean_environment(home, KIREJI_GATHER_MS="2000"),
        limit=1 << 24,
    )
    lines = (
        json.dumps(
            {"id": n, "root": str(row.root), "path": row.path, "language": row.language}
            | {"prefix": row.prefix, "suffix": row.suffix, "budget": budget}
        )
        + "\n"
        for n, row in enumerate(asked)
    )
    out, _ = await process.communicate("".join(lines).encode())
    return [json.loads(line) for line in out.splitlines()]


def figures(asked: Sequence[Row], said: Sequence[Mapping[str, Any]], budget: int) -> Iterator[str]:
    """Lines to print: recall by kind of need and language, medians of the time, and what went wrong."""
    met: dict[tuple[str, str], list[bool]] = defaultdict(list)
    faults = 0
    for row, answer in zip(asked, said, strict=True):
        text = normal(str(answer.get("context", ""))[: _CHARS_PER_TOKEN * budget])
        faults += "context" not in answer
        for need in row.needs:
            found = normal(need.signature)[:80] in text
            variant = "ablated" if row.ablated else "as is"
            kinds = [variant + (" cross-file" if need.cross else " same file")]
            kinds += [f"{variant} novel"] * need.novel + [f"{variant} seen"] * (need.cross and not need.novel)
            for kind in kinds:
                met[kind, row.language].append(found)
                met[kind, "all"].append(found)
    for kind, language in sorted(met):
        hits = met[kind, language]
        yield f"{kind:20} {language:16} {100 * sum(hits) / len(hits):5.1f} % of {len(hits)}"
    times = sorted(float(answer["elapsed_ms"]) for answer in said if "elapsed_ms" in answer)
    if times:
        late = times[min(len(times) - 1, int(len(times) * 0.95))]
        yield f"rows {len(asked)}, without an answer {faults}; ms p50 {statistics.median(times):.1f}, p95 {late:.1f}"


def main(arguments: Sequence[str]) -> None:
    """Prints the figures of all folders together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", type=int, default=2048)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path(kireji.__file__).parents[1]])
    parser.add_argument("--rows", type=Path, help="a file of rows that were made before, instead of folders")
    options = parser.parse_args(arguments)
    asked = (
        list(read_rows(options.rows))
        if options.rows is not None
        else [row for folder in options.folders for row in rows(folder.resolve(), options.count, options.seed)]
    )
    with tempfile.TemporaryDirectory() as home:
        said = asyncio.run(answers(asked, options.budget, Path(home)))
    for line in figures(asked, said, options.budget):
        print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
