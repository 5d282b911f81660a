"""What a file defines, by name, with the source lines that say how it is used; from tables of node types, per language.

Follows no import and resolves no name: `imports.py` lists imports, `engine/context/symbols.py` follows them. Broken
code gives what can still be recognised, never an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from kireji.base.languages import canonical
from kireji.base.syntax import Node, parse, supported
from kireji.base.types import Span

# A signature is for reading, not for compiling: a line or a header longer than this says nothing more to a model.
MAX_LINE = 120
MAX_SIGNATURE = 240


class DefinitionKind(Enum):
    """What a name stands for."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"
    TYPE = "type"
    VARIABLE = "variable"


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


@dataclass(frozen=True, slots=True)
class _Table:
    """Node types of one language: what they define, and which are only looked through."""

    kinds: Mapping[str, DefinitionKind]
    through: frozenset[str]


def outline(language: str, text: str) -> tuple[Definition, ...]:
    """All definitions at module and class level, in source order; empty for a language without a table.

    Also the attributes that a Python `__init__` gives to `self`. Locals of functions are left out.
    """
    table = _TABLES.get(canonical(language))
    if table is None or not supported(language):
        return ()
    found: list[Definition] = []
    stack: list[tuple[Node, str]] = [(parse(language, text).root, "")]
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
        elif node.type not in table.through and not node.is_error and node.parent is not None:
            continue
        stack += ((child, inside) for child in reversed(node.named_children))
    return tuple(found)


def _define(text: str, node: Node, kind: DefinitionKind, name: str, container: str) -> Definition:
    value = node.field("value") or node.field("right")
    function = value if value is not None and value.type in _FUNCTION_VALUES else None
    if kind is DefinitionKind.VARIABLE and (function is not None or _declares_function(node)):
        kind = DefinitionKind.FUNCTION
    if kind is DefinitionKind.FUNCTION and container:
        kind = DefinitionKind.METHOD
    token = _first_token(node)
    start = text.rfind("\n", 0, token) + 1
    start += len(text[start:token]) - len(text[start:token].lstrip())
    body = (function or node).field("body")
    if body is not None:
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
        if child.type in _DECORATORS:
            continue
        if child.type == "modifiers":
            inner = next((c for c in child.children if c.type not in _DECORATORS), None)
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
    if many := [c for c in node.named_children if c.type in _ONE_OF_MANY]:
        for child in many:
            yield from _names(child)
        return
    targets = [n for n in map(node.field, ("name", "declarator", "left", "alias")) if n is not None][:1]
    if node.type in _LISTS:
        declared = node.field("type")
        targets = [
            c for c in node.named_children if c != declared and (c.type in _NAMES or c.type.endswith("declarator"))
        ]
    if not targets:
        targets = [c for c in node.named_children[:1] if c.type in _NAMES or c.type in ("variable_list", "type")]
    for target in targets:
        yield from _leaves(target)


def _leaves(node: Node) -> Iterator[tuple[str, str]]:
    """The names in a declarator, pattern or path."""
    while (inner := node.field("declarator")) is not None or node.type == "parenthesized_declarator":
        node = inner if inner is not None else node.named_children[0]
    if node.type in _NAMES:
        if name := node.text.lstrip("$"):
            yield "", name
    elif node.type in _PATTERNS:
        for child in node.named_children:
            yield from _leaves(child)
    elif node.type in _PATHS:
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


def _table(classes: str, types: str, functions: str, variables: str, through: str) -> _Table:
    groups = (
        (DefinitionKind.CLASS, classes),
        (DefinitionKind.TYPE, types),
        (DefinitionKind.FUNCTION, functions),
        (DefinitionKind.VARIABLE, variables),
    )
    kinds = {node_type: kind for kind, names in groups for node_type in names.split()}
    return _Table(MappingProxyType(kinds), frozenset(through.split()))


_DECORATORS = frozenset({"decorator", "attribute_list", "marker_annotation", "annotation", "attribute_item"})
_FUNCTION_VALUES = frozenset(
    {"arrow_function", "function_expression", "function_definition", "generator_function", "lambda"}
)
_NAMES = frozenset(
    {"identifier", "property_identifier", "private_property_identifier", "type_identifier", "field_identifier"}
    | {"constant", "word", "variable_name", "name"}
)
_PATHS = frozenset({"dot_index_expression", "method_index_expression", "qualified_identifier", "member_expression"})
_PATTERNS = frozenset(
    {"pattern_list", "tuple_pattern", "variable_list", "array_pattern", "type", "variable_declarator"}
    | {"reference_declarator"}
)
# One node may declare several names, each in a child of its own, or all side by side after the type.
_ONE_OF_MANY = frozenset({"variable_declaration", "variable_declarator", "const_element", "property_element"})
_LISTS = frozenset({"var_spec", "const_spec", "field_declaration", "declaration"})

_JS_THROUGH = (
    "export_statement expression_statement class_body statement_block if_statement lexical_declaration "
    "variable_declaration"
)
_JS = _table(
    "class_declaration class",
    "",
    "function_declaration generator_function_declaration method_definition",
    "variable_declarator field_definition assignment_expression",
    _JS_THROUGH,
)
_TS = _table(
    "class_declaration abstract_class_declaration class interface_declaration internal_module",
    "type_alias_declaration enum_declaration",
    "function_declaration generator_function_declaration method_definition function_signature method_signature "
    "abstract_method_signature",
    "variable_declarator public_field_definition property_signature assignment_expression",
    f"{_JS_THROUGH} ambient_declaration interface_body module",
)
_C_TYPES = "struct_specifier union_specifier enum_specifier type_definition"
_C_THROUGH = "field_declaration_list linkage_specification preproc_if preproc_ifdef preproc_else declaration_list"

_TABLES: Mapping[str, _Table] = MappingProxyType(
    {
        "python": _table(
            "class_definition",
            "type_alias_statement",
            "function_definition",
            "assignment",
            "decorated_definition expression_statement block if_statement else_clause elif_clause try_statement "
            "except_clause finally_clause with_statement",
        ),
        "javascript": _JS,
        "javascriptreact": _JS,
        "typescript": _TS,
        "typescriptreact": _TS,
        "go": _table(
            "",
            "type_spec type_alias",
            "function_declaration method_declaration method_elem",
            "var_spec const_spec field_declaration",
            "type_declaration var_declaration var_spec_list const_declaration struct_type interface_type "
            "field_declaration_list",
        ),
        "rust": _table(
            "trait_item",
            "struct_item enum_item union_item type_item",
            "function_item function_signature_item macro_definition",
            "const_item static_item field_declaration",
            "impl_item declaration_list mod_item field_declaration_list foreign_mod_item",
        ),
        "java": _table(
            "class_declaration interface_declaration enum_declaration record_declaration annotation_type_declaration",
            "",
            "method_declaration constructor_declaration compact_constructor_declaration",
            "field_declaration constant_declaration",
            "class_body interface_body enum_body enum_body_declarations",
        ),
        "c": _table(
            "",
            _C_TYPES,
            "function_definition preproc_function_def",
            "declaration field_declaration preproc_def",
            _C_THROUGH,
        ),
        "cpp": _table(
            "class_specifier concept_definition",
            f"{_C_TYPES} alias_declaration",
            "function_definition preproc_function_def",
            "declaration field_declaration preproc_def",
            f"{_C_THROUGH} namespace_definition template_declaration",
        ),
        "ruby": _table("class module", "", "method singleton_method", "assignment", "body_statement singleton_class"),
        "csharp": _table(
            "class_declaration interface_declaration struct_declaration record_declaration",
            "enum_declaration delegate_declaration",
            "method_declaration constructor_declaration",
            "property_declaration field_declaration event_field_declaration",
            "namespace_declaration file_scoped_namespace_declaration declaration_list",
        ),
        "php": _table(
            "class_declaration interface_declaration trait_declaration enum_declaration",
            "",
            "function_definition method_declaration",
            "const_declaration property_declaration",
            "declaration_list enum_declaration_list namespace_definition compound_statement",
        ),
        "shellscript": _table("", "", "function_definition", "variable_assignment", "declaration_command if_statement"),
        "lua": _table("", "", "function_declaration", "assignment_statement", "variable_declaration"),
    }
)  # fmt: skip
