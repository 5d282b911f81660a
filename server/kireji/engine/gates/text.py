"""Text rules for any language: the answer says again what stands before or after it, or does not come to an end.

Looks at lines only. Repeating is often legitimate (two equal rows of a table), so a single line must be long and equal to
count, and a merely similar line never does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType

from kireji.base.languages import LANGUAGES, BlockStyle, canonical
from kireji.base.syntax import Tree
from kireji.base.text import indent_of, line_at, line_span, split_lines
from kireji.base.trees import Trees
from kireji.base.types import Document, Finding, GateResult, GateState, Severity, SiteKind, Snapshot, Span
from kireji.engine.gates.gate import Cost, Trial
from kireji.engine.gates.indent import misplaced
from kireji.engine.gates.policy import Rule

_NAME = "text"
# A line shorter than this (`pass`, `})`, `break`) is repeated by honest code.
TELLING = 12
# How many lines of the suffix an answer may say again and still be recognised.
MAX_REPEATED = 12
_WORD = re.compile(r"[^\W\d]\w*")
# What leaves a block: the same again at the same level could never run.
_JUMP = re.compile(r"\s*(?:return|raise|throw|break|continue)\b")
_BLANKS = re.compile(r"\s+")


class TextGate:
    """Keeps nothing between calls. `trees` spare most of a parse after the first."""

    name = _NAME
    cost = Cost.CHEAP

    def __init__(self, trees: Trees) -> None:
        self._trees = trees

    def applies(self, language: str) -> bool:
        """Any text."""
        return True

    async def prepare(self, snapshot: Snapshot, baseline: Document) -> None:
        """There is nothing to prepare."""

    async def check(self, trial: Trial) -> GateResult:
        """FAIL with a finding for each rule that is broken; the span is what would have to go."""
        found = tuple(_findings(trial, self._trees))
        return GateResult(_NAME, GateState.FAIL if found else GateState.PASS, found)


def _findings(trial: Trial, trees: Trees) -> Iterator[Finding]:
    text, span = trial.after.text, trial.inserted
    inserted = text[span.start : span.end]
    if not inserted.strip():
        return
    starts = trial.after.lines
    before = text[line_span(text, starts, line_at(starts, span.start)).start : span.start]
    rest = text[span.end : line_span(text, starts, line_at(starts, span.end)).end]
    for rule, found in (
        (Rule.REPEATED_SEAM, _repeated_seam(before, inserted, text[: span.start - len(before)])),
        (Rule.DUPLICATED_TAIL, _duplicated_tail(inserted, rest)),
        (
            Rule.DUPLICATED_SUFFIX,
            _duplicated_suffix(before, inserted, text[span.end + len(rest) :]) if not rest.strip() else None,
        ),
        (Rule.OPEN_END, _open_end(trial, inserted, rest, trees)),
    ):
        if found is not None:
            where = Span(span.start + found.start, span.start + found.end)
            yield Finding(_NAME, rule, Severity.REJECT, _MESSAGES[rule], where)
    for where in sorted(misplaced(trial)):
        yield Finding(_NAME, Rule.MISPLACED, Severity.REJECT, _MESSAGES[Rule.MISPLACED], where)


_MESSAGES = MappingProxyType(
    {
        Rule.REPEATED_SEAM: "says again what stands before the cursor",
        Rule.DUPLICATED_TAIL: "says again what stands right of the cursor",
        Rule.DUPLICATED_SUFFIX: "says again the lines below the cursor",
        Rule.OPEN_END: "does not come to an end",
        Rule.MISPLACED: "is indented as nothing else in the file",
    }
)


def _repeated_seam(before: str, inserted: str, above: str) -> Span | None:
    """The start of the answer that equals the cursor's line so far, or the lines above it."""
    typed = before.strip()
    lead = len(inserted) - len(inserted.lstrip(" \t"))
    # `f(` may honestly be followed by `f(x)`, but `x =`, `return` or `self.` never by itself.
    whole = len(typed) >= 4 and _WORD.search(typed) and not typed.endswith(("(", "[", "{", ","))
    if whole and inserted[lead:].startswith(typed):
        return Span(0, lead + len(typed) + _blanks_at(inserted, lead + len(typed)))
    if typed:
        return None
    rows = split_lines(inserted)
    last = [row for row in split_lines(above) if row.strip()][-MAX_REPEATED:]
    for count in range(min(len(last), len(rows)), 0, -1):
        said = [row for row in rows if row.strip()][:count]
        if len(said) == count and _same(last[-count:], said) and _telling(said, above=True):
            end = inserted.index(said[-1], sum(map(len, said[:-1]))) + len(said[-1])
            # The first line's indentation is the document's; what is left starts where the answer's next line does.
            return Span(0, end + _blanks_at(inserted, end))
    return None


def _duplicated_tail(inserted: str, rest: str) -> Span | None:
    """The end of the answer that equals the rest of the cursor's line, when that is more than closing brackets."""
    tail = rest.strip()
    if len(tail) < 4 or not _WORD.search(tail):
        return None
    body = inserted.rstrip()
    if not body.endswith(tail) or (body == tail and len(tail) < TELLING):
        return None
    return Span(len(body) - len(tail), len(inserted))


def _duplicated_suffix(before: str, inserted: str, below: str) -> Span | None:
    """The last lines of the answer that equal the next lines of the document, blank lines aside."""
    rows = split_lines(inserted)
    said = [n for n, row in enumerate(rows) if row.strip()]
    following = [row for row in split_lines(below[: 200 * MAX_REPEATED]) if row.strip()][:MAX_REPEATED]
    for count in range(min(len(said), len(following)), 0, -1):
        tail = [rows[n] for n in said[-count:]]
        jumps = count == 1 and _JUMP.match(following[0]) is not None
        if jumps and (before if said[-1] == 0 else "") + tail[0].rstrip() != following[0].rstrip():
            continue
        if not _same(tail, following[:count]) or not (jumps or _telling(tail)):
            continue
        # The whole answer is one line that stands below as well: a repeated call or row is honest code.
        if not jumps and said[-count] == 0 and count == len(said) == 1 and not _telling(tail, alone=True):
            continue
        start = sum(map(len, rows[: said[-count]]))
        while start and inserted[start - 1] in "\r\n":
            start -= 1
        return Span(start, len(inserted))
    return None


def _open_end(trial: Trial, inserted: str, rest: str, trees: Trees) -> Span | None:
    """A backslash at the very end joins the line below to the answer, whatever it is; only a line that hangs expects it."""
    row = LANGUAGES.get(canonical(trial.after.language))
    body = inserted.rstrip(" \t")
    if rest.strip() or row is None or row.blocks is BlockStyle.NONE or not body.endswith("\\"):
        return None
    if trial.candidate.site.kind is not SiteKind.CODE:
        return None
    text, last = trial.after.text, line_at(trial.after.lines, trial.inserted.end)
    said, below = split_lines(text[trial.after.lines[last] :])[0:2] if last + 1 < len(trial.after.lines) else ("", "")
    if below.strip() and len(indent_of(below)) > len(indent_of(said)):
        return None
    if _in_closed_string(trees.of(trial.after), trial.inserted.start + len(body) - 1):
        return None
    return Span(len(body) - 1, len(inserted))


def _in_closed_string(tree: Tree | None, offset: int) -> bool:
    """Whether a character belongs to a string that goes on behind it and ends: there, a backslash joins nothing by accident."""
    if tree is None:
        return False
    node = tree.node_at(offset)
    around = next((n for n in (node, *node.ancestors()) if "string" in n.type and n.end > offset + 1), None)
    return around is not None and not around.has_error


def _same(a: Sequence[str], b: Sequence[str]) -> bool:
    """Equal but for white space; of four lines and more one may differ by what a reformatter changes."""
    pairs = [(_BLANKS.sub("", x), _BLANKS.sub("", y)) for x, y in zip(a, b, strict=True)]
    different = [(x, y) for x, y in pairs if x != y]
    if not different:
        return True
    return len(pairs) >= 4 and len(different) == 1 and different[0][0].rstrip(",;") == different[0][1].rstrip(",;")


def _telling(rows: Sequence[str], *, above: bool = False, alone: bool = False) -> bool:
    """Whether repeating these lines is no accident."""
    words = [row.strip() for row in rows if _WORD.search(row)]
    if len(words) >= 2:
        return sum(map(len, words)) >= TELLING
    if above or alone:
        # One line is telling only when it opens a block: nobody writes the same header twice in a row.
        return bool(words) and words[0].endswith((":", "{")) and len(words[0]) >= TELLING
    return bool(words) and len(words[0]) >= TELLING


def _blanks_at(text: str, offset: int) -> int:
    return len(text[offset:]) - len(text[offset:].lstrip(" \t\r\n"))
