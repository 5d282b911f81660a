"""Which of several private children has to go when there are too many: the one used longest ago that nobody asks. Ends none."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def surplus(kept: OrderedDict[K, V], wanted: K, most: int, is_idle: Callable[[V], bool]) -> V | None:
    """Takes out one that is too many, and is not the `wanted` one; None where there is none, or all are in use.

    One at a time: whoever is cancelled while it ends leaves the others where they are found by the next.
    """
    if len(kept) > most:
        for key, one in kept.items():
            if key != wanted and is_idle(one):
                del kept[key]
                return one
    return None
