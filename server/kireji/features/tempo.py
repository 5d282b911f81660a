"""How long to wait before asking while someone types: as long as the next key is likely to take, and never for long.

Learns from the times of keys and of first tokens: averages and, as TCP does for its time-outs (RFC 6298), how much they vary.
Knows no request and asks nobody.
"""

from __future__ import annotations

# Where nothing is known yet: the interval of a fast typist, how much it varies, and what a small model takes to begin.
_FIRST_INTERVAL, _FIRST_VARIATION = 0.08, 0.01
_FIRST_LATENCY = 0.4
# A longer pause is thought, not typing.
_PAUSE = 0.6
_WEIGHT = 0.3
# The next key is overdue when so many times the usual variation has passed, and what timers are late by.
_VARIATIONS, _LATE = 2.0, 0.004
_LEAST, _MOST = 0.03, 0.15


class Tempo:
    """The averages of one person at one machine. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._interval = _FIRST_INTERVAL
        self._variation = _FIRST_VARIATION
        self._latency = _FIRST_LATENCY
        self._last: float | None = None

    def key(self, now: float) -> None:
        """A key was pressed."""
        if self._last is not None and 0 < now - self._last < _PAUSE:
            off = now - self._last - self._interval
            self._variation += _WEIGHT * (abs(off) - self._variation)
            self._interval += _WEIGHT * off
        self._last = now

    def first_token(self, seconds: float) -> None:
        """A model took so long to begin."""
        if seconds > 0:
            self._latency += _WEIGHT * (seconds - self._latency)

    def wait(self) -> float:
        """Seconds to wait before asking: what the next key takes, but no more than a quarter of what the answer will."""
        most = min(_MOST, max(_LEAST, self._latency / 4))
        return min(most, max(_LEAST, self._interval + _VARIATIONS * self._variation + _LATE))
