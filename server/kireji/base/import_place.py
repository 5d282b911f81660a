"""Where a new import belongs in a Python file: among those that are there, else above the first statement.

Never above a shebang, the file's docstring or an import from the future; only module-level imports above the first other
statement count. Moves nothing that is there, and joins no lines.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import takewhile

from kireji.base import syntax
from kireji.base.importable import ImportLine
from kireji.base.imports import imports
from kireji.base.syntax import Node
from kireji.base.types import Change, Span

_ENDING = re.compile(r"\r\n|\n|\r")
_DUNDER = re.compile(r"__\w+__\s*(?::[^=\n]*)?=")
_DEFINITION = re.compile(r"@|(?:async[ \t]+def|def|class)\b")
_TO_THE_SYSTEM = re.compile(r"#!|#.*coding[:=]")
_IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})
# What may stand among leading imports: one that may fail, and one that only checkers read.
_GUARDS = frozenset({"try_statement", "if_statement"})


class _Group(IntEnum):
    """The groups in the order in which people write them."""

    FUTURE = 0
    STANDARD = 1
    OTHER = 2
    RELATIVE = 3


@dataclass(frozen=True, slots=True)
class _Standing:
    """An import that is there, as whole lines."""

    lines: Span
    group: _Group
    top: str
    order: tuple[bool, str]


def import_change(text: str, start: int, offset: int, line: ImportLine) -> Change | None:
    """The insertion of an import into the part of a text that begins at `start`, above the line of the cursor at `offset`.

    None where no such place can be told.
    """
    limit = max(text.rfind("\n", start, offset), text.rfind("\r", start, offset)) + 1
    head = text[start : max(start, limit)]
    children = list(_children(syntax.parse("python", head).root))
    standing, docstring = _leading(head, children)
    ending = found.group() if (found := _ENDING.search(text)) is not None else "\n"
    statement = line.text + ending
    new = _described(line.module, line.level, is_from=bool(line.name))
    peers = [s for s in standing if s.group is new.group and s.top == new.top]
    peers = peers or [s for s in standing if s.group is new.group]
    if peers:
        at = _among(head, peers, new, offset - start)
    elif above := [s for s in standing if s.group < new.group]:
        at = above[-1].lines.end
        statement = ending + statement + _gap(text, start + at, ending)
    elif standing:
        at, statement = standing[0].lines.start, statement + ending
    else:
        at = _below_header(text[start:], head, children, docstring)
        statement = (ending if at else "") + statement + _gap(text, start + at, ending)
    # At the very cursor nobody could tell what comes first; and a line that has no end cannot be followed by another.
    if start + at >= offset or (at and head[at - 1] not in "\r\n"):
        return None
    return Change(Span(start + at, start + at), statement)


def _among(head: str, peers: list[_Standing], new: _Standing, cursor: int) -> int:
    """The place in the group: below the last that comes before it in the order in which people sort them."""
    earlier = [peer for peer in peers if peer.order <= new.order]
    at = earlier[-1].lines.end if earlier else peers[0].lines.start
    if not earlier and _is_comment_above(head, at):
        at = peers[0].lines.end  # the comment is about the import below it
    return at if at < cursor else peers[0].lines.start


def _children(node: Node) -> Iterator[Node]:
    """The statements of a file; where the parser lost its way, what it found there instead."""
    for child in node.children:
        if child.is_error:
            yield from child.children
        else:
            yield child


def _leading(head: str, children: list[Node]) -> tuple[list[_Standing], Node | None]:
    """The imports above the first other statement, and the docstring."""
    found: list[_Standing] = []
    docstring = None
    first = True
    for index, node in enumerate(children):
        if node.type == "comment":
            continue
        lines = _whole_lines(head, node)
        if first and _is_string(node):
            docstring = node
        elif node.type in _IMPORTS and not head[lines.start : node.start].strip(" \t") and lines.start == node.start:
            below = next((c.start for c in children[index + 1 :] if c.type not in (";", "comment")), len(head))
            said = imports("python", node.text)
            if below < lines.end or not said:
                break  # another statement on the same line
            there = said[0]
            described = _described(there.module, there.level, is_from=bool(there.names))
            found.append(replace(described, lines=lines))
        elif not _is_among_imports(node):
            break
        first = False
    return found, docstring


def _is_among_imports(node: Node) -> bool:
    if node.type in _GUARDS:
        return "import " in node.text
    return node.type == ";" or (node.type == "expression_statement" and _DUNDER.match(node.text) is not None)


def _is_string(node: Node) -> bool:
    named = node.named_children
    return (
        node.type == "expression_statement" and len(named) == 1 and named[0].type in ("string", "concatenated_string")
    )


def _described(module: str, level: int, *, is_from: bool) -> _Standing:
    """An import without a place."""
    top = module.partition(".")[0]
    if level:
        group = _Group.RELATIVE
    elif top == "__future__":
        group = _Group.FUTURE
    else:
        group = _Group.STANDARD if top in sys.stdlib_module_names else _Group.OTHER
    return _Standing(Span(0, 0), group, top if not level else "", (is_from, module.lower()))


def _whole_lines(head: str, node: Node) -> Span:
    start = max(head.rfind("\n", 0, node.start), head.rfind("\r", 0, node.start)) + 1
    ending = _ENDING.search(head, node.end)
    return Span(start, ending.end() if ending is not None else len(head))


def _below_header(text: str, head: str, children: list[Node], docstring: Node | None) -> int:
    """The place above the first statement: below the docstring, else below the comments that belong to the file.

    A comment that a statement follows at once is about that statement, unless it speaks to the system.
    """
    if docstring is not None:
        return _whole_lines(head, docstring).end
    place = 0
    for child in takewhile(lambda c: c.type == "comment", children):
        end = _whole_lines(head, child).end
        if _TO_THE_SYSTEM.match(child.text) or _is_blank(text, end):
            place = end
    return place


def _gap(text: str, at: int, ending: str) -> str:
    """The blank lines that part an import from what follows at `at`."""
    return "" if _is_blank(text, at) else ending * (2 if _DEFINITION.match(text, at) else 1)


def _is_comment_above(head: str, at: int) -> bool:
    above = head[:at].splitlines()
    return bool(above) and above[-1].lstrip().startswith("#")


def _is_blank(text: str, at: int) -> bool:
    """Whether the line that starts at `at` is blank, or the text ends there."""
    ending = _ENDING.search(text, at)
    return not text[at : ending.start() if ending is not None else len(text)].strip()
