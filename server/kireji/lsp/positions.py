"""Columns of the three LSP encodings against Python string indices, within one line.

The only arithmetic on UTF-8 and UTF-16 units in the project. Knows no documents: a caller brings the line, without its ending.
"""

from __future__ import annotations

from enum import Enum


class Encoding(Enum):
    """The unit in which a client counts columns. The values are the protocol's names."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


def negotiate(offered: list[str] | None) -> Encoding:
    """The first encoding the client prefers that we know; UTF-16, the protocol's default, when it names none."""
    known = {e.value: e for e in Encoding}
    return next((known[name] for name in offered or () if name in known), Encoding.UTF16)


def index_of(line: str, column: int, encoding: Encoding) -> int:
    """The string index of a column; clamped to the line, and moved back to the start of a character it would split."""
    if column <= 0:
        return 0
    if encoding is Encoding.UTF32 or line.isascii():
        return min(column, len(line))
    for index, char in enumerate(line):
        column -= _units(char, encoding)
        if column < 0:
            return index
        if column == 0:
            return index + 1
    return len(line)


def column_of(line: str, index: int, encoding: Encoding) -> int:
    """The column of a string index; the inverse of `index_of` on character boundaries."""
    if encoding is Encoding.UTF32 or line.isascii():
        return min(index, len(line))
    return sum(_units(char, encoding) for char in line[:index])


def _units(char: str, encoding: Encoding) -> int:
    code = ord(char)
    if encoding is Encoding.UTF16:
        return 2 if code > 0xFFFF else 1
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
