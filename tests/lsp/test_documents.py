"""The document store against a buffer that does it the slow, obvious way."""

from __future__ import annotations

import os
import random
import re

import pytest

from kireji.lsp.documents import ContentChange, DocumentStore, Position
from kireji.lsp.positions import Encoding, column_of, index_of, negotiate

URI = "file:///a.py"
EDITS = int(os.environ.get("SOAK_EDITS", "1000"))
PIECES = (
    ["a", "bc", "  ", "\t", "é", "ß", "漢", "𝒳", "👩‍💻", "\f", "\v", "\x1c", "\x85", "\u2028", "\u2029"]
    + ["\n"] * 3
    + ["\r\n"] * 3
    + ["\r"] * 2
)


def reference_offset(text: str, line: int, column: int, encoding: Encoding) -> int:
    """Walks the text one character at a time and counts units by really encoding them."""
    at = 0
    for _ in range(line):
        found = re.compile(r"\r\n|\n|\r").search(text, at)
        if found is None:
            return len(text)
        at = found.end()
    width = {Encoding.UTF8: ("utf-8", 1), Encoding.UTF16: ("utf-16-le", 2), Encoding.UTF32: ("utf-32-le", 4)}[encoding]
    units = 0
    while at < len(text) and text[at] not in "\r\n":
        units += len(text[at].encode(width[0])) // width[1]
        if units > column:
            break
        at += 1
    return at


@pytest.mark.parametrize("encoding", list(Encoding))
def test_random_edits_agree_with_the_reference(encoding: Encoding) -> None:
    rng = random.Random(encoding.value)
    store = DocumentStore(encoding)
    text = "".join(rng.choices(PIECES, k=80))
    store.open(URI, None, "python", 0, text)
    for version in range(1, EDITS + 1):
        changes = []
        for _ in range(rng.choice([1, 1, 1, 3])):
            lines = len(re.findall(r"\r\n|\n|\r", text)) + 1
            a = (rng.randrange(lines + 3), rng.choice([0, rng.randrange(12), rng.randrange(200)]))
            b = max(a, (a[0] + rng.choice([0, 0, 0, 1, 2]), rng.randrange(12)))
            fresh = "".join(rng.choices(PIECES, k=rng.choice([0, 1, 1, 2, 6])))
            start, end = (reference_offset(text, *p, encoding) for p in (a, b))
            text = text[:start] + fresh + text[end:]
            changes.append(ContentChange(fresh, Position(*a), Position(*b)))
            if len(text) > 600:
                text = text[:80]
                changes.append(ContentChange(text))
        assert store.change(URI, version, changes)
        document = store.get(URI)
        assert document is not None
        assert (document.text, document.version) == (text, version)
        probe = (rng.randrange(30), rng.randrange(40))
        assert store.offset(document, Position(*probe)) == reference_offset(text, *probe, encoding)


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("a\r\nb", ((0, 1), (1, 0), ""), "ab"),
        ("a\rb\nc", ((1, 0), (1, 1), ""), "a\r\nc"),  # a CR and an LF meet: one line ending from now on
        ("a\nb", ((0, 1), (0, 1), "\r"), "a\r\nb"),
        ("ab", ((0, 1), (0, 1), "\r\n"), "a\r\nb"),
        ("abc", ((0, 2), (0, 1), "X"), "aXc"),  # a reversed range is put in order
        ("abc", ((-1, 5), (0, 1), "X"), "Xbc"),
        ("abc", ((7, 7), (9, 9), "X"), "abcX"),
        ("", ((0, 0), (0, 0), "\n"), "\n"),
    ],
)
def test_edges(before: str, change: tuple[tuple[int, int], tuple[int, int], str], after: str) -> None:
    store = DocumentStore(Encoding.UTF16)
    store.open(URI, None, "python", 1, before)
    store.change(URI, 2, [ContentChange(change[2], Position(*change[0]), Position(*change[1]))])
    document = store.get(URI)
    assert document is not None
    assert document.text == after
    # A second edit proves that the line table followed.
    store.change(URI, 3, [ContentChange("!", Position(99, 0), Position(99, 0))])
    document = store.get(URI)
    assert document is not None
    assert document.text == after + "!"


@pytest.mark.parametrize(
    ("line", "index", "utf8", "utf16"),
    [("abc", 2, 2, 2), ("é𝒳x", 1, 2, 1), ("é𝒳x", 2, 6, 3), ("é𝒳x", 3, 7, 4)],
)
def test_columns(line: str, index: int, utf8: int, utf16: int) -> None:
    for encoding, column in ((Encoding.UTF8, utf8), (Encoding.UTF16, utf16), (Encoding.UTF32, index)):
        assert column_of(line, index, encoding) == column
        assert index_of(line, column, encoding) == index


def test_a_column_inside_a_character_moves_back() -> None:
    assert index_of("𝒳x", 1, Encoding.UTF16) == 0
    assert index_of("é", 1, Encoding.UTF8) == 0


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(None, "utf-16"), ([], "utf-16"), (["utf-32", "utf-16"], "utf-32"), (["utf-7", "utf-8"], "utf-8")],
)
def test_negotiation(offered: list[str] | None, chosen: str) -> None:
    assert negotiate(offered).value == chosen
