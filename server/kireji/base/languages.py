"""The languages Kireji knows, as data: how each is named, commented, parsed and scoped. To add one, add a row.

Does not parse; `syntax.py` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath
from types import MappingProxyType


class BlockStyle(Enum):
    """How a language delimits blocks."""

    INDENT = "indent"
    BRACES = "braces"
    KEYWORDS = "keywords"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Language:
    """One row. `grammar` is `module:function`; `scopes` are node types that open a scope of definitions."""

    id: str
    grammar: str
    extensions: tuple[str, ...]
    line_comment: str
    blocks: BlockStyle
    scopes: frozenset[str]
    filenames: tuple[str, ...] = ()


def _row(
    id: str,  # noqa: A002 — the LSP calls it the language id
    grammar: str,
    extensions: str,
    line_comment: str,
    blocks: BlockStyle,
    scopes: str,
    filenames: str = "",
) -> Language:
    return Language(
        id,
        grammar,
        tuple(extensions.split()),
        line_comment,
        blocks,
        frozenset(scopes.split()),
        tuple(filenames.split()),
    )


_JS = "function_declaration function_expression arrow_function method_definition class_declaration class generator_function_declaration"
_TS = f"{_JS} interface_declaration abstract_class_declaration enum_declaration internal_module"
_C = "function_definition struct_specifier union_specifier enum_specifier"

_ROWS = (
    _row("python", "tree_sitter_python:language", ".py .pyi .pyw", "#", BlockStyle.INDENT, "function_definition class_definition lambda"),
    _row("javascript", "tree_sitter_javascript:language", ".js .mjs .cjs", "//", BlockStyle.BRACES, _JS),
    _row("javascriptreact", "tree_sitter_javascript:language", ".jsx", "//", BlockStyle.BRACES, _JS),
    _row("typescript", "tree_sitter_typescript:language_typescript", ".ts .mts .cts", "//", BlockStyle.BRACES, _TS),
    _row("typescriptreact", "tree_sitter_typescript:language_tsx", ".tsx", "//", BlockStyle.BRACES, _TS),
    _row("go", "tree_sitter_go:language", ".go", "//", BlockStyle.BRACES, "function_declaration method_declaration func_literal type_declaration"),
    _row("rust", "tree_sitter_rust:language", ".rs", "//", BlockStyle.BRACES, "function_item impl_item trait_item struct_item enum_item mod_item closure_expression"),
    _row("java", "tree_sitter_java:language", ".java", "//", BlockStyle.BRACES, "method_declaration constructor_declaration class_declaration interface_declaration enum_declaration record_declaration lambda_expression"),
    _row("c", "tree_sitter_c:language", ".c .h", "//", BlockStyle.BRACES, _C),
    _row("cpp", "tree_sitter_cpp:language", ".cc .cpp .cxx .hpp .hh .hxx", "//", BlockStyle.BRACES, f"{_C} class_specifier namespace_definition lambda_expression"),
    _row("ruby", "tree_sitter_ruby:language", ".rb .rake", "#", BlockStyle.KEYWORDS, "method singleton_method class module do_block block", "Rakefile Gemfile"),
    _row("csharp", "tree_sitter_c_sharp:language", ".cs", "//", BlockStyle.BRACES, "method_declaration constructor_declaration class_declaration interface_declaration struct_declaration record_declaration local_function_statement lambda_expression"),
    _row("php", "tree_sitter_php:language_php", ".php", "//", BlockStyle.BRACES, "function_definition method_declaration class_declaration interface_declaration trait_declaration anonymous_function"),
    _row("shellscript", "tree_sitter_bash:language", ".sh .bash", "#", BlockStyle.KEYWORDS, "function_definition"),
    _row("lua", "tree_sitter_lua:language", ".lua", "--", BlockStyle.KEYWORDS, "function_declaration function_definition"),
    _row("html", "tree_sitter_html:language", ".html .htm", "", BlockStyle.NONE, "element"),
    _row("css", "tree_sitter_css:language", ".css", "", BlockStyle.BRACES, "rule_set media_statement"),
    _row("json", "tree_sitter_json:language", ".json", "", BlockStyle.BRACES, "object"),
    _row("yaml", "tree_sitter_yaml:language", ".yaml .yml", "#", BlockStyle.INDENT, "block_mapping_pair"),
    _row("toml", "tree_sitter_toml:language", ".toml", "#", BlockStyle.NONE, "table"),
)  # fmt: skip

LANGUAGES: Mapping[str, Language] = MappingProxyType({row.id: row for row in _ROWS})

# Editors disagree about a few names.
_ALIASES = MappingProxyType(
    {
        "py": "python",
        "js": "javascript",
        "jsx": "javascriptreact",
        "ts": "typescript",
        "tsx": "typescriptreact",
        "c++": "cpp",
        "c_sharp": "csharp",
        "c-sharp": "csharp",
        "cs": "csharp",
        "sh": "shellscript",
        "bash": "shellscript",
        "jsonc": "json",
        "yml": "yaml",
    }
)
_BY_EXTENSION = MappingProxyType({ext: row.id for row in _ROWS for ext in row.extensions})
_BY_FILENAME = MappingProxyType({name: row.id for row in _ROWS for name in row.filenames})


def canonical(language: str) -> str:
    """The id under which a language is known here; an unknown id comes back unchanged."""
    lowered = language.lower()
    return _ALIASES.get(lowered, lowered)


def language_of(path: str) -> str:
    """The language id of a file by its name; `plaintext` when it is none of ours."""
    name = PurePath(path)
    return _BY_FILENAME.get(name.name) or _BY_EXTENSION.get(name.suffix.lower(), "plaintext")
