"""Which of several private children has to go: one that is for nothing any more, else the one used longest ago; none that is asked.

Ends none.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def surplus(
    kept: OrderedDict[K, V], wanted: K, most: int, is_idle: Callable[[V], bool], root: Callable[[K], str | None]
) -> V | None:
    """Takes out one whose folder is gone, or one that is too many; never the `wanted` one. None where there is none, or all such
    are in use.

    One at a time: whoever is cancelled while it ends leaves the others where they are found by the next.
    """
    idle = [key for key, one in kept.items() if key != wanted and is_idle(one)]
    for key in idle:
        # The copy in which a plan was proved, most often.
        if (folder := root(key)) is not None and not Path(folder).is_dir():
            return kept.pop(key)
    return kept.pop(idle[0]) if idle and len(kept) > most else None
