"""Answers the rows of `kireji lab cut` from standard input, for measuring the cut alone. Not a test."""

from __future__ import annotations

import json
import sys

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
    return (change.text if change else ""), step.cut_by.value or CutBy.END.value, read


def main() -> int:
    for line in sys.stdin:
        if not line.strip():
            continue
        row = json.loads(line)
        text, cut_by, read = answer(row["language"], row["prefix"], row["suffix"], row["raw"])
        print(json.dumps({"id": row["id"], "text": text, "cut_by": cut_by, "chars_read": read}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
