"""The node types of each language that define something, as data for `outline.py`. To add a language, add a row.

Reads no text; names here are the grammars'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class DefinitionKind(Enum):
    """What a name stands for."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"
    TYPE = "type"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True)
class Table:
    """Node types of one language: what they define, and which are only looked through."""

    kinds: Mapping[str, DefinitionKind]
    through: frozenset[str]


def _table(classes: str, types: str, functions: str, variables: str, through: str) -> Table:
    groups = (
        (DefinitionKind.CLASS, classes),
        (DefinitionKind.TYPE, types),
        (DefinitionKind.FUNCTION, functions),
        (DefinitionKind.VARIABLE, variables),
    )
    kinds = {node_type: kind for kind, names in groups for node_type in names.split()}
    return Table(MappingProxyType(kinds), frozenset(through.split()))


DECORATORS = frozenset({"decorator", "attribute_list", "marker_annotation", "annotation", "attribute_item"})
FUNCTION_VALUES = frozenset(
    {"arrow_function", "function_expression", "function_definition", "generator_function", "lambda"}
)
NAMES = frozenset(
    {"identifier", "property_identifier", "private_property_identifier", "type_identifier", "field_identifier"}
    | {"constant", "word", "variable_name", "name"}
)
PATHS = frozenset({"dot_index_expression", "method_index_expression", "qualified_identifier", "member_expression"})
PATTERNS = frozenset(
    {"pattern_list", "tuple_pattern", "variable_list", "array_pattern", "type", "variable_declarator"}
    | {"reference_declarator"}
)
# One node may declare several names, each in a child of its own, or all side by side after the type.
ONE_OF_MANY = frozenset({"variable_declaration", "variable_declarator", "const_element", "property_element"})
LISTS = frozenset({"var_spec", "const_spec", "field_declaration", "declaration"})

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

TABLES: Mapping[str, Table] = MappingProxyType(
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
