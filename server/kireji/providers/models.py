"""The models that can be asked: what each accepts, holds, costs, and until when it answers. One table, as data;
over 300 lines because the sums are done where the prices stand.

Sources: the vendor's model, pricing and deprecation pages (November 2026) and the retirement table in the SDK 2.11.
Nothing here talks to a service, and nothing else in the program knows a price or a quirk by a model's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from kireji.providers.fim import Fim


class ModelError(Exception):
    """No such model, or one that no longer answers. The message is one line and names the model to use instead."""


class Thinking(Enum):
    """What to send so that a model answers at once. One that is off unless asked for takes a budget when it is to think;
    the others decide for themselves how much of what there is room for."""

    OMIT = "off unless asked for: send nothing"
    DISABLED = "on by default: send disabled"
    BETWEEN_TOOLS = "on by default, disabled is refused: send between_tools"


@dataclass(frozen=True, slots=True)
class Prices:
    """Nano-dollars per token, exact: $0.10 per million tokens is 100. `cache_write` is the five-minute kind."""

    input: int
    output: int
    cache_write: int
    cache_read: int


@dataclass(frozen=True, slots=True)
class LongPrompt:
    """A prompt of more than `above` tokens, cached ones included, costs `factor` times as much, its answer too."""

    above: int
    factor: int


@dataclass(frozen=True, slots=True)
class Model:
    """One row. `context` and `max_output` in tokens; `chars_per_token` is our estimate for source code, not a fact.

    `retires` is the first day on which the service refuses the model. One with `fim` fills in the text at a cursor and takes
    no instruction.
    """

    id: str
    prices: Prices
    context: int
    max_output: int
    min_cacheable_tokens: int
    chars_per_token: float
    thinking: Thinking
    effort: bool
    prefill: bool
    structured: bool = False
    long_prompt: LongPrompt | None = None
    retires: date | None = None
    replacement: str = ""
    aliases: tuple[str, ...] = ()
    fim: Fim | None = None


@dataclass(frozen=True, slots=True)
class Retired:
    """A model that people still copy from old guides."""

    ids: tuple[str, ...]
    since: date
    replacement: str


_UNKNOWN_CONTEXT = 1_000_000
_UNKNOWN_OUTPUT = 8_192

DEFAULT_MODEL = "claude-haiku-5-5"
PLANNING_MODEL = "claude-sonnet-5-5"

MODELS: tuple[Model, ...] = (
    Model(
        id="claude-haiku-5-5",
        prices=Prices(input=100, output=500, cache_write=125, cache_read=10),
        long_prompt=LongPrompt(above=100_000, factor=5),
        context=1_000_000,
        max_output=128_000,
        min_cacheable_tokens=512,
        chars_per_token=2.6,  # its tokenizer makes about 30 % more tokens of the same text than Haiku 4.5's
        thinking=Thinking.DISABLED,
        effort=True,
        prefill=False,
        structured=True,
    ),
    Model(
        id="claude-haiku-4-5",
        aliases=("claude-haiku-4-5-20251001",),
        prices=Prices(input=1_000, output=5_000, cache_write=1_250, cache_read=100),
        context=200_000,
        max_output=64_000,
        min_cacheable_tokens=4_096,
        chars_per_token=3.4,
        thinking=Thinking.OMIT,
        effort=False,
        prefill=True,
    ),
    Model(
        id="claude-sonnet-5-5",
        prices=Prices(input=2_000, output=10_000, cache_write=2_500, cache_read=200),
        context=1_000_000,
        max_output=128_000,
        min_cacheable_tokens=512,
        chars_per_token=2.6,
        thinking=Thinking.BETWEEN_TOOLS,
        effort=True,
        prefill=False,
        structured=True,
    ),
    Model(
        id="claude-sonnet-4-5",
        aliases=("claude-sonnet-4-5-20250929",),
        prices=Prices(input=3_000, output=15_000, cache_write=3_750, cache_read=300),
        context=200_000,
        max_output=64_000,
        min_cacheable_tokens=1_024,
        chars_per_token=3.4,
        thinking=Thinking.OMIT,
        effort=False,
        prefill=True,
        retires=date(2026, 11, 30),
        replacement="claude-sonnet-5-5",
    ),
)

RETIRED: tuple[Retired, ...] = (
    Retired(("claude-3-5-haiku-20241022", "claude-3-5-haiku-latest"), date(2026, 2, 19), "claude-haiku-5-5"),
    Retired(("claude-3-7-sonnet-20250219", "claude-3-7-sonnet-latest"), date(2026, 2, 19), "claude-sonnet-5-5"),
    Retired(("claude-sonnet-4-20250514", "claude-sonnet-4-0"), date(2026, 6, 15), "claude-sonnet-5-5"),
    Retired(("claude-3-sonnet-20240229",), date(2025, 7, 21), "claude-sonnet-5-5"),
)


def find(id: str, today: date) -> Model:  # noqa: A002 - the service's own word for it
    """The row for `id`, with `id` as it was asked for, so that a pinned snapshot stays pinned.

    Raises ModelError for a model that is unknown, or retired on `today`.
    """
    if (model := row_of(id)) is not None:
        if model.retires is not None and today >= model.retires:
            raise _gone(id, model.retires, model.replacement)
        return replace(model, id=id)
    for retired in RETIRED:
        if _plain(id) in retired.ids:
            raise _gone(id, retired.since, retired.replacement)
    raise ModelError(f"the model {_shown(id)} is not known; use {DEFAULT_MODEL}")


def row_of(id: str) -> Model | None:  # noqa: A002
    """The row of a model, also of one that answers no more, by any of its names, those in clouds included."""
    plain = _plain(id)
    return next((model for model in MODELS if plain in (model.id, *model.aliases)), None)


def self_hosted(name: str, prices: Prices, fim: Fim | None) -> Model:
    """The row for a model on a server of one's own, of which nothing is known but what the settings say."""
    return Model(
        id=name,
        prices=prices,
        context=_UNKNOWN_CONTEXT,
        max_output=_UNKNOWN_OUTPUT,
        # Such servers remember prefixes by themselves, and take no marks.
        min_cacheable_tokens=_UNKNOWN_CONTEXT,
        chars_per_token=3.0,
        thinking=Thinking.OMIT,
        effort=False,
        prefill=False,
        fim=fim,
    )


def _plain(id: str) -> str:  # noqa: A002
    """The id that Anthropic has for a model, from what Bedrock or Vertex call it."""
    bedrock = re.fullmatch(r"(?:[a-z-]+\.)?anthropic\.(claude-[a-z0-9-]+?)(?:-v[0-9]+(?::[0-9]+)?)?", id)
    return bedrock[1] if bedrock else re.sub(r"@(?=[0-9]{8}\Z)", "-", id)


def _gone(id: str, since: date, replacement: str) -> ModelError:  # noqa: A002
    return ModelError(f"the model {_shown(id)} was retired on {since.isoformat()}; use {replacement}")


def _shown(id: str) -> str:  # noqa: A002
    """The id on one line, however it was typed."""
    return ascii(id[:64])
