"""Figures in Prometheus' text format, for a collector that reads files; and that file, replaced in one step. Opens no port."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from kireji.base.figures import Group, Share

_HEAD = "# HELP kireji_{name} {help}\n# TYPE kireji_{name} gauge\n"


def exposition(found: Group, dollars: float, hits: Share) -> str:
    """The figures of a day so far."""
    values: tuple[tuple[str, str, str, float], ...] = (
        ("requests", "", "Requests today.", found.requests),
        ("suggestions", '{what="shown"}', "Suggestions today.", found.accepted.whole),
        ("suggestions", '{what="accepted"}', "", found.accepted.part),
        ("failed_requests", "", "Requests today that failed, of those that were to be answered.", found.failed.part),
        ("latency_seconds", '{quantile="0.5"}', "Seconds to a suggestion today.", found.p50 / 1000),
        ("latency_seconds", '{quantile="0.95"}', "", found.p95 / 1000),
        ("spent_dollars", "", "Dollars spent today, by all editors.", dollars),
        ("cache_tokens", '{what="read"}', "Tokens of today's questions, and how many the service had kept.", hits.part),
        ("cache_tokens", '{what="all"}', "", hits.whole),
    )
    parts = []
    for name, labels, words, value in values:
        if words:
            parts.append(_HEAD.format(name=name, help=words))
        parts.append(f"kireji_{name}{labels} {value:.10g}\n")
    return "".join(parts)


def write(file: Path, text: str) -> None:
    """Replaces the file, so that no reader sees a part of it. Raises OSError."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
