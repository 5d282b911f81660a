"""Answers rows of `kireji lab context` on standard input through the engine's own functions, for measuring.

PYTHONPATH=server:tests python tests/bench/context_rows.py < rows.jsonl > answers.jsonl
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from kireji.base.text import line_at, line_span, make_document
from kireji.base.types import ItemKind, RedactedPack, Shape, Site, SiteKind, Snapshot, Span, Workspace
from kireji.engine.context.fit import fit
from kireji.engine.context.gather import gather
from kireji.engine.context.redact import redact
from kireji.engine.context.symbols import SymbolReader

CHARS_PER_TOKEN = 4.0


async def answer(row: dict[str, Any], reader: SymbolReader) -> dict[str, Any]:
    """One row's answer, timed."""
    path = Path(row["root"]) / row["path"]
    document = make_document(path.as_uri(), str(path), row["language"], 1, row["prefix"] + row["suffix"])
    snapshot = Snapshot(row["id"], document, workspace=Workspace(row["root"], trusted=True))
    started = time.perf_counter()
    offset = len(row["prefix"])
    line = line_span(document.text, document.lines, line_at(document.lines, offset))
    before, after = document.text[line.start : offset], document.text[offset : line.end]
    scope = Span(0, len(document.text))
    site = Site(document, offset, SiteKind.CODE, Shape.LINE, scope, "", before, after)
    pack = fit(redact(await gather(snapshot, site, reader, 10.0)), row["budget"], CHARS_PER_TOKEN)
    elapsed = (time.perf_counter() - started) * 1_000
    return {
        "id": row["id"],
        "context": render(pack, path.parent),
        "tokens": pack.tokens,
        "items": [{"kind": i.kind.value, "path": i.uri, "line": i.span.start, "tokens": i.tokens} for i in pack.items],
        "dropped": len(pack.dropped),
        "elapsed_ms": round(elapsed, 2),
    }


def render(pack: RedactedPack, folder: Path) -> str:
    """Items in prompt order, a heading for each file."""
    parts: list[str] = []
    uri = ""
    for item in pack.items:
        if item.kind in (ItemKind.SIGNATURE, ItemKind.OPEN_FILE) and item.uri != uri:
            uri = item.uri
            parts.append(f"# {uri.rpartition('/')[2]}")
        parts.append(item.text)
    return "\n".join(parts)


async def main() -> None:
    """Reads rows until the end of input."""
    reader = SymbolReader()
    for text in sys.stdin:
        row = json.loads(text)
        sys.stdout.write(json.dumps(await answer(row, reader)) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
