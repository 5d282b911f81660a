"""Figures that tests have measured, printed at the end of the run: a test asserts only what holds on a busy machine too."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from pathlib import Path

from support.loop_gaps import WATCH_DIR


def report(line: str) -> None:
    """Has a line printed once the run is over. Works from any process of the run."""
    folder = os.environ.get(WATCH_DIR)
    if folder:
        (Path(folder) / f"{uuid.uuid4().hex}.figure").write_text(line, "utf-8")


def reported(folder: Path) -> list[str]:
    """All lines, sorted."""
    return sorted(path.read_text("utf-8") for path in folder.glob("*.figure"))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that the given share does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
