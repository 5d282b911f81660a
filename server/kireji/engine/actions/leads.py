"""Takes comments and decorators off the front of an answer, textually: they stand above the function already."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_PYTHON_COMMENT = re.compile(r"#[^\n]*")
_NAME = re.compile(r"@[\w.$]+[ \t]*")
_OPENERS = "([{"
_CLOSERS = ")]}"


def without_leads(language: str, text: str) -> tuple[str, tuple[str, ...]]:
    """The text from its first own word on, and the decorators, annotations or attributes that led it, without blanks."""
    comment = _PYTHON_COMMENT if language == "python" else _COMMENT
    found: list[str] = []
    rest = text.lstrip()
    while rest:
        if match := comment.match(rest):
            end = match.end()
        else:
            end = _decorator(rest, language)
            if end == 0:
                break
            found.append("".join(rest[:end].split()))
        rest = rest[end:].lstrip()
    return rest, tuple(found)


def _decorator(text: str, language: str) -> int:
    """How long the decorator is that a text begins with; 0 where there is none."""
    if language == "rust":
        return _bracketed(text, 1) if text.startswith("#[") else 0
    match = _NAME.match(text)
    if match is None or text.startswith("@interface"):
        return 0
    if text[match.end() : match.end() + 1] == "(":
        return _bracketed(text, match.end())
    return len(match.group().rstrip())


def _bracketed(text: str, at: int) -> int:
    """The end of the bracket that opens at `at`, brackets in quotes aside; the text's end where it never closes."""
    depth, quote = 0, ""
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "\"'":
            quote = char
        elif char in _OPENERS:
            depth += 1
        elif char in _CLOSERS:
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return len(text)
