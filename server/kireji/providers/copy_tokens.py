"""Cuts text of any language into tokens for the copy engine, and keeps the blanks between them.

Knows no grammar: a word, a number, a run of one operator or a single sign is a token, and so is the end of a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NEWLINE = "\n"
BARRIER = ""
"""Stands between texts that do not follow each other. It equals no token, so no match reaches across it."""

_TOKEN = re.compile(r"([ \t]*+)((?:\r\n?|\n)(?:[ \t]*(?:\r\n?|\n))*|\w+|\"+|'+|`+|[-=+*/<>!&|:.#]+|[^\w])")


@dataclass(slots=True)
class Tokens:
    """Tokens in order and, for each, the blanks before it (before a NEWLINE: `"\\n"` if blank lines follow it)."""

    text: list[str] = field(default_factory=list)
    blanks: list[str] = field(default_factory=list)


def tokenize(text: str) -> Tokens:
    """Tokens of a text. The blanks that open a line stand before its first token; blanks at the end are left out."""
    # Blanks that no token follows would be scanned again from each of them: they go first. Any other character is a
    # token, so that the scan never fails after a run of blanks and stays linear.
    found = _TOKEN.findall(text.rstrip(" \t"))
    if not found:
        return Tokens()
    blanks, tokens = (list(column) for column in zip(*found, strict=True))
    for i in [i for i, token in enumerate(tokens) if token[0] in "\r\n"]:
        blanks[i] = "\n" if (tokens[i].count("\n") or tokens[i].count("\r")) > 1 else ""
        tokens[i] = NEWLINE
    return Tokens(tokens, blanks)


def is_word(token: str) -> bool:
    """Whether another word could stand in the token's place: an identifier, a keyword or a number."""
    return token[:1].isalnum() or token[:1] == "_"
