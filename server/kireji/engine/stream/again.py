"""Finds where an answer starts to say itself again, as it is or as a comment.

Compares whole lines, and whole answers only: a line or two that come back are nothing unusual. Knows nothing of the text
around the cursor.
"""

from __future__ import annotations

from kireji.engine.stream.lines import is_telling, is_trivial

# What is shorter is said again on purpose now and then.
_MUCH = 8


class Again:
    """Follows an answer line by line. Feed it every whole line; `start` is where all that was said before is repeated."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._said: list[str] = []
        self._at: list[int] = []
        # Where a repetition may have started: how many lines were said by then, and how many of them came again.
        self._runs: list[tuple[int, int, bool]] = []
        self._count = 0
        self.start: int | None = None
        self.proved = False

    def line(self, line: str) -> None:
        """Takes one more line."""
        index, self._count = self._count, self._count + 1
        text = line.strip()
        if not text or (text == self._mark and any(commented for _, _, commented in self._runs)):
            return
        self._runs = [
            (size, n + 1, commented)
            for size, n, commented in self._runs
            if n < size and self._said[n] == (self._bare(text) if commented else text)
        ]
        if self._said:
            if text == self._said[0]:
                self._runs.append((len(self._said), 1, False))
            elif self._mark and text.startswith(self._mark) and self._bare(text) == self._said[0]:
                self._runs.append((len(self._said), 1, True))
        self._said.append(text)
        self._at.append(index)
        whole = next(((size, commented) for size, n, commented in self._runs if n == size), None)
        self.start, self.proved = None, False
        if whole is not None and self._tells(whole[0]):
            self.start = self._at[whole[0]]
            # What stands there once more as a comment, or in several lines, was not meant to.
            self.proved = whole[1] or sum(map(is_telling, self._said[: whole[0]])) > 1

    def _bare(self, text: str) -> str:
        return text.removeprefix(self._mark).strip()

    def _tells(self, size: int) -> bool:
        telling = [x for x in self._said[:size] if not is_trivial(x)]
        return len("".join(telling)) >= _MUCH
