"""`make bench-cut`: how exactly answers of many kinds are cut, and how much of them is read, on files of any source tree.

Prints figures and asserts nothing. `python -m bench.cut [--seed N] [--holes N] [--excerpt] [--show WAY] PATH...`; without
paths, the standard library of the running Python and this project's own sources.
"""

from __future__ import annotations

import argparse
import statistics
import sysconfig
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from bench.cut_rows import Excerpt, Row, rows
from bench.cut_ways import CONTINUES
from kireji.base.text import make_document
from kireji.base.types import Site, Snapshot, Trigger
from kireji.engine.prompt.contract import Unwrapper, tag_for
from kireji.engine.site import classify
from kireji.engine.stream.cut import CutBy, Cutter
from kireji.engine.stream.echo import Echo
from kireji.engine.stream.trim import trim

PIECE = 4


def answer(language: str, prefix: str, suffix: str, raw: str, size: int = PIECE) -> tuple[str, str, int]:
    """The insertion, the rule that ended it, and how much of `raw` was read."""
    document = make_document("file:///row", None, language, 1, prefix + suffix)
    site = classify(Snapshot("row", document, trigger=Trigger.EXPLICIT), len(prefix))
    if not isinstance(site, Site):
        return "", site.reason.value, 0
    unwrapper, echo, cutter = Unwrapper(tag_for("00000000")), Echo(site), Cutter(site)
    read = 0
    step = None
    while read < len(raw) and not unwrapper.closed and not (step and step.done):
        piece = raw[read : read + size]
        read += len(piece)
        step = cutter.feed(echo.feed(unwrapper.feed(piece)))
    if not (step and step.done):
        cutter.feed(echo.feed(unwrapper.finish()))
        cutter.feed(echo.finish())
        step = cutter.finish(True)
    change = trim(step.text, site)
    text = change.text if change else ""
    replaced = document.text[len(prefix) : change.span.end] if change else ""
    return text.removesuffix(replaced), step.cut_by.value or CutBy.END.value, read


def main() -> None:
    options = _options()
    excerpt = Excerpt(3_000, 2_000) if options.excerpt else Excerpt()
    excerpt = replace(excerpt, kinds=tuple(options.kinds.split(","))) if options.kinds else excerpt
    exact: dict[str, list[bool]] = defaultdict(list)
    ratios: dict[str, list[float]] = defaultdict(list)
    for row in rows(options.paths or _own_sources(), options.holes, options.seed, excerpt, options.only):
        hole = row.hole
        text, cut_by, read = answer(hole.language, hole.prefix, hole.suffix, row.raw)
        right = text.rstrip() == hole.truth.rstrip()
        exact[row.way].append(right)
        ratios[row.way].append(read / len(hole.truth))
        if options.show and row.way.startswith(options.show) and (not right or options.reading):
            _show(row, text, cut_by, read)
    for way in exact:
        share = 100 * statistics.mean(exact[way])
        print(f"{way:26}{len(exact[way]):6}{share:8.1f} %{statistics.median(ratios[way]):8.2f} read")
    macro = statistics.mean(100 * statistics.mean(found) for found in exact.values())
    together = [ratio for way in CONTINUES for ratio in ratios[way]]
    if not together:
        return
    print(f"macro {macro:.1f} %, read over needed {statistics.median(together):.2f} (median, {', '.join(CONTINUES)})")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.cut")
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--holes", type=int, default=150, help="in each path")
    parser.add_argument(
        "--excerpt", action="store_true", help="know 3,000 characters before and 2,000 after, not the file"
    )
    parser.add_argument("--kinds", default="", help="the kinds of holes, by commas, as often as they are to be drawn")
    parser.add_argument("--only", default="", help="the ways whose name starts so")
    parser.add_argument("--show", default="", help="print the misses of one way")
    parser.add_argument("--reading", action="store_true", help="print what was right as well")
    return parser.parse_args()


def _own_sources() -> list[Path]:
    return [
        Path(sysconfig.get_path("stdlib")),
        Path(__file__).parents[2] / "server",
        Path(__file__).parents[2] / "editors",
    ]


def _show(row: Row, text: str, cut_by: str, read: int) -> None:
    hole = row.hole
    print(f"---- {row.way}, {hole.kind}, {hole.language}, cut by {cut_by}, read {read}")
    print(f"above {hole.prefix[-160:]!r}\ntruth {hole.truth!r}\nbelow {hole.suffix[:160]!r}")
    print(f"said  {row.raw!r}\ngot   {text!r}")


if __name__ == "__main__":
    main()
