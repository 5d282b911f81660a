"""What a file defines, by name, with the source lines that say how it is used; from tables of node types, per language.

Follows no import and resolves no name: `imports.py` lists imports, `engine/context/symbols.py` follows them. Broken
code gives what can still be recognised, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kireji.base.languages import canonical
from kireji.base.outline_markup import MARKUP, markup
from kireji.base.outline_tables import (
    DECORATORS,
    FUNCTION_VALUES,
    LISTS,
    NAMES,
    ONE_OF_MANY,
    PATHS,
    PATTERNS,
    TABLES,
    DefinitionKind,
)
from kireji.base.syntax import Node, Tree, parse, supported
from kireji.base.types import Span

# A signature is for reading, not for compiling: a line or a header longer than this says nothing more to a model.
MAX_LINE = 120
MAX_SIGNATURE = 240


@dataclass(frozen=True, slots=True)
class Definition:
    """A defined name. `signature` is verbatim source, without decorators and without the first line's indentation.

    `container` is the dotted path of what it is a member of, "" at the top level; `span` covers the body too.
    """

    name: str
    kind: DefinitionKind
    signature: str
    container: str
    span: Span


def outline(language: str, text: str, tree: Tree | None = None) -> tuple[Definition, ...]:
    """All definitions at module and class level, in source order; empty for a language without a table.

    Also the attributes that a Python `__init__` gives to `self`. Locals of functions are left out. `tree` is the text's
    own, where it is at hand.
    """
    table = TABLES.get(canonical(language))
    if canonical(language) in MARKUP and supported(language):
        return _markup(canonical(language), text, tree if tree is not None else parse(language, text))
    if table is None or not supported(language):
        return ()
    found: list[Definition] = []
    tree = tree if tree is not None else parse(language, text)
    root = tree.root
    stack: list[tuple[Node, str]] = [(root, "")]
    while stack:
        node, container = stack.pop()
        kind = table.kinds.get(node.type)
        inside = container
        if kind is not None:
            names = list(_names(node))
            found += (_define(text, node, kind, name, _join(container, owner)) for owner, name in names)
            if node.type == "function_definition" and names == [("", "__init__")]:
                found += _attributes(text, node, container)
            if kind not in (DefinitionKind.CLASS, DefinitionKind.TYPE) or not names:
                continue
            inside = _join(container, names[0][1])
        elif node.type == "impl_item":
            inside = _bare(node.field("type"))
        # Asking a node for its parent is no way to know the root: the library looks for it from the top.
        elif node.type not in table.through and not node.is_error and node is not root:
            continue
        stack += ((child, inside) for child in reversed(node.named_children))
    if tree.has_error and canonical(language) == "python":
        found = sorted([*found, *_unparsed(text, {d.span.start for d in found})], key=lambda d: d.span.start)
    return tuple(found)


def _markup(language: str, text: str, tree: Tree) -> tuple[Definition, ...]:
    """What markup and data define: the line in which it stands is all there is to say."""
    made = (
        Definition(name, kind, _signature(text, node.start, node.start), container, Span(node.start, node.end))
        for name, kind, container, node in markup(language, tree)
    )
    return tuple(sorted(made, key=lambda d: d.span.start))


_HEADER = re.compile(r"^([ \t]*)((?:async[ \t]+)?(def|class)[ \t]+(\w+))", re.M)


def _unparsed(text: str, known: set[int]) -> Iterator[Definition]:
    """Python definitions that an error hides: an open bracket swallows what follows, but headers still tell."""
    around: list[tuple[int, str, str]] = []
    for match in _HEADER.finditer(text):
        indent, word, name = len(match[1].expandtabs()), match[3], match[4]
        while around and around[-1][0] >= indent:
            around.pop()
        if match.start(2) not in known and all(kind == "class" for _, kind, _ in around):
            container = ".".join(outer for _, _, outer in around)
            function = DefinitionKind.METHOD if container else DefinitionKind.FUNCTION
            kind = DefinitionKind.CLASS if word == "class" else function
            signature = _signature(text, match.start(2), match.start(2))
            yield Definition(name, kind, signature, container, Span(match.start(2), match.end(2)))
        around.append((indent, word, name))


def _define(text: str, node: Node, kind: DefinitionKind, name: str, container: str) -> Definition:
    value = node.field("value") or node.field("right")
    function = value if value is not None and value.type in FUNCTION_VALUES else None
    if kind is DefinitionKind.VARIABLE and (function is not None or _declares_function(node)):
        kind = DefinitionKind.FUNCTION
    if kind is DefinitionKind.FUNCTION and container:
        kind = DefinitionKind.METHOD
    token = _first_token(node)
    start = text.rfind("\n", 0, token) + 1
    start += len(text[start:token]) - len(text[start:token].lstrip())
    body = (function or node).field("body")
    if (
        node.type == "function_definition"
        and (last := node.field("return_type") or node.field("parameters")) is not None
    ):
        header = last.end  # in broken Python the body may begin far below, after lines that are not the header's
    elif body is not None:
        header = start + len(text[start : body.start].rstrip())
    elif kind in (DefinitionKind.FUNCTION, DefinitionKind.METHOD):
        parameters = (function or node).field("parameters")
        header = parameters.end if parameters is not None else (node.field("declarator") or node.children[0]).end
    else:
        header = start
    return Definition(name, kind, _signature(text, start, header), container, Span(start, node.end))


def _signature(text: str, start: int, header: int) -> str:
    """Whole lines from `start` to the one in which the header ends, within the two caps."""
    end = text.find("\n", max(start, header))
    lines = text[start : end if end >= 0 else len(text)].split("\n")
    kept = [_cut(lines[0])]
    for line in lines[1:]:
        if sum(map(len, kept)) + len(line) > MAX_SIGNATURE:
            break
        kept.append(_cut(line))
    return "\n".join(kept)


def _cut(line: str) -> str:
    """A line within the cap, cut at a blank: half of a literal could no longer be recognised for a secret."""
    line = line.rstrip()
    return line if len(line) <= MAX_LINE else line[: line.rfind(" ", 0, MAX_LINE) + 1].rstrip()


def _first_token(node: Node) -> int:
    """Where the definition starts once decorators, annotations and attributes are passed."""
    for child in node.children:
        if child.type in DECORATORS:
            continue
        if child.type == "modifiers":
            inner = next((c for c in child.children if c.type not in DECORATORS), None)
            if inner is None:
                continue
            return inner.start
        return child.start
    return node.start


def _names(node: Node) -> Iterator[tuple[str, str]]:
    """(owner, name) of everything the node defines; the owner is set where the syntax names it (`A::f`, `M.f`)."""
    if node.type == "method_declaration" and (receiver := node.field("receiver")) is not None:
        owner = next((n.text for n in receiver.walk() if n.type == "type_identifier"), "")
        yield owner, _bare(node.field("name"))
        return
    if many := [c for c in node.named_children if c.type in ONE_OF_MANY]:
        for child in many:
            yield from _names(child)
        return
    targets = [n for n in map(node.field, ("name", "declarator", "left", "alias")) if n is not None][:1]
    if node.type in LISTS:
        declared = node.field("type")
        targets = [
            c for c in node.named_children if c != declared and (c.type in NAMES or c.type.endswith("declarator"))
        ]
    if not targets:
        targets = [c for c in node.named_children[:1] if c.type in NAMES or c.type in ("variable_list", "type")]
    for target in targets:
        yield from _leaves(target)


def _leaves(node: Node) -> Iterator[tuple[str, str]]:
    """The names in a declarator, pattern or path."""
    while (inner := node.field("declarator")) is not None or node.type == "parenthesized_declarator":
        node = inner if inner is not None else node.named_children[0]
    if node.type in NAMES:
        if name := node.text.lstrip("$"):
            yield "", name
    elif node.type in PATTERNS:
        for child in node.named_children:
            yield from _leaves(child)
    elif node.type in PATHS:
        parts = [n.text for n in node.named_children if n.text]
        # `self.x = …` below a class is an attribute and read in `_attributes`; `module.exports.f` defines `f`.
        if len(parts) > 1 and parts[0] not in ("self", "this"):
            owner = parts[0] if parts[0].isidentifier() else ""
            yield ("" if owner in ("exports", "module") else owner), parts[-1]


def _attributes(text: str, method: Node, container: str) -> Iterator[Definition]:
    body, seen = method.field("body"), set()
    for statement in body.named_children if body is not None else ():
        for assignment in statement.named_children[:1]:
            left = assignment.field("left") if assignment.type == "assignment" else None
            if left is None or left.type != "attribute" or _text(left.field("object")) != "self":
                continue
            name = _text(left.field("attribute"))
            if name and name not in seen:
                seen.add(name)
                signature = _signature(text, assignment.start, assignment.start)
                yield Definition(name, DefinitionKind.VARIABLE, signature, container, assignment.span)


def _declares_function(node: Node) -> bool:
    declarator = node.field("declarator")
    while declarator is not None and declarator.type != "function_declarator":
        declarator = declarator.field("declarator")
    return declarator is not None


def _join(container: str, name: str) -> str:
    return f"{container}.{name}" if container and name else container or name


def _text(node: Node | None) -> str:
    return node.text if node is not None else ""


def _bare(node: Node | None) -> str:
    """A type's or member's name without type arguments."""
    return _text(node).partition("<")[0].strip()
