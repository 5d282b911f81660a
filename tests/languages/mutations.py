"""Insertions cut from real code, and ways to break them: what a model does when it errs. Judges nothing.

A place is a stretch of a file that is taken out and asked for. What is broken is made by one rule a mode, from the syntax
tree alone; whether it is broken indeed, `make_rows.py` asks the language's own compiler.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

from kireji.base import syntax
from kireji.base.syntax import Node
from kireji.base.text import line_at, line_span, line_starts

CODE = "truncated name member arity type module suffix"
_INVENTED = ("Kindly", "Vortex", "Quibble", "Zephyr")
_OPENERS = MappingProxyType({"(": ")", "[": "]", "{": "}"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """The grammar's names for what the modes need, space-separated; `modes` are those that apply."""

    language: str
    statements: str
    names: str = "identifier"
    members: str = "field_identifier"
    calls: str = "argument_list"
    strings: str = "string_literal"
    numbers: str = "number_literal"
    imports: str = ""
    closers: str = ") ] }"
    marks: str = ""
    modes: str = CODE


_ECMA = Dialect(
    "typescript",
    "expression_statement lexical_declaration return_statement if_statement for_statement throw_statement "
    "variable_declaration",
    members="property_identifier",
    calls="arguments",
    strings="string",
    numbers="number",
    imports="import_statement",
)
_C = "expression_statement declaration return_statement if_statement for_statement while_statement"
_LINES = (
    _ECMA,
    Dialect(**{**{f: getattr(_ECMA, f) for f in _ECMA.__slots__}, "language": "javascript"}),
    Dialect(
        "go",
        "expression_statement short_var_declaration assignment_statement return_statement if_statement for_statement "
        "var_declaration",
        strings="interpreted_string_literal",
        numbers="int_literal",
        imports="import_spec",
    ),
    Dialect("c", _C, strings="string_literal system_lib_string", imports="preproc_include"),
    Dialect("cpp", f"{_C} for_range_loop", strings="string_literal system_lib_string", imports="preproc_include"),
    Dialect(
        "rust",
        "expression_statement let_declaration",
        calls="arguments",
        numbers="integer_literal",
        imports="use_declaration",
    ),
    Dialect(
        "java",
        "expression_statement local_variable_declaration return_statement if_statement for_statement "
        "enhanced_for_statement throw_statement",
        members="identifier",
        numbers="decimal_integer_literal",
        imports="import_declaration",
    ),
    Dialect(
        "shellscript",
        "command variable_assignment if_statement for_statement while_statement case_statement redirected_statement list",
        names="variable_name",
        closers='fi done esac ]] ] ) } "',
        marks="then do in ;;",
        modes="truncated name closer mark suffix",
    ),
    Dialect("json", "pair", closers='} ] "', marks=": ,", modes="truncated closer mark bare suffix"),
    Dialect(
        "toml",
        "pair table",
        strings="string",
        numbers="integer boolean float",
        closers='} ] "',
        marks="=",
        modes="truncated closer mark bare twice suffix",
    ),
    Dialect(
        "yaml",
        "block_mapping_pair block_sequence_item",
        closers="} ]",
        marks=":",
        modes="truncated closer mark tab alias dedent twice suffix",
    ),
)
DIALECTS = MappingProxyType({dialect.language: dialect for dialect in _LINES})


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
        end = node.start + len(node.text.rstrip())
        if node.type in kinds and 8 <= end - node.start <= 600 and not node.has_error:
            span = line_span(text, starts, line_at(starts, node.start))
            rest = text[end : line_span(text, starts, line_at(starts, end)).end]
            if text[span.start : node.start].strip() or rest.strip() not in ("", ",", ";"):
                continue
            end += len(rest.rstrip())
            found.append(Place(text, node.start, end))
            if "\n" not in text[node.start : end] and (tokens := _cuts(node)):
                found.append(Place(text, chosen.choice(tokens), end))
        elif node.type in dialect.imports.split() and end - node.start < 200:
            found.append(Place(text, node.start, end))
    chosen.shuffle(found)
    return found[:count]


def broken(dialect: Dialect, place: Place, mode: str, chosen: random.Random) -> str | None:
    """The insertion, broken in one way; None where the mode does not apply."""
    tree = syntax.parse(dialect.language, place.text)
    around = tree.node_at(place.start, max(place.start, place.end - 1))
    nodes = [n for n in around.walk() if place.start <= n.start and n.end <= place.end]
    leaves = [n for n in nodes if not n.children]
    match mode:
        case "truncated":
            return _truncated(place, nodes, chosen)
        case "suffix":
            return _with_suffix(place)
        case "name":
            named = [n for n in nodes if n.type in dialect.names.split() and len(n.text) > 2]
            if dialect.language == "shellscript":  # only what is read can be missing
                named = [n for n in named if place.text[n.start - 1] in "${" and re.search("[a-z]", n.text)]
            return _replaced(place, named, chosen, _other_name)
        case "member":
            dotted = [n for n in nodes if n.type in dialect.members.split() and _follows_dot(place.text, n)]
            if dialect.language == "javascript":  # nothing else can be known to lack a member
                dotted = [n for n in dotted if _of_module(place.text, n)]
            return _replaced(place, dotted, chosen, _other_name)
        case "arity":
            return _replaced(place, [n for n in nodes if n.type in dialect.calls.split()], chosen, _other_arguments)
        case "type":
            literals = [n for n in nodes if n.type in (*dialect.strings.split(), *dialect.numbers.split())]
            return _replaced(place, [n for n in literals if not _imports(n, dialect)], chosen, _other_literal)
        case "module":
            return _module(place, [n for n in nodes if _imports(n, dialect)], dialect, chosen)
        case "closer":
            return _replaced(place, _closing(leaves, dialect), chosen, lambda text, _: "")
        case "mark":
            return _replaced(place, [n for n in leaves if n.type in dialect.marks.split()], chosen, lambda text, _: "")
        case "bare":
            values = [n for n in nodes if n.type in ("string", "number", "true", "integer", "boolean")]
            return _replaced(place, values[1:] or values, chosen, lambda text, _: "Vortex")
        case "twice":
            return place.true + "\n" + _indent(place) + place.true if _is_whole_line(place) else None
        case "tab" | "dedent":
            return _indented_otherwise(place, mode)
        case "alias":
            scalars = [n for n in nodes if n.type in ("plain_scalar", "double_quote_scalar") and n.end == place.end]
            return _replaced(place, scalars, chosen, lambda text, _: "*vortex")
    raise ValueError(mode)


def rows(dialect: Dialect, text: str, chosen: random.Random, count: int) -> Iterator[tuple[str, Place, str]]:
    """Mode, place and insertion: "valid" ones first, then one broken in each mode that applies, of other places."""
    for place in places(dialect, text, chosen, count):
        yield "valid", place, place.true
        for mode in dialect.modes.split():
            insert = broken(dialect, place, mode, chosen)
            if insert is not None and insert.strip() and insert.strip() != place.true.strip():
                yield mode, place, insert


def _cuts(node: Node) -> list[int]:
    """Ends of tokens inside a statement, where a person might have stopped typing."""
    leaves = [n for n in node.walk() if not n.children and n.end < node.end]
    stops = ("=", ".", "(", ",", ":=", "return", "{", "=>", "+", "->", "::", "&&", ":", "[")
    return [n.end for n in leaves if n.type in stops or n.is_named]


def _truncated(place: Place, nodes: list[Node], chosen: random.Random) -> str | None:
    openers = [n for n in nodes if n.type in _OPENERS and n.parent is not None and n.parent.end <= place.end]
    openers = [n for n in openers if n.parent is not None and n.parent.end - n.start > 2]
    return place.text[place.start : chosen.choice(openers).end] if openers else None


def _closing(leaves: list[Node], dialect: Dialect) -> list[Node]:
    """Closing tokens: of a pair of equal ones, the second."""
    found = [n for n in leaves if n.type in dialect.closers.split()]
    return [n for n in found if n.parent is not None and n.start != n.parent.start]


def _follows_dot(text: str, node: Node) -> bool:
    return text[max(0, node.start - 1) : node.start] == "." or text[max(0, node.start - 2) : node.start] == "->"


def _of_module(text: str, node: Node) -> bool:
    """Whether a called member is one of a module that the file requires under that name."""
    owner = re.search(r"(?<![.\w])(\w+)\.$", text[: node.start])
    called = text[node.end : node.end + 1] == "("
    return called and owner is not None and re.search(rf"\b{owner[1]} = require\('[\w-]+'\)", text) is not None


def _imports(node: Node, dialect: Dialect) -> bool:
    around = list(node.ancestors())[:4]
    required = any(a.type == "call_expression" and a.text.startswith("require(") for a in around)
    return required or any(a.type in dialect.imports.split() for a in around)


def _module(place: Place, nodes: list[Node], dialect: Dialect, chosen: random.Random) -> str | None:
    paths = [n for n in nodes if n.type in dialect.strings.split()]
    if paths:
        return _replaced(place, paths, chosen, lambda text, _: text[:-1] + "-vortex" + text[-1])
    return _replaced(place, [n for n in nodes if n.type == "identifier"], chosen, _other_name)


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


def _is_whole_line(place: Place) -> bool:
    """Whether it is one line, and all of it."""
    return "\n" not in place.true and not _before(place).strip()


def _before(place: Place) -> str:
    return place.text[place.text.rfind("\n", 0, place.start) + 1 : place.start]


def _indent(place: Place) -> str:
    return _before(place)


def _indented_otherwise(place: Place, mode: str) -> str | None:
    """A later line with a tab in its indentation, or with less than its block has."""
    lines = place.true.split("\n")
    inner = [n for n, line in enumerate(lines) if n and line.strip() and line.startswith("  ")]
    if not inner:
        return None
    line = lines[inner[-1]]
    lines[inner[-1]] = "\t" + line.lstrip() if mode == "tab" else line[1:]
    return "\n".join(lines)


def _with_suffix(place: Place) -> str | None:
    """The two lines below are said again."""
    following = re.findall(r"[^\n]*\S[^\n]*\n", place.text[place.end : place.end + 400])[:2]
    rest = place.text[place.end : place.text.find("\n", place.end)]
    if rest.strip() or len(following) < 2 or sum(len(f.strip()) for f in following) < 24:
        return None
    return place.true + "\n" + "".join(following).rstrip("\n")
