"""What a service says of how much it may still be asked: its rate limit headers as figures. Waits for nothing."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Quota:
    """Of `limit` units a minute, `remaining` are left; it is full again in `reset` seconds, where the service says so."""

    limit: float
    remaining: float
    reset: float | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """The quotas that count for one key and model: `tokens` are those of question and answer together. None where nothing is
    known."""

    requests: Quota | None = None
    input: Quota | None = None
    output: Quota | None = None
    tokens: Quota | None = None


UNKNOWN = Rates()


# The units of a span of time as gateways write it: 1s, 6m0s, 20ms.
_UNITS = MappingProxyType({"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0})
_SPAN = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h))+")
_PART = re.compile(r"([\d.]+)(ms|s|m|h)")


def read_rates(headers: Mapping[str, str], prefix: str, now: float) -> Rates:
    """The quotas as Anthropic names them; `now` is Unix time. What is missing or no figure is not known."""

    def quota(unit: str) -> Quota | None:
        limit, remaining, reset = (headers.get(f"{prefix}-{unit}-{what}") for what in ("limit", "remaining", "reset"))
        return _quota(limit, remaining, _seconds_until(reset, now))

    return Rates(quota("requests"), quota("input-tokens"), quota("output-tokens"))


def read_compatible_rates(headers: Mapping[str, str]) -> Rates:
    """The quotas as OpenAI and the gateways that speak its protocol name them. What is missing or no figure is not known."""

    def quota(unit: str) -> Quota | None:
        limit, remaining, reset = (
            headers.get(f"x-ratelimit-{what}-{unit}") for what in ("limit", "remaining", "reset")
        )
        return _quota(limit, remaining, _seconds(reset))

    return Rates(requests=quota("requests"), tokens=quota("tokens"))


def _quota(limit_said: str | None, remaining_said: str | None, reset: float | None) -> Quota | None:
    limit, remaining = _count(limit_said), _count(remaining_said)
    if limit is None or remaining is None or limit <= 0:
        return None
    return Quota(limit, min(remaining, limit), reset)


def _seconds(value: str | None) -> float | None:
    if value is None or not _SPAN.fullmatch(value):
        return None
    return sum(float(count) * _UNITS[unit] for count, unit in _PART.findall(value))


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
