"""Trees are kept, follow the text, and do not pile up."""

from __future__ import annotations

from kireji.base import syntax
from kireji.base.text import make_document
from kireji.base.trees import Trees
from kireji.base.types import Document


def python(text: str, name: str = "a", language: str = "python") -> Document:
    return make_document(f"file:///w/{name}.py", f"/w/{name}.py", language, 1, text)


def test_the_same_text_is_parsed_once() -> None:
    trees = Trees()
    assert trees.of(python("x = 1\n")) is trees.of(python("x = 1\n"))


def test_a_tree_is_always_that_of_the_text_asked_about() -> None:
    trees = Trees()
    for text in ("x = 1\n", "x = (1\n", "def f():\n    x = 1\n", "", "x = 1\n"):
        tree = trees.of(python(text))
        assert tree is not None
        assert tree.text == text
        assert [(n.type, n.span) for n in tree.root.walk()] == [
            (n.type, n.span) for n in syntax.parse("python", text).root.walk()
        ]


def test_another_language_is_another_tree() -> None:
    trees = Trees()
    trees.of(python("x = 1\n"))
    tree = trees.of(python("x = 1\n", language="javascript"))
    assert tree is not None and tree.language == "javascript"
    assert trees.of(python("x = 1\n", language="klingon")) is None


def test_what_was_asked_for_longest_ago_is_forgotten() -> None:
    trees = Trees(keep=2)
    first, second = (trees.of(python("x = 1\n", name)) for name in "ab")
    assert trees.of(python("x = 1\n", "a")) is first
    trees.of(python("x = 1\n", "c"))
    assert trees.of(python("x = 1\n", "a")) is first
    assert trees.of(python("x = 1\n", "b")) is not second
