"""Decides, while an answer streams in, where the suggestion ends, and asks to close the stream as soon as that is known.

Ends are proved, never guessed from length or blank lines: the answer says the text below the cursor again, leaves the scope
that the cursor stands in, starts another definition, or has filled a line whose rest stands already. Changes no character
of what it keeps: seams and indentation belong to `trim.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kireji.base import syntax
from kireji.base.types import Site, SiteKind
from kireji.engine.stream.lines import Scan, is_telling, is_trivial, repeated_from, scan, state_at, text_after
from kireji.engine.stream.scope import Beyond, Limit, beyond, limit_of


class CutBy(StrEnum):
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
        self._tail = site.after.strip()
        # Where nothing stands left of the cursor, the rest of its line may be pushed down as a line of its own.
        self._pushes = bool(self._tail) and not site.before.strip()
        self._wanted = [line for line in self._suffix if line]
        self._lines: list[str] = []
        self._open = ""
        self._states: list[Scan] = [state_at(site)]
        self._runs: list[tuple[int, int]] = []
        self._limit: Limit | None = None
        self._end: Step | None = None
        self._plain: int | None = None
        self._tree: syntax.Tree | None = None

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
        return self._stop(len(self._lines), cut_by)

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
            return not self._pushes or line != self._site.after.rstrip()
        if self._pushes:
            return False
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
            if self._is_proof(start, matched, index + 1):
                self._stop(start, CutBy.SUFFIX)
                return True
        return False

    def _is_proof(self, start: int, matched: int, end: int) -> bool:
        """Whether the `matched` lines of the text below, said from line `start` on, are more than a coincidence."""
        telling = [line for line in self._wanted[:matched] if is_telling(line)]
        if len(telling) > 1 or (
            telling and (matched == len(self._wanted) or (start > 0 and self._is_rare(telling[0])))
        ):
            return self._is_repetition(start, end)
        return False

    def _is_rare(self, line: str) -> bool:
        """The line stands once in the document and once in the answer: to say it is to say that place."""
        needle = line.strip()
        return sum(x.strip() == needle for x in self._lines) == 1 and self._site.document.text.count(needle) == 1

    def _is_repetition(self, start: int, end: int) -> bool:
        """Whether the lines from `start` on are the suffix's: without them the document must be no worse."""
        said = [line for line in self._lines[start:end] if line.strip()]
        if start == 0 and len(said) <= 1 and self._site.before.strip():
            return False
        if self._site.kind is not SiteKind.CODE and said[-1].rstrip() not in self._wanted:
            # In prose a line that starts as the next one does is nothing strange.
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
        state = self._states[-1]
        if index == 0 or not line.strip() or (state.within and state.within != self._states[0].within):
            return False
        if self._limit is None:
            lines = self._full(index)
            self._limit = limit_of(self._site, next((x for x in lines if x.strip()), ""))
        found = beyond(self._limit, self._full(index), line, state)
        if found is None:
            return False
        self._stop(index, CutBy.SCOPE if found is Beyond.LEFT else CutBy.DEFINITION)
        return True

    # ---- text

    def _stop(self, count: int, cut_by: CutBy) -> Step:
        start = repeated_from(self._full(count), self._suffix, 0)
        if start is not None and self._is_repetition(start, count):
            count, cut_by = start, CutBy.SUFFIX
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
        applied = document.text[:offset] + text + document.text[offset:]
        self._tree = syntax.parse(document.language, applied, self._tree)
        return len(self._tree.problems())

    def _bare_problems(self) -> int:
        if self._plain is None:
            self._plain = self._problems("")
        return self._plain
