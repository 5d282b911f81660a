"""How long the event loops of servers under test were busy, as the servers themselves have written it down."""

from __future__ import annotations

import json
import os
import uuid
from collections import Counter
from pathlib import Path

WATCH_DIR = "KIREJI_TESTS_WATCH_DIR"


def fresh_file() -> Path | None:
    """Where the next server is to write; None outside a test run."""
    folder = os.environ.get(WATCH_DIR)
    return Path(folder) / f"{uuid.uuid4().hex}.json" if folder else None


def read_gaps(folder: Path) -> Counter[int]:
    """Lateness in whole milliseconds -> how often, over all servers."""
    gaps: Counter[int] = Counter()
    for path in folder.glob("*.json"):
        for late, count in json.loads(path.read_text("utf-8"))["gaps"].items():
            gaps[int(late)] += count
    return gaps


def quantile(gaps: Counter[int], share: float) -> int:
    """The lateness that the given share of looks does not exceed."""
    wanted = share * gaps.total()
    seen = 0
    for late in sorted(gaps):
        seen += gaps[late]
        if seen >= wanted:
            return late
    return 0
