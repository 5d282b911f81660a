"""What prompts and answers may cost and have cost, in nano-dollars, by the model's own prices; and how large they may be.

Pure arithmetic. What the prices are stands in `models.py`; what may be spent, the ledger knows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from kireji.base.types import Block, Hole, Prompt, Usage
from kireji.providers.models import Model, Thinking

_TEMPLATE = 512
_LEAST_BUDGET = 1_024
_BATCH_SHARE = 2


@dataclass(frozen=True, slots=True)
class Size:
    """Tokens of a prompt, up to the last mark of the cache and after it."""

    marked: int
    rest: int


def cost(model: Model, usage: Usage) -> int:
    """What `usage` costs, in nano-dollars: exact, as all prices are whole numbers of them."""
    prices = model.prices
    amount = (
        usage.input * prices.input
        + usage.output * prices.output
        + usage.cache_write * prices.cache_write
        + usage.cache_read * prices.cache_read
    )
    return amount * _factor(model, usage.input + usage.cache_write + usage.cache_read)


def estimate(model: Model, prompt: Prompt, size: Size | None = None) -> int:
    """The most `prompt` can cost, in nano-dollars: for a reservation. `size` is the most it can be, where more is known of it.

    What stands before the last mark is priced as if it had to be written to the service's cache, and the answer as if it
    ran to `max_tokens`, its thoughts to `thinking`.
    """
    size = size or most(prompt)
    prices = model.prices
    asked = size.marked * max(prices.input, prices.cache_write) + size.rest * prices.input
    answer = prompt.max_tokens + thoughts(model, prompt)
    return (asked + answer * prices.output) * _factor(model, size.marked + size.rest)


def most(prompt: Prompt) -> Size:
    """The most tokens a prompt can be: a byte-level tokenizer never makes more of a text than it has bytes."""
    blocks = list(blocks_of(prompt))
    sizes = [len(block.text.encode("utf-8", "surrogatepass")) for block in blocks]
    last = max((number for number, block in enumerate(blocks, 1) if block.cache), default=0)
    rest = sum(sizes[last:]) + len(prompt.prefill.encode("utf-8", "surrogatepass")) + _most_of(prompt.hole)
    envelope = _envelope(prompt)
    return Size(sum(sizes[:last]) + envelope, rest) if last else Size(0, rest + envelope)


def _most_of(hole: Hole | None) -> int:
    """A hole's bytes, with room for the template, for comment marks, and for the blanks that break tokens in it."""
    if hole is None:
        return 0
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in hole.texts)
    marks = sum(text.count("\n") + 2 for _, text in hole.others) * (len(hole.comment.encode()) + 8)
    return size + size // 3 + marks + _TEMPLATE


def batch_cost(model: Model, usage: Usage) -> int:
    """What `usage` costs where the answer may take a day: half, in nano-dollars, a half of one rounded up."""
    return -(-cost(model, usage) // _BATCH_SHARE)


def saved(model: Model, usage: Usage) -> int:
    """What the service's cache has saved, in nano-dollars: as if all had been sent anew. Below zero where it did not pay."""
    prices = model.prices
    amount = usage.cache_read * (prices.input - prices.cache_read) - usage.cache_write * (
        prices.cache_write - prices.input
    )
    return amount * _factor(model, usage.input + usage.cache_write + usage.cache_read)


def thoughts(model: Model, prompt: Prompt) -> int:
    """How many tokens may be thought before the answer. A budget that is sent has a least size."""
    least = _LEAST_BUDGET if model.thinking is Thinking.OMIT else 0
    return max(prompt.thinking, least) if prompt.thinking else 0


def likely_input(model: Model, prompt: Prompt) -> int:
    """About how many tokens `prompt` is: stands in for the service's count until that has arrived."""
    return _envelope(prompt) + likely_tokens(model, sum(map(len, _texts(prompt))))


def likely_tokens(model: Model, chars: int) -> int:
    """About how many tokens that many characters of source code are, rounded up."""
    return math.ceil(chars / model.chars_per_token)


def blocks_of(prompt: Prompt) -> Iterator[Block]:
    """The blocks in the order in which they are sent."""
    yield from prompt.system
    for message in prompt.messages:
        yield from message.blocks


def _factor(model: Model, prompt_tokens: int) -> int:
    long_prompt = model.long_prompt
    return long_prompt.factor if long_prompt is not None and prompt_tokens > long_prompt.above else 1


def _envelope(prompt: Prompt) -> int:
    """Tokens around the texts (roles, turn marks): our guess, as the service does not say."""
    return 32 + 16 * len(prompt.messages)


def _texts(prompt: Prompt) -> Iterator[str]:
    yield from (block.text for block in blocks_of(prompt))
    yield prompt.prefill
    if prompt.hole is not None:
        yield from prompt.hole.texts
