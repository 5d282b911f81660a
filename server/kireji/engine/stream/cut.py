"""Decides, while an answer streams in, where the suggestion ends, and asks to close the stream as soon as that is known.

Ends are proved, never guessed from length or blank lines: the answer says the text below the cursor again, leaves the scope
that the cursor stands in, starts another definition, or has filled a line whose rest stands already. Changes no character
of what it keeps: seams and indentation belong to `trim.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from kireji.base import syntax
from kireji.base.types import Site, SiteKind
from kireji.engine.stream.lines import Scan, is_trivial, repeated_from, scan, text_after, width


class CutBy(Enum):
    """Which rule ended the suggestion; NONE while it goes on, END where the stream itself ended."""

    NONE = ""
    END = "end"
    REST_OF_LINE = "the line is complete"
    SUFFIX = "the text below was said again"
    SCOPE = "the answer left the scope"
    DEFINITION = "another definition began"
    UNFINISHED = "an unfinished line was dropped"


@dataclass(frozen=True, slots=True)
class Step:
    """What is kept so far. `done` asks to close the stream; `text` is then final, before it only whole lines are sure."""

    text: str
    done: bool
    cut_by: CutBy


class Cutter:
    """One answer's cut. Feed it the insertion text as it comes, then call `finish` unless a step was `done`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._suffix = text_after(site)
        # The rest of the line counts as a seam of the line only where something stands left of the cursor.
        self._tail = site.after.strip() if site.before.strip() or not site.after.strip() else ""
        self._wanted = [line for line in self._suffix if line]
        self._lines: list[str] = []
        self._open = ""
        self._states: list[Scan] = [Scan()]
        self._runs: list[tuple[int, int]] = []
        self._limit: _Limit | None = None
        self._end: Step | None = None
        self._plain: int | None = None

    def feed(self, piece: str) -> Step:
        """What is kept after this piece."""
        if self._end:
            return self._end
        self._open += piece
        while "\n" in self._open:
            line, self._open = self._open.split("\n", 1)
            if self._starts_outside(line + "\n") or self._accept(line):
                assert self._end is not None  # noqa: S101 — both set it
                return self._end
        if self._open.strip() and self._starts_outside(self._open):
            assert self._end is not None  # noqa: S101
            return self._end
        return Step(self._text(len(self._lines)), False, CutBy.NONE)

    def finish(self, complete: bool) -> Step:
        """The suggestion once the stream has ended; `complete` says that the model had finished."""
        if self._end:
            return self._end
        cut_by = CutBy.END
        if self._open.strip():
            if complete:
                if self._starts_outside(self._open + "\n") or self._accept(self._open):
                    assert self._end is not None  # noqa: S101
                    return self._end
            else:
                cut_by = CutBy.UNFINISHED
        count = len(self._lines)
        start = repeated_from(self._full(count), self._suffix, 0)
        if start is not None and self._is_repetition(start, count):
            return self._stop(start, CutBy.SUFFIX)
        text = self._text(count)
        return Step(text, True, cut_by)

    # ---- one line

    def _accept(self, line: str) -> bool:
        """Takes a whole line; true when the suggestion ends with or before it."""
        index = len(self._lines)
        self._lines.append(line)
        self._states.append(scan(self._site.document.language, line + "\n", self._states[-1]))
        if self._tail and self._fills_line(index):
            self._stop(index + 1, CutBy.REST_OF_LINE)
            return True
        return self._repeats(index)

    def _fills_line(self, index: int) -> bool:
        """True when this line's rest stands right of the cursor already."""
        line = self._lines[index].rstrip()
        if line.endswith(self._tail) and (index == 0 or not is_trivial(self._tail)):
            return True
        if self._site.kind is not SiteKind.CODE:
            return index == 0
        return index == 0 and self._problems(self._text(1)) <= self._bare_problems()

    def _repeats(self, index: int) -> bool:
        """True when the text below the cursor is being said again."""
        line = self._full_line(index)
        if not line.strip():
            return False
        stripped = line.rstrip()
        runs = [
            (start, matched + 1)
            for start, matched in self._runs
            if matched < len(self._wanted) and self._wanted[matched] == stripped
        ]
        if self._wanted and stripped == self._wanted[0]:
            runs.append((index, 1))
        self._runs = runs
        for start, matched in runs:
            said = self._wanted[:matched]
            telling = [s for s in said if not is_trivial(s)]
            if len(telling) > 1 or (telling and matched == len(self._wanted)):
                if self._is_repetition(start, index + 1):
                    self._stop(start, CutBy.SUFFIX)
                    return True
            elif telling and start > 0 and self._is_unique(telling[0]) and self._is_repetition(start, index + 1):
                self._stop(start, CutBy.SUFFIX)
                return True
        return False

    def _is_unique(self, line: str) -> bool:
        """The line stands once in the document and once in the answer: to say it is to say that place."""
        needle = line.strip()
        said = sum(1 for x in self._lines if x.strip() == needle)
        return said == 1 and self._site.document.text.count(needle) == 1

    def _is_repetition(self, start: int, end: int) -> bool:
        """Whether the lines from `start` on are the suffix's: without them the document must be no worse."""
        said = [line for line in self._lines[start:end] if line.strip()]
        if start == 0 and len(said) <= 1 and self._site.before.strip():
            return False
        if any(not is_trivial(line) for line in said) and len(said) > 1:
            return True
        if self._site.kind is not SiteKind.CODE or not syntax.supported(self._site.document.language):
            return True
        return self._problems(self._text(start)) <= self._problems(self._text(end))

    # ---- where a line may start

    def _starts_outside(self, line: str) -> bool:
        """True when this line (perhaps unfinished) belongs to something that the cursor does not stand in."""
        index = len(self._lines)
        if index == 0 or not line.strip() or self._states[-1].within or self._site.kind is not SiteKind.CODE:
            return False
        if self._limit is None:
            self._limit = _limit(self._site, self._full(index))
        found = self._limit.judge(self._full(index), line, self._states[-1])
        if found is None:
            return False
        self._stop(index, found)
        return True

    # ---- text

    def _stop(self, count: int, cut_by: CutBy) -> Step:
        self._end = Step(self._text(count), True, cut_by)
        return self._end

    def _text(self, count: int) -> str:
        lines = self._lines[:count]
        while lines and not lines[-1].strip() and len(lines) > 1:
            lines.pop()
        text = "\n".join(lines)
        # Where the answer stands above the rest of the cursor's own line, that rest needs a line of its own.
        return (
            text + "\n"
            if lines and self._site.after.strip() and not self._site.before.strip() and not self._tail
            else text
        )

    def _full(self, count: int) -> list[str]:
        return [self._full_line(i) for i in range(count)]

    def _full_line(self, index: int) -> str:
        return self._site.before + self._lines[0] if index == 0 else self._lines[index]

    # ---- the syntax tree

    def _problems(self, text: str) -> int:
        document, offset = self._site.document, self._site.offset
        if not syntax.supported(document.language):
            return 0
        return len(syntax.parse(document.language, document.text[:offset] + text + document.text[offset:]).problems())

    def _bare_problems(self) -> int:
        if self._plain is None:
            self._plain = self._problems("")
        return self._plain


# What opens a definition, in any of the languages; the second group is the name it defines.
_DEFINITION = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|internal|static|abstract|final|async|pub(?:\([a-z]+\))?|unsafe|open|override|declare)\s+)*"
    r"(?:def|class|func|fn|function\*?|interface|struct|enum|trait|impl|module|namespace|type|const|let|var|import|package|template|@\w[\w.]*)"
    r"\b\s*(?:\([^()]*\)\s*)?(\w*)"
)
_STRONG = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|internal|static|abstract|final|async|pub(?:\([a-z]+\))?|unsafe|open|override|declare)\s+)*"
    r"(?:def|class|func|fn|function\*?|interface|struct|enum|trait|impl|namespace)\b\s*(?:\([^()]*\)\s*)?(\w+)"
)
_MAIN = re.compile(r"(?:if\s+__name__|print\s*\(|assert\b|#|//)")
_WORD_DONE = re.compile(r"\s*(?:[\w]+[^\w]|@\w|[^\w\s@])")


@dataclass(frozen=True, slots=True)
class _Limit:
    """How far left the answer may go. `floor` is the least indentation inside the enclosing definition, `home` the cursor's."""

    site: Site
    floor: int
    home: int

    def judge(self, before: list[str], line: str, state: Scan) -> CutBy | None:
        """Which rule this line breaks, if any. `line` may be unfinished; it is judged once its first word is whole."""
        if not _WORD_DONE.match(line):
            return None
        blanks = 0
        while blanks < len(before) and not before[len(before) - 1 - blanks].strip():
            blanks += 1
        content = [x for x in before if x.strip()]
        if not content or is_trivial(line):
            return None
        here = width(line)
        defines = _DEFINITION.match(line) is not None
        if here < self.floor:
            return CutBy.SCOPE if self._left(content, line, blanks, defines, state) else None
        return CutBy.DEFINITION if self._another(before, content, line, blanks, here, defines, state) else None

    def _left(self, content: list[str], line: str, blanks: int, defines: bool, state: Scan) -> bool:
        if blanks >= 2 or (defines and blanks):
            return True
        if state.opened or content[-1].rstrip().endswith((":", "{", "(", "[")) or not blanks:
            # Not a new place, but the same one written without its indentation.
            return False
        kept = any(width(x) >= self.floor for x in content[1:])
        return kept or _MAIN.match(line.lstrip()) is not None

    def _another(
        self, before: list[str], content: list[str], line: str, blanks: int, here: int, defines: bool, state: Scan
    ) -> bool:
        if not defines or not blanks or here > self.home or (state.opened and here > 0):
            return False
        if blanks >= 2 and (self.site.document.language != "python" or here == 0):
            return True
        if state.opened:
            return False
        strong = _STRONG.match(line)
        return strong is not None and any(_STRONG.match(x) and width(x) == here for x in content)


def _limit(site: Site, said: list[str]) -> _Limit:
    first = next((line for line in said if line.strip()), site.before)
    home = width(first) if first.strip() else width(site.before)
    lines = site.document.text[: site.offset].split("\n")[:-1]
    floor, least = 0, home
    for line in reversed(lines):
        if least == 0:
            break
        if line.strip() and width(line) < least:
            least = width(line)
            if _STRONG.match(line) or (least == 0 and not is_trivial(line)):
                floor = least + 1
                break
    return _Limit(site, floor, home)
