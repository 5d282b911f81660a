"""Decides whether a service is asked at all: after repeated failures it is left alone for a while, then tried with one question.

Only keeps the count: it asks nobody, sleeps for nothing and starts no timer. One for each service and model, whoever asks.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from enum import Enum

from kireji.base.clock import Clock
from kireji.base.types import Reason
from kireji.providers.provider import ProviderError


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """So many failed questions within `window` seconds, and the service is left alone for `cool_down` seconds; each failed
    attempt doubles that, up to `longest`. Questions that were taken back count as a failed one once they have waited
    `waited` seconds together: who types on takes each question back, and a mute service must be found out all the same."""

    failures: int = 5
    window: float = 30.0
    cool_down: float = 5.0
    longest: float = 60.0
    waited: float = 2.0


DEFAULT_RULES = BreakerRules()


def rules_for(cool_down: float) -> BreakerRules:
    """The rules with another first cool-down, in seconds; the longest one grows with it."""
    scale = cool_down / DEFAULT_RULES.cool_down
    return replace(DEFAULT_RULES, cool_down=cool_down, longest=DEFAULT_RULES.longest * scale)


class Pass(Enum):
    """With what a question was let through: like any other, or as the one that tries whether the service is back."""

    ORDINARY = "ordinary"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Away:
    """Why a service is not asked now. `seconds` until it is tried again; None: not with this key and these settings."""

    reason: Reason
    detail: str
    seconds: float | None


# What the service said about the key stays true; another key comes with another breaker.
_FOR_GOOD = frozenset({Reason.KEY_REFUSED})
# A person has to act elsewhere: it is tried again, and seldom.
_AT_ONCE = frozenset({Reason.SPEND_LIMIT})
# These ends say nothing about the service.
_OURS = frozenset({Reason.SUPERSEDED, Reason.CANCELLED, Reason.INTERNAL})


class Breaker:
    """Open, closed or half open."""

    def __init__(self, clock: Clock, rules: BreakerRules = DEFAULT_RULES) -> None:
        self._clock = clock
        self._rules = rules
        self._failed: deque[float] = deque(maxlen=rules.failures)
        self._waited = 0.0
        self._cool_down = 0.0
        self._closed_until = 0.0
        self._probing = False
        self._trouble: ProviderError | None = None

    def away(self) -> Away | None:
        """Why a question would not be let through now; None when it would."""
        trouble = self._trouble
        if trouble is None:
            return None
        if trouble.reason in _FOR_GOOD:
            return Away(trouble.reason, trouble.detail, None)
        left = self._closed_until - self._clock.monotonic()
        return Away(trouble.reason, trouble.detail, max(0.0, left)) if left > 0 or self._probing else None

    def admit(self) -> Pass:
        """Lets a question through. Call it only where `away` says None, and tell in every case how the question ended."""
        if self._trouble is None:
            return Pass.ORDINARY
        self._probing = True
        return Pass.PROBE

    def answered(self, admitted: Pass) -> None:
        """The service has answered."""
        self._waited = 0.0
        if admitted is Pass.PROBE:
            self._close()

    def failed(self, admitted: Pass, error: ProviderError) -> None:
        """The question has failed, however often it was tried."""
        if error.reason in _OURS:
            self.gave_up(admitted, 0.0)
            return
        now = self._clock.monotonic()
        self._failed.append(now)
        if error.reason in _FOR_GOOD:
            self._trouble, self._probing = error, False
        elif admitted is Pass.PROBE:
            cool_down = min(self._rules.longest, self._cool_down * 2)
            self._open(error, cool_down, max(cool_down, error.retry_after or 0.0))
        elif self._trouble is not None:
            return  # It was let through before the others failed: nothing new.
        elif error.reason in _AT_ONCE:
            self._open(error, self._rules.longest, self._rules.longest)
        elif error.retry_after is not None:
            # The service has said itself when to come back.
            self._open(error, self._rules.cool_down, error.retry_after)
        elif len(self._failed) == self._rules.failures and now - self._failed[0] <= self._rules.window:
            self._open(error, self._rules.cool_down, self._rules.cool_down)

    def gave_up(self, admitted: Pass, waited: float) -> None:
        """Nobody waited for the answer any longer: it is not known whether it would have come."""
        if admitted is Pass.PROBE and self._trouble is not None:
            self._open(self._trouble, self._cool_down, self._cool_down)
            return
        self._waited += waited
        if self._waited >= self._rules.waited:
            self._waited = 0.0
            self.failed(admitted, ProviderError(Reason.TIMEOUT))

    def _open(self, error: ProviderError, cool_down: float, wait: float) -> None:
        self._trouble, self._probing = error, False
        self._cool_down = cool_down
        self._closed_until = self._clock.monotonic() + min(self._rules.longest, wait)

    def _close(self) -> None:
        self._trouble, self._probing = None, False
        self._cool_down = 0.0
        self._failed.clear()
