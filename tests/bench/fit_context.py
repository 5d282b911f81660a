"""Fits the weights of `base/index/weights.py` to rows that `context_rows.py` has made, and prints that module.

    PYTHONPATH=server:tests python -m bench.context_rows --count 60 FOLDER... > rows.jsonl
    PYTHONPATH=server:tests python -m bench.fit_context rows.jsonl > server/kireji/base/index/weights.py

One logistic regression for each sort, by Newton's method (Nocedal and Wright, Numerical Optimization, 2006, chapter 3) with
a quadratic penalty; signals are scaled to a mean square of 1 for it. Measures nothing: `context.py` does, on other folders.
Fitted to the first twenty of `REPOSITORIES`, this finds of the definitions that the other sixteen need, at 2,048 tokens,
89.9 % in other files, 96.6 % in the same, and 71.6 % of those that are named nowhere and not imported; the weights that are
shipped find 91.5, 96.5 and 70.9 % there. No figure says how often a person accepts a suggestion.
"""

from __future__ import annotations

import math
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.context_rows import Row, read_rows
from kireji.base.index.candidates import Sort, candidates
from kireji.base.index.entry import from_row, read_entry
from kireji.base.index.rank import all_signals
from kireji.base.index.search import Memory, look
from kireji.base.index.workspace import Workspace

# Of what was not needed, so many of each row's are looked at; each stands for all that were left out.
_UNNEEDED = 40
_PENALTY = 33.0
_STEPS = 12
_KEY = 80
_QUOTES = '"' * 3
_NAME = "kireji.base.index.candidates"
# What rows were made of, as published, and its licence. No source of theirs is kept here.
REPOSITORIES = (
    *("celery 5.7.0 BSD-3-Clause", "django 5.2.19 BSD-3-Clause", "luigi 3.8.1 Apache-2.0", "networkx 3.6.1 BSD-3-Clause"),
    *("scrapy 2.19.0 BSD-3-Clause", "sphinx 9.0.4 BSD-2-Clause", "textual 8.2.8 MIT", "tornado 6.6.1 Apache-2.0"),
    *("trio 0.35.0 MIT", "@reduxjs/toolkit 2.15.0 MIT", "@tanstack/router-core 1.171.39 MIT", "effect 4.1.0 MIT"),
    *("ethers 6.17.0 MIT", "rxjs 7.8.2 Apache-2.0", "viem 2.57.20 MIT", "gin 1.12.0 MIT", "cobra 1.10.2 Apache-2.0"),
    *("fiber 2.52.15 MIT", "zap 1.28.0 MIT", "client_golang 1.25.0 Apache-2.0"),
    *("aiohttp 3.14.5 Apache-2.0", "dulwich 1.2.21 Apache-2.0", "falcon 4.4.0 Apache-2.0", "flask 3.1.3 BSD-3-Clause"),
    *("httpx 0.28.1 BSD-3-Clause", "marshmallow 4.4.0 MIT", "mkdocs 1.6.1 BSD-2-Clause", "sanic 25.12.1 MIT"),
    *("@tanstack/query-core 5.108.4 MIT", "immer 11.2.13 MIT", "mobx 7.1.3 MIT", "zod 4.6.7 MIT"),
    *("echo 4.16.4 MIT", "viper 1.21.0 MIT", "bubbletea 1.3.10 MIT", "gorm 1.31.2 MIT"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """A definition that was looked at: whether it was needed, and for how many it stands."""

    signals: Mapping[str, float]
    needed: bool
    weight: float


def examples(asked: Iterable[Row]) -> Mapping[Sort, list[Example]]:
    """What is looked at for each row, by sort. Rows of one folder come one after the other."""
    rng = random.Random(0)
    made: dict[Sort, list[Example]] = defaultdict(list)
    workspace = None
    for row in asked:
        if workspace is None or workspace.root != row.root:
            workspace = Workspace(row.root, None)
            workspace.refresh()
        table = workspace.shelves.graph(row.language).table
        text = row.prefix + row.suffix
        entry = read_entry(row.path, row.language, text, "open")
        disk = table.row(row.path)
        table.put(entry)
        view = look(workspace.shelves.graph(row.language), Memory(), entry, text, len(row.prefix))
        needs = {(need.path, _key(need.signature)) for need in row.needs}
        for sort, group in candidates(view) if view is not None else ():
            needed: list[Mapping[str, float]] = []
            others: list[Mapping[str, float]] = []
            for known, alike in group:
                file = table.files[known.file]
                assert view is not None
                assert file is not None
                wanted = (file.path, _key(known.signature)) in needs
                (needed if wanted else others).append(dict(all_signals(view, known, alike)))
            kept = rng.sample(others, min(_UNNEEDED, len(others)))
            made[sort] += (Example(signals, True, 1.0) for signals in needed)
            made[sort] += (Example(signals, False, len(others) / len(kept)) for signals in kept)
        if disk is not None:
            table.put(from_row(disk))
    return made


def fit(found: Sequence[Example]) -> tuple[float, dict[str, float]]:
    """Bias and weights that make what was seen likeliest, less the penalty."""
    names = sorted({name for example in found for name in example.signals})
    total = sum(example.weight for example in found)
    squares: dict[str, float] = defaultdict(float)
    for example in found:
        for name, value in example.signals.items():
            squares[name] += example.weight * value * value
    scale = {name: math.sqrt(squares[name] / total) + 1e-3 for name in names}
    place = {name: number + 1 for number, name in enumerate(names)}
    data = [
        ([(0, 1.0), *((place[n], v / scale[n]) for n, v in e.signals.items())], float(e.needed), e.weight)
        for e in found
    ]
    size = len(names) + 1
    weights = [0.0] * size
    for _ in range(_STEPS):
        slope = [0.0] + [-_PENALTY * w for w in weights[1:]]
        curve = [[_PENALTY * (i == j) * (i > 0) for j in range(size)] for i in range(size)]
        for values, needed, weight in data:
            odds = sum(weights[i] * v for i, v in values)
            likely = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds))))
            error, bend = weight * (needed - likely), weight * max(1e-6, likely * (1.0 - likely))
            for i, v in values:
                slope[i] += error * v
                row, share = curve[i], bend * v
                for j, other in values:
                    row[j] += share * other
        step = _solve(curve, slope)
        weights = [w + s for w, s in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-4:
            break
    return weights[0], {name: weights[place[name]] / scale[name] for name in names}


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """x of matrix · x = right, by elimination; the matrix is positive definite."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(size):
        pivot = rows[i][i]
        for k in range(i + 1, size):
            if factor := rows[k][i] / pivot:
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    found = [0.0] * size
    for i in reversed(range(size)):
        found[i] = (rows[i][size] - sum(rows[i][j] * found[j] for j in range(i + 1, size))) / rows[i][i]
    return found


def module(heads: Mapping[Sort, tuple[float, Mapping[str, float]]]) -> Iterator[str]:
    """The lines of `weights.py`."""
    yield f"{_QUOTES}The weights of `rank.py`, for each sort and signal. Data, fitted by `tests/bench/fit_context.py`.{_QUOTES}"
    yield ""
    yield "from __future__ import annotations"
    yield ""
    yield "from collections.abc import Mapping"
    yield "from types import MappingProxyType"
    yield ""
    yield f"from {_NAME} import Sort"
    yield ""
    yield "BIAS: Mapping[Sort, float] = MappingProxyType("
    yield "    {"
    yield from (f"        Sort.{sort.name}: {bias:.2f}," for sort, (bias, _) in heads.items())
    yield "    }"
    yield ")"
    yield "WEIGHTS: Mapping[Sort, Mapping[str, float]] = MappingProxyType("
    yield "    {"
    for sort, (_, weights) in heads.items():
        yield f"        Sort.{sort.name}: {{"
        best = sorted(weights.items(), key=lambda item: -abs(item[1]))
        yield from (f'            "{name}": {weight:.2f},' for name, weight in best)
        yield "        },"
    yield "    }"
    yield ")"


def _key(signature: str) -> str:
    return re.sub(r"\s+", " ", signature.partition("\n")[0]).strip()[:_KEY]


def main(paths: Sequence[str]) -> None:
    """Prints the module for the rows in these files."""
    found = examples(row for path in paths for row in read_rows(Path(path)))
    for line in module({sort: fit(found[sort]) for sort in Sort}):
        print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
