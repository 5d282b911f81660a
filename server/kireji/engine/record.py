"""The times and figures of one request, collected while it runs. Holds no source text and decides nothing."""

from __future__ import annotations

from kireji.base.types import (
    Finding,
    GateResult,
    RawCompletion,
    Reason,
    Redaction,
    Report,
    Snapshot,
    Stage,
    Usage,
    Withheld,
    sum_of,
)
from kireji.engine.services import Asking, Services
from kireji.providers.provider import ProviderInfo

# One request makes so many calls to the model at most, whatever they are for.
MOST_CALLS = 3


class Record:
    """The times and figures of one request, and the two ways out of it."""

    def __init__(self, services: Services, asking: Asking, snapshot: Snapshot, most_calls: int = MOST_CALLS) -> None:
        self.request = snapshot.id
        self._clock = services.clock
        self._info = asking.provider.info
        self._since = self._clock.monotonic()
        self._stages: list[tuple[Stage, float]] = []
        self._raw: RawCompletion | None = None
        self.usage = Usage()
        self.cost = 0
        self.calls_left = most_calls
        self.trouble: Reason | None = None
        self.prompt = ""
        self.hint = ""
        self.spared = 0
        self.gates: tuple[GateResult, ...] = ()
        self.redactions: tuple[Redaction, ...] = ()

    def done(self, stage: Stage) -> None:
        """Closes a stage; the next one begins."""
        now = self._clock.monotonic()
        self._stages.append((stage, now - self._since))
        self._since = now

    def streamed(self, raw: RawCompletion) -> RawCompletion:
        """Closes the stream's stage and remembers what it brought."""
        self.done(Stage.STREAM)
        self._raw = raw
        return raw

    def paid(self, calls: int, usage: Usage, cost: int) -> None:
        """Adds what one question has used and cost, in calls, tokens and nano-dollars."""
        self.usage = sum_of((self.usage, usage))
        self.cost += cost
        self.calls_left -= calls

    def answered_by(self, info: ProviderInfo) -> None:
        """Another one answers than the one that was asked."""
        self._info = info

    def report(self) -> Report:
        """All of it, frozen."""
        raw = self._raw
        return Report(
            stages=tuple(self._stages),
            provider=self._info.name,
            model=self._info.model,
            prompt=self.prompt,
            usage=self.usage,
            cost=self.cost,
            first_token=raw.first_token if raw else 0.0,
            cut_by=raw.cut_by if raw else "",
            gates=self.gates,
            redactions=self.redactions,
            spared=self.spared,
            trouble=self.trouble,
        )

    def withheld(self, reason: Reason, stage: Stage, detail: str = "", findings: tuple[Finding, ...] = ()) -> Withheld:
        """The way out without a suggestion."""
        return Withheld(reason, stage, detail or self.hint, findings, self.report())
