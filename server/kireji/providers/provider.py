"""What the engine asks of any source of completions, and the errors it must expect.

A provider turns a Request into a stream of Delta and one End. It does not cut, trim, judge or bill; it hides its vendor's
quirks. Errors:

    ProviderError                 .reason says what a person is told; .retry_after in seconds, when known
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from kireji.base.types import Delta, End, Prompt, Reason, Request, Usage, sum_of
from kireji.providers.rates import UNKNOWN, Rates


class ProviderError(Exception):
    """The one exception that leaves a provider. `detail` is one line without source text or keys."""

    def __init__(self, reason: Reason, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """Who answers. `remote` means: text leaves the machine and money may be spent.

    `follows_instructions` means: it can be told what to do; an engine that only continues text cannot.
    """

    name: str
    model: str
    remote: bool
    follows_instructions: bool


async def _never() -> bool:
    """Nobody has said that more may be spent."""
    return False


@dataclass(slots=True)
class StreamMeter:
    """What one question has used so far. The caller holds it and reads it whichever way the stream ended.

    A remote provider writes to it: an estimate once the request leaves, the service's own figures as they arrive. It
    stays at zero for a request that was refused or never left, and for a local engine. A question may take several calls:
    `usage` is the last one's, `earlier` those before it for which something may be owed. `begun` says that the service has
    begun to answer the last call, `rates` what it lets us ask.
    `most_calls` and `may_spend_again` are the caller's: how often the service may be called, and whether a further call
    may cost as much again.
    """

    usage: Usage = field(default_factory=Usage)
    earlier: tuple[Usage, ...] = ()
    begun: bool = False
    rates: Rates = UNKNOWN
    calls: int = 0
    most_calls: int = 1
    may_spend_again: Callable[[], Awaitable[bool]] = _never

    @property
    def total(self) -> Usage:
        """What all calls of the question have used."""
        return sum_of((*self.earlier, self.usage))

    def next_call(self) -> None:
        """Another call begins."""
        if self.usage != Usage():
            self.earlier = (*self.earlier, self.usage)
        self.usage, self.begun = Usage(), False
        self.calls += 1


class Provider(Protocol):
    """A source of completions."""

    @property
    def info(self) -> ProviderInfo:
        """Who answers."""
        ...

    def stream(self, request: Request, meter: StreamMeter) -> AsyncGenerator[Delta | End, None]:
        """The answer, piece by piece, then exactly one End (also when the connection broke: EndReason.TRUNCATED).

        `meter` shows what is owed at every moment.
        Closing the generator (`aclose`) or cancelling its consumer closes the upstream connection.
        Raises ProviderError, before or between pieces.
        """
        ...

    def estimate(self, prompt: Prompt) -> int:
        """The most this prompt can cost, in nano-dollars (0 for a local engine)."""
        ...

    def cost(self, usage: Usage) -> int:
        """What this usage costs, in nano-dollars."""
        ...

    async def warm(self) -> None:
        """Loads what is slow to load. Called once, in the background, after `initialized`."""
        ...

    async def close(self) -> None:
        """Closes connections."""
        ...
