"""What the service has counted once bounds the next prompt more closely, and never too closely."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kireji.base.types import Block, Message, Prompt, Usage
from kireji.providers import costs, models
from kireji.providers.known import KnownPrefixes

HAIKU = models.find("claude-haiku-5-5", date(2026, 11, 1))
STABLE = "def quince(marzipan): ...\n" * 100


def prompt_of(*texts: str, marked: int, rest: str) -> Prompt:
    """Texts up to a mark, the rest behind it."""
    blocks = tuple(Block(text, number == marked) for number, text in enumerate(texts, 1))
    prefix = "".join(block.text for block in blocks[:marked])
    message = Message("user", (*blocks[1:], Block(rest)))
    return Prompt(HAIKU.id, blocks[:1], (message,), "T", ("</T>",), 64, cacheable_prefix=prefix)


def tokens(text: str) -> int:
    """As many as code has, by and large."""
    return -(-len(text) // 3)


@pytest.mark.parametrize(
    ("later", "closer"),
    [
        (prompt_of("system", STABLE, marked=2, rest="x = 2"), True),
        (prompt_of("system", STABLE, "more", marked=3, rest="x = 2"), True),
        (prompt_of("system", f"{STABLE}more", marked=2, rest="x = 2"), False),
        (prompt_of("system", STABLE[1:], marked=2, rest="x = 2"), False),
        (prompt_of("other", STABLE, marked=2, rest="x = 2"), False),
    ],
    ids=["the same", "a block more", "a longer block", "another text", "another beginning"],
)
def test_a_known_beginning_bounds_more_closely(later: Prompt, closer: bool) -> None:
    known = KnownPrefixes()
    first = prompt_of("system", STABLE, marked=2, rest="x = 1")
    known.learn(first, Usage(input=3, cache_write=tokens(first.cacheable_prefix)))
    assert (known.most(later).marked < costs.most(later).marked) == closer
    assert known.most(later).rest == costs.most(later).rest
    worst = Usage(input=len("x = 2"), cache_write=tokens(later.cacheable_prefix), output=64)
    bound = costs.estimate(HAIKU, later, known.most(later))
    assert costs.cost(HAIKU, worst) <= bound <= costs.estimate(HAIKU, later)
    if closer:
        assert bound < 1.2 * costs.cost(HAIKU, worst)


@given(st.lists(st.text(max_size=30), min_size=2, max_size=6), st.integers(1, 6), st.text(max_size=30))
def test_a_bound_is_never_below_what_may_be_billed(texts: list[str], marked: int, rest: str) -> None:
    """At one token a byte, which no tokenizer exceeds, and with the service's own count of what was read or written."""
    prompt = prompt_of(*texts, marked=min(marked, len(texts)), rest=rest)
    size = len(prompt.cacheable_prefix.encode())
    behind = "".join(block.text for block in costs.blocks_of(prompt))[len(prompt.cacheable_prefix) :]
    known = KnownPrefixes()
    for usage in (Usage(cache_write=size, input=len(behind.encode()), output=64), Usage(cache_read=size, output=64)):
        known.learn(prompt, usage)
        assert costs.estimate(HAIKU, prompt, known.most(prompt)) >= costs.cost(HAIKU, usage)


def test_only_so_many_are_kept() -> None:
    known = KnownPrefixes()
    first = prompt_of("system", STABLE, marked=2, rest="")
    known.learn(first, Usage(cache_read=10))
    assert known.most(first) != costs.most(first)
    for number in range(20):
        known.learn(prompt_of(f"{number}", marked=1, rest=""), Usage(cache_read=1))
    assert known.most(first) == costs.most(first)
    plain = replace(
        first, system=tuple(replace(b, cache=False) for b in first.system), messages=(Message("user", (Block("x"),)),)
    )
    known.learn(plain, Usage(cache_read=10))
    known.learn(first, Usage(input=10))
    assert known.most(first) == costs.most(first)
