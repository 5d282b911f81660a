"""What may be spent, and what follows from what was spent: pure arithmetic on nano-dollars. Keeps and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from kireji.base.types import Reason

# From here on a person is told that a cap is near, and that it is reached when a call no longer fits.
WARN_PERCENT = 80
_REACHED_PERCENT = 95


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that one calendar day, one calendar month and one request may cost, in nano-dollars."""

    daily: int
    monthly: int
    action: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent under the caps: settled today and this month, and what their running calls may still cost."""

    caps: Caps
    today: int = 0
    month: int = 0
    today_running: int = 0
    month_running: int = 0

    @property
    def room(self) -> int:
        """What may still be reserved, by one request or by many."""
        day = self.caps.daily - self.today - self.today_running
        return max(0, min(day, self.caps.monthly - self.month - self.month_running))

    @property
    def warning(self) -> str:
        """Which cap is near or reached, in words; empty when none is."""
        for name, spent, cap in (("monthly", self.month, self.caps.monthly), ("daily", self.today, self.caps.daily)):
            if cap and spent * 100 >= cap * WARN_PERCENT:
                share = "all" if spent >= cap else f"{WARN_PERCENT} %"
                return f"{share} of the {name} cap of {dollars(cap)} is spent"
        return ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call may not be made. `notice` is for a person, once a day: empty where it is this one call that is too dear."""

    reason: Reason
    detail: str
    notice: str = ""


def refusal(spending: Spending, of_request: int, estimate: int) -> Refusal | None:
    """Why `estimate` does not fit under the caps, if so; `of_request` is what the same request has cost so far."""
    caps = spending.caps
    for name, when, until, spent, running, cap in (
        ("daily", "today", "midnight", spending.today, spending.today_running, caps.daily),
        ("monthly", "this month", "the month ends", spending.month, spending.month_running, caps.monthly),
    ):
        if spent + running + estimate > cap:
            detail = f"{exact(spent)} spent {when} and {exact(running)} in running calls, {exact(estimate)} asked for"
            reached = (spent + running) * 100 >= cap * _REACHED_PERCENT
            notice = f"the {name} cap of {dollars(cap)} is reached: the local engine answers until {until}"
            notice += f"; money.{name}_cap_usd in your settings file raises it"
            return Refusal(Reason.CAP_REACHED, f"{detail}, the {name} cap is {exact(cap)}", notice if reached else "")
    if of_request + estimate > caps.action:
        detail = f"{exact(of_request)} spent on this request, {exact(estimate)} asked for"
        return Refusal(Reason.TOO_DEAR, f"{detail}, the cap for one request is {exact(caps.action)}")
    return None


def nano_dollars(amount: float) -> int:
    """Dollars in whole nano-dollars."""
    return round(amount * 1_000_000_000)


def dollars(nano: int) -> str:
    """An amount as a person sets it."""
    return f"${nano / 1e9:.2f}"


def exact(nano: int) -> str:
    """An amount as calls cost it."""
    return f"${nano / 1e9:.4f}"
