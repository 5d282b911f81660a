"""Names that may stand at a cursor, by what the text holds."""

from __future__ import annotations

import pytest

from kireji.base.names import names, word_at
from kireji.base.text import make_document
from kireji.base.types import NameKind, Span

GO = 'package main\n\nfunc total(prices []int) int {\n\t// tall tales\n\ttext := "tower"\n\tsum.Taken()\n\t$0\n}\n'


def check_names(language: str, marked: str, expected: list[str]) -> None:
    """`marked` holds the cursor as `$0`."""
    document = make_document("file:///a", "/a", language, 1, marked.replace("$0", ""))
    found = names(document, marked.index("$0"), 50)
    assert [name.text for name in found] == expected


@pytest.mark.parametrize(
    ("language", "marked", "expected"),
    [
        # Exact case first; neither comments nor strings hold names; the keyword comes after the names.
        ("go", GO.replace("$0", "t$0"), ["text", "total", "type", "Taken"]),
        ("go", GO.replace("$0", "sum.$0"), ["Taken"]),
        ("go", GO.replace("$0", "sum.T$0"), ["Taken"]),
        ("go", GO, []),
        ("go", GO.replace("$0", "// to$0"), []),
        ("go", GO.replace("$0", 'x := "to$0"'), []),
        ("go", GO.replace("$0", "fu$0"), ["func"]),
        ("typescript", "const élan = 1\nél$0", ["élan"]),
        ("rust", "fn whirl() {}\nfn main() { wh$0 }", ["whirl", "where", "while"]),
        ("plaintext", "some words so$0", []),
    ],
)
def test_names(language: str, marked: str, expected: list[str]) -> None:
    check_names(language, marked, expected)


def test_a_list_is_never_longer_than_asked_for() -> None:
    text = "\n".join(f"var name{n} = {n}" for n in range(500)) + "\nna"
    document = make_document("file:///a.js", "/a.js", "javascript", 1, text)
    found = names(document, len(text), 50)
    assert len(found) == 50
    assert found[0].text == "name499", "the nearest first"


def test_kinds() -> None:
    text = "class Circle {}\nfunction circumference() {}\nconst circles = cir"
    document = make_document("file:///a.js", "/a.js", "javascript", 1, text)
    kinds = {name.text: name.kind for name in names(document, len(text), 50)}
    assert kinds == {
        "circles": NameKind.VARIABLE,
        "circumference": NameKind.FUNCTION,
        "Circle": NameKind.CLASS,
    }


@pytest.mark.parametrize(
    ("marked", "span"), [("a fo$0o b", Span(2, 5)), ("a $0 b", Span(2, 2)), ("$0", Span(0, 0)), ("x.f$0", Span(2, 3))]
)
def test_the_word_around_a_cursor(marked: str, span: Span) -> None:
    assert word_at(marked.replace("$0", ""), marked.index("$0")) == span
