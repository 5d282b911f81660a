"""Takes off what an answer says again of the text before the cursor, so that the rest is an insertion at the cursor.

The contract asks for the current line; a model may also start some lines earlier, say the last word again, or nothing
at all. Decides nothing about the text right of the cursor: `cut.py` and `trim.py` do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from kireji.base.types import Site
from kireji.engine.stream.lines import scan

# An answer that starts earlier than this many lines above the cursor is not an echo but another text.
_LINES_BACK = 12
_LAST_WORD = re.compile(r"[^\W\d]\w*$")
_WORD = re.compile(r"\w+")


class Echo:
    """Holds the answer's start back until it is known how much of it stands before the cursor already."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._candidates = _candidates(site)
        self._held = ""
        self._decided = False

    def feed(self, piece: str) -> str:
        """The insertion text that this piece completes."""
        if self._decided:
            return piece
        self._held += piece
        ends = [_match(candidate, self._held) for candidate in self._candidates]
        if None in ends or _may_repeat_word(self._site, self._held):
            return ""
        return self._decide(ends)

    def finish(self) -> str:
        """What was still held back when the stream ended."""
        if self._decided:
            return ""
        return self._decide([_match(candidate, self._held + "\0") for candidate in self._candidates])

    def _decide(self, ends: list[int | None]) -> str:
        self._decided = True
        held, self._held = self._held, ""
        end = max((end or 0 for end in ends), default=0)
        return held[end or _said_again(self._site, held) :]


class _Starts(Enum):
    """Where an echo starts, which says what else must hold for it to be one."""

    INDENT = "the cursor's line, blank so far"
    LINE = "the cursor's line"
    EARLIER = "an earlier line, the cursor's being blank so far"
    DOUBTFUL = "one earlier line that may as well be said twice"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way an answer may start."""

    text: str
    starts: _Starts


def _candidates(site: Site) -> list[_Candidate]:
    blank = not site.before.strip()
    found = [_Candidate(site.before, _Starts.INDENT if blank else _Starts.LINE)] if site.before else []
    text = site.document.text
    line_start = start = site.offset - len(site.before)
    for _ in range(_LINES_BACK):
        if start == 0:
            break
        start = text.rfind("\n", 0, start - 1) + 1
        lines = [line.strip() for line in text[start:line_start].split("\n") if line.strip()]
        # Blank lines alone are no echo: an answer may well start with them.
        if lines:
            single = len(lines) == 1
            # A closer with nothing to close can only be said again.
            common = all(text.count(line) > 1 for line in lines)
            doubtful = common and not (single and scan(site.document.language, lines[0]).unmatched)
            starts = _Starts.LINE if not blank else _Starts.EARLIER
            starts = _Starts.DOUBTFUL if blank and doubtful else starts
            found.append(_Candidate(text[start : site.offset], starts))
    return found


def _match(candidate: _Candidate, held: str) -> int | None:
    """Where the echo ends in `held`; 0 when `held` is no such echo; None while it may become one."""
    if candidate.starts is _Starts.INDENT:
        return _match_indent(candidate.text, held)
    end = _match_text(candidate.text, held)
    if not end or candidate.starts is _Starts.LINE:
        return end
    if end == len(held):
        return None
    blanks = held[held.rfind("\n", 0, end) + 1 :]
    if 0 < len(blanks) - len(blanks.lstrip(" \t")) < len(candidate.text) - candidate.text.rfind("\n") - 1:
        # A line further left than the cursor's is another one.
        return 0
    # With nothing after it, it was said for its own sake, as is a doubtful line that brings no indentation of its own.
    bare, alone = held[0] not in " \t\r\n", held[end] in "\r\n"
    closer = candidate.text.split("\n")[0].strip()[:1] in ")]}" and candidate.text.count("\n") == 1
    inner = bare and candidate.text[:1] in " \t" and (alone or closer)
    doubtful = bare or alone if candidate.starts is _Starts.DOUBTFUL else inner
    return 0 if doubtful or held[end] == "\0" else end


def _match_indent(indent: str, held: str) -> int | None:
    if not held.startswith(indent):
        return None if indent.startswith(held) else 0
    if len(held) == len(indent):
        return None
    # With more blanks behind it the line has an indentation of its own, which `trim` judges.
    return 0 if held[len(indent)] in " \t" else len(indent)


def _match_text(want: str, held: str) -> int | None:
    """Compares with runs of blanks taken as equal; at line ends, at both starts and at the cursor they may be missing."""
    body = want.rstrip(" \t")
    i, j = _skip_blanks(want, 0), _skip_blanks(held, 0)
    while i < len(body):
        if j >= len(held):
            return None
        if body[i] in " \t\r" or held[j] in " \t\r":
            i_next, j_next = _skip_blanks(body, i), _skip_blanks(held, j)
            if j_next == len(held):
                return None
            missing = i_next == i or j_next == j
            if missing and body[i_next : i_next + 1] != "\n" and held[j_next] != "\n":
                return 0
            i, j = i_next, j_next
            continue
        if body[i] != held[j]:
            return 0
        i, j = i + 1, j + 1
    blanks = len(want) - len(body)
    if blanks and _WORD.match(held, j) and _LAST_WORD.search(body):
        return 0  # a word that only starts as the last one
    taken = 0
    while taken < blanks and j + taken < len(held) and held[j + taken] in " \t":
        taken += 1
    return None if j + taken == len(held) and taken < blanks else j + taken


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r":
        at += 1
    return at


def _may_repeat_word(site: Site, held: str) -> bool:
    """True while the first word of the answer is unfinished and may be the cursor's own word said again."""
    partial = _LAST_WORD.search(site.before)
    word = _WORD.match(held)
    if not partial or not word:
        return partial is not None and not held
    own = partial.group()
    return word.end() == len(held) and (own.startswith(held) or held.startswith(own))


def _said_again(site: Site, held: str) -> int:
    """Length of the cursor's unfinished word where the answer starts with it once more, else 0."""
    partial = _LAST_WORD.search(site.before)
    word = _WORD.match(held)
    if not partial or not word or not word.group().startswith(partial.group()):
        return 0
    own, said = partial.group(), word.group()
    words = set(_WORD.findall(site.document.text))
    return 0 if own + said in words or (len(own) == 1 and said not in words) else len(own)
