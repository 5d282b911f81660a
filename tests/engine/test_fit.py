"""What fits into a budget, in which order, and what is said about the rest."""

from __future__ import annotations

import pytest

from kireji.base.text import line_at, line_span, make_document
from kireji.base.types import ContextItem, ContextPack, ItemKind, RedactedPack, Shape, Site, SiteKind, Span
from kireji.engine.context.fit import fit
from kireji.engine.context.redact import redact

URI = "file:///w/main.py"
CHARS = 4.0


def make_pack(before: str, after: str, items: tuple[ContextItem, ...] = ()) -> RedactedPack:
    document = make_document(URI, "/w/main.py", "python", 1, before + after)
    line = line_span(document.text, document.lines, line_at(document.lines, len(before)))
    halves = document.text[line.start : len(before)], document.text[len(before) : line.end]
    site = Site(document, len(before), SiteKind.CODE, Shape.LINE, Span(0, len(document.text)), "", *halves)
    window = (
        ContextItem(ItemKind.WINDOW_BEFORE, URI, Span(0, len(before)), before),
        ContextItem(ItemKind.WINDOW_AFTER, URI, Span(len(before), len(document.text)), after),
    )
    return redact(ContextPack(site, (*window, *items)), ())


def signature(
    text: str, score: float, file: str = "other.py", at: int = 0, kind: ItemKind = ItemKind.SIGNATURE
) -> ContextItem:
    return ContextItem(kind, f"file:///w/{file}", Span(at, at + len(text)), text, score)


def window_of(pack: RedactedPack) -> tuple[str, str]:
    texts = {i.kind: i.text for i in pack.items}
    return texts[ItemKind.WINDOW_BEFORE], texts[ItemKind.WINDOW_AFTER]


def lines(count: int, width: int = 20) -> str:
    return "".join(f"{i:>{width - 1}}\n" for i in range(count))


def many(count: int) -> tuple[ContextItem, ...]:
    return tuple(signature(f"def f{i}(): ...", 1.0 - i / 1_000, at=i * 40) for i in range(count))


def test_all_fits_and_comes_in_the_order_of_the_prompt() -> None:
    items = (
        signature("def near(): ...", 1.0, "main.py", 10_000),
        signature("def z(): ...", 9.0, "z.py"),
        signature("def opened(): ...", 9.0, "tab.py", kind=ItemKind.OPEN_FILE),
        signature("def late(): ...", 3.0, "a.py", 50),
        signature("def early(): ...", 1.0, "a.py", 10),
    )
    pack = fit(make_pack("x = 1\ny", " = 2\n", items), 2_000, CHARS)
    assert [i.text for i in pack.items] == [
        "def early(): ...",
        "def late(): ...",
        "def z(): ...",
        "def near(): ...",
        "def opened(): ...",
        " = 2\n",
        "x = 1\ny",
    ]
    assert pack.dropped == ()
    assert [i.tokens for i in pack.items] == [4, 4, 3, 4, 5, 2, 2] and pack.tokens == 24


@pytest.mark.parametrize("budget", [50, 200, 600, 1_000, 2_000, 4_000])
@pytest.mark.parametrize("width", [5, 20, 120, 3_000])
def test_never_over_the_budget(budget: int, width: int) -> None:
    pack = fit(make_pack(lines(400, width), lines(400, width), many(400)), budget, CHARS)
    assert sum(len(i.text) for i in pack.items) <= budget * CHARS
    assert window_of(pack)[0]


def test_the_window_is_at_least_two_thousand_characters() -> None:
    before, after = window_of(fit(make_pack(lines(500), lines(500), many(900)), 1_000, CHARS))
    assert len(before) + len(after) >= 1_980  # whole lines
    assert len(before) > len(after) > 0
    assert (
        before.startswith(" ")
        and before.endswith("499\n")
        and after.startswith(" " * 18 + "0\n")
        and after.endswith("\n")
    )


def test_the_window_is_a_quarter_of_a_large_budget_and_grows_into_what_is_left() -> None:
    full = fit(make_pack(lines(2_000), lines(2_000), many(3_000)), 8_000, CHARS)
    assert 7_900 <= sum(map(len, window_of(full))) <= 8_600
    alone = fit(make_pack(lines(2_000), lines(2_000)), 2_000, CHARS)
    assert 7_900 <= sum(map(len, window_of(alone))) <= 8_000


def test_twenty_lines_that_are_not_blank_stay_however_long() -> None:
    text = "\n\n".join(f"{'x' * 150} {i}" for i in range(40)) + "\n\nhere"
    before, _ = window_of(fit(make_pack(text, "", many(300)), 1_024, CHARS))
    kept = [line for line in before.split("\n") if line.strip()]
    assert kept[-1] == "here" and len(kept) >= 21


def test_what_one_half_does_not_need_the_other_gets() -> None:
    before, after = window_of(fit(make_pack("x", lines(500), many(900)), 1_000, CHARS))
    assert before == "x" and len(after) >= 1_900
    before, after = window_of(fit(make_pack(lines(500), "y", many(900)), 1_000, CHARS))
    assert after == "y" and len(before) >= 1_900


def test_the_likeliest_stay_and_the_rest_says_why() -> None:
    repeated = (signature("def f0(): ...", 0.5, at=99_999),)
    inside = (signature("def seen(): ...", 9.0, "main.py", 100),)
    pack = fit(make_pack(lines(10), lines(500), many(400) + repeated + inside), 1_000, CHARS)
    kept = [i.text for i in pack.items if i.kind is ItemKind.SIGNATURE]
    assert kept == [f"def f{i}(): ..." for i in range(len(kept))] and len(kept) > 50
    why = {d.item.text: d.why for d in pack.dropped}
    assert why["def f399(): ..."] == "over the budget"
    assert why["def seen(): ..."] == "stands in the window"
    assert [d.why for d in pack.dropped if d.item.span.start == 99_999] == ["said already"]
    assert len(pack.items) - 2 + len(pack.dropped) - sum(d.why.startswith("window") for d in pack.dropped) == 402


def test_a_cut_window_names_its_place() -> None:
    pack = fit(make_pack(lines(2_000), lines(2_000)), 1_000, CHARS)
    text = pack.site.document.text
    for item in pack.items:
        assert item.text == text[item.span.start : item.span.end]
    assert [d.why for d in pack.dropped] == ["window cut to the budget"] * 2


def test_equal_input_gives_equal_output() -> None:
    items = many(300)
    packs = {fit(make_pack(lines(300), "", order), 1_000, CHARS).items for order in (items, items[::-1])}
    assert len(packs) == 1


def test_what_is_needed_comes_before_everything_else() -> None:
    before, after = lines(100), lines(100)
    needed = Span(len(before) - 90 * 20, len(before) + 80 * 20 - 1)
    pack = fit(make_pack(before, after, many(400)), 900, CHARS, needed)
    assert tuple(map(len, window_of(pack))) == (90 * 20, 80 * 20)
    assert sum(len(item.text) for item in pack.items) <= 900 * CHARS
    within = Span(needed.start + 5, needed.end - 5)
    assert window_of(fit(make_pack(before, after, many(400)), 900, CHARS, within)) == window_of(pack)
