"""A provider around a provider, for bad days: deadlines, retries, the breaker, the rate and the turns, whatever the vendor.

A question is tried again only before the service has begun to answer, where that may help, and while time, calls and money
last. Knows no vendor: what an error means, the vendor's own provider has said. Keeps no answer and invents none.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace

from kireji.base.clock import Clock
from kireji.base.types import Delta, End, EndReason, Prompt, Reason, Request, Usage
from kireji.providers.breaker import Away, Breaker, Pass
from kireji.providers.limiter import Limiter, Load
from kireji.providers.provider import Provider, ProviderError, ProviderInfo, StreamMeter
from kireji.providers.turns import Turns


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a silence may last, and how long is waited before a further try: `pause` seconds at most, twice that the next
    time. Who is left with less than `least` seconds does not try again. `at_once` questions may be on their way, more than
    a plan over several files asks side by side, so that typing does not wait for it; `waiting` more may wait."""

    silence: float = 4.0
    pause: float = 0.25
    least: float = 0.3
    at_once: int = 6
    waiting: int = 4


DEFAULT_PATIENCE = Patience()

# Another try may find it gone. Everything else would be the same again, or is a person's to mend.
_PASSING = frozenset({Reason.UNREACHABLE, Reason.OVERLOADED, Reason.RATE_LIMITED, Reason.TIMEOUT, Reason.BROKEN_OFF})
# An answer may be halved in length, but it must hold the line that is said again.
_LEAST_TOKENS = 256


class Resilient:
    """`inner`, asked with care. `breaker` is shared with all who want to know whether the service can be asked."""

    def __init__(
        self,
        inner: Provider,
        breaker: Breaker,
        clock: Clock,
        patience: Patience = DEFAULT_PATIENCE,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._inner = inner
        self._breaker = breaker
        self._clock = clock
        self._patience = patience
        self._limiter = Limiter(clock)
        self._turns = Turns(patience.at_once, patience.waiting)
        self._chance = chance

    @property
    def info(self) -> ProviderInfo:
        return self._inner.info

    def estimate(self, prompt: Prompt) -> int:
        return self._inner.estimate(prompt)

    def cost(self, usage: Usage) -> int:
        return self._inner.cost(usage)

    async def warm(self) -> None:
        await self._inner.warm()

    async def close(self) -> None:
        await self._inner.close()

    async def stream(self, request: Request, meter: StreamMeter) -> AsyncGenerator[Delta | End, None]:
        """See Provider. One question counts once with the breaker, however often it was tried and however it ended."""
        async with contextlib.AsyncExitStack() as held:
            async with self._within(request):
                await held.enter_async_context(self._turns.turn())
                # Loading a library is our time, not the service's silence.
                await self._inner.warm()
            if (away := self._breaker.away()) is not None:
                raise refusal(away)
            admitted = self._breaker.admit()
            answered, since = False, self._clock.monotonic()
            fault: ProviderError | None = None
            try:
                async with contextlib.aclosing(self._tries(request, meter, admitted)) as pieces:
                    async for piece in pieces:
                        answered = not (isinstance(piece, End) and piece.reason is EndReason.TRUNCATED)
                        yield piece
            except ProviderError as error:
                fault = error
                raise
            finally:
                if fault is not None:
                    self._breaker.failed(admitted, fault)
                elif answered:
                    self._breaker.answered(admitted)
                else:
                    self._breaker.gave_up(admitted, self._clock.monotonic() - since)

    async def _tries(self, request: Request, meter: StreamMeter, admitted: Pass) -> AsyncGenerator[Delta | End, None]:
        """The first try that the service begins to answer."""
        tried = 0
        while True:
            await self._paced(request)
            meter.next_call()
            tried += 1
            fault: ProviderError | None = None
            said = False
            try:
                async with contextlib.aclosing(self._inner.stream(request, meter)) as pieces:
                    # Nothing of what is thought arrives as text.
                    patience = self._patience.silence if not request.prompt.thinking else math.inf
                    while (piece := await self._next(request, pieces, patience)) is not None:
                        if isinstance(piece, End) and piece.reason is EndReason.TRUNCATED and not said:
                            raise ProviderError(Reason.BROKEN_OFF)
                        said, patience = True, self._patience.silence
                        yield piece
                return
            except ProviderError as error:
                fault = error
            finally:
                self._limiter.learn(meter.rates)
            pause = self._pause(tried, fault)
            may_try = not said and not meter.begun and admitted is Pass.ORDINARY and fault.reason in _PASSING
            in_time = self._left(request) - pause >= self._patience.least
            if not (may_try and in_time and meter.calls < meter.most_calls):
                raise fault
            # What may be owed for this try does not make the next one free.
            if meter.usage != Usage() and not await meter.may_spend_again():
                raise fault
            await asyncio.sleep(pause)
            if fault.reason is Reason.TIMEOUT:
                request = replace(request, prompt=_shorter(request.prompt))

    async def _next(
        self, request: Request, pieces: AsyncGenerator[Delta | End, None], patience: float
    ) -> Delta | End | None:
        """The next piece, None after the last. Only text counts: whatever else a service sends is silence."""
        try:
            async with asyncio.timeout(max(0.0, min(patience, self._left(request)))):
                return await anext(pieces, None)
        except TimeoutError:
            pass
        raise ProviderError(Reason.TIMEOUT)

    @contextlib.asynccontextmanager
    async def _within(self, request: Request) -> AsyncGenerator[None, None]:
        """What comes before the call, within the request's own deadline."""
        late = self._left(request) <= 0
        if late:
            raise ProviderError(Reason.TIMEOUT)
        try:
            async with asyncio.timeout(max(0.0, self._left(request))):
                yield
        except TimeoutError:
            late = True
        if late:
            raise ProviderError(Reason.TIMEOUT)

    async def _paced(self, request: Request) -> None:
        """Waits for the rate's sake. Raises ProviderError where the deadline would come first."""
        prompt = request.prompt
        load = Load(_likely_tokens(prompt), prompt.max_tokens)
        while (wait := self._limiter.wait(load)) > 0:
            if self._left(request) - wait < self._patience.least:
                raise ProviderError(Reason.RATE_LIMITED, "what may be asked in a minute has been asked")
            await asyncio.sleep(wait)
        self._limiter.take(load)

    def _pause(self, tried: int, fault: ProviderError) -> float:
        """Seconds before the next try: at random, so that those who failed together do not come back together."""
        pause = self._chance() * self._patience.pause * (1 << tried - 1)
        return pause + fault.retry_after if fault.retry_after is not None else pause

    def _left(self, request: Request) -> float:
        return request.deadline - self._clock.monotonic()


def refusal(away: Away) -> ProviderError:
    """The error of a question that is not asked."""
    if away.seconds is None:
        again = "not asked with this key any more"
    else:
        again = f"not asked for {away.seconds:.0f} s" if away.seconds > 0 else "another question tries it"
    return ProviderError(away.reason, f"{away.detail}; {again}".removeprefix("; "))


def _likely_tokens(prompt: Prompt) -> int:
    """About how large a prompt is. The service's own figures correct it with the next answer."""
    blocks = (*prompt.system, *(block for message in prompt.messages for block in message.blocks))
    filled = prompt.hole.texts if prompt.hole is not None else ()
    return (sum(len(block.text) for block in blocks) + sum(map(len, filled))) // 3


def _shorter(prompt: Prompt) -> Prompt:
    """What did not come in time may come if less is wanted."""
    return replace(prompt, max_tokens=min(prompt.max_tokens, max(_LEAST_TOKENS, prompt.max_tokens // 2)))
