"""The correction of a model's characters a token: towards what was counted, within bounds, and not for a trifle."""

from __future__ import annotations

from datetime import date

import pytest

from kireji.base.types import Block, Message, Prompt, Usage
from kireji.providers.calibration import Calibration
from kireji.providers.models import find

MODEL = find("claude-haiku-5-5", date(2026, 11, 30))
RULES, CODE = "r" * 5_000, "c" * 2_600


def prompt(code: str = CODE) -> Prompt:
    return Prompt(
        MODEL.id,
        (Block(RULES, cache=True),),
        (Message("user", (Block(code),)),),
        "t",
        ("</t>",),
        64,
        cacheable_prefix=RULES,
    )


def learned(*told: tuple[Prompt, Usage]) -> float:
    calibration = Calibration()
    for one, usage in told:
        calibration.learn(MODEL, one, usage)
    return calibration.applied(MODEL).chars_per_token


def test_nothing_learned_changes_nothing() -> None:
    assert learned() == MODEL.chars_per_token


@pytest.mark.parametrize("real", [1.8, 2.6, 3.4])
def test_it_comes_near_what_is_counted(real: float) -> None:
    usage = Usage(input=round(len(CODE) / real) + 16, cache_read=900)
    assert learned(*[(prompt(), usage)] * 20) == pytest.approx(real, rel=0.06)
    assert learned((prompt(), usage)) == pytest.approx(real, rel=0.25), "the first count is worth something already"


def test_without_a_cache_all_of_the_prompt_is_counted() -> None:
    usage = Usage(input=round((len(RULES) + len(CODE)) / 2.0))
    assert learned(*[(prompt(), usage)] * 20) == pytest.approx(2.0, rel=0.06)


@pytest.mark.parametrize(
    ("usage", "ratio"),
    [
        (Usage(input=10**9, cache_read=900), MODEL.chars_per_token / 1.6),
        (Usage(input=17, cache_read=900), MODEL.chars_per_token / 0.6),
        (Usage(), MODEL.chars_per_token),
        (Usage(output=50), MODEL.chars_per_token),
    ],
)
def test_nonsense_moves_it_no_further_than_its_bounds(usage: Usage, ratio: float) -> None:
    assert learned(*[(prompt(), usage)] * 50) == pytest.approx(ratio, rel=0.01)


def test_a_short_rest_teaches_nothing() -> None:
    assert learned(*[(prompt("short"), Usage(input=400, cache_read=900))] * 9) == MODEL.chars_per_token


def test_a_trifle_changes_nothing() -> None:
    usage = Usage(input=round(len(CODE) / MODEL.chars_per_token * 1.02) + 16, cache_read=900)
    assert learned(*[(prompt(), usage)] * 20) == MODEL.chars_per_token
