"""Syntax trees in Python string offsets: parse, reparse, look around a cursor, list what is wrong.

The only importer of tree_sitter; bytes exist only here. A tree is no judge of Python (it accepts one wrong file in five):
`engine/gates/syntax.py` asks `ast` as well. Nothing here executes or resolves code. Over 300 lines: nodes, trees and parsing
share the one place that knows bytes.
"""

from __future__ import annotations

import importlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from kireji.base.languages import LANGUAGES, canonical
from kireji.base.types import Span

if TYPE_CHECKING:
    import tree_sitter

# A tree deeper than this is not walked: no person nests so deep, and deep recursion in native code is a crash.
MAX_DEPTH = 2_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the parser could not fit: `kind` is "error" or the token that is "missing X"."""

    kind: str
    span: Span


class Node:
    """A view of one syntax node. Offsets are Python string offsets; children and parent are made on demand."""

    __slots__ = ("_node", "_tree")

    def __init__(self, tree: Tree, node: tree_sitter.Node) -> None:
        self._tree = tree
        self._node = node

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self._node == other._node

    def __hash__(self) -> int:
        return hash(self._node.id)

    def __repr__(self) -> str:
        return f"Node({self.type}, {self.start}, {self.end})"

    @property
    def type(self) -> str:
        """The grammar's name for the node."""
        return self._node.type

    @property
    def start(self) -> int:
        """Offset of the first character."""
        return self._tree._offset(self._node.start_byte)

    @property
    def end(self) -> int:
        """Offset after the last character."""
        return self._tree._offset(self._node.end_byte)

    @property
    def span(self) -> Span:
        """Start and end."""
        return Span(self.start, self.end)

    @property
    def text(self) -> str:
        """The source text of the node."""
        return self._tree.text[self.start : self.end]

    @property
    def is_named(self) -> bool:
        """False for punctuation and keywords."""
        return self._node.is_named

    @property
    def is_error(self) -> bool:
        """True for an ERROR node."""
        return self._node.is_error

    @property
    def is_missing(self) -> bool:
        """True for a token the parser invented to go on."""
        return self._node.is_missing

    @property
    def is_extra(self) -> bool:
        """True for what may stand anywhere, such as a comment."""
        return self._node.is_extra

    @property
    def has_error(self) -> bool:
        """True when an error lies in or below the node."""
        return self._node.has_error

    @property
    def parent(self) -> Node | None:
        """The node around this one."""
        parent = self._node.parent
        return Node(self._tree, parent) if parent is not None else None

    @property
    def children(self) -> list[Node]:
        """All children in order."""
        return [Node(self._tree, n) for n in self._node.children]

    @property
    def named_children(self) -> list[Node]:
        """Children without punctuation and keywords."""
        return [Node(self._tree, n) for n in self._node.named_children]

    @property
    def next_sibling(self) -> Node | None:
        """The node after this one below the same parent."""
        node = self._node.next_sibling
        return Node(self._tree, node) if node is not None else None

    @property
    def prev_sibling(self) -> Node | None:
        """The node before this one below the same parent."""
        node = self._node.prev_sibling
        return Node(self._tree, node) if node is not None else None

    def field(self, name: str) -> Node | None:
        """The child in that role, e.g. "name" or "body"."""
        node = self._node.child_by_field_name(name)
        return Node(self._tree, node) if node is not None else None

    def ancestors(self) -> Iterator[Node]:
        """Parent, grandparent, … up to the root."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in source order, without recursion, not below MAX_DEPTH."""
        cursor = self._node.walk()
        depth = 0
        while True:
            node = cursor.node
            if node is not None:
                yield Node(self._tree, node)
            if depth < MAX_DEPTH and cursor.goto_first_child():
                depth += 1
                continue
            while not cursor.goto_next_sibling():
                if depth == 0 or not cursor.goto_parent():
                    return
                depth -= 1


class Tree:
    """The parse of one text. Make it with `parse`."""

    __slots__ = ("_byte_lines", "_data", "_offset_lines", "_tree", "language", "text")

    def __init__(self, language: str, text: str, data: bytes, tree: tree_sitter.Tree) -> None:
        self.language = language
        self.text = text
        self._data = data
        self._tree = tree
        # Both tables are needed only where bytes and characters differ.
        self._byte_lines: list[int] | None = None
        self._offset_lines: list[int] | None = None

    @property
    def root(self) -> Node:
        """The whole file."""
        return Node(self, self._tree.root_node)

    @property
    def has_error(self) -> bool:
        """True when anything did not parse."""
        return self._tree.root_node.has_error

    def node_at(self, start: int, end: int | None = None) -> Node:
        """The smallest node that covers `[start, end]`."""
        a = self._byte(start)
        b = a if end is None else self._byte(end)
        found = self._tree.root_node.descendant_for_byte_range(a, b)
        return Node(self, found if found is not None else self._tree.root_node)

    def scope_at(self, offset: int) -> Span:
        """The innermost function, class or like node around `offset`; the whole text where there is none."""
        scopes = LANGUAGES[self.language].scopes
        node = self.node_at(offset)
        for around in (node, *node.ancestors()):
            if around.type in scopes and around.start < offset <= around.end:
                return around.span
        return Span(0, len(self.text))

    def problems(self) -> tuple[Problem, ...]:
        """All ERROR and MISSING nodes, outermost first."""
        if not self.has_error:
            return ()
        found: list[Problem] = []
        cursor = self._tree.root_node.walk()
        depth = 0
        while True:
            node = cursor.node
            if node is not None and (node.is_error or node.is_missing):
                kind = f"missing {node.type}" if node.is_missing else "error"
                found.append(Problem(kind, Span(self._offset(node.start_byte), self._offset(node.end_byte))))
            if node is not None and node.has_error and depth < MAX_DEPTH and cursor.goto_first_child():
                depth += 1
                continue
            while not cursor.goto_next_sibling():
                if depth == 0 or not cursor.goto_parent():
                    return tuple(found)
                depth -= 1

    def _tables(self) -> tuple[list[int], list[int]]:
        if self._byte_lines is None or self._offset_lines is None:
            byte_lines, offset_lines = [0], [0]
            for line in self._data.split(b"\n")[:-1]:
                byte_lines.append(byte_lines[-1] + len(line) + 1)
                offset_lines.append(offset_lines[-1] + len(line.decode("utf-8")) + 1)
            self._byte_lines, self._offset_lines = byte_lines, offset_lines
        return self._byte_lines, self._offset_lines

    def _offset(self, byte: int) -> int:
        if len(self._data) == len(self.text):
            return byte
        byte_lines, offset_lines = self._tables()
        line = bisect_right(byte_lines, byte) - 1
        return offset_lines[line] + len(self._data[byte_lines[line] : byte].decode("utf-8", "ignore"))

    def _byte(self, offset: int) -> int:
        if len(self._data) == len(self.text):
            return offset
        byte_lines, offset_lines = self._tables()
        line = bisect_right(offset_lines, offset) - 1
        return byte_lines[line] + len(_encode(self.text[offset_lines[line] : offset]))


def supported(language: str) -> bool:
    """True when there is a grammar for the language."""
    return canonical(language) in LANGUAGES


def load(language: str) -> None:
    """Loads a language's grammar ahead of its first use; does nothing for a language without one."""
    if supported(language):
        _parser(canonical(language))


@cache
def keywords(language: str) -> tuple[str, ...]:
    """The words that the grammar itself spells out, sorted. Raises KeyError for a language without a grammar."""
    grammar = _parser(canonical(language)).language
    assert grammar is not None  # noqa: S101 — the parser was made with one
    kinds = range(grammar.node_kind_count)
    words = {grammar.node_kind_for_id(kind) for kind in kinds if not grammar.node_kind_is_named(kind)}
    return tuple(sorted(word for word in words if word and len(word) > 1 and word.isalpha()))


def parse(language: str, text: str, previous: Tree | None = None) -> Tree:
    """Parses `text`; with `previous` (same language) only what changed is parsed anew.

    Raises KeyError for a language without a grammar: ask `supported` first.
    """
    language = canonical(language)
    data = _encode(text)
    parser = _parser(language)
    if previous is None or previous.language != language:
        return Tree(language, text, data, parser.parse(data))
    return Tree(language, text, data, parser.parse(data, _edited(previous, data)))


def _encode(text: str) -> bytes:
    # A lone surrogate (legal in JSON) becomes one byte, so that offsets still map.
    return text.encode("utf-8", "replace")


@cache
def _parser(language: str) -> tree_sitter.Parser:
    import tree_sitter

    module, function = LANGUAGES[language].grammar.split(":")
    grammar = getattr(importlib.import_module(module), function)()
    return tree_sitter.Parser(tree_sitter.Language(grammar))


def _edited(previous: Tree, data: bytes) -> tree_sitter.Tree:
    """The old tree, told which bytes changed (common prefix and suffix stay)."""
    old = previous._data
    start = _common(old, data)
    tail = _common(old[start:][::-1], data[start:][::-1])
    tree = previous._tree.copy()
    old_end, new_end = len(old) - tail, len(data) - tail
    tree.edit(start, old_end, new_end, _point(old, start), _point(old, old_end), _point(data, new_end))
    return tree


def _common(a: bytes, b: bytes) -> int:
    """Length of the common prefix, by bisection over slice comparison (which runs in C)."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _point(data: bytes, byte: int) -> tuple[int, int]:
    return data.count(b"\n", 0, byte), byte - (data.rfind(b"\n", 0, byte) + 1)
