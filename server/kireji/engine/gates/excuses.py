"""What excuses a finding of a type checker: an import that may fail, a type of which nothing is certain, a comment about it.

Knows ty's rules and words. Decides nothing else: `policy.py` says what a rule does, `types.py` where it counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from kireji.base.child_protocol import ChildDiagnostic
from kireji.base.text import indent_of, line_at, line_span, split_lines
from kireji.base.types import Document
from kireji.engine.gates.importing import may_fail
from kireji.engine.gates.policy import Action

IMPORT, MISSING_NAME, MISSING_MEMBER = "import-not-found", "unresolved-reference", "missing-attribute"
# Rules about how something is called.
OF_A_CALL = frozenset(
    {
        "missing-argument",
        "too-many-positional-arguments",
        "unknown-argument",
        "parameter-already-assigned",
        "positional-only-parameter-as-kwarg",
        "invalid-argument-type",
        "no-matching-overload",
    }
)
# Comments in which an author says that a checker of types is wrong here.
_DIRECTIVE = re.compile(r"#[^\n]*?\b(?:type|ty|pyright|pyrefly|mypy)\s*:\s*ignore(?:\[(?P<rules>[^\]\n]*)\])?")


def is_excused(diagnostic: ChildDiagnostic, symbol: str, document: Document, action: Action) -> bool:
    """Whether a finding about `symbol` in a document is one of which code that is right is often found guilty."""
    if diagnostic.code == IMPORT:
        return may_fail(document, diagnostic.span.start)
    if diagnostic.code == MISSING_NAME:
        return False
    if diagnostic.code == MISSING_MEMBER and _SPECIAL.search(symbol):
        return True  # functions and classes have more of these than their types say
    if _is_unsure(diagnostic.message, action):
        return True
    first, last = (line_at(document.lines, at) for at in (diagnostic.span.start, diagnostic.span.end))
    rows = (line_span(document.text, document.lines, n) for n in range(_head(document, first), last + 1))
    comments = (_DIRECTIVE.search(document.text, row.start, row.end) for row in rows)
    return any(comment is not None and _is_about(comment, diagnostic.code) for comment in comments)


def _head(document: Document, line: int) -> int:
    """The line on which the brackets around a line were opened, by indentation: there stands the comment about all of it."""
    rows = split_lines(document.text)
    width = len(indent_of(rows[line]))
    for above in range(line - 1, -1, -1):
        row = rows[above]
        if row.strip() and len(indent_of(row)) < width:
            return above if row.partition("#")[0].rstrip().endswith(("(", "[", "{")) else line
    return line


_SPECIAL = re.compile(r"\.__\w+__$")
# What the names that checkers give to a rule have in common. A comment that names others excuses nothing else.
_FAMILIES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        # Not what excuses one part of a union, None above all.
        MISSING_MEMBER: re.compile("(?<!union-)attr|method|module", re.IGNORECASE),
        **dict.fromkeys(
            ("missing-argument", "too-many-positional-arguments", "unknown-argument"),
            re.compile("arg|call|param", re.IGNORECASE),
        ),
    }
)


def _is_about(comment: re.Match[str], code: str) -> bool:
    """Whether a comment excuses a rule: it names none, or one of its family."""
    family = _FAMILIES.get(code)
    return comment["rules"] is None or family is None or family.search(comment["rules"]) is not None


# What stands before the type of a value in the checker's words: what was expected of it is not in question.
_TYPE = re.compile(r"(?:\bfound|\btype|\band) `([^`]*)`")
_CALLED = re.compile(r"^Method `[^`]*` of type `[^`]*`")
# None, or one part of a union, is what code expects to have excluded by means that no checker sees; of the others the
# checker does not know what they are.
# One part of a union cannot be called so, and what another one is nobody knows: the default of a parameter, as a rule.
_CALLED_PART = re.compile(r"^info: Attempted to call union type `(?:.* \| )?(?:Unknown|@?Todo)\b", re.MULTILINE)
_VAGUE = re.compile(r"\bNone\b|\bUnknown\b|\bAny\b|\bTodo\b|@| \| |^object$")


def _is_unsure(message: str, action: Action) -> bool:
    """Whether the value's type, as the message tells it, is one of which nothing can be proved."""
    if _CALLED_PART.search(message):
        return True
    line = message.partition("\n")[0]
    if action is Action.REJECT:
        return "`None`" in line
    return any(_VAGUE.search(found) for found in _TYPE.findall(_CALLED.sub("", line)))
