"""How much may be asked in a minute: what the headers say, and the estimate between them."""

from __future__ import annotations

import pytest

from kireji.providers.limiter import Limiter, Load
from kireji.providers.rates import UNKNOWN, Quota, Rates, read_compatible_rates, read_rates
from support.held_clock import HeldClock

NOW = 1_790_000_000.0
PREFIX = "anthropic-ratelimit"
LOAD = Load(input=100, output=50)


def test_headers_are_read() -> None:
    headers = {
        f"{PREFIX}-requests-limit": "1000",
        f"{PREFIX}-requests-remaining": "999",
        f"{PREFIX}-requests-reset": "2026-09-21T14:13:25Z",
        f"{PREFIX}-input-tokens-limit": "2000000",
        f"{PREFIX}-input-tokens-remaining": "2500000",
        f"{PREFIX}-output-tokens-remaining": "10",
    }
    assert read_rates(headers, PREFIX, NOW) == Rates(Quota(1000, 999, 5.0), Quota(2_000_000, 2_000_000), None)


def test_the_headers_of_other_services_are_read() -> None:
    headers = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1.5s",
        "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-tokens": "6m0s20ms",
    }
    assert read_compatible_rates(headers) == Rates(Quota(60, 59, 1.5), tokens=Quota(150_000, 149_984, 360.02))
    assert read_compatible_rates({}) == UNKNOWN


@pytest.mark.parametrize("reset", ["", "soon", "1", "-1s", "1s ", "1.s", "9" * 400 + "s", "2026-09-21T14:13:25Z"])
def test_a_span_that_is_none_is_not_known(reset: str) -> None:
    names = {"limit": "10", "remaining": "5", "reset": reset}
    headers = {f"x-ratelimit-{name}-requests": value for name, value in names.items()}
    assert read_compatible_rates(headers).requests == Quota(10, 5)


@pytest.mark.parametrize("value", ["", "many", "nan", "-1", "inf", "9" * 400])
def test_nonsense_is_not_known(value: str) -> None:
    headers = {f"{PREFIX}-requests-limit": value, f"{PREFIX}-requests-remaining": "5"}
    assert read_rates(headers, PREFIX, NOW) == UNKNOWN
    headers = {f"{PREFIX}-requests-limit": "5", f"{PREFIX}-requests-remaining": value}
    assert read_rates(headers, PREFIX, NOW) == UNKNOWN


@pytest.mark.parametrize("reset", ["", "soon", "2026-09-21", "2026-09-21T14:13:25", "9999-99-99T00:00:00Z"])
def test_a_reset_that_is_no_moment_is_not_known(reset: str) -> None:
    names = {"limit": "10", "remaining": "5", "reset": reset}
    headers = {f"{PREFIX}-requests-{name}": value for name, value in names.items()}
    assert read_rates(headers, PREFIX, NOW).requests == Quota(10, 5)


def test_without_figures_there_is_no_limit() -> None:
    limiter = Limiter(HeldClock())
    for _ in range(10_000):
        assert limiter.wait(LOAD) == 0
        limiter.take(LOAD)


@pytest.mark.parametrize(
    ("rates", "seconds"),
    [
        (Rates(requests=Quota(60, 1)), 0.0),
        (Rates(requests=Quota(60, 0)), 1.0),
        (Rates(requests=Quota(60, 0, 6.0)), 0.1),
        (Rates(input=Quota(600, 40)), 6.0),
        (Rates(output=Quota(600, 0)), 5.0),
        (Rates(tokens=Quota(600, 140)), 1.0),
        (Rates(requests=Quota(60, 0), output=Quota(600, 0)), 5.0),
        (Rates(input=Quota(60, 60)), 0.0),  # larger than the quota: only the service can say
    ],
)
def test_how_long_to_wait(rates: Rates, seconds: float) -> None:
    limiter = Limiter(HeldClock())
    limiter.learn(rates)
    assert limiter.wait(LOAD) == pytest.approx(seconds)


def test_between_answers_it_counts_itself_and_the_next_answer_corrects_it() -> None:
    clock = HeldClock()
    limiter = Limiter(clock)
    limiter.learn(Rates(requests=Quota(60, 3)))
    waits = []
    for _ in range(5):
        waits.append(limiter.wait(LOAD))
        clock.at += waits[-1]
        limiter.take(LOAD)
    assert waits == pytest.approx([0, 0, 0, 1, 1])
    limiter.learn(UNKNOWN)
    assert limiter.wait(LOAD) == pytest.approx(1)
    limiter.learn(Rates(requests=Quota(60, 60)))
    assert limiter.wait(LOAD) == 0
