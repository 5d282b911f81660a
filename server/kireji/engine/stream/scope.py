"""How far an answer may go: which of its lines still belong to what the cursor stands in.

Reads indentation and the words that open definitions, not a tree: at this point the document is usually broken, and a line
must be judged by its first word while the rest of it is still on its way. Keeps no state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from kireji.base.languages import canonical
from kireji.base.types import Site
from kireji.engine.stream.lines import Scan, is_trivial, lines_above, opens_block, scan, text_after, width

_MODIFIERS = (
    r"\s*(?:(?:export|default|public|private|protected|internal|static|abstract|final|async|unsafe|open|override|declare"
    r"|pub(?:\([a-z]+\))?)\s+)*"
)
# A receiver may stand between the word and the name.
_NAMED = r"\b\s*(?:\([^()]*\)\s*)?(\w+)"
# What makes a scope, and what else may start a unit of its own at the left margin.
_SCOPE = re.compile(
    _MODIFIERS + r"(?:def|class|func|fn|function\*?|interface|struct|enum|trait|impl|namespace)" + _NAMED
)
_FUNCTION = re.compile(_MODIFIERS + r"(?:def|func|fn|function\*?)\b")
_UNIT = re.compile(
    _MODIFIERS
    + r"(?:def|class|func|fn|function\*?|interface|struct|enum|trait|impl|module|namespace|type|const|let|var|import|from"
    r"|package|template|typedef|union|extern|using|inline|@\w[\w.]*)\b|static\b"
)
# There a function has no word of its own: a name before a bracket, at a line's start, and no statement.
_C_LIKE = frozenset({"c", "cpp", "java", "csharp"})
_C_FUNCTION = re.compile(r"\s*(?!(?:if|for|while|switch|else|return|do|catch|case)\b)[\w:<>*&~,\[\] \t]*\w\s*\([^;]*$")
_TOP_LEVEL = re.compile(r"(?:if\s+__name__|print\s*\(|assert\b|#|//)")
# A sentence about the code, and a fence that nothing opened: no language has such lines.
_SENTENCE = re.compile(r"[A-Z][a-z']* (?:[\w'`(),/-]+ ){2,}[\w'`(),/-]+[.!]\n")
_FIRST_WORD = re.compile(r"\s*(?:\w+[^\w]|@\w|[^\w\s@])")


class Beyond(Enum):
    """How a line lies outside."""

    LEFT = "it leaves the scope the cursor stands in"
    ANOTHER = "it starts another definition"


@dataclass(frozen=True, slots=True)
class Limit:
    """`floor` is the least indentation inside the enclosing definition, `home` that of the answer's first line."""

    python: bool
    floor: int
    home: int


def limit_of(site: Site, first: str) -> Limit:
    """The limit at a site for an answer whose first line (joined to what stands left of the cursor) is `first`."""
    home = width(first if first.strip() else site.before)
    floor = 0
    c_like = canonical(site.document.language) in _C_LIKE
    for line in headers(site, home):
        if _FUNCTION.match(line) or (c_like and _is_c_function(site, line)):
            # A function in a function: the outer one may be continued too.
            floor = width(line) + 1
        elif _SCOPE.match(line):
            floor = floor or width(line) + 1
            break
    below = next((line for line in text_after(site) if line), "")
    if below and width(below) and not _SCOPE.match(below):
        floor = min(floor, width(below))
    return Limit(canonical(site.document.language) == "python", floor, home)


def _is_c_function(site: Site, line: str) -> bool:
    """A cursor among a function's parameters does not stand in its body."""
    return _C_FUNCTION.match(line) is not None and "(" not in scan(site.document.language, line).opened


def headers(site: Site, home: int) -> Iterator[str]:
    """The lines that the cursor's block lies under, innermost first."""
    least, closed = home, False
    for line in reversed(lines_above(site)):
        here = width(line)
        if not line.strip() or here > least or (here == least and not closed):
            continue
        yield line
        # A header that ends with its bracket (`) -> int:`) starts further up, at the same level.
        least, closed = here, line.lstrip()[0] in ")]}"
        if least == 0 and not closed:
            return


def beyond(limit: Limit, before: Sequence[str], line: str, state: Scan) -> Beyond | None:
    """How `line` lies outside; None where it does not, or where that cannot be said yet (it may be unfinished).

    `before` are the answer's lines so far, `state` the brackets they leave open.
    """
    content = [x for x in before if x.strip()]
    if not content:
        return None
    if line.startswith("```") and not state.within:
        return Beyond.LEFT
    if is_trivial(line):
        return None
    blanks = 0
    while not before[len(before) - 1 - blanks].strip():
        blanks += 1
    if state.within:
        # Nothing in a string is code, but where it was left open the next definition still ends the answer.
        return Beyond.ANOTHER if blanks >= 2 and _SCOPE.match(line) and width(line) < max(limit.home, 1) else None
    if blanks and _SENTENCE.fullmatch(line):
        return Beyond.LEFT
    # Far outside, no word can bring a line of Python back; elsewhere its first word decides.
    if not _FIRST_WORD.match(line) and not (limit.python and blanks >= 2 and width(line) < limit.floor):
        return None
    if width(line) < limit.floor:
        return Beyond.LEFT if _leaves(limit, content, line, blanks, state) else None
    return Beyond.ANOTHER if _starts_another(limit, content, line, blanks, state) else None


def _leaves(limit: Limit, content: Sequence[str], line: str, blanks: int, state: Scan) -> bool:
    unit = _UNIT.match(line) is not None
    if blanks >= 2 or (unit and blanks):
        return True
    lost = any(width(x) < limit.floor and not is_trivial(x) for x in content[1:])
    lost = lost or (len(content) > 1 and opens_block(content[0]) and width(content[1]) <= limit.home)
    if lost or state.opened or opens_block(content[-1]) or not blanks:
        # Not another place but the same one, written without its indentation.
        return False
    if _UNIT.match(line) or _TOP_LEVEL.match(line.lstrip()):
        return True
    return any(width(x) >= limit.floor for x in content[1:])


def _starts_another(limit: Limit, content: Sequence[str], line: str, blanks: int, state: Scan) -> bool:
    here = width(line)
    if not blanks or here > limit.home or not _UNIT.match(line) or (state.opened and here > 0):
        return False
    if blanks >= 2 and (not limit.python or here == 0):
        return True
    # One definition was asked for: a second one at the same level is another answer.
    return (
        not state.opened
        and _SCOPE.match(line) is not None
        and any(_SCOPE.match(x) and width(x) == here for x in content)
    )
