"""How long to wait before asking while someone types: as long as the next key is likely to take, and never for long.

Learns from the times of keys and of first tokens, by exponential averages. Knows no request and asks nobody.
"""

from __future__ import annotations

# Where nothing is known yet: half the interval of a fast typist, and what a small model takes to begin.
_FIRST_INTERVAL = 0.08
_FIRST_LATENCY = 0.4
# A longer pause is thought, not typing.
_PAUSE = 0.6
_WEIGHT = 0.3
# A little more than the interval, so that the next key comes first.
_MARGIN = 1.2
_LEAST, _MOST = 0.03, 0.15


class Tempo:
    """The averages of one person at one machine. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._interval = _FIRST_INTERVAL
        self._latency = _FIRST_LATENCY
        self._last: float | None = None

    def key(self, now: float) -> None:
        """A key was pressed."""
        if self._last is not None and 0 < now - self._last < _PAUSE:
            self._interval += _WEIGHT * (now - self._last - self._interval)
        self._last = now

    def first_token(self, seconds: float) -> None:
        """A model took so long to begin."""
        if seconds > 0:
            self._latency += _WEIGHT * (seconds - self._latency)

    def wait(self) -> float:
        """Seconds to wait before asking: what the next key takes, but no more than a quarter of what the answer will."""
        most = min(_MOST, max(_LEAST, self._latency / 4))
        return min(most, max(_LEAST, _MARGIN * self._interval))
