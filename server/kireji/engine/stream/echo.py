"""Takes off what an answer says again of the text before the cursor, so that the rest is an insertion at the cursor.

The contract asks for the current line; a model may also start some lines earlier, say the last word again, or nothing
at all. Decides nothing about the text right of the cursor: `cut.py` and `trim.py` do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kireji.base.types import Site

# An answer that starts earlier than this many lines above the cursor is not an echo but another text.
_LINES_BACK = 12
_WORD_END = re.compile(r"[^\W\d]\w*$")
_WORD = re.compile(r"\w+")


class Echo:
    """Holds the answer's start back until it is known how much of it stands before the cursor already."""

    def __init__(self, site: Site) -> None:
        self._candidates = _candidates(site)
        self._site = site
        self._held = ""
        self._decided = False
        self.echoed = False

    def feed(self, piece: str) -> str:
        """The insertion text that this piece completes."""
        if self._decided:
            return piece
        self._held += piece
        results = [_match(candidate, self._held) for candidate in self._candidates]
        if any(result is None for result in results) or self._may_repeat_word():
            return ""
        return self._decide(results)

    def finish(self) -> str:
        """What was still held back when the stream ended."""
        if self._decided:
            return ""
        return self._decide([_match(candidate, self._held) or 0 for candidate in self._candidates])

    def _may_repeat_word(self) -> bool:
        """True while the first word of the answer is unfinished and may be the cursor's own word said again."""
        partial = _WORD_END.search(self._site.before)
        if not partial:
            return False
        word = _WORD.match(self._held)
        if not word:
            return not self._held
        return word.end() == len(self._held) and (
            partial.group().startswith(self._held) or self._held.startswith(partial.group())
        )

    def _decide(self, results: list[int | None]) -> str:
        self._decided = True
        end = max((result or 0 for result in results), default=0)
        held, self._held = self._held, ""
        if end:
            self.echoed = True
            return held[end:]
        return held[_said_again(self._site, held) :]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way an answer may start: `blank` is indentation alone, which must be met exactly."""

    text: str
    blank: bool


def _candidates(site: Site) -> list[_Candidate]:
    if not site.before.strip():
        found = [_Candidate(site.before, True)] if site.before else []
    else:
        found = [_Candidate(site.before, False)]
    text = site.document.text
    start = site.offset - len(site.before)
    for _ in range(_LINES_BACK):
        if start == 0:
            break
        start = text.rfind("\n", 0, start - 1) + 1
        said = text[start : site.offset]
        # Blank lines alone are no echo: an answer may well start with them.
        if said[: len(said) - len(site.before)].strip():
            found.append(_Candidate(said, False))
    return found


def _match(candidate: _Candidate, held: str) -> int | None:
    """Where the echo ends in `held`; 0 when `held` is no such echo; None while it may become one."""
    if candidate.blank:
        if held.startswith(candidate.text):
            # More blanks follow: the line has an indentation of its own, absolute or not, which `trim` judges.
            rest = held[len(candidate.text) :]
            if not rest:
                return None
            return 0 if rest[0] in " \t" else len(candidate.text)
        return None if candidate.text.startswith(held) else 0
    want, have = candidate.text, held
    i = _skip_blanks(want, 0)
    j = _skip_blanks(have, 0)
    if j == len(have):
        return None
    while i < len(want):
        if want[i] in " \t\r":
            # Runs of blanks count as equal; at the end of a line, and at the cursor, they may be missing.
            i_end, j_end = _skip_blanks(want, i), _skip_blanks(have, j)
            if i_end == len(want):
                return _at_cursor(want[i:], have, j)
            if j_end == len(have):
                return None
            if j_end == j and want[i_end] != "\n":
                return 0
            i, j = i_end, j_end
            continue
        if j < len(have) and have[j] in " \t\r" and want[i] == "\n":
            j = _skip_blanks(have, j)
        if j >= len(have):
            return None
        if want[i] != have[j]:
            return 0
        i, j = i + 1, j + 1
    return j if j < len(have) or not have else (None if _ends_open(want) else j)


def _ends_open(want: str) -> bool:
    """At a word's end the next character decides whether it was an echo or a longer word; nothing is lost by waiting."""
    return False


def _at_cursor(blanks: str, have: str, j: int) -> int | None:
    """The echo's last blanks: as many as stand before the cursor, or fewer."""
    if j == len(have):
        return None
    taken = 0
    while taken < len(blanks) and j + taken < len(have) and have[j + taken] in " \t":
        taken += 1
    return None if j + taken == len(have) and taken < len(blanks) else j + taken


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r":
        at += 1
    return at


def _said_again(site: Site, held: str) -> int:
    """Length of the cursor's unfinished word where the answer starts with it once more, else 0."""
    partial = _WORD_END.search(site.before)
    word = _WORD.match(held)
    if not partial or not word or not word.group().startswith(partial.group()):
        return 0
    words = set(_WORD.findall(site.document.text))
    if partial.group() + word.group() in words:
        return 0
    known = word.group() in words
    return len(partial.group()) if known or len(partial.group()) > 1 else 0
