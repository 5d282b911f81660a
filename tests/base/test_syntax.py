"""Syntax trees in string offsets: every grammar loads, reparsing equals parsing, and depth is no danger."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest

from kireji.base import syntax
from kireji.base.languages import LANGUAGES, canonical, language_of
from kireji.base.syntax import MAX_DEPTH

SOURCE = Path(syntax.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_grammar_loads(language: str) -> None:
    tree = syntax.parse(language, "x\n")
    assert tree.root.end == len("x\n") or tree.root.children


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("a/B.PY", "python"),
        ("x.tsx", "typescriptreact"),
        ("Gemfile", "ruby"),
        ("x.unknown", "plaintext"),
        ("Makefile", "plaintext"),
    ],
)
def test_languages_by_name(name: str, language: str) -> None:
    assert language_of(name) == language


def test_editors_names_for_languages() -> None:
    assert [canonical(n) for n in ("C++", "sh", "jsonc", "TypeScript", "brainfuck")] == [
        "cpp",
        "shellscript",
        "json",
        "typescript",
        "brainfuck",
    ]


def test_reparsing_equals_parsing() -> None:
    rng = random.Random(3)
    text = SOURCE
    tree = syntax.parse("python", text)
    for _ in range(60):
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(["x", "(", "\n", "é", "𝒳", "  ", "\ud800"]) + text[at + rng.randrange(5) :]
        tree = syntax.parse("python", text, tree)
        fresh = syntax.parse("python", text)
        assert [(n.type, n.span) for n in tree.root.walk()] == [(n.type, n.span) for n in fresh.root.walk()]


@pytest.mark.parametrize(
    ("text", "needle", "kind"),
    [
        ("é = 'x𝒳y'  # 👩‍💻\n", "𝒳", "string_content"),
        ("é = 1  # 👩‍💻 z\n", "z", "comment"),
        ("𝒳 = name\n", "name", "identifier"),
    ],
)
def test_offsets_are_characters(text: str, needle: str, kind: str) -> None:
    tree = syntax.parse("python", text)
    at = text.index(needle)
    node = tree.node_at(at, at + len(needle))
    assert node.type == kind
    assert needle in node.text
    assert text[node.start : node.end] == node.text


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("def f():\n    x = 1$0\n", "def f():\n    x = 1"),
        ("class A:\n    def f(self):\n        $0pass\n", "def f(self):\n        pass"),
        ("x = 1$0\n", "x = 1\n"),
    ],
)
def test_the_innermost_scope(text: str, scope: str) -> None:
    before, _, after = text.partition("$0")
    span = syntax.parse("python", before + after).scope_at(len(before))
    assert (before + after)[span.start : span.end].rstrip() == scope.rstrip()


def test_problems_are_errors_and_what_is_missing() -> None:
    assert syntax.parse("python", "x = 1\n").problems() == ()
    assert syntax.parse("python", "def f(:\n    pass\n").problems()
    missing = syntax.parse("javascript", "function f() {").problems()
    assert [p.kind for p in missing] == ["missing }"] or missing[0].kind == "error"


@pytest.mark.parametrize("text", ["[" * 50_000, "(\n" * 50_000, "f(" * 20_000 + ")" * 20_000, "if x:\n" * 5_000])
def test_depth_is_no_danger(text: str) -> None:
    tree = syntax.parse("python", text)
    assert sum(1 for _ in islice(tree.root.walk(), 10 * MAX_DEPTH))
    tree.problems()
    tree.scope_at(len(text) // 2)
