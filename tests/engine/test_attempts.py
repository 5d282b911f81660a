"""An action whose answer was proved wrong asks again, with what was found; never more than three times, and never in vain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.clock import SystemClock
from kireji.base.config_schema import Settings
from kireji.base.types import ActionOutcome, Proposed, Reason
from kireji.compose import build_services
from support.acting import Acting, change_of
from support.messages_api import Answer, MessagesApi, script
from support.patience import PATIENT
from support.patience import asking as patiently

HEAD = 'def total(prices: list[int]) -> int:\n    """The sum."""\n'
TEXT = f"{HEAD}    raise $0NotImplementedError\n"
GOOD, STUB = f"{HEAD}    return sum(prices)", f"{HEAD}    ..."
WRONG = (f"{HEAD}    return summe(prices)", f"{HEAD}    return prices.total()")
STRONG = "claude-sonnet-5-5"


async def asked(
    state: Path, answer: Answer, attempts: int = 3, text: str = TEXT, **protected: object
) -> tuple[ActionOutcome, list[str], list[str]]:
    """The outcome, and of each question its model and its last turn."""
    async with MessagesApi(answer) as api:
        given = replace(patiently(api, state), **protected)  # type: ignore[arg-type]
        services = build_services(Settings(protected=given), SystemClock())
        try:
            outcome = await Acting(services, api).ask(text, options=replace(PATIENT, action_attempts=attempts))
        finally:
            await services.close()
        return outcome, [one.model for one in api.asked], [one.question for one in api.asked]


async def test_each_attempt_is_told_what_was_wrong_with_those_before(tmp_path: Path) -> None:
    outcome, _, questions = await asked(tmp_path, script(WRONG[0], STUB, GOOD))
    assert change_of(outcome).text == "return sum(prices)"
    assert isinstance(outcome, Proposed)
    assert len(questions) == 3
    assert "<lesson_" not in questions[0]
    assert "summe" in questions[1] and "F821" in questions[1]
    assert questions[1].count("<lesson_") == 1
    assert questions[2].count("<lesson_") == 2
    assert "the answer is a stub again" in questions[2]


@pytest.mark.parametrize(
    ("answers", "attempts", "reason", "calls"),
    [
        ((WRONG[0],), 3, Reason.INVALID, 3),
        ((WRONG[0], GOOD), 1, Reason.INVALID, 1),
        ((WRONG[0], "<decline>No.</decline>", GOOD), 3, Reason.DECLINED, 2),
        (("<decline>No.</decline>", GOOD), 3, Reason.DECLINED, 1),
    ],
    ids=["three at most", "one, where that is wanted", "declined the second time", "declined"],
)
async def test_when_it_ends(
    tmp_path: Path, answers: tuple[str, ...], attempts: int, reason: Reason, calls: int
) -> None:
    outcome, models, _ = await asked(tmp_path, script(*answers), attempts)
    assert (outcome.reason, len(models)) == (reason, calls)


@pytest.mark.parametrize(
    ("cap", "last"), [(5.0, STRONG), (0.015, "claude-haiku-5-5")], ids=["it may cost that", "too dear"]
)
async def test_a_stronger_model_takes_over_after_two_refusals_if_the_cap_allows(
    tmp_path: Path, cap: float, last: str
) -> None:
    answer = script(*WRONG, GOOD)
    outcome, models, _ = await asked(tmp_path, answer, stronger_model=STRONG, daily_cap_usd=cap)
    assert models == ["claude-haiku-5-5", "claude-haiku-5-5", last]
    assert outcome.reason is None


async def test_what_is_told_has_no_secret_in_it(tmp_path: Path) -> None:
    key = "sk-ant-" + "api03-" + "x9Kd82hQ" * 11 + "-AA"
    _, _, questions = await asked(tmp_path, script(f'{HEAD}    return summe(prices, "{key}")', GOOD))
    assert "summe" in questions[1]
    assert key not in questions[1]
