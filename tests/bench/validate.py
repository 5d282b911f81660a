"""Measures the gates on rows made from installed packages: what is caught by kind of fault, what sound code is refused, how
long it takes. `python -m bench.validate [SEED [SPANS]]`; nothing is asserted.

The truth is polished library code and the faults are synthetic: how often a model's answers are of either kind is not known.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.validate_rows import PYTHON, Row, dirty, long_files, rows, workspace
from support.environment import clean_environment
from support.figures import percentile

# Faults of meaning and form; indentation and members of unknown types are told apart.
CORE = frozenset(
    (
        *("trunc_bracket", "trunc_string", "trunc_token", "undef", "import_mod", "import_member", "attr_module"),
        *("attr_inst_typed", "attr_self", "arity_same", "arity_other", "type_arg", "type_return", "dup_suffix"),
        *("sec", "secret", "invisible"),
    )
)
# Faults of which a repair may know what was meant.
MENDABLE = frozenset({"dup_suffix", "indent_syn", "indent_sem"})
SMALL = 1200


def main(seed: int = 1, spans: int = 300) -> None:
    """Prints two blocks of figures: the rows, and the same with one more half-typed line elsewhere in the file."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "workspace").resolve()
        made = list(rows(root, workspace(root), spans, seed))
        rng = random.Random(seed)
        long = list(rows(root, long_files(root), max(2, spans // 10), seed))
        times = [
            answer["elapsed_ms"] for answer in answers(long, root, Path(folder)).values() if "elapsed_ms" in answer
        ]
        print(f"5,000 lines: {len(long)} rows, ms p50 {percentile(times, 0.5):.1f} p95 {percentile(times, 0.95):.1f}")
        for title, asked in (("clean", made), ("dirty", [d for row in made if (d := dirty(row, rng)) is not None])):
            print(f"{title}: seed {seed}, {len(asked)} rows", flush=True)
            for line in report(asked, answers(asked, root, Path(folder))):
                print("  " + line, flush=True)


def answers(asked: Sequence[Row], root: Path, home: Path) -> dict[str, Mapping[str, Any]]:
    """What the lab says of each row, by its id. The deadline is that of a request made while typing."""
    lines = "".join(json.dumps(row.asked(root, PYTHON)) + "\n" for row in asked)
    done = subprocess.run(
        [PYTHON, "-m", "kireji", "lab", "validate"],
        input=lines.encode(),
        stdout=subprocess.PIPE,
        env=clean_environment(home, **{k: v for k, v in os.environ.items() if k.startswith("KIREJI_GATES")}),
        check=True,
    )
    return {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}


def report(asked: Sequence[Row], answered: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The figures, one line for each kind."""
    caught: dict[str, list[bool]] = defaultdict(list)
    refused, times, small, unverified, errors = [], [], [], 0, 0
    for row in asked:
        answer = answered[row.id]
        if "decision" not in answer:
            errors += 1
            continue
        unverified += answer["decision"] == "unverified"
        times.append(answer["elapsed_ms"])
        if (row.prefix + row.suffix).count("\n") <= SMALL:
            small.append(answer["elapsed_ms"])
        as_said = answer["decision"] != "withhold" and answer["text"].rstrip() == row.insert.rstrip()
        if row.mode == "truth":
            refused.append(not as_said)
        else:
            warned = row.mode == "sec" and any(f["gate"] == "security" for f in answer["findings"])
            caught[row.mode].append(not as_said or warned)
    truths = {(row.path, row.prefix, row.suffix): row.insert.rstrip() for row in asked if row.mode == "truth"}
    mended = [
        answered[row.id]["text"].rstrip() == truths[row.path, row.prefix, row.suffix]
        for row in asked
        if row.mode in MENDABLE and (row.path, row.prefix, row.suffix) in truths and "text" in answered[row.id]
    ]
    core = [hit for mode, hits in caught.items() if mode in CORE for hit in hits]
    return [
        f"truth refused {share(refused)}   core caught {share(core)}   unverified {unverified}   no question {errors}",
        f"ms p50 {percentile(times, 0.5):.1f} p95 {percentile(times, 0.95):.1f}"
        f"   up to {SMALL} lines: p50 {percentile(small, 0.5):.1f} p95 {percentile(small, 0.95):.1f}",
        f"seams and indentation: repaired to the truth {share(mended)}",
        *(f"{mode:18} {share(hits)}" for mode, hits in sorted(caught.items())),
    ]


def share(hits: Sequence[bool]) -> str:
    return f"{100 * sum(hits) / max(1, len(hits)):5.1f} % of {len(hits)}"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
