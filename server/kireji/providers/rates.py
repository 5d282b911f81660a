"""What a service says of how much it may still be asked: its `…-ratelimit-…` headers as figures. Waits for nothing."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """Of `limit` units a minute, `remaining` are left; it is full again in `reset` seconds, where the service says so."""

    limit: float
    remaining: float
    reset: float | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """The quotas that count for one key and model. None where nothing is known."""

    requests: Quota | None = None
    input: Quota | None = None
    output: Quota | None = None


UNKNOWN = Rates()


def read_rates(headers: Mapping[str, str], prefix: str, now: float) -> Rates:
    """The quotas that the headers name; `now` is Unix time. What is missing or no figure is not known."""
    return Rates(
        _quota(headers, f"{prefix}-requests", now),
        _quota(headers, f"{prefix}-input-tokens", now),
        _quota(headers, f"{prefix}-output-tokens", now),
    )


def _quota(headers: Mapping[str, str], name: str, now: float) -> Quota | None:
    limit, remaining = _count(headers.get(f"{name}-limit")), _count(headers.get(f"{name}-remaining"))
    if limit is None or remaining is None or limit <= 0:
        return None
    return Quota(limit, min(remaining, limit), _seconds_until(headers.get(f"{name}-reset"), now))


def _count(value: str | None) -> float | None:
    try:
        count = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return count if math.isfinite(count) and count >= 0 else None


def _seconds_until(value: str | None, now: float) -> float | None:
    """Seconds until a moment as RFC 3339 writes it."""
    try:
        moment = datetime.datetime.fromisoformat(value) if value else None
        return max(0.0, moment.timestamp() - now) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
