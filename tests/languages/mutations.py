"""Insertions cut from real code, and ways to break them: what a model does when it errs. Judges nothing.

A place is a stretch of a file that is taken out and asked for. What is broken is made by one rule a mode, from the syntax
tree alone; whether it is broken indeed, `make_rows.py` asks the language's own compiler.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kireji.base import syntax
from kireji.base.syntax import Node
from kireji.base.text import line_at, line_span, line_starts


@dataclass(frozen=True, slots=True)
class Dialect:
    """The grammar's names for what the modes need, space-separated; a literal's kind maps to what stands in for it."""

    language: str
    statements: str
    names: str
    members: str
    calls: str
    strings: str
    numbers: str
    imports: str


_ECMA = (
    "expression_statement lexical_declaration return_statement if_statement for_statement throw_statement variable_declaration",
    "identifier",
    "property_identifier",
    "arguments",
    "string",
    "number",
    "import_statement",
)
DIALECTS = {
    "typescript": Dialect("typescript", *_ECMA),
    "javascript": Dialect("javascript", *_ECMA),
    "go": Dialect(
        "go",
        "expression_statement short_var_declaration assignment_statement return_statement if_statement for_statement "
        "var_declaration",
        "identifier",
        "field_identifier",
        "argument_list",
        "interpreted_string_literal",
        "int_literal",
        "import_spec",
    ),
}
MODES = ("truncated", "name", "member", "arity", "type", "module", "suffix")
_INVENTED = ("Kindly", "Vortex", "Quibble", "Zephyr")
_OPENERS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Place:
    """`text[start:end]` is the true insertion."""

    text: str
    start: int
    end: int

    @property
    def true(self) -> str:
        """What stood there."""
        return self.text[self.start : self.end]


def places(dialect: Dialect, text: str, chosen: random.Random, count: int) -> list[Place]:
    """Places of a file: whole statements, and rests of lines from the end of some token."""
    tree = syntax.parse(dialect.language, text)
    found: list[Place] = []
    kinds = dialect.statements.split()
    starts = line_starts(text)
    for node in tree.root.walk():
        if node.type in kinds and 8 <= node.end - node.start <= 600 and not node.has_error:
            line = line_at(starts, node.start)
            span = line_span(text, starts, line)
            if (
                text[span.start : node.start].strip()
                or text[node.end : line_span(text, starts, line_at(starts, node.end)).end].strip()
            ):
                continue
            found.append(Place(text, node.start, node.end))
            if "\n" not in text[node.start : node.end] and (tokens := _cuts(node)):
                found.append(Place(text, chosen.choice(tokens), node.end))
        elif node.type in dialect.imports.split() and node.end - node.start < 200:
            found.append(Place(text, node.start, node.end))
    chosen.shuffle(found)
    return found[:count]


def broken(dialect: Dialect, place: Place, mode: str, chosen: random.Random) -> str | None:
    """The insertion, broken in one way; None where the mode does not apply."""
    tree = syntax.parse(dialect.language, place.text)
    nodes = [
        n
        for n in tree.node_at(place.start, max(place.start, place.end - 1)).walk()
        if place.start <= n.start and n.end <= place.end
    ]
    if mode == "truncated":
        openers = [
            n
            for n in nodes
            if n.type in _OPENERS and place.true.count(n.type) > place.true[: n.start - place.start].count(n.type)
        ]
        openers = [
            n for n in openers if n.parent is not None and n.parent.end <= place.end and n.parent.end - n.start > 2
        ]
        return place.text[place.start : chosen.choice(openers).end] if openers else None
    if mode == "suffix":
        return _with_suffix(place)
    if mode == "name":
        return _replaced(
            place, [n for n in nodes if n.type in dialect.names.split() and len(n.text) > 2], chosen, _other_name
        )
    if mode == "member":
        dotted = [n for n in nodes if n.type in dialect.members.split() and n.start and place.text[n.start - 1] == "."]
        if dialect.language == "javascript":  # nothing else can be known to lack a member
            dotted = [n for n in dotted if _of_module(place.text, n)]
        return _replaced(place, dotted, chosen, _other_name)
    if mode == "arity":
        return _replaced(place, [n for n in nodes if n.type in dialect.calls.split()], chosen, _other_arguments)
    if mode == "type":
        literals = [n for n in nodes if n.type in (*dialect.strings.split(), *dialect.numbers.split())]
        return _replaced(place, [n for n in literals if not _imports(n, dialect)], chosen, _other_literal)
    if mode == "module":
        paths = [n for n in nodes if n.type in dialect.strings.split() and _imports(n, dialect)]
        return _replaced(place, paths, chosen, lambda text, _: text[:-1] + "-vortex" + text[-1])
    raise ValueError(mode)


def _cuts(node: Node) -> list[int]:
    """Ends of tokens inside a statement, where a person might have stopped typing."""
    leaves = [n for n in node.walk() if not n.children and n.end < node.end]
    return [
        n.end
        for n in leaves
        if n.type in ("=", ".", "(", ",", ":=", "return", "{", "=>", "+", "->", "::", "&&") or n.is_named
    ]


def _of_module(text: str, node: Node) -> bool:
    """Whether a called member is one of a module that the file requires under that name."""
    owner = re.search(r"(?<![.\w])(\w+)\.$", text[: node.start])
    called = text[node.end : node.end + 1] == "("
    return called and owner is not None and re.search(rf"\b{owner[1]} = require\('[\w-]+'\)", text) is not None


def _imports(node: Node, dialect: Dialect) -> bool:
    around = list(node.ancestors())[:4]
    required = any(a.type == "call_expression" and a.text.startswith("require(") for a in around)
    return required or any(a.type in dialect.imports.split() for a in around)


def _replaced(
    place: Place, nodes: list[Node], chosen: random.Random, other: Callable[[str, random.Random], str]
) -> str | None:
    if not nodes:
        return None
    node = chosen.choice(nodes)
    text = other(node.text, chosen)
    return place.text[place.start : node.start] + text + place.text[node.end : place.end]


def _other_name(text: str, chosen: random.Random) -> str:
    return text + chosen.choice(_INVENTED)


def _other_arguments(text: str, chosen: random.Random) -> str:
    inner = text[1:-1].strip()
    if inner and chosen.random() < 0.5 and "," not in inner:
        return text[0] + text[-1]
    more = ", ".join(["1"] * 9)
    return f"{text[0]}{inner.rstrip(',')}, {more}{text[-1]}" if inner else f"{text[0]}{more}{text[-1]}"


def _other_literal(text: str, chosen: random.Random) -> str:
    return "12345" if text[:1] in "\"'`" else '"vortex"'


def _with_suffix(place: Place) -> str | None:
    """The two lines below are said again."""
    following = re.findall(r"[^\n]*\S[^\n]*\n", place.text[place.end : place.end + 400])[:2]
    rest = place.text[place.end : place.text.find("\n", place.end)]
    if rest.strip() or len(following) < 2 or sum(len(f.strip()) for f in following) < 24:
        return None
    return place.true + "\n" + "".join(following).rstrip("\n")


def rows(dialect: Dialect, text: str, chosen: random.Random, count: int) -> Iterator[tuple[str, Place, str]]:
    """Mode, place and insertion: "valid" ones first, then one broken in each mode that applies, of other places."""
    for place in places(dialect, text, chosen, count):
        yield "valid", place, place.true
        for mode in MODES:
            insert = broken(dialect, place, mode, chosen)
            if insert is not None and insert != place.true:
                yield mode, place, insert
