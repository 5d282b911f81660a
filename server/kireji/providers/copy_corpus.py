"""The workspace's tokens, indexed so that the longest context that occurs in it is found in a few milliseconds.

A truncated suffix array: positions sorted by the `DEPTH` tokens before them, read backwards, in segments small enough
that building one needs little memory. Nine bytes a token, and the vocabulary. Reads no files; never changes once built.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kireji.providers.copy_tokens import BARRIER, Tokens, tokenize

DEPTH = 6
MAX_TOKENS = 2_000_000
"""About eight million characters of source, which take some 35 MB; files past that are left out."""
MAX_FILE = 200_000
"""Characters. Longer files are generated or data more often than not, and are left out whole."""
_SEGMENT = 100_000
_PLACES = 64
_BEFORE, _AFTER = 42, 90
_BLANK_FORMS = 255


@dataclass(frozen=True, slots=True)
class _Segment:
    """Positions from `start` on, as offsets into the segment, sorted by what stands before them."""

    start: int
    order: array[int]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Files as token numbers, one after the other with a barrier between them. Treat as frozen."""

    ids: array[int]
    blanks: bytearray
    blank_forms: tuple[str, ...]
    words: tuple[str, ...]
    numbers: dict[str, int]
    starts: tuple[int, ...]
    paths: tuple[str, ...]
    segments: tuple[_Segment, ...]

    @property
    def tokens(self) -> int:
        """How many tokens are indexed."""
        return len(self.ids)

    def near(self, context: Sequence[str], partial: str, exclude_path: str | None) -> tuple[Tokens, list[int]]:
        """Windows of text around the places whose tokens before them agree longest with the end of `context`.

        Returns the windows, with barriers between them, and the index in them at which each place's next token stands.
        `partial` is what that token must start with. Places in the file `exclude_path` do not count.
        """
        windows = Tokens([BARRIER], [""])
        places: list[int] = []
        for position in self._positions(context, partial, exclude_path):
            lo, hi = max(0, position - _BEFORE), min(len(self.ids), position + _AFTER)
            places.append(len(windows.text) + position - lo)
            windows.text += [self.words[i] for i in self.ids[lo:hi]]
            windows.blanks += [self.blank_forms[i] for i in self.blanks[lo:hi]]
            windows.text.append(BARRIER)
            windows.blanks.append("")
        return windows, places

    def _positions(self, context: Sequence[str], partial: str, exclude_path: str | None) -> list[int]:
        key = tuple(self.numbers.get(token, -1) for token in reversed(context[-DEPTH:]))
        found: dict[int, None] = {}
        # A sample from each segment; more where most of it will not start with what is typed.
        most = 48 if partial else 4 + _PLACES // max(1, len(self.segments))
        for length in sorted({len(key), 4, 2}, reverse=True):
            wanted = key[:length]
            if len(wanted) < length or -1 in wanted:
                continue
            for segment in self.segments:
                for position in self._in_segment(segment, wanted, most):
                    if (not partial or self.words[self.ids[position]].startswith(partial)) and (
                        exclude_path is None or self._path(position) != exclude_path
                    ):
                        found[position] = None
            if len(found) >= _PLACES:
                break
        return list(found)[:_PLACES]

    def _in_segment(self, segment: _Segment, wanted: tuple[int, ...], most: int) -> Iterator[int]:
        length = len(wanted)

        def before(offset: int) -> tuple[int, ...]:
            end = segment.start + offset
            return tuple(self.ids[max(0, end - length) : end][::-1])

        lo = bisect_left(segment.order, wanted, key=before)
        hi = bisect_right(segment.order, wanted, lo=lo, key=before)
        stride = max(1, (hi - lo) // most)
        return (segment.start + segment.order[i] for i in range(lo, hi, stride))

    def _path(self, position: int) -> str:
        return self.paths[bisect_right(self.starts, position) - 1]


def build_corpus(files: Iterable[tuple[str, str]], max_tokens: int = MAX_TOKENS) -> Corpus:
    """Indexes files given as (path, text), the nearest first. Takes seconds per million tokens: not for the event loop.

    A file that would pass `max_tokens` is left out, as is one that is binary or longer than MAX_FILE. Paths are
    compared as they are with `exclude_path` later, so give both in one form.
    """
    ids, blanks = array("I", [0]), bytearray(1)
    numbers: dict[str, int] = {BARRIER: 0}
    forms: dict[str, int] = {"": 0}
    starts: list[int] = []
    paths: list[str] = []
    for path, text in files:
        if len(text) > MAX_FILE or "\0" in text:
            continue
        tokens = tokenize(text + "\n")
        if len(ids) + len(tokens.text) >= max_tokens:
            continue
        starts.append(len(ids))
        paths.append(path)
        ids.extend(numbers.setdefault(token, len(numbers)) for token in tokens.text)
        ids.append(0)
        blanks.extend(_form(forms, blank) for blank in tokens.blanks)
        blanks.append(0)
    segments = tuple(_segment(ids, start) for start in range(DEPTH, len(ids), _SEGMENT))
    return Corpus(ids, blanks, tuple(forms), tuple(numbers), numbers, tuple(starts), tuple(paths), segments)


def _form(forms: dict[str, int], blank: str) -> int:
    """The number of a run of blanks; past 255 kinds the rare ones are taken for a missing blank."""
    if blank not in forms and len(forms) >= _BLANK_FORMS:
        return 0
    return forms.setdefault(blank, len(forms))


def _segment(ids: array[int], start: int) -> _Segment:
    end = min(len(ids), start + _SEGMENT)
    before = list(zip(*(ids[start - back : end - back] for back in range(1, DEPTH + 1)), strict=True))
    return _Segment(start, array("I", sorted(range(end - start), key=before.__getitem__)))
