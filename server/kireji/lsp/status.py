"""Whether suggestions come, and if not, why; and what today has cost. Told to clients that ask for it, when it changes.

Reads the session and the ledger; changes neither.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kireji.lsp.client import Client, Level
from kireji.lsp.lifecycle import Lifecycle
from kireji.lsp.starting import Starting

if TYPE_CHECKING:
    from kireji.engine.services import Services

# Our own notification; its parameters are `as_json` of a Status.
STATUS = "kireji/status"
_NANO = 1_000_000_000
_ALERT_SECONDS = 60.0


class State(Enum):
    """What a person needs to know at a glance."""

    STARTING = "starting"
    READY = "ready"
    PAUSED = "paused"
    SNOOZED = "snoozed"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class Status:
    """`reason` is a sentence where the state is not READY. Dollars; `spent` is None where the ledger cannot be read.
    `sandbox` names the walls in which tests run; it is empty as long as none were needed. `cause` is the name of what keeps
    the model from answering, for programs: sentences are for people, and change."""

    state: State
    reason: str = ""
    provider: str = ""
    model: str = ""
    spent: float | None = None
    cap: float = 0.0
    month: float | None = None
    month_cap: float = 0.0
    seconds_left: int | None = None
    sandbox: str = ""
    cause: str = ""


def as_json(status: Status) -> dict[str, Any]:
    """The status as clients get it."""
    return {
        "state": status.state.value,
        "reason": status.reason,
        "provider": status.provider,
        "model": status.model,
        "spentToday": status.spent,
        "dailyCap": status.cap,
        "spentThisMonth": status.month,
        "monthlyCap": status.month_cap,
        "secondsLeft": status.seconds_left,
        "sandbox": status.sandbox,
        "cause": status.cause,
    }


def as_sentence(status: Status) -> str:
    """The status in words, for clients that show nothing else."""
    reason = f" ({status.reason})" if status.reason else ""
    left = f" for {math.ceil(status.seconds_left / 60)} min" if status.seconds_left is not None else ""
    who = f", answered by {status.model or status.provider}" if status.provider else ""
    spent = "unknown" if status.spent is None else f"${status.spent:.2f}"
    return f"{status.state.value}{left}{reason}{who}; spent today: {spent} of ${status.cap:.2f}"


# By the cause of a status, for what a person alone can mend.
_ADVICE = MappingProxyType(
    {
        "key_refused": "Run `kireji key set` in a terminal; nothing has to be started again.",
        "misconfigured": "Run `kireji doctor` in a terminal: it says where each setting comes from.",
    }
)


class StatusTeller:
    """Tells the client its status, one message at a time, and only what is new."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        starting: Starting,
        client: Client,
        spawn: Callable[[Awaitable[Any]], asyncio.Future[Any]],
    ) -> None:
        self._lifecycle = lifecycle
        self._starting = starting
        self._client = client
        self._spawn = spawn
        self._told: Status | None = None
        self._again = False
        self._telling = False
        self._alert = ""
        self._look_again = 0.0

    async def status(self) -> Status:
        """The status as it is now."""
        session = self._lifecycle.session
        protected = session.settings.protected
        empty = Status(State.STARTING, cap=protected.daily_cap_usd, month_cap=protected.monthly_cap_usd)
        if not self._starting.there:
            return empty
        services = await self._starting.services()
        state, reason, left = _state(session.paused_until - time.monotonic())
        cause = ""
        asking = services.roles.completion
        away = asking.away()
        trouble = away.reason if away is not None else session.trouble
        if state is State.READY and trouble is not None:
            state, reason, cause = State.LIMITED, trouble.value, trouble.name.lower()
            if asking.instead is not None:
                reason = f"{reason}; the local engine answers meanwhile"
        elif state is State.READY and session.unjudged:
            reason = f"not everything is checked: {session.unjudged}"
        info = asking.provider.info
        status = replace(
            empty,
            state=state,
            reason=reason,
            provider=info.name,
            model=info.model,
            seconds_left=left,
            sandbox=services.sandbox.known,
            cause=cause,
        )
        try:
            spending = await services.ledger.spending()
        except _ledger_error():
            return status
        if state is State.READY and info.remote and spending.warning:
            status = replace(status, reason=spending.warning)
        if not status.reason:
            status = replace(status, reason=await self._alerted(services))
        return replace(status, spent=spending.today / _NANO, month=spending.month / _NANO)

    def changed(self) -> None:
        """Something may have changed: tells it soon, to clients that want to know; and to all what they must hear of money."""
        self._again = True
        if not self._telling:
            self._telling = True
            self._spawn(self._tell())

    async def _tell(self) -> None:
        try:
            while self._again:
                self._again = False
                if self._starting.there:
                    self._lifecycle.say(await self._starting.problems())
                for notice in await self._news():
                    self._client.show(Level.WARNING, f"Kireji: {notice}")
                if self._lifecycle.session.abilities.status:
                    await self._tell_status()
                elif self._lifecycle.session.trouble is not None:
                    await self._say_trouble()
        finally:
            self._telling = False

    async def _tell_status(self) -> None:
        status = await self.status()
        if status != self._told:
            self._told = status
            self._client.notify(STATUS, as_json(status))

    async def _say_trouble(self) -> None:
        """What a person has to mend is said once to clients that show no status: they would only see that nothing comes."""
        status = await self.status()
        if (advice := _ADVICE.get(status.cause)) is not None:
            self._lifecycle.say((f"{status.reason}. {advice}",))

    async def _alerted(self, services: Services) -> str:
        """What is out of order in the figures of the last day; looked at now and then, as it changes slowly."""
        from kireji.base.alerts import SECONDS, alerts, thresholds
        from kireji.base.store import StoreError

        if time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + _ALERT_SECONDS
            try:
                rows, feedback = await services.audit.last(SECONDS)
            except StoreError:  # which is told as what the ledger says
                return self._alert
            found = alerts(rows, feedback, thresholds(self._lifecycle.session.settings.options))
            self._alert = "; ".join(found)
        return self._alert

    async def _news(self) -> tuple[str, ...]:
        """What the caps give rise to. A ledger that is down is told once, with what to do, where it keeps somebody from asking."""
        if not self._starting.there:
            return ()
        services = await self._starting.services()
        try:
            return await services.ledger.news()
        except _ledger_error() as error:
            if services.roles.completion.provider.info.remote:
                self._lifecycle.say((f"{error}; until then nothing is spent, and the local engine answers",))
            return ()


def _state(pause: float) -> tuple[State, str, int | None]:
    """State, reason and whole seconds left, by how much longer the session is paused."""
    if pause <= 0:
        return State.READY, "", None
    if math.isinf(pause):
        return State.PAUSED, "until you resume", None
    return State.SNOOZED, "", math.ceil(pause)


def _ledger_error() -> type[Exception]:
    from kireji.base.ledger import LedgerError  # with the services, after the client's first answer

    return LedgerError
