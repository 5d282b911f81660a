"""How far an answer may go: which of its lines still belong to what the cursor stands in.

Reads indentation and the words that open definitions, not a tree: at this point the document is usually broken, and a line
must be judged by its first word while the rest of it is still on its way. Keeps no state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from kireji.base.languages import canonical
from kireji.base.types import Site
from kireji.engine.stream.chat import is_chat
from kireji.engine.stream.lines import (
    Scan,
    is_trivial,
    lines_above,
    may_be_trivial,
    opens_block,
    scan,
    text_after,
    width,
)

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
_DATA = frozenset({"yaml", "toml", "html", "markdown", "plaintext"})
_C_LIKE = frozenset({"c", "cpp", "java", "csharp"})
_C_FUNCTION = re.compile(
    r"(?!\s*(?:if|for|while|switch|else|return|do|catch|case)\b)\s*[\w:<>*&~,\[\] \t]*\w\s*\([^;]*$"
)
_TOP_LEVEL = re.compile(r"(?:if\s+__name__|print\s*\(|assert\b|#|//)")
_MAIN = re.compile(r"if\s+__name__\b")
_FIRST_WORD = re.compile(r"\s*(?:\w+[^\w]|@\w|[^\w\s@])")


class Beyond(Enum):
    """How a line lies outside."""

    LEFT = "it leaves the scope the cursor stands in"
    ANOTHER = "it starts another definition"


@dataclass(frozen=True, slots=True)
class Limit:
    """`floor` is the least indentation inside the enclosing definition, `home` that of the answer's first line.

    `bracket` is the least indentation inside a bracket that is open at the cursor, where no definition is.
    """

    language: str
    floor: int
    home: int
    bracket: int = 0


def limit_of(site: Site, first: str) -> Limit:
    """The limit at a site for an answer whose first line (joined to what stands left of the cursor) is `first`."""
    home = width(first if first.strip() else site.before)
    floor = bracket = 0
    c_like = canonical(site.document.language) in _C_LIKE
    for line in headers(site, home):
        if width(line) < home and scan(site.document.language, line).opened:
            bracket = width(line) + 1
        if _FUNCTION.match(line) or (c_like and _is_c_function(site, line)):
            # A function in a function: the outer one may be continued too.
            floor = width(line) + 1
        elif _SCOPE.match(line):
            floor = floor or width(line) + 1
            break
    bracket = 0 if floor else bracket
    below = next((line for line in text_after(site) if line), "")
    if below and width(below) and not _SCOPE.match(below):
        floor = min(floor, width(below))
    return Limit(canonical(site.document.language), floor, home, bracket)


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


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer's lines so far have shown, of that which decides where it may go. `blanks` counts those at its end.

    `lost` says that a line stands left of the definition, `inside` that one after the first stands within it; `scopes`
    are the widths of the definitions it has begun.
    """

    content: int = 0
    first: str = ""
    last: str = ""
    blanks: int = 0
    lost: bool = False
    inside: bool = False
    scopes: frozenset[int] = frozenset()


def said_more(said: Said, limit: Limit, line: str) -> Said:
    """After one more whole line."""
    if not line.strip():
        return replace(said, blanks=said.blanks + 1)
    here = width(line)
    lost, inside = said.lost, said.inside
    if said.content:
        lost = lost or (here < (limit.floor or limit.bracket) and not is_trivial(line))
        lost = lost or (said.content == 1 and opens_block(said.first, limit.language) and here <= limit.home)
        inside = inside or here >= (limit.floor or limit.bracket)
    scopes = said.scopes | {here} if _SCOPE.match(line) else said.scopes
    return Said(said.content + 1, said.first or line, line, 0, lost, inside, scopes)


def beyond(limit: Limit, said: Said, line: str, state: Scan, own: str = "") -> Beyond | None:
    """How `line` lies outside; None where it does not, or where that cannot be said yet (it may be unfinished).

    `state` holds the brackets that the answer leaves open, `own` the string or comment that the cursor stands in.
    """
    if not said.content:
        return None
    if line.startswith("```") and not state.within and limit.language not in _DATA:
        return Beyond.LEFT
    if is_trivial(line):
        return None
    if state.within:
        return _beyond_text(limit, said, line, state.within == own)
    if said.blanks and limit.language not in _DATA and is_chat(line):
        return Beyond.LEFT
    # Outside all definitions, a bracket that is open must be closed before anything stands further left.
    outside = width(line) < (limit.floor or (0 if state.unmatched else limit.bracket))
    # Far outside, no word but a closing one can bring a line back; elsewhere its first word decides.
    far = outside and said.blanks >= 2 and not may_be_trivial(line, limit.language)
    if not far and not _FIRST_WORD.match(line):
        return None
    if outside:
        return Beyond.LEFT if far or _leaves(limit, said, line, state) else None
    return Beyond.ANOTHER if _starts_another(limit, said, line, state) else None


def _beyond_text(limit: Limit, said: Said, line: str, is_own: bool) -> Beyond | None:
    """Nothing in a string is code, but where it was left open the next definition still ends the answer."""
    here = width(line)
    if said.blanks >= 2 and here < max(limit.home, 1) and _SCOPE.match(line):
        return Beyond.ANOTHER
    if not is_own or said.lost or here > 0 or here >= limit.home or not said.blanks:
        return None
    # Text that is indented does not go on at the margin after two blank lines.
    return Beyond.LEFT if said.blanks >= 2 or _MAIN.match(line) else None


def _leaves(limit: Limit, said: Said, line: str, state: Scan) -> bool:
    if said.blanks >= 2:
        return True
    if said.lost or not said.blanks:
        return False
    # Where brackets delimit blocks, leaving takes a closer; a line at the margin without one may have lost its indentation.
    if limit.language != "python" and not said.inside and not state.unmatched:
        return False
    if _UNIT.match(line):
        return True
    if state.opened or opens_block(said.last, limit.language):
        # Not another place but the same one, written without its indentation.
        return False
    return _TOP_LEVEL.match(line.lstrip()) is not None or said.inside


def _starts_another(limit: Limit, said: Said, line: str, state: Scan) -> bool:
    here = width(line)
    if not said.blanks or here > limit.home or not _UNIT.match(line) or (state.opened and here > 0):
        return here == 0 < limit.home and said.blanks > 0 and not state.opened and _MAIN.match(line) is not None
    if said.blanks >= 2 and (limit.language != "python" or here == 0):
        return True
    # One definition was asked for: a second one at the same level is another answer.
    return not state.opened and _SCOPE.match(line) is not None and here in said.scopes
