"""Questions to the real analysis worker from marked text: `$0` is the cursor."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from kireji.base.analysis.client import PACE, Analysis, analysis_spec
from kireji.base.child_protocol import ChildSpec, Pace
from kireji.base.children import Child
from kireji.base.text import make_document
from kireji.base.types import Document, Workspace
from support.waiting import WATCHDOG

HERE = Workspace()
# For whom a worker has not hung because others had the processor.
PATIENT = replace(PACE, start=WATCHDOG, hung=WATCHDOG)
# Half a megabyte of numbers: jedi needs many seconds to read it.
SLOW = "\n".join(f"x{k} = [{'1,' * 2_300}]" for k in range(100)) + "\nx1."


# Shared by all tests, so that a start takes one second and not four.
CACHE = Path(__file__).parents[2] / ".cache" / "jedi"


def document(text: str, path: str | None = None) -> Document:
    """A Python text, with or without a file."""
    return make_document(f"file://{path}" if path else "untitled:one", path, "python", 1, text)


def marked(source: str, path: str | None = None) -> tuple[Document, int]:
    """A document and the offset of its `$0`."""
    before, mark, after = source.partition("$0")
    assert mark, "no cursor in the source"
    return document(before + after, path), len(before)


def soon(seconds: float = WATCHDOG) -> float:
    """A deadline that a loaded machine keeps."""
    return asyncio.get_running_loop().time() + seconds


async def names(analysis: Analysis, source: str, workspace: Workspace = HERE, path: str | None = None) -> list[str]:
    """What may stand at the cursor."""
    text, offset = marked(source, path)
    return [item.text for item in await analysis.complete(text, offset, workspace, 1000, soon())]


def worker(pace: Pace = PATIENT, homes: Path | None = None, spec: ChildSpec | None = None) -> tuple[Analysis, Child]:
    """The analysis, and its child to look at."""
    child = Child(spec or analysis_spec(CACHE), pace=pace, homes=homes)
    return Analysis(child), child
