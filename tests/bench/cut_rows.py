"""Makes rows for measuring the cut from any source tree: a hole in a file, and what a model may say there and beyond.

The true text is the file's own; what is said beyond it is made by the ways in `cut_ways.py`. Not a test, and no judge:
`cut.py` answers the rows and counts.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.cut_ways import BELOW, WAYS, Hole, Source
from kireji.base import syntax
from kireji.base.languages import language_of
from kireji.base.text import make_document
from kireji.base.types import Site, SiteKind, Snapshot, Trigger
from kireji.engine.site import classify

# A file is taken when it is neither a stub nor generated.
_SMALLEST, _LARGEST = 1_500, 120_000
_TELLING = re.compile(r"\w")
_DEFINES = re.compile(r"^([ \t]*)(?:@\w|(?:export |async |public )*(?:def|class|func|function|interface)\b)", re.M)
_UNITS = re.compile(r"definition|declaration|function|class|item|export|method")


@dataclass(frozen=True, slots=True)
class Row:
    """What was said at a hole, in which way, and what must be left of it."""

    way: str
    hole: Hole
    raw: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """How much of a file around the hole is known; None is all of it."""

    before: int | None = None
    after: int | None = None
    kinds: tuple[str, ...] = ("line", "line", "line", "line", "block", "block", "block", "body", "mid", "mid", "half")


def rows(roots: list[Path], holes: int, seed: int, excerpt: Excerpt, only: str = "") -> Iterator[Row]:
    """The rows of `holes` holes, as many in each root, drawn by `seed`; of the ways whose name starts with `only`."""
    rng = random.Random(seed)
    for root in roots:
        paths = [root] if root.is_file() else sorted(p for p in root.rglob("*") if _is_source(p))
        made = 0
        for _ in range(holes * 20):
            if made >= holes or not paths:
                break
            source = read(rng.choice(paths))
            hole = hole_in(source, rng, excerpt) if source else None
            if source is None or hole is None:
                continue
            made += 1
            for name, way in WAYS.items():
                if not name.startswith(only):
                    continue
                raw = way(hole, source, rng)
                if raw is not None and (raw != hole.truth or name == "clean"):
                    yield Row(name, hole, raw)


def read(path: Path) -> Source | None:
    """A file with its definitions; None where it is too small, too large, or no text."""
    try:
        text = path.read_bytes().decode().replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        return None
    if not _SMALLEST < len(text) < _LARGEST:
        return None
    language = language_of(path.name)
    units = [
        n.text for n in syntax.parse(language, text).root.named_children if _UNITS.search(n.type) and "\n" in n.text
    ]
    return Source(str(path), language, text, tuple(units))


def hole_in(source: Source, rng: random.Random, excerpt: Excerpt) -> Hole | None:
    """A hole of one of the kinds; None where the place drawn has none."""
    kind = rng.choice(excerpt.kinds)
    span = _SPANS[kind](source, rng)
    if span is None:
        return None
    start, end = span
    truth = source.text[start:end]
    if not _TELLING.search(truth) or len(truth) > 1_500:
        return None
    if any(len(m.group(1)) <= _width(source.text, start) for m in _DEFINES.finditer(truth) if m.start()):
        # Nobody asks for a second definition in one answer.
        return None
    first = 0 if excerpt.before is None else max(0, start - excerpt.before)
    last = len(source.text) if excerpt.after is None else end + excerpt.after
    prefix, suffix = source.text[first:start], source.text[end:last]
    document = make_document("file:///row", None, source.language, 1, prefix + suffix)
    site = classify(Snapshot("row", document, trigger=Trigger.EXPLICIT), len(prefix))
    if not isinstance(site, Site):
        # No question is asked there.
        return None
    hole = Hole(kind, source.language, prefix, truth, suffix, site.kind is SiteKind.CODE)
    # A text that ends as what follows starts has no one right answer.
    return (
        None
        if any(hole.truth.startswith(x.strip()) for x in hole.suffix.split("\n")[: BELOW - 1] if x.strip())
        else hole
    )


def _width(text: str, at: int) -> int:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return len(line) - len(line.lstrip())


def _is_source(path: Path) -> bool:
    return path.suffix in (".py", ".go", ".ts", ".js", ".tsx", ".c", ".rs", ".java") and not path.name.endswith(".d.ts")


# ---- kinds of holes


def _line_starts(text: str) -> list[int]:
    return [m.end() for m in re.finditer(r"^[ \t]*(?=\S)", text, re.M)]


def _line(source: Source, rng: random.Random) -> tuple[int, int] | None:
    start = rng.choice(_line_starts(source.text))
    return start, _end_of_line(source.text, start)


def _half(source: Source, rng: random.Random) -> tuple[int, int] | None:
    """From a word's start within a line to the line's end."""
    line, end = _line(source, rng) or (0, 0)
    starts = [line + m.start() for m in re.finditer(r"\b\w", source.text[line:end]) if m.start()]
    return (rng.choice(starts), end) if starts else None


def _block(source: Source, rng: random.Random) -> tuple[int, int] | None:
    """Some lines in a row, as a random mask takes them, within one function or between two blank lines."""
    starts = _line_starts(source.text)
    first = rng.randrange(len(starts))
    last = min(len(starts) - 1, first + rng.randint(1, 9))
    start, end = starts[first], _end_of_line(source.text, starts[last])
    scope = syntax.parse(source.language, source.text).scope_at(start)
    if scope.start and scope.start < start:
        end = end if end <= scope.end else source.text.rfind("\n", 0, scope.end)
    else:
        gap = source.text.find("\n\n", start)
        end = end if gap < 0 else min(end, gap)
    return (start, end) if start < end and "\n" in source.text[start:end] else None


def _body(source: Source, rng: random.Random) -> tuple[int, int] | None:
    """Statements in a row, of one block, as a person would ask for them."""
    root = syntax.parse(source.language, source.text).root
    blocks = [
        n for n in root.walk() if n.type in ("block", "statement_block", "compound_statement") and n.named_children
    ]
    if not blocks:
        return None
    block = rng.choice(blocks)
    inner = [n for n in block.named_children if n.type != "statement_list"]
    inner = inner or [c for n in block.named_children for c in n.named_children]
    if not inner:
        return None
    first = rng.randrange(len(inner))
    last = rng.randint(first, min(len(inner) - 1, first + 4))
    start, end = inner[first].start, inner[last].end
    before = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    return None if before.strip() else (start, _end_of_line(source.text, end))


def _mid(source: Source, rng: random.Random) -> tuple[int, int] | None:
    """What stands in a pair of brackets on one line."""
    found = list(re.finditer(r"[(\[{]([^()\[\]{}\n]{2,60})[)\]}]", source.text))
    return rng.choice(found).span(1) if found else None


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


_SPANS = {"line": _line, "half": _half, "block": _block, "body": _body, "mid": _mid}
