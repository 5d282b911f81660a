"""The table of models: prices to the nano-dollar, retirement, and a bound that really bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kireji.base.types import Block, Message, Prompt, Usage
from kireji.providers.costs import batch_cost, cost, estimate, likely_input
from kireji.providers.models import DEFAULT_MODEL, MODELS, RETIRED, ModelError, find, row_of

TODAY = date(2026, 11, 10)
MILLION = 1_000_000


def dollars(amount: float) -> int:
    """Dollars in nano-dollars."""
    return round(amount * 1_000_000_000)


def check_cost(id: str, usage: Usage, expected: float) -> None:  # noqa: A002
    assert cost(find(id, TODAY), usage) == dollars(expected)


@pytest.mark.parametrize(
    ("id", "usage", "expected"),
    [
        ("claude-haiku-5-5", Usage(input=100_000), 0.01),
        ("claude-haiku-5-5", Usage(output=MILLION), 0.50),
        ("claude-haiku-5-5", Usage(cache_write=100_000), 0.0125),
        ("claude-haiku-5-5", Usage(cache_read=100_000), 0.001),
        # One token more and the whole request, its answer too, costs five times as much.
        ("claude-haiku-5-5", Usage(input=100_001, output=1_000), 0.00001 * 5_000.05 + 0.0025),
        ("claude-haiku-5-5", Usage(input=1, cache_read=100_000), 5 * (0.0000001 + 0.001)),
        ("claude-haiku-5-5", Usage(input=50_000, cache_write=30_000, cache_read=20_000), 0.00895),
        ("claude-haiku-5-5", Usage(input=1), 0.0000001),
        ("claude-haiku-4-5", Usage(input=150_000, output=MILLION), 0.15 + 5.0),
        ("claude-haiku-4-5", Usage(cache_write=MILLION), 1.25),
        ("claude-haiku-4-5-20251001", Usage(cache_read=MILLION), 0.10),
        ("claude-sonnet-5-5", Usage(input=MILLION, output=MILLION), 12.0),
        ("claude-sonnet-5-5", Usage(), 0.0),
    ],
)
def test_cost(id: str, usage: Usage, expected: float) -> None:  # noqa: A002
    check_cost(id, usage, expected)


def test_prices_are_whole_nano_dollars() -> None:
    for model in MODELS:
        prices = model.prices
        for price in (prices.input, prices.output, prices.cache_write, prices.cache_read):
            assert type(price) is int, model.id
            assert price > 0, model.id


@pytest.mark.parametrize(
    ("id", "replacement"),
    [
        ("claude-3-5-haiku-20241022", "claude-haiku-5-5"),
        ("claude-3-5-haiku-latest", "claude-haiku-5-5"),
        ("claude-3-7-sonnet-20250219", "claude-sonnet-5-5"),
        ("claude-sonnet-4-20250514", "claude-sonnet-5-5"),
        ("claude-3-haiku-20240307", DEFAULT_MODEL),
        ("gpt-4", DEFAULT_MODEL),
        ("", DEFAULT_MODEL),
        ("two\nlines", DEFAULT_MODEL),
    ],
)
def test_a_retired_or_unknown_model_names_its_replacement(id: str, replacement: str) -> None:  # noqa: A002
    with pytest.raises(ModelError) as error:
        find(id, TODAY)
    message = str(error.value)
    assert message.endswith(f"use {replacement}")
    assert "\n" not in message


def test_every_replacement_answers() -> None:
    for replacement in [r.replacement for r in RETIRED] + [m.replacement for m in MODELS if m.retires]:
        assert find(replacement, TODAY).id == replacement


def test_a_model_answers_until_the_day_it_retires() -> None:
    assert find("claude-sonnet-4-5", date(2026, 11, 29)).id == "claude-sonnet-4-5"
    with pytest.raises(ModelError, match=r"retired on 2026-11-30; use claude-sonnet-5-5$"):
        find("claude-sonnet-4-5", date(2026, 11, 30))


def test_a_pinned_snapshot_stays_pinned() -> None:
    pinned, current = find("claude-haiku-4-5-20251001", TODAY), find("claude-haiku-4-5", TODAY)
    assert pinned.id == "claude-haiku-4-5-20251001"
    assert pinned.prices == current.prices
    assert find(DEFAULT_MODEL, TODAY).id == DEFAULT_MODEL


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
@pytest.mark.parametrize("text", ["def f():\n    return 1\n" * 50, "日本語" * 100, "😀" * 100, "\ud800", "a"])
@pytest.mark.parametrize("cache", [False, True])
def test_the_estimate_bounds_every_possible_bill(model: object, text: str, cache: bool) -> None:
    """Whatever share of the prompt is written to or read from the cache, and at one token a byte."""
    row = next(m for m in MODELS if m is model)
    prompt = Prompt(row.id, (Block("system " + text, cache),), (Message("user", (Block(text),)),), "T", ("</T>",), 64)
    size = len(text.encode("utf-8", "surrogatepass"))
    system = size + len("system ")
    worst = [Usage(input=system + size, output=64)]
    if cache:
        worst += [Usage(input=size, output=64, cache_write=system), Usage(input=size, output=64, cache_read=system)]
    assert estimate(row, prompt) >= max(cost(row, usage) for usage in worst)
    assert likely_input(row, prompt) > 0


def test_the_estimate_knows_the_long_prompt_price() -> None:
    row = find("claude-haiku-5-5", TODAY)
    prompt = Prompt(row.id, (), (Message("user", (Block("x" * 100_001),)),), "T", (), 1_000)
    assert estimate(row, prompt) >= cost(row, Usage(input=100_001, output=1_000))


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        ("global.anthropic.claude-haiku-5-5", "claude-haiku-5-5"),
        ("eu.anthropic.claude-sonnet-5-5-v1", "claude-sonnet-5-5"),
        ("claude-haiku-4-5@20251001", "claude-haiku-4-5"),
    ],
)
def test_a_cloud_has_other_names_and_the_same_prices(name: str, row: str) -> None:
    found = find(name, TODAY)
    assert replace(found, id=row) == find(row, TODAY)
    assert found.id == name


@pytest.mark.parametrize("name", ["anthropic.other", "evil.claude-haiku-5-5", "claude-haiku-5-5@latest", "x@20251001"])
def test_what_is_no_name_of_a_cloud_stays_unknown(name: str) -> None:
    with pytest.raises(ModelError):
        find(name, TODAY)


@pytest.mark.parametrize(
    ("model", "usage", "nano"),
    [
        ("claude-haiku-5-5", Usage(input=MILLION), 250_000_000),
        ("claude-haiku-5-5", Usage(input=200_000, output=1_000), (200_000 * 500 + 1_000 * 2_500) // 2),
        ("claude-haiku-5-5", Usage(cache_write=1), 63),
        ("claude-sonnet-5-5", Usage(input=3, output=2), 13_000),
    ],
)
def test_a_batch_costs_half(model: str, usage: Usage, nano: int) -> None:
    assert batch_cost(find(model, TODAY), usage) == nano


def test_a_row_is_found_whatever_the_day() -> None:
    assert row_of("claude-sonnet-4-5-20250929") is not None, "what was spent on it was spent"
    assert row_of("eu.anthropic.claude-haiku-4-5-20251001-v1:0") == row_of("claude-haiku-4-5")
    assert row_of("Qwen/Qwen2.5-Coder-7B") is None
