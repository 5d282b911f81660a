"""Tells a function that is only promised from one that is written, by what its body says. Pure; tables per language.

A body that is empty on purpose cannot be told from one that is not written yet, except where the language says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType

from kireji.base.syntax import Node
from kireji.base.types import Span
from kireji.engine.actions.functions import COMMENTS, Function

_NOT_YET = (
    r"(?i:not[ _-]?(?:yet[ _-]?)?(?:implemented|supported|done)|unimplemented|implement (?:me|this)|to-?do|fixme)"
)
_THROW = rf"throw new (?:\w*NotImplemented\w*\(.*\)|[\w.]+\(\s*([\"'`])(?:(?!\1).)*{_NOT_YET}.*\1\s*\));?"
_FILLERS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        language: re.compile(pattern, re.DOTALL)
        for language, pattern in {
            # A message that speaks of subclasses says that the body is theirs to write.
            "python": r"pass|\.\.\.|raise NotImplementedError(?:\((?!.*(?i:subclass|overrid|abstract)).*\))?",
            "javascript": _THROW,
            "javascriptreact": _THROW,
            "typescript": _THROW,
            "typescriptreact": _THROW,
            "java": _THROW,
            "go": rf"panic\(\s*[\"`][^\"`]*{_NOT_YET}.*\)",
            "rust": rf"(?:(?:std|core)::)?(?:(?:todo|unimplemented)!\s*[(\[{{].*|panic!\s*\(\s*\"[^\"]*{_NOT_YET}.*\));?",
        }.items()
    }
)
# Deeper nesting than that is nobody's class.
_MOST_AROUND = 200
_PROMISE = re.compile(r"\b(?:TODO|FIXME)\b", re.IGNORECASE)
_SOMEONE_ELSES = re.compile(r"@(?:[\w.]+\.)?(?:abstract\w*|overload)\b")
_PROTOCOL = re.compile(r"\bProtocol\b")


def is_stub(function: Function, text: str, path: str) -> bool:
    """Whether a function in a file's text waits to be written, here and by this file's author."""
    if _belongs_elsewhere(function, text, path):
        return False
    said = [node for node in _said(function.node) if node.type not in COMMENTS]
    if said and documented(function) is not None:
        return all(_FILLERS[function.language].fullmatch(node.text) for node in said[1:])
    if said:
        return all(_FILLERS[function.language].fullmatch(node.text) for node in said)
    remark = text[function.inside.start : function.inside.end].strip()
    return _PROMISE.search(remark) is not None if remark else not _is_constructor(function.node)


def documented(function: Function) -> Span | None:
    """Where the docstring of a Python function stands."""
    first = next((node for node in _said(function.node) if node.type not in COMMENTS), None)
    if function.language != "python" or first is None or first.type != "expression_statement":
        return None
    parts = first.named_children
    return first.span if len(parts) == 1 and parts[0].type in ("string", "concatenated_string") else None


def _said(node: Node) -> list[Node]:
    """The statements and comments of a body."""
    body = node.field("body")
    parts = body.named_children if body is not None else []
    # Go keeps them in a list of their own.
    return [inner for part in parts for inner in (part.named_children if part.type == "statement_list" else [part])]


def _is_constructor(node: Node) -> bool:
    """An empty one is complete: its parameters, or its being private, are what it is there for."""
    name = node.field("name")
    return node.type == "constructor_declaration" or (name is not None and name.text == "constructor")


def _belongs_elsewhere(function: Function, text: str, path: str) -> bool:
    """Declarations whose body is another's to write: abstract methods, overloads, members of protocols, interface files."""
    if function.language != "python":
        return False
    if path.endswith(".pyi"):
        return True
    if _SOMEONE_ELSES.search(text[function.span.start : function.head.start]):
        return True
    around = next(
        (node for node in islice(function.node.ancestors(), _MOST_AROUND) if node.type == "class_definition"), None
    )
    bases = around.field("superclasses") if around is not None else None
    return bases is not None and _PROTOCOL.search(bases.text) is not None
