"""Keeps to what a service lets us ask in a minute: by its own figures when it has just told them, by an estimate between.

Only counts: it neither sleeps nor asks. Of a service that tells no figures it knows no limit.
"""

from __future__ import annotations

from dataclasses import dataclass

from kireji.base.clock import Clock
from kireji.providers.rates import Quota, Rates

_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What one call takes of the quotas: itself, its prompt's tokens, and the most that it may answer."""

    input: float
    output: float


class Limiter:
    """The quotas of one key and model."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._requests: _Bucket | None = None
        self._input: _Bucket | None = None
        self._output: _Bucket | None = None
        self._tokens: _Bucket | None = None

    def learn(self, rates: Rates) -> None:
        """What the service has just said replaces the estimate."""
        now = self._clock.monotonic()
        self._requests = _filled(self._requests, rates.requests, now)
        self._input = _filled(self._input, rates.input, now)
        self._output = _filled(self._output, rates.output, now)
        self._tokens = _filled(self._tokens, rates.tokens, now)

    def wait(self, load: Load) -> float:
        """Seconds until a call fits in; 0 when it does now."""
        now = self._clock.monotonic()
        return max((bucket.wait(amount, now) for bucket, amount in self._taken(load)), default=0.0)

    def take(self, load: Load) -> None:
        """A call leaves."""
        now = self._clock.monotonic()
        for bucket, amount in self._taken(load):
            bucket.take(amount, now)

    def _taken(self, load: Load) -> list[tuple[_Bucket, float]]:
        amounts = (
            (self._requests, 1.0),
            (self._input, load.input),
            (self._output, load.output),
            (self._tokens, load.input + load.output),
        )
        return [(bucket, amount) for bucket, amount in amounts if bucket is not None]


class _Bucket:
    """A quota that is refilled evenly: as fast as the service says, else in a minute."""

    def __init__(self, quota: Quota, now: float) -> None:
        missing = quota.limit - quota.remaining
        self._limit = quota.limit
        self._level = quota.remaining
        self._per_second = missing / quota.reset if quota.reset and missing > 0 else quota.limit / _MINUTE
        self._at = now

    def wait(self, amount: float, now: float) -> float:
        # What is larger than the whole quota goes when the quota is full: the service decides.
        missing = min(amount, self._limit) - self._filled(now)
        return max(0.0, missing / self._per_second)

    def take(self, amount: float, now: float) -> None:
        self._level = self._filled(now) - amount
        self._at = now

    def _filled(self, now: float) -> float:
        return min(self._limit, self._level + (now - self._at) * self._per_second)


def _filled(known: _Bucket | None, told: Quota | None, now: float) -> _Bucket | None:
    return _Bucket(told, now) if told is not None else known
