"""Questions to models that fill in: what of the context goes along, and how the answer is taken, however it is split."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kireji.base.types import ContextItem, Hole, ItemKind, RedactedPack, Span
from kireji.engine.prompt.hole import Bare, render_hole
from kireji.engine.prompt.render import render
from kireji.providers.fim import family_of
from kireji.providers.models import Prices, find, self_hosted
from support.sites import site_of

ENDS = ("<|endoftext|>", "<|file_sep|>")
MODEL = self_hosted("Qwen/Qwen2.5-Coder-7B", Prices(0, 0, 0, 0), family_of("Qwen2.5-Coder"))


def taken(pieces: list[str]) -> tuple[str, bool]:
    """What comes out of an answer that came in these pieces, and whether it was closed."""
    bare = Bare(ENDS)
    said = "".join(bare.feed(piece) for piece in pieces) + bare.finish()
    return said, bare.closed


@pytest.mark.parametrize(
    ("answer", "expected", "closed"),
    [
        ("x = 1", "x = 1", False),
        ("x<|endoftext|>y", "x", True),
        ("x<|file_sep|>a.py<|endoftext|>", "x", True),
        ("<|endoftext|>", "", True),
        ("a <|endof", "a <|endof", False),
        ("a <|end of text|> <|file_sep", "a <|end of text|> <|file_sep", False),
        ("<|<|endoftext|>", "<|", True),
        ("<|endofte<|endoftext|>", "<|endofte", True),
        ("", "", False),
    ],
)
def test_an_answer_is_taken_as_it_comes(answer: str, expected: str, closed: bool) -> None:
    assert taken([answer]) == (expected, closed)
    assert taken(list(answer)) == (expected, closed)
    for cut in range(len(answer)):
        assert taken([answer[:cut], answer[cut:]]) == (expected, closed)


@given(st.lists(st.sampled_from(["<|", "<|end", "oftext|>", "<|file_sep|>", "x", "\n", "<"]), max_size=12))
def test_any_split_gives_the_same(pieces: list[str]) -> None:
    assert taken(pieces) == taken(["".join(pieces)]) == taken(list("".join(pieces)))


def item(kind: ItemKind, uri: str, text: str, passing: bool = False) -> ContextItem:
    return ContextItem(kind, uri, Span(0, len(text)), text, passing=passing)


def test_what_goes_along_and_what_does_not() -> None:
    site = site_of("x = $0\ny = 2\n")
    uri = site.document.uri
    items = (
        item(ItemKind.SIGNATURE, "file:///w/later.py", "def maybe(): ...", passing=True),
        item(ItemKind.SIGNATURE, "file:///w/shop.py", "class Shop: ..."),
        item(ItemKind.OPEN_FILE, "file:///w/shop.py", "SHOP = 1\n"),
        item(ItemKind.FACT, uri, "Here `y` was proved wrong."),
        item(ItemKind.EDIT, uri, "-a\n+b\n"),
        item(ItemKind.WINDOW_AFTER, uri, "\ny = 2\n"),
        item(ItemKind.WINDOW_BEFORE, uri, "x = "),
    )
    prompt = render_hole(RedactedPack(site, items), MODEL, ENDS)
    name = uri.rsplit("/", 1)[-1]
    others = (("shop.py", "class Shop: ...\nSHOP = 1\n"), ("later.py", "def maybe(): ...\n"))
    assert prompt.hole == Hole(name, "x = ", "\ny = 2\n", others, "#")
    assert (prompt.messages, prompt.system, prompt.tag, prompt.stop) == ((), (), "", ENDS)
    again = render_hole(RedactedPack(site, items[1:]), MODEL, ENDS)
    assert prompt.fingerprint != again.fingerprint, "all that is sent is in the fingerprint"


def test_the_models_row_says_which_way() -> None:
    pack = RedactedPack(site_of("x = $0\n"), ())
    assert render(pack, MODEL, "1" * 8, "2" * 8).hole is not None
    assert render(pack, find("claude-haiku-5-5", date(2026, 11, 10)), "1" * 8, "2" * 8).hole is None
