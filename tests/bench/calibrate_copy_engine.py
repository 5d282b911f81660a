"""Measures the local engine on lines of real source, and fits its confidence to them; decides nothing by itself.

    python -m tests.bench.calibrate_copy_engine [--fit] SOURCE...

A SOURCE is `OLD:NEW` (two releases of one project unpacked: the lines that the new one added, with the old one as the
workspace), a folder (lines of runs that are taken out of its files), or a `.jsonl.gz` of rows with prefix, suffix,
ground_truth, language and kind. Without one, the standard library is taken. `--fit` prints new weights.
"""

from __future__ import annotations

import argparse
import difflib
import gzip
import json
import math
import random
import re
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kireji.providers.copy_confidence import confidence
from kireji.providers.copy_corpus import Corpus, build_corpus
from kireji.providers.copy_engine import Described, ranked

LANGUAGES = {".py": "py", ".go": "go", ".ts": "ts", ".tsx": "ts", ".js": "js", ".java": "java", ".rs": "rs"}
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
_PER_SOURCE = 450


@dataclass(frozen=True, slots=True)
class Row:
    """A line that was taken out of a file, or its end. `kind`: cut at the line's start, after a word, or anywhere."""

    prefix: str
    suffix: str
    truth: str
    kind: str
    language: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The ideas for a row and the seconds they took."""

    row: Row
    ideas: tuple[Described, ...]
    elapsed: float

    def best(self) -> tuple[str, float]:
        """The text that would be said, and its confidence."""
        return max(
            ((idea.text, confidence(idea.features)) for idea in self.ideas), key=lambda i: i[1], default=("", 0.0)
        )


def cut(lines: Sequence[str], first: int, end: int, path: str, rng: random.Random) -> Iterator[Row]:
    """Rows for line `first` of a hunk that ends before line `end`: what came with the line, after it, is not there."""
    line = lines[first].rstrip()
    indent = len(line) - len(line.lstrip())
    before, after = "".join(f"{text}\n" for text in lines[:first]), "\n" + "\n".join(lines[end:])
    if rng.random() < 0.7:
        before, after = before[-6000:], after[:3000]
    cuts = {"start": [indent]}
    cuts["word"] = [m.end() for m in re.finditer(r"\w+\b", line) if m.end() < len(line)]
    cuts["any"] = list(range(indent + 1, len(line) - 1))
    for kind, offsets in cuts.items():
        if offsets:
            at = rng.choice(offsets)
            language = LANGUAGES.get(Path(path).suffix, "")
            yield Row(before + line[:at], after, line[at:], kind, language, path)


def rows_of_texts(texts: Mapping[str, str], count: int, rng: random.Random) -> list[Row]:
    """Rows for `count` random runs of lines."""
    rows: list[Row] = []
    paths = sorted(texts)
    for _ in range(count):
        path = rng.choice(paths)
        lines = texts[path].split("\n")
        first = rng.choice([i for i, line in enumerate(lines) if len(line.strip()) >= 4] or [0])
        rows += cut(lines, first, min(len(lines), first + 1 + int(rng.expovariate(1 / 6))), path, rng)
    return rows


def answer(rows: Sequence[Row], corpus: Corpus | None) -> list[Answer]:
    """What the engine makes of the rows, each without the row's own file in the corpus."""
    answers = []
    for row in rows:
        began = time.perf_counter()
        ideas = ranked(row.prefix, row.suffix, corpus, row.path)
        answers.append(Answer(row, tuple(ideas), time.perf_counter() - began))
    return answers


def precision(answers: Sequence[Answer], threshold: float) -> tuple[int, float, float, float]:
    """(how many were answered, share that is the rest of the line, its first line, a beginning of it)."""
    said = [(text, row.row.truth.rstrip()) for row in answers for text, sure in [row.best()] if sure >= threshold]
    if not said:
        return 0, math.nan, math.nan, math.nan
    exact = sum(text == truth for text, truth in said)
    first = sum(text == truth.split("\n")[0].rstrip() for text, truth in said)
    starts = sum(truth.startswith(text) for text, truth in said)
    return len(said), exact / len(said), first / len(said), starts / len(said)


def report(title: str, answers: Sequence[Answer]) -> None:
    """Prints one block: precision by three readings and coverage at each threshold, then times."""
    if not answers:
        return
    times = sorted(a.elapsed * 1000 for a in answers)
    _say(
        f"{title}: {len(answers)} rows, p50 {times[len(times) // 2]:.1f} ms, p95 {times[len(times) * 95 // 100]:.1f} ms"
    )
    for threshold in THRESHOLDS:
        said, *shares = precision(answers, threshold)
        readings = "  ".join(
            f"{name} {share:6.1%}" for name, share in zip(("exact", "line", "starts"), shares, strict=True)
        )
        _say(f"  >= {threshold}  {readings}  coverage {said / len(answers):6.1%}  n {said}")


def fit(answers: Sequence[Answer], ridge: float = 1.0, steps: int = 12) -> dict[str, float]:
    """Weights that make the confidence a probability: logistic regression by Newton's method, lightly regularised."""
    samples = [(i.features, float(i.text == a.row.truth.rstrip())) for a in answers for i in a.ideas]
    names = list(samples[0][0])
    vectors = [[described[name] for name in names] for described, _ in samples]
    weights = [0.0] * len(names)
    for _ in range(steps):
        gradient = [-ridge * w for w in weights]
        hessian = [[ridge * (i == j) for j in range(len(names))] for i in range(len(names))]
        for vector, (_, right) in zip(vectors, samples, strict=True):
            score = sum(w * v for w, v in zip(weights, vector, strict=True))
            p = 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
            for i, v in enumerate(vector):
                if v:
                    gradient[i] += (right - p) * v
                    scaled, row = p * (1 - p) * v, hessian[i]
                    for j in range(i + 1):
                        row[j] += scaled * vector[j]
        for i, row in enumerate(hessian):
            for j in range(i):
                hessian[j][i] = row[j]
        weights = [w + d for w, d in zip(weights, _solve(hessian, gradient), strict=True)]
    return dict(zip(names, weights, strict=True))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _solve(matrix: list[list[float]], vector: list[float]) -> list[float]:
    """Gaussian elimination; the ridge keeps the matrix positive definite, so no pivoting is needed."""
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    size = len(rows)
    for i in range(size):
        for k in range(i + 1, size):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    solution = [0.0] * size
    for i in reversed(range(size)):
        solution[i] = (rows[i][size] - sum(rows[i][k] * solution[k] for k in range(i + 1, size))) / rows[i][i]
    return solution


def _texts(root: Path) -> dict[str, str]:
    found = {}
    for path in sorted(root.rglob("*")):
        if (
            path.suffix in LANGUAGES
            and not path.name.endswith(".d.ts")
            and path.is_file()
            and path.stat().st_size < 300_000
        ):
            found[str(path.relative_to(root))] = path.read_text(encoding="utf-8", errors="replace")
    return found


def _added(old: Mapping[str, str], new: Mapping[str, str], count: int, rng: random.Random) -> list[Row]:
    """Rows for lines that the new texts have and the old ones of the same path have not."""
    hunks = []
    for path in sorted(old.keys() & new.keys()):
        before, after = old[path].split("\n"), new[path].split("\n")
        if before != after and len(before) * len(after) < 4_000_000:
            codes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
            hunks += [(path, after, c[3], c[4]) for c in codes if c[0] in ("insert", "replace") and c[4] - c[3] <= 40]
    weighted = [hunk for hunk in hunks for _ in range(min(4, hunk[3] - hunk[2]))]
    rng.shuffle(weighted)
    rows: list[Row] = []
    for path, after, start, end in weighted[:count]:
        lines = [i for i in range(start, end) if len(after[i].strip()) >= 4]
        if lines:
            rows += cut(after, rng.choice(lines), end, path, rng)
    return rows


def _read(source: str, rng: random.Random) -> list[Answer]:
    if source.endswith(".jsonl.gz"):
        with gzip.open(source, "rt", encoding="utf-8") as file:
            found = [json.loads(line) for line in file]
        keys = ("prefix", "suffix", "ground_truth", "kind", "language")
        return answer([Row(*(row[key] for key in keys)) for row in found], None)
    if ":" in source:
        old, new = (_texts(Path(root)) for root in source.split(":"))
        rows, corpus = _added(old, new, _PER_SOURCE, rng), build_corpus(old.items())
        half = len(rows) * 3 // 5
        rng.shuffle(rows)
        return answer(rows[:half], None) + answer(rows[half:], corpus)
    texts = _texts(Path(source))
    if not texts:
        return []
    return answer(rows_of_texts(texts, _PER_SOURCE, rng), None)


def main(arguments: Sequence[str]) -> None:
    """Prints the figures, over all and by language and kind; with --fit, weights to be put into the product by hand."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("sources", nargs="*", default=[sysconfig.get_path("stdlib")])
    options = parser.parse_args(arguments)
    rng = random.Random(1)
    answers = [a for source in options.sources for a in _read(source, rng)]
    if not answers:
        parser.error("no rows: the sources hold no files in a known language")
    report("all", answers)
    for field in ("language", "kind"):
        for value in sorted(Counter(getattr(a.row, field) for a in answers)):
            report(f"{field} {value}", [a for a in answers if getattr(a.row, field) == value])
    if options.fit:
        for name, weight in fit(answers).items():
            _say(f'        "{name}": {weight:.2f},')


if __name__ == "__main__":
    main(sys.argv[1:])
