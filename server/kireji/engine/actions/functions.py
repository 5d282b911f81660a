"""Finds the function around a place: what leads it, its header, its body. One table row per language.

Says nothing about what the body holds; knows named functions with a body only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from types import MappingProxyType

from kireji.base.syntax import Node, Tree
from kireji.base.text import indent_of
from kireji.base.types import Span


@dataclass(frozen=True, slots=True)
class Function:
    """A function in a tree. `span` starts with what leads it (comments, decorators) and ends with its body.

    `head` runs from its own first word to its body; `inside` is the body without its braces, if it `closes` with one.
    """

    language: str
    name: str
    node: Node
    span: Span
    head: Span
    inside: Span
    closes: bool

    @property
    def signature(self) -> tuple[str, ...]:
        """The words of the header, without white space, comments and commas before a closing bracket."""
        words = [leaf.text for leaf in _leaves(self.node, self.head) if leaf.type not in COMMENTS and leaf.text]
        pairs = zip(words, (*words[1:], ""), strict=True)
        return tuple(word for word, following in pairs if not (word == "," and following in _CLOSERS))


COMMENTS = frozenset({"comment", "line_comment", "block_comment"})
_CLOSERS = frozenset({")", "]", "}", ">"})
_LEADS = COMMENTS | {"attribute_item", "decorator"}
_ANNOTATIONS = frozenset({"annotation", "marker_annotation"})
# A wrapper gives its function a name, a place in the module, or decorators; the fields say where the function stands in it.
_JS_WRAPPERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "export_statement": ("declaration", "value"),
        "lexical_declaration": (),
        "variable_declaration": (),
        "variable_declarator": ("value",),
        "field_definition": ("value",),
        "public_field_definition": ("value",),
    }
)
_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_JS = frozenset(
    {"function_declaration", "generator_function_declaration", "method_definition", "arrow_function"}
    | {"function_expression", "generator_function"}
)


_LONGEST_NAME = 60
_MOST_AROUND = 200
_MOST_LEADS = 20
_MOST_HANGING = 100


@dataclass(frozen=True, slots=True)
class _Row:
    functions: frozenset[str]
    wrappers: Mapping[str, tuple[str, ...]]


_ROWS: Mapping[str, _Row] = MappingProxyType(
    {
        "python": _Row(frozenset({"function_definition"}), MappingProxyType({"decorated_definition": ("definition",)})),
        "javascript": _Row(_JS, _JS_WRAPPERS),
        "javascriptreact": _Row(_JS, _JS_WRAPPERS),
        "typescript": _Row(_JS, _JS_WRAPPERS),
        "typescriptreact": _Row(_JS, _JS_WRAPPERS),
        "go": _Row(frozenset({"function_declaration", "method_declaration"}), _NONE),
        "rust": _Row(frozenset({"function_item"}), _NONE),
        "java": _Row(frozenset({"method_declaration", "constructor_declaration"}), _NONE),
    }
)


def short(name: str) -> str:
    """A name as it fits into a title."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def function_at(tree: Tree, span: Span) -> Function | None:
    """The innermost function around a span (a cursor where it is empty), or the one that what stands there leads."""
    row = _ROWS.get(tree.language)
    if row is None:
        return None
    where = _told(tree.text, span)
    node = tree.node_at(where.start, where.end)
    for around in _up(node):
        function = _unwrapped(around, row) or _led_by(around, row, tree.text)
        if function is not None:
            return _described(function, row, tree)
    return _hung_below(tree, where, row)


def _told(text: str, span: Span) -> Span:
    """A selection without the blanks around it; a cursor as the character it touches, on its own line."""
    said = text[span.start : span.end]
    if said.strip():
        start = span.start + len(said) - len(said.lstrip())
        return Span(start, start + len(said.strip()))
    at = span.start
    left, right = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1, text.find("\n", at)
    line = text[left : right if right >= 0 else len(text)].rstrip()
    if not line.strip():
        return Span(at, at)
    start = max(left + len(indent_of(line)), min(at, left + len(line) - 1))
    return Span(start - 1, start) if text[start].isspace() else Span(start, start + 1)


def _unwrapped(node: Node, row: _Row) -> Node | None:
    """The function that a node is, or is the wrapping of."""
    if node.type in row.functions:
        return node
    fields = row.wrappers.get(node.type)
    if fields is None:
        return None
    inner = [found for name in fields if (found := node.field(name)) is not None]
    if not fields:
        inner = [child for child in node.named_children if child.type not in COMMENTS]
    return _unwrapped(inner[0], row) if len(inner) == 1 else None


def _led_by(node: Node, row: _Row, text: str) -> Node | None:
    """The function that a comment or decorator belongs to."""
    following: Node | None = node
    for _ in range(_MOST_LEADS):
        if following is None or following.type not in _LEADS:
            break
        following = following.next_sibling
    function = _unwrapped(following, row) if following is not None and node.type in _LEADS else None
    if function is None or following is None or _lead(following, text) > node.start:
        return None
    return function


def _lead(node: Node, text: str) -> int:
    """Where the lines begin that lead a node: decorators, and comments right above it."""
    start = node.start
    before = node.prev_sibling
    for _ in range(_MOST_LEADS):
        if before is None or before.type not in _LEADS:
            break
        begun = text[text.rfind("\n", 0, before.start) + 1 : before.start]
        gap = text[before.start : start].removeprefix(before.text.rstrip())
        if before.type in COMMENTS and (begun.strip() or gap.count("\n") > 1):
            break
        start, before = before.start, before.prev_sibling
    return start


def _described(function: Node, row: _Row, tree: Tree) -> Function | None:
    text = tree.text
    body = function.field("body")
    if body is None:
        return None
    outer = decorated = function
    named = function.field("name")
    while (parent := decorated.parent) is not None and parent.type in row.wrappers:
        if _unwrapped(parent, row) != function:
            return None
        if parent.type != "decorated_definition":
            outer = parent
            named = named or parent.field("name") or parent.field("property")
        decorated = parent
    inside = _inside(function, body, text)
    if named is None or inside is None:
        return None
    head = Span(_own_word(function, outer), inside.start)
    closes = text.startswith("}", inside.end)
    span = Span(_lead(decorated, text), decorated.end if closes else inside.end)
    return Function(tree.language, named.text, function, span, head, inside, closes)


def _inside(function: Node, body: Node, text: str) -> Span | None:
    parts = body.children
    if len(parts) >= 2 and parts[0].type == "{" and parts[-1].type == "}" and not parts[-1].is_missing:
        return Span(parts[0].end, parts[-1].start)
    colon = next((child for child in reversed(function.children) if child.type == ":"), None)
    if colon is None:  # an arrow function that is one expression
        return None
    start, line_end = colon.end, _line_end(text, colon.end)
    comment = colon.next_sibling
    if comment is not None and comment.type in COMMENTS and comment.start < line_end:
        start = comment.end  # it stays on the header's line
    if body.end <= body.start:
        return Span(start, max(start, _hanging(text, function, start)))
    # A comment takes the first half of a CRLF with it.
    return Span(start, function.end - (text[function.end - 1] == "\r"))


def _hanging(text: str, function: Node, start: int) -> int:
    """The end of the comments that hang below a Python header without a body: the grammar gives them to nobody."""
    width = len(indent_of(text[text.rfind("\n", 0, function.start) + 1 :]))
    end = start
    at = _line_end(text, start)
    for _ in range(_MOST_HANGING):
        line = text[at + 1 : _line_end(text, at + 1)]
        if line.strip() and not (line.lstrip().startswith("#") and len(indent_of(line)) > width):
            break
        end = at + 1 + len(line.rstrip()) if line.strip() else end
        at = _line_end(text, at + 1)
    return end


def _hung_below(tree: Tree, where: Span, row: _Row) -> Function | None:
    """The Python function whose only body is the comment at a place."""
    if tree.language != "python":
        return None
    rows = tree.text[: where.start].rsplit("\n", _MOST_HANGING)
    hanging = 1
    while hanging < len(rows) and (not rows[-1 - hanging].strip() or rows[-1 - hanging].lstrip().startswith("#")):
        hanging += 1
    at = where.start - sum(len(row) + 1 for row in rows[-hanging:])
    if hanging >= len(rows) or at < 0:
        return None
    at = len(tree.text[:at].rstrip())
    node = tree.node_at(max(0, at - 1), at)
    owner = next((around for around in _up(node) if around.type in row.functions), None)
    function = _described(owner, row, tree) if owner is not None else None
    return function if function is not None and function.span.end >= where.end else None


def _up(node: Node) -> Iterator[Node]:
    """A node and what is around it. Code nested deeper than that has no function that a person would ask about."""
    return chain((node,), islice(node.ancestors(), _MOST_AROUND))


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _own_word(function: Node, outer: Node) -> int:
    """Where a function begins once the annotations that lead it are passed."""
    first = function.children[0]
    if outer != function or first.type != "modifiers":
        return outer.start
    rest = [word for word in first.children if word.type not in _ANNOTATIONS]
    following = first.next_sibling
    if first.children and first.children[0].type in _ANNOTATIONS:
        return rest[0].start if rest else (following.start if following is not None else first.end)
    return outer.start


def _leaves(function: Node, head: Span) -> Iterator[Node]:
    """The words of a header, which may begin in a wrapping of the function."""
    outer = next((node for node in _up(function) if node.start <= head.start), function)
    for node in outer.walk():
        if head.start <= node.start and node.end <= head.end and not node.children:
            yield node
