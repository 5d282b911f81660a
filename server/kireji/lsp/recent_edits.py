"""What was changed lately in one open text, as whole lines that took the place of others. Decides nothing about what is told.

Changes that touch one another are one: who types a word has made one edit. A change of more lines than a person makes by
hand (a paste, another formatter) is no edit here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

# Of one text; the one that was touched longest ago makes way.
_MOST = 8
_MOST_LINES = 30
_MOST_CHARS = 2_000
_LASTS_SECONDS = 15 * 60.0


@dataclass(frozen=True, slots=True)
class Edited:
    """`count` lines from `first` on stand where `before` stood. `at` is when that was last touched, in monotonic seconds."""

    first: int
    count: int
    before: tuple[str, ...]
    at: float

    @property
    def end(self) -> int:
        """The line after the last."""
        return self.first + self.count


class Edits:
    """The edits of one text. Only its owner in `documents.py` writes."""

    __slots__ = ("_all",)

    def __init__(self) -> None:
        self._all: list[Edited] = []

    def note(self, first: int, before: Sequence[str], after: Sequence[str]) -> None:
        """From line `first` on, `before` has become `after`."""
        head = 0
        while head < min(len(before), len(after)) and before[head] == after[head]:
            head += 1
        tail = 0
        while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
            tail += 1
        said = tuple(before[head : len(before) - tail])
        fresh = Edited(first + head, len(after) - head - tail, said, time.monotonic())
        if said or fresh.count:
            self._add(fresh, len(said))

    def forget(self) -> None:
        """The whole text is another one."""
        self._all.clear()

    def lately(self) -> list[Edited]:
        """What may still be of interest, the newest last."""
        since = time.monotonic() - _LASTS_SECONDS
        return sorted((edit for edit in self._all if edit.at >= since), key=lambda edit: edit.at)

    def _add(self, fresh: Edited, taken: int) -> None:
        """Joins the new edit, which took the place of `taken` lines, with those that it touches; the rest move with it."""
        start, end, grown = fresh.first, fresh.first + taken, fresh.count - taken
        kept = [known for known in self._all if known.end < start]
        kept += [
            Edited(known.first + grown, known.count, known.before, known.at) for known in self._all if known.first > end
        ]
        touched = sorted(
            (known for known in self._all if known.end >= start and known.first <= end), key=lambda known: known.first
        )
        before: list[str] = []
        at = start
        for known in touched:
            # What lies in both is what the older one has put there: before both stood what stood before that one.
            before += (*fresh.before[at - start : max(at, known.first) - start], *known.before)
            at = max(at, known.end)
        before += fresh.before[at - start :]
        first, last = min([start, *(known.first for known in touched)]), max(at, end)
        joined = Edited(first, last - first + grown, tuple(before), fresh.at)
        if max(joined.count, len(before)) <= _MOST_LINES and sum(map(len, before)) <= _MOST_CHARS:
            kept.append(joined)
        self._all = sorted(kept, key=lambda edit: edit.at)[-_MOST:]
