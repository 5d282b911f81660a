"""When a service is left alone, for how long, and with what it is tried again."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from kireji.base.types import Reason
from kireji.providers.breaker import Away, Breaker, Pass
from kireji.providers.provider import ProviderError
from support.held_clock import HeldClock


@dataclass
class Service:
    """A breaker and its clock."""

    clock: HeldClock = field(default_factory=HeldClock)

    def __post_init__(self) -> None:
        self.breaker = Breaker(self.clock)

    def ask(self, reason: Reason | None, retry_after: float | None = None) -> Pass | Away:
        """One question that ends so; or why it is not let through."""
        away = self.breaker.away()
        if away is not None:
            return away
        admitted = self.breaker.admit()
        if reason is None:
            self.breaker.answered(admitted)
        else:
            self.breaker.failed(admitted, ProviderError(reason, "why", retry_after))
        return admitted

    def away_for(self) -> float | None:
        """Seconds for which nothing is let through; None when something is."""
        away = self.breaker.away()
        return away.seconds if away is not None else None


@pytest.fixture
def service() -> Service:
    return Service()


def fail(service: Service, times: int, reason: Reason = Reason.UNREACHABLE) -> None:
    for _ in range(times):
        assert service.ask(reason) is Pass.ORDINARY


def test_it_opens_after_five_failures_in_half_a_minute(service: Service) -> None:
    fail(service, 4)
    assert service.breaker.away() is None
    fail(service, 1)
    assert service.breaker.away() == Away(Reason.UNREACHABLE, "why", 5.0)


def test_five_failures_over_a_longer_time_are_no_outage(service: Service) -> None:
    for _ in range(20):
        fail(service, 1)
        service.clock.at += 7.6
    assert service.breaker.away() is None


def test_the_cool_down_doubles_with_each_failed_probe_up_to_a_minute(service: Service) -> None:
    fail(service, 5, Reason.OVERLOADED)
    seen = []
    for _ in range(6):
        left = service.away_for()
        assert left is not None
        seen.append(left)
        service.clock.at += left
        assert service.ask(Reason.TIMEOUT) is Pass.PROBE
    assert seen == [5, 10, 20, 40, 60, 60]


def test_one_probe_at_a_time_and_its_success_closes(service: Service) -> None:
    fail(service, 5)
    service.clock.at += 5
    assert service.breaker.away() is None
    assert service.breaker.admit() is Pass.PROBE
    assert service.away_for() == 0
    service.breaker.answered(Pass.PROBE)
    assert service.ask(None) is Pass.ORDINARY
    fail(service, 4)
    assert service.breaker.away() is None, "what was counted before the outage counts no more"


def test_a_probe_that_nobody_waited_for_is_not_repeated_at_once(service: Service) -> None:
    fail(service, 5)
    service.clock.at += 5
    service.breaker.gave_up(service.breaker.admit(), 0.5)
    assert service.away_for() == 5, "not longer either: it is not known whether it would have been answered"


def test_a_mute_service_is_found_out_though_every_question_is_taken_back(service: Service) -> None:
    for number in range(25):
        assert service.breaker.away() is None, number
        service.breaker.gave_up(service.breaker.admit(), 0.4)
        service.clock.at += 1.0
    assert service.away_for() == pytest.approx(4)


def test_questions_that_are_taken_back_between_answers_are_no_failures(service: Service) -> None:
    for _ in range(100):
        for _ in range(4):
            service.breaker.gave_up(service.breaker.admit(), 0.4)
        service.ask(None)
    assert service.breaker.away() is None


def test_late_failures_do_not_prolong_an_outage(service: Service) -> None:
    admitted = [service.breaker.admit() for _ in range(9)]
    for one in admitted:
        service.breaker.failed(one, ProviderError(Reason.TIMEOUT))
        service.clock.at += 0.1
    assert service.away_for() == pytest.approx(5 - 0.5)


def test_a_late_answer_does_not_end_an_outage(service: Service) -> None:
    early = service.breaker.admit()
    fail(service, 5)
    service.breaker.answered(early)
    assert service.away_for() == 5


def test_a_refused_key_stops_everything_for_good(service: Service) -> None:
    fail(service, 1, Reason.KEY_REFUSED)
    service.clock.at += 86_400
    assert service.breaker.away() == Away(Reason.KEY_REFUSED, "why", None)


def test_a_spending_limit_is_tried_once_a_minute(service: Service) -> None:
    fail(service, 1, Reason.SPEND_LIMIT)
    assert service.away_for() == 60
    service.clock.at += 60
    assert service.ask(Reason.SPEND_LIMIT) is Pass.PROBE
    assert service.away_for() == 60


@pytest.mark.parametrize(("told", "kept"), [(2.0, 2.0), (30.0, 30.0), (86_400.0, 60.0)])
def test_a_service_that_says_when_is_left_alone_that_long(service: Service, told: float, kept: float) -> None:
    assert service.ask(Reason.RATE_LIMITED, told) is Pass.ORDINARY
    assert service.away_for() == kept


@pytest.mark.parametrize("reason", [Reason.SUPERSEDED, Reason.INTERNAL])
def test_what_is_not_the_services_doing_does_not_count(service: Service, reason: Reason) -> None:
    fail(service, 20, reason)
    assert service.breaker.away() is None
