"""A clock that stands still until a test moves it, and one that goes; neither crosses midnight."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

NOON = time.mktime((2026, 5, 4, 12, 0, 0, 0, 0, -1))


@dataclass(slots=True)
class HeldClock:
    """The Clock port. `at` is Unix time; noon, so that no test crosses midnight by accident."""

    at: float = NOON

    def monotonic(self) -> float:
        return self.at

    def now(self) -> float:
        return self.at


@dataclass(frozen=True, slots=True)
class NoonClock:
    """The Clock port, for what takes a while and is summed up by days: it goes, from noon."""

    began: float = field(default_factory=time.monotonic)

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> float:
        return NOON + time.monotonic() - self.began
