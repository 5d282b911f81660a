"""The stand-in's own account: what each answered request costs, by its own table of prices and what it has sent.

Knows nothing of the product, and shares no figure with it. Nano-dollars.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from support.messages_api import Asked


@dataclass(frozen=True)
class Price:
    """Dollars for a million tokens, and from which size of a prompt on all cost how many times as much."""

    input: float
    output: float
    long: int = 0
    times: int = 1


# The vendor's page of prices, November 2026; a cache write costs a quarter more than input, a read a tenth of it.
PRICES: Mapping[str, Price] = {
    "claude-haiku-5-5": Price(0.10, 0.50, 100_000, 5),
    "claude-haiku-4-5": Price(1, 5),
    "claude-sonnet-5-5": Price(2, 10),
    "claude-sonnet-4-5": Price(3, 15),
}


def billed(asked: Asked) -> int:
    """What one request costs: nothing before its answer had begun."""
    if asked.counted is None:
        return 0
    price, counted = PRICES[asked.model], asked.counted
    prompt = counted.input + 1.25 * counted.written + 0.1 * counted.read
    nano = 1_000 * (prompt * price.input + asked.output * price.output)
    whole = counted.input + counted.written + counted.read
    return round(nano * (price.times if price.long and whole > price.long else 1))


def total(every: Iterable[Asked]) -> int:
    """What all of them cost."""
    return sum(map(billed, every))
