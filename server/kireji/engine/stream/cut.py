"""Decides, while an answer streams in, where the suggestion ends, and asks to close the stream as soon as that is known.

Ends are proved, never guessed from length or blank lines: the answer says the text below the cursor again, leaves the
scope that the cursor stands in, starts another definition, or has filled a line whose rest stands already. Changes no
character of what it keeps: seams and indentation belong to `trim.py`. Over 300 lines, because every
rule reads and sets the one state of a stream: what it has said, and where that may end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from kireji.base.languages import LANGUAGES, canonical
from kireji.base.text import indent_of
from kireji.base.types import Site, SiteKind
from kireji.engine.stream.again import Again
from kireji.engine.stream.applied import Applied
from kireji.engine.stream.chat import is_remark
from kireji.engine.stream.lines import (
    Scan,
    in_place,
    is_telling,
    is_trivial,
    opens_block,
    repeated_from,
    scan,
    state_at,
    text_after,
    width,
)
from kireji.engine.stream.scope import Beyond, Limit, Said, beyond, limit_of, said_more

# After a broken stream, lines are given up one by one until the rest is whole; not more than this many.
_GIVEN_UP = 24
_GOES_ON = (",", "(", "[", "{", "\\")
# So much of the rest of the line, from the bracket on that closes there, is no other end of it.
_MUCH_OF_TAIL = 4
# So much of the text below, indentation included, is said by three lines or more that are no coincidence.
_MUCH_OF_BELOW = 60
_CLOSERS = (")", "]", "}")
# After a block was closed on a line of its own, these go on with its statement.
_GOES_ON_AFTER_BLOCK = ("else", "catch", "finally", "while", "elif", "elseif", "until", "or", "and")


class CutBy(StrEnum):
    """Which rule ended the suggestion; NONE while it goes on, END where the stream itself ended."""

    NONE = ""
    END = "end"
    REST_OF_LINE = "the line is complete"
    COMMENT = "the comment is complete"
    SUFFIX = "the text below was said again"
    CLOSED = "what stands closed below was closed"
    AGAIN = "the answer was said again"
    REMARK = "a remark on the answer followed"
    SCOPE = "the answer left the scope"
    DEFINITION = "another definition began"
    UNFINISHED = "an unfinished end was dropped"
    PROOF = "a gate proved it wrong"


@dataclass(frozen=True, slots=True)
class Step:
    """What is kept so far. `done` asks to close the stream: `text` is then final, before that only its lines are whole."""

    text: str
    done: bool
    cut_by: CutBy


class Cutter:
    """One answer's cut. Feed it the insertion text as it comes, then call `finish` unless a step was `done`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._tail = site.after.strip()
        # Where nothing stands left of the cursor, the rest of its line may be pushed down as a line of its own.
        self._pushes = bool(self._tail) and not site.before.strip()
        self._suffix = text_after(site)
        self._wanted = [line for line in self._suffix if line]
        self._lines: list[str] = []
        self._open = ""
        self._state = self._outside = state_at(site)
        self._runs: list[tuple[int, int]] = []
        self._limit: Limit | None = None
        self._said = Said()
        self._again = Again(self._mark())
        # The line that closed the cursor's block, while it is not known whether the statement goes on after it.
        self._closed: int | None = None
        self._kept = ""
        self._kept_to = 0
        self._applied = Applied(site)
        self._end: Step | None = None

    def feed(self, piece: str) -> Step:
        """What is kept after this piece."""
        self._open += piece
        while self._end is None and "\n" in self._open:
            line, self._open = self._open.split("\n", 1)
            self._take(line)
            self._keep(line)
        if self._end is None and self._open.strip():
            self._end = self._before_outside(self._open) or self._joins_tail(self._open)
        return self._end or Step(self._kept, False, CutBy.NONE)

    def finish(self, complete: bool) -> Step:
        """The suggestion once the stream has ended; `complete` says that the model had finished."""
        if self._end is None and complete and self._open.strip():
            self._take(self._open)
        if self._end is None:
            self._end = self._ended(len(self._lines), CutBy.END) if complete else self._whole()
        return self._end

    # ---- one line

    def _keep(self, line: str) -> None:
        """The text of all lines so far, but not of blank ones at its end."""
        index = len(self._lines) - 1
        if self._end is None and (line.strip() or index == 0):
            self._kept += "\n" * (index - self._kept_to) + line
            self._kept_to = index

    def _take(self, line: str) -> None:
        """Takes a whole line and sets the end where the suggestion ends with or before it."""
        self._end = self._before_outside(line + "\n") or self._joins_tail(line)
        if self._end:
            return
        quoted, before = self._is_quoted(), self._state
        index = len(self._lines)
        self._lines.append(line)
        self._state = scan(self._site.document.language, line + "\n", before)
        full = self._full_line(index)
        if self._limit is None and full.strip():
            self._limit = limit_of(self._site, full)
            # A first line that is indented, but less than the cursor, shows that the whole was moved.
            blanks = indent_of(line) if not self._site.before.strip() else ""
            self._said = Said(lost=0 < len(blanks) < len(self._site.before))
        if self._limit is not None:
            self._said = said_more(self._said, self._limit, full)
        self._again.line(full)
        if self._fills_line(index):
            self._end = self._ended(index + 1, CutBy.REST_OF_LINE)
        elif not quoted and (start := self._repeats()) is not None:
            self._end = self._ended(start, CutBy.SUFFIX)
        elif not quoted and self._again.proved and self._again.start is not None:
            self._end = self._ended(self._again.start, CutBy.AGAIN)
        elif self._closes_what_is_closed(index, before):
            if line.strip() == "}" and not self._is_python:
                self._closed = index
            else:
                self._end = self._ended(index, CutBy.CLOSED)

    def _before_outside(self, line: str) -> Step | None:
        """The end, when this line (perhaps unfinished) belongs to something that the cursor does not stand in."""
        if not self._lines:
            return None
        if self._closed is not None:
            word = line.strip()
            if word and any(whole.startswith(word) for whole in _GOES_ON_AFTER_BLOCK):
                return None
            if not line.lstrip().startswith(_GOES_ON_AFTER_BLOCK) and (word or "\n" in line):
                return self._ended(self._closed, CutBy.CLOSED)
            self._closed = None
        if not line.strip() or self._is_quoted():
            return None
        if self._leaves_comment(line):
            return self._ended(len(self._lines), CutBy.COMMENT)
        if self._limit is None:
            return None
        found = beyond(self._limit, self._said, line, self._state, self._outside.within)
        if found is None:
            return None
        return self._ended(len(self._lines), CutBy.SCOPE if found is Beyond.LEFT else CutBy.DEFINITION)

    def _closes_what_is_closed(self, index: int, before: Scan) -> bool:
        """True when this line closes a bracket that the answer did not open and the text below closes: it has left it."""
        line = self._lines[index]
        if index == 0 or self._site.kind is not SiteKind.CODE or not line.lstrip().startswith(_CLOSERS):
            return False
        if len(self._state.unmatched) == len(before.unmatched) or self._state.opened or self._limit is None:
            return False
        if width(line) >= (self._limit.floor or self._limit.bracket):
            # A block within the definition may be closed, and another one opened that the text below closes.
            return False
        with_it, without = self._problems(index + 1), self._problems(index)
        below = self._wanted[0] if self._wanted else ""
        # Where the parser is lost anyway, the closer that stands below tells.
        same = below.lstrip()[:1] == line.lstrip()[:1] and width(below) == width(line) and is_trivial(below)
        return without < with_it or (without == with_it and same)

    def _joins_tail(self, line: str) -> Step | None:
        """The end, when the first line has closed the cursor's bracket and goes on as the rest of the line does."""
        tail = self._tail
        if self._lines or self._site.kind is not SiteKind.CODE or self._pushes:
            return None
        if len(tail) <= _MUCH_OF_TAIL or not tail.startswith(_CLOSERS) or tail[:_MUCH_OF_TAIL] not in line:
            return None
        at = scan(self._site.document.language, line, self._state).surplus
        if at < 0 or not line.startswith(tail[:_MUCH_OF_TAIL], at):
            return None
        self._lines.append(line[:at])
        return self._ended(1, CutBy.REST_OF_LINE)

    def _is_quoted(self) -> bool:
        """True where the next line starts in a string that the answer itself has opened."""
        return bool(self._state.within) and self._state.within != self._outside.within

    def _leaves_comment(self, line: str) -> bool:
        """True when a line comment was asked for and this line is none."""
        if self._site.kind is not SiteKind.COMMENT or self._outside.within:
            return False
        mark = self._mark()
        return bool(mark) and not line.lstrip().startswith(mark) and not mark.startswith(line.strip())

    def _fills_line(self, index: int) -> bool:
        """True when the rest of this line stands right of the cursor already."""
        line = self._lines[index].rstrip()
        if not self._tail:
            return False
        if line.endswith(self._tail) and (index == 0 or not is_trivial(self._tail)):
            return not self._pushes or line != self._site.after.rstrip()
        if self._pushes or index > 0 or line.endswith(_GOES_ON):
            return False
        # Joined to that rest it must make as good a line as there was before.
        return self._site.kind is not SiteKind.CODE or self._problems(1) <= self._problems(0)

    # ---- the text below

    def _repeats(self) -> int | None:
        """The line from which on the text below the cursor is being said again."""
        index = len(self._lines) - 1
        line = self._full_line(index).rstrip()
        if not line:
            return None
        wanted = self._wanted
        self._runs = [(start, n + 1) for start, n in self._runs if n < len(wanted) and wanted[n] == line]
        if wanted and line == wanted[0]:
            self._runs.append((index, 1))
        return next((start for start, n in self._runs if self._is_proof(start, n)), None)

    def _is_proof(self, start: int, matched: int) -> bool:
        """Whether the `matched` lines of the text below, said from line `start` on, are more than a coincidence."""
        telling = [line for line in self._wanted[:matched] if is_telling(line)]
        if not telling:
            return False
        rare = [line for line in telling if self._is_rare(line)]
        # Lines that the document is full of prove little, and a line below itself nothing more than alone.
        several = len(set(telling)) > 2 and len("".join(set(telling))) >= _MUCH_OF_BELOW
        enough = matched == len(self._wanted) or several or (rare and (start > 0 or len(set(telling)) > 1))
        return bool(enough) and self._is_repetition(start, len(self._lines))

    def _is_rare(self, line: str) -> bool:
        """The line stands once in the document and once in the answer: to say it is to say that place."""
        needle = line.strip()
        return sum(x.strip() == needle for x in self._lines) == 1 and self._site.document.text.count(needle) == 1

    def _is_repetition(self, start: int, end: int) -> bool:
        """Whether the lines from `start` on are the suffix's: without them the document must be no worse."""
        said = [line.rstrip() for line in self._full(end)[start:] if line.strip()]
        if start == 0 and len(said) <= 1 and self._site.before.strip():
            return False
        if not in_place(self._site, said):
            return False
        if self._site.kind is not SiteKind.CODE or (len(said) > 1 and any(not is_trivial(line) for line in said)):
            return True
        return self._problems(start) <= self._problems(end)

    # ---- the end

    def _ended(self, count: int, cut_by: CutBy) -> Step:
        """The first `count` lines, without what they say of the text below, perhaps with its last line cut off."""
        if cut_by is CutBy.END and self._again.start is not None and self._is_own(self._again.start):
            count, cut_by = self._again.start, CutBy.AGAIN
        if (remark := self._remark_from(count)) is not None:
            count, cut_by = remark, CutBy.REMARK if cut_by is CutBy.END else cut_by
        start = repeated_from(self._full(count), self._suffix, 0)
        if start is not None and self._is_repetition(start, count):
            count, cut_by = start, CutBy.SUFFIX
        text = self._text(count)
        # What was said of the text below began with the rest of the cursor's own line: the answer stands above that.
        return Step(f"{text}\n" if text and self._pushes and cut_by is CutBy.SUFFIX else text, True, cut_by)

    def _is_own(self, start: int) -> bool:
        """What is said twice is the answer's own: a line that the document repeats, too, may well stand once more."""
        said = [line.strip() for line in self._full(start) if line.strip()]
        if len(said) > 1:
            return True
        lines = [line.strip() for line in self._site.document.text.split("\n")]
        return not any(one == said[0] == two for one, two in pairwise(lines))

    def _remark_from(self, count: int) -> int | None:
        """Where the comment starts that ends the answer after a blank line and speaks of the answer."""
        mark = self._mark()
        end = next((i + 1 for i in reversed(range(count)) if self._lines[i].strip()), 0)
        start = end
        while start > 0 and self._is_comment(self._lines[start - 1], mark):
            start -= 1
        if start == end or start < 2 or self._lines[start - 1].strip() or self._is_quoted():
            return None
        return start if is_remark(self._lines[start].strip().removeprefix(mark)) else None

    @staticmethod
    def _is_comment(line: str, mark: str) -> bool:
        return bool(mark) and line.lstrip().startswith(mark)

    def _whole(self) -> Step:
        """What of a broken stream is whole: no unfinished line, no open bracket or block."""
        count = len(self._lines)
        least = max(0, count - _GIVEN_UP)
        while count > least and (self._is_header(count - 1) or self._problems(count) > self._problems(0)):
            count -= 1
        return self._ended(count if count > least else 0, CutBy.UNFINISHED)

    def _is_header(self, index: int) -> bool:
        """A line that opens a block which neither the answer nor the text below it fills."""
        line = self._full_line(index)
        below = self._wanted[0] if self._wanted else ""
        return not line.strip() or (opens_block(line, self._site.document.language) and width(below) <= width(line))

    # ---- text

    def _mark(self) -> str:
        row = LANGUAGES.get(canonical(self._site.document.language))
        return row.line_comment if row else ""

    @property
    def _is_python(self) -> bool:
        return canonical(self._site.document.language) == "python"

    def _problems(self, count: int) -> int:
        return self._applied.problems(self._text(count))

    def _text(self, count: int) -> str:
        lines = self._lines[:count]
        while len(lines) > 1 and not lines[-1].strip():
            lines.pop()
        return "\n".join(lines)

    def _full(self, count: int) -> list[str]:
        return [self._full_line(i) for i in range(count)]

    def _full_line(self, index: int) -> str:
        return self._site.before + self._lines[0] if index == 0 else self._lines[index]
