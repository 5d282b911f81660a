"""The imports that an answer asks for: `<imports>` before its own text, only import statements, added where imports stand.

What is imported already is not imported again. Proves nothing: the gates judge an import like any other line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from kireji.base import syntax
from kireji.base.import_place import import_change
from kireji.base.importable import ImportLine
from kireji.base.imports import imports
from kireji.base.syntax import Node, Tree
from kireji.base.types import Change, Reason, Span
from kireji.engine.actions.action import Refused

_FENCED = re.compile(r"\s*<imports(_\w+)?>(.*?)</imports(?:\1)?>[ \t]*\n?", re.DOTALL)
# More than these belong to another file.
_MOST = 12
_STATEMENTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "python": frozenset({"import_statement", "import_from_statement", "future_import_statement"}),
        **dict.fromkeys(
            ("javascript", "javascriptreact", "typescript", "typescriptreact"), frozenset({"import_statement"})
        ),
        "go": frozenset({"import_declaration"}),
        "rust": frozenset({"use_declaration"}),
        "java": frozenset({"import_declaration"}),
    }
)
# What stands above a file's imports.
_ABOVE = frozenset(
    {"comment", "line_comment", "block_comment", "hash_bang_line", "package_clause", "package_declaration"}
)
# Imports that may fail or that only checkers read stand among the others.
_AMONG = frozenset({"future_import_statement", "try_statement", "if_statement"})
_PROLOGUE = re.compile(r"([\"'])use \w+\1;?")


def header_of(tree: Tree) -> Span:
    """The top of a file, down to the first statement that is no import: where imports may be added."""
    kinds = _STATEMENTS.get(tree.language, frozenset())
    for node in tree.root.named_children:
        if node.type in kinds or node.type in _ABOVE or node.type in _AMONG or _PROLOGUE.fullmatch(node.text):
            continue
        if node.type == "expression_statement" and node.named_children[:1] and node.named_children[0].type == "string":
            continue
        return Span(0, node.start)
    return Span(0, len(tree.text))


def with_imports(answer: str) -> tuple[str, str]:
    """The imports that an answer asks for, and the rest of it."""
    said = _FENCED.match(answer)
    return (said[2], answer[said.end() :]) if said is not None else ("", answer)


def imports_change(tree: Tree, said: str, above: int) -> tuple[Change, ...] | Refused:
    """The insertions that bring the wanted imports into a file, above `above`, where its own changes begin."""
    if not said.strip():
        return ()
    kinds = _STATEMENTS.get(tree.language)
    if kinds is None:
        return Refused(Reason.OUT_OF_SCOPE, "it asks for an import where there are none")
    asked = syntax.parse(tree.language, said.replace("\r\n", "\n").strip() + "\n")
    lines = [node for node in asked.root.named_children if not node.is_extra]
    if asked.has_error or len(lines) > _MOST or any(node.type not in kinds for node in lines):
        return Refused(Reason.OUT_OF_SCOPE, "what it asks to import is no import")
    if tree.language == "python":
        return _in_python(tree, [node.text for node in lines], above)
    there = {_plain(node.text) for node in tree.root.named_children if node.type in kinds}
    fresh = list(dict.fromkeys(line.text for line in lines if _plain(line.text) not in there))
    if not fresh:
        return ()
    at, ending = _below_imports(tree, kinds), "\r\n" if "\r\n" in tree.text else "\n"
    if at.start > above:
        return Refused(Reason.OUT_OF_SCOPE, "there is no place above it for an import")
    return (Change(at, _lines(tree.text, at.start, fresh, ending)),)


def _in_python(tree: Tree, said: list[str], above: int) -> tuple[Change, ...] | Refused:
    known = {_key(line) for line in _lines_of(tree.text)}
    places: dict[Span, list[str]] = {}
    for line in dict.fromkeys(line for text in said for line in _lines_of(text) if _key(line) not in known):
        change = import_change(tree.text, 0, above, line)
        if change is None:
            return Refused(Reason.OUT_OF_SCOPE, "there is no place above it for an import")
        places.setdefault(change.span, []).append(change.text)
    return tuple(Change(span, _joined(texts)) for span, texts in places.items())


def _joined(texts: list[str]) -> str:
    """Lines for one place as one group: each came with the blank lines that a single one would need."""
    first = texts[0]
    lead, trail = first[: len(first) - len(first.lstrip("\r\n"))], first[len(first.rstrip("\r\n")) :]
    ending = "\r\n" if "\r\n" in trail else "\n"
    return lead + ending.join(text.strip("\r\n") for text in texts) + trail


def _lines_of(text: str) -> list[ImportLine]:
    found = []
    for one in imports("python", text):
        if one.names:
            found += [ImportLine(one.module, name, here if here != name else "", one.level) for name, here in one.names]
        else:
            found.append(ImportLine(one.module, "", one.alias if one.alias != one.module else ""))
    return found


def _key(line: ImportLine) -> tuple[str, str, str, int]:
    return line.module, line.name, line.alias, line.level


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(";")


def _below_imports(tree: Tree, kinds: frozenset[str]) -> Span:
    """The place below the last of the leading imports, else below what belongs above all imports."""
    last: Node | None = None
    header: Node | None = None
    for node in tree.root.named_children:
        if node.type in kinds:
            last = node
        elif last is not None:
            break
        elif node.type in _ABOVE or _PROLOGUE.fullmatch(node.text):
            header = node if node.type not in ("comment", "line_comment", "block_comment") else header
        else:
            break
    stands = last or header
    if stands is None:
        return Span(0, 0)
    end = tree.text.find("\n", stands.end - 1 if tree.text[stands.end - 1 : stands.end] == "\n" else stands.end)
    at = end + 1 if end >= 0 else len(tree.text)
    return Span(at, at)


def _lines(text: str, at: int, fresh: list[str], ending: str) -> str:
    body = ending.join(fresh) + ending
    if at and text[at - 1] not in "\r\n":
        body = ending + body
    return body
