"""What a file of markup or data defines: the selectors of a style sheet, the ids of a page, the keys of a configuration.

Of nested keys two levels count: deeper ones are data. Signatures are lines of source, as in `outline.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from kireji.base.outline_tables import DefinitionKind
from kireji.base.syntax import Node, Tree

# (name, kind, container, node)
Found = tuple[str, DefinitionKind, str, Node]

_KEY_DEPTH = 2
_MAX_NODES = 20_000
_SELECTORS = MappingProxyType({"class_selector": "class_name", "id_selector": "id_name"})
_NAMED = ("id", "name")
_LISTS = frozenset({"array", "block_sequence", "flow_sequence"})


def markup(language: str, tree: Tree) -> Iterator[Found]:
    """What a tree of one of the `MARKUP` languages defines, in order; nothing for others."""
    reader = MARKUP.get(language)
    return reader(tree.root) if reader is not None else iter(())


def _css(root: Node) -> Iterator[Found]:
    for node in _walk(root):
        if node.type == "rule_set":
            selectors = next((child for child in node.named_children if child.type == "selectors"), None)
            names = [found for s in (selectors.named_children if selectors is not None else ()) for found in _last(s)]
            yield from ((name, DefinitionKind.CLASS, "", node) for name in dict.fromkeys(names))
        elif node.type == "keyframes_statement":
            yield from (
                (c.text, DefinitionKind.TYPE, "", node) for c in node.named_children if c.type == "keyframes_name"
            )
        elif node.type == "declaration" and (name := node.children[0].text).startswith("--"):
            yield name, DefinitionKind.VARIABLE, "", node


def _last(selector: Node) -> Iterator[str]:
    """The class or the id that a selector ends in: what stands before it is where it applies."""
    for node in reversed(list(selector.walk())):
        if (inner := _SELECTORS.get(node.type)) is not None:
            yield from [c.text for c in node.named_children if c.type == inner][-1:]
            return


def _html(root: Node) -> Iterator[Found]:
    for node in _walk(root):
        if node.type == "attribute" and len(node.named_children) == 2:
            name, value = node.named_children
            tag = node.parent
            if name.text.lower() in _NAMED and tag is not None and (said := value.text.strip("\"'")):
                yield said, DefinitionKind.VARIABLE, "", tag


def _json(root: Node) -> Iterator[Found]:
    yield from _keys(root, "pair", "")


def _yaml(root: Node) -> Iterator[Found]:
    yield from _keys(root, "block_mapping_pair", "")


def _keys(node: Node, kind: str, container: str, depth: int = _KEY_DEPTH) -> Iterator[Found]:
    """The pairs below a node, and those below their values."""
    for pair in _nearest(node, kind):
        name, value = _key(pair), pair.field("value")
        if name:
            inside = value is not None and depth > 1 and next(_nearest(value, kind), None) is not None
            yield name, DefinitionKind.TYPE if inside else DefinitionKind.VARIABLE, container, pair
            if inside and value is not None:
                yield from _keys(value, kind, name, depth - 1)


def _nearest(node: Node, kind: str) -> Iterator[Node]:
    """Nodes of a kind, none of them inside another, and none inside a list."""
    if node.type in _LISTS:
        return
    for child in node.named_children:
        if child.type == kind:
            yield child
        else:
            yield from _nearest(child, kind)


def _toml(root: Node) -> Iterator[Found]:
    for node in root.named_children:
        if node.type == "pair":
            yield _key(node), DefinitionKind.VARIABLE, "", node
        elif node.type in ("table", "table_array_element"):
            name = _key(node)
            yield name, DefinitionKind.TYPE, "", node
            pairs = (child for child in node.named_children if child.type == "pair")
            yield from ((_key(pair), DefinitionKind.VARIABLE, name, pair) for pair in pairs)


def _key(node: Node) -> str:
    key = node.field("key") or next(iter(node.named_children), None)
    return key.text.strip("\"'") if key is not None else ""


def _walk(root: Node) -> Iterator[Node]:
    for number, node in enumerate(root.walk()):
        if number >= _MAX_NODES:
            return
        yield node


MARKUP: Mapping[str, Callable[[Node], Iterator[Found]]] = MappingProxyType(
    {"css": _css, "html": _html, "json": _json, "yaml": _yaml, "toml": _toml}
)
