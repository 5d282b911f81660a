"""A clock that stands still until a test moves it."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(slots=True)
class HeldClock:
    """The Clock port. `at` is Unix time; noon, so that no test crosses midnight by accident."""

    at: float = time.mktime((2026, 5, 4, 12, 0, 0, 0, 0, -1))

    def monotonic(self) -> float:
        return self.at

    def now(self) -> float:
        return self.at
