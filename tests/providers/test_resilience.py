"""Around any provider: what is tried again, how often, how soon, how long a silence may last, and what the breaker hears."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace

import pytest

from kireji.base.clock import SystemClock
from kireji.base.text import make_document
from kireji.base.types import (
    Delta,
    End,
    EndReason,
    Prompt,
    Reason,
    RedactedPack,
    Request,
    Shape,
    Site,
    SiteKind,
    Span,
    Usage,
)
from kireji.providers.breaker import Breaker, BreakerRules
from kireji.providers.provider import ProviderError, ProviderInfo, StreamMeter
from kireji.providers.rates import UNKNOWN, Quota, Rates
from kireji.providers.resilience import Patience, Resilient
from support.children import until
from support.waiting import WATCHDOG

SITE = Site(make_document("file:///a.py", None, "python", 1, ""), 0, SiteKind.CODE, Shape.LINE, Span(0, 0), "", "", "")
FAST = Patience(silence=0.15, pause=0.01, least=0.02)
DONE = End(EndReason.COMPLETE)
OWED = Usage(input=7)

Piece = Delta | End | ProviderError | Usage | asyncio.Event | None


@dataclass
class Vendor:
    """A service that plays one list of pieces a call: text, an end, an error, what is owed from there on, an event that it waits
    for, None for silence."""

    plays: list[list[Piece]]
    asked: list[Request] = field(default_factory=list)
    closed: int = 0
    rates: Rates = UNKNOWN

    @property
    def info(self) -> ProviderInfo:
        return ProviderInfo("vendor", "model", remote=True, follows_instructions=True)

    async def stream(self, request: Request, meter: StreamMeter) -> AsyncGenerator[Delta | End, None]:
        play = self.plays[min(len(self.asked), len(self.plays) - 1)]
        self.asked.append(request)
        meter.rates = self.rates
        try:
            for piece in play:
                if isinstance(piece, ProviderError):
                    raise ProviderError(piece.reason, piece.detail, piece.retry_after)
                if isinstance(piece, Usage):
                    meter.usage = piece
                elif isinstance(piece, asyncio.Event):
                    await piece.wait()
                elif piece is None:
                    await asyncio.sleep(600)
                else:
                    yield piece
        finally:
            self.closed += 1

    def estimate(self, prompt: Prompt) -> int:
        return 1

    def cost(self, usage: Usage) -> int:
        return usage.input

    async def warm(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing to close."""


class Asked:
    """A vendor behind the wrapper, asked once."""

    def __init__(self, *plays: list[Piece], patience: Patience = FAST, calls: int = 3, money: bool = True) -> None:
        self.vendor = Vendor(list(plays))
        self.breaker = Breaker(SystemClock())
        self.provider = Resilient(self.vendor, self.breaker, SystemClock(), patience)
        self.meter = StreamMeter(most_calls=calls, may_spend_again=self.may_spend_again)
        self.money = money

    async def may_spend_again(self) -> bool:
        return self.money

    async def ask(self, within: float = WATCHDOG, max_tokens: int = 900) -> tuple[str, Reason | EndReason]:
        """The text, and how it ended."""
        prompt = Prompt("model", (), (), "T", ("</T>",), max_tokens)
        request = Request(prompt, RedactedPack(SITE, ()), time.monotonic() + within)
        text = ""
        try:
            async with contextlib.aclosing(self.provider.stream(request, self.meter)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, End):
                        return text, piece.reason
                    text += piece.text
        except ProviderError as error:
            return text, error.reason
        raise AssertionError("no end")


def wrong(reason: Reason, retry_after: float | None = None) -> ProviderError:
    return ProviderError(reason, "played", retry_after)


GOOD: list[Piece] = [Delta("x"), DONE]
COMPLETE = ("x", EndReason.COMPLETE)


@pytest.mark.parametrize(
    ("plays", "calls", "ends"),
    [
        ([GOOD], 1, COMPLETE),
        ([[wrong(Reason.OVERLOADED)], GOOD], 2, COMPLETE),
        ([[wrong(Reason.UNREACHABLE)], [wrong(Reason.RATE_LIMITED)], GOOD], 3, COMPLETE),
        ([[wrong(Reason.OVERLOADED)]], 3, ("", Reason.OVERLOADED)),
        ([[None], GOOD], 2, COMPLETE),
        ([[None]], 3, ("", Reason.TIMEOUT)),
        ([[End(EndReason.TRUNCATED)], GOOD], 2, COMPLETE),
        ([[wrong(Reason.RATE_LIMITED, 0.05)], GOOD], 2, COMPLETE),
        ([[wrong(Reason.RATE_LIMITED, 3_600.0)], GOOD], 1, ("", Reason.RATE_LIMITED)),
        # What would be the same again is not tried again.
        ([[wrong(Reason.KEY_REFUSED)], GOOD], 1, ("", Reason.KEY_REFUSED)),
        ([[wrong(Reason.SPEND_LIMIT)], GOOD], 1, ("", Reason.SPEND_LIMIT)),
        ([[wrong(Reason.MISCONFIGURED)], GOOD], 1, ("", Reason.MISCONFIGURED)),
        ([[wrong(Reason.PROTOCOL)], GOOD], 1, ("", Reason.PROTOCOL)),
        # Nor is anything once text has come.
        ([[Delta("a"), wrong(Reason.OVERLOADED)], GOOD], 1, ("a", Reason.OVERLOADED)),
        ([[Delta("a"), None], GOOD], 1, ("a", Reason.TIMEOUT)),
        ([[Delta("a"), End(EndReason.TRUNCATED)], GOOD], 1, ("a", EndReason.TRUNCATED)),
        ([[End(EndReason.REFUSAL)], GOOD], 1, ("", EndReason.REFUSAL)),
        ([[DONE], GOOD], 1, ("", EndReason.COMPLETE)),
    ],
)
async def test_what_is_tried_again(plays: list[list[Piece]], calls: int, ends: tuple[str, object]) -> None:
    asked = Asked(*plays)
    assert await asked.ask() == ends
    assert (len(asked.vendor.asked), asked.vendor.closed, asked.meter.calls) == (calls, calls, calls)


@pytest.mark.parametrize("calls", [1, 2, 3])
async def test_no_more_calls_than_the_question_has_left(calls: int) -> None:
    asked = Asked([wrong(Reason.OVERLOADED)], calls=calls)
    await asked.ask()
    assert len(asked.vendor.asked) == calls


@pytest.mark.parametrize("money", [True, False])
async def test_what_may_be_owed_is_not_risked_again_without_leave(money: bool) -> None:
    asked = Asked([OWED, wrong(Reason.UNREACHABLE)], [OWED, *GOOD], money=money)
    assert await asked.ask() == (COMPLETE if money else ("", Reason.UNREACHABLE))
    assert (asked.meter.earlier, asked.meter.usage) == ((OWED,) if money else (), OWED)


async def test_what_the_service_has_begun_to_answer_is_not_asked_again() -> None:
    asked = Asked(GOOD)

    async def begun(request: Request, meter: StreamMeter) -> AsyncGenerator[Delta | End, None]:
        meter.begun = True
        asked.vendor.asked.append(request)
        if meter.begun:
            raise ProviderError(Reason.OVERLOADED)
        yield DONE

    asked.vendor.stream = begun  # type: ignore[method-assign]
    assert await asked.ask() == ("", Reason.OVERLOADED)
    assert len(asked.vendor.asked) == 1


async def test_after_a_silence_less_is_asked_for() -> None:
    asked = Asked([None], [None], GOOD)
    assert await asked.ask(max_tokens=900) == COMPLETE
    assert [request.prompt.max_tokens for request in asked.vendor.asked] == [900, 450, 256]
    asked = Asked([None], [wrong(Reason.OVERLOADED)], GOOD)
    await asked.ask(max_tokens=100)
    assert [request.prompt.max_tokens for request in asked.vendor.asked] == [100, 100, 100]


async def test_the_deadline_ends_it_whatever_is_left_to_try() -> None:
    began = time.monotonic()
    asked = Asked([None], patience=replace(FAST, silence=60.0))
    assert await asked.ask(within=0.1) == ("", Reason.TIMEOUT)
    asked = Asked([wrong(Reason.OVERLOADED)], patience=replace(FAST, pause=60.0))
    assert await asked.ask(within=0.1) == ("", Reason.OVERLOADED)
    assert time.monotonic() - began < 30
    asked = Asked(GOOD)
    assert await asked.ask(within=-1.0) == ("", Reason.TIMEOUT)
    assert asked.vendor.asked == []


async def test_five_failed_questions_open_the_breaker_however_often_each_was_tried() -> None:
    asked = Asked([wrong(Reason.OVERLOADED)])
    for number in range(5):
        assert asked.breaker.away() is None, number
        asked.meter = StreamMeter(most_calls=3)
        await asked.ask()
    assert len(asked.vendor.asked) == 15
    assert await asked.ask() == ("", Reason.OVERLOADED)
    assert len(asked.vendor.asked) == 15, "nothing is asked while it is away"


async def test_the_probe_is_one_call() -> None:
    asked = Asked([wrong(Reason.OVERLOADED)])
    clock = SystemClock()
    later = 0.0
    clock.monotonic = lambda: time.monotonic() + later  # type: ignore[method-assign]
    asked.breaker = Breaker(clock)
    asked.provider = Resilient(asked.vendor, asked.breaker, SystemClock(), FAST)
    for _ in range(5):
        asked.meter = StreamMeter(most_calls=1)
        await asked.ask()
    later = 5.0
    asked.meter = StreamMeter(most_calls=3)
    await asked.ask()
    assert len(asked.vendor.asked) == 6
    assert asked.breaker.away() is not None


@pytest.mark.parametrize(
    ("play", "ended"),
    [
        (lambda: [None], "cancelled"),
        (lambda: [Delta("a"), None], "closed"),
    ],
)
async def test_whoever_leaves_closes_the_call(play: Callable[[], list[Piece]], ended: str) -> None:
    asked = Asked(play(), patience=replace(FAST, silence=60.0))
    if ended == "cancelled":
        task = asyncio.create_task(asked.ask())
        while not asked.vendor.asked:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    else:
        request = Request(Prompt("model", (), (), "T", (), 9), RedactedPack(SITE, ()), time.monotonic() + 60)
        stream = asked.provider.stream(request, asked.meter)
        await anext(stream)
        await stream.aclose()
    assert asked.vendor.closed == 1
    assert asked.breaker.away() is None


async def test_a_mute_service_is_found_out_by_those_who_do_not_wait_for_it() -> None:
    asked = Asked([None], patience=replace(FAST, silence=60.0))
    breaker = Breaker(SystemClock(), BreakerRules(failures=2, waited=0.05))
    asked.provider = Resilient(asked.vendor, breaker, SystemClock(), replace(FAST, silence=60.0))
    for _ in range(20):
        if (away := breaker.away()) is not None:
            break
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asked.ask(), 0.04)
    assert away is not None and away.reason is Reason.TIMEOUT
    assert len(asked.vendor.asked) >= 2


async def test_what_the_service_lets_us_ask_is_kept_to() -> None:
    asked = Asked(GOOD)
    asked.vendor.rates = Rates(requests=Quota(60, 0))
    assert await asked.ask() == COMPLETE
    assert await asked.ask(within=0.5) == ("", Reason.RATE_LIMITED)
    assert len(asked.vendor.asked) == 1
    assert asked.breaker.away() is None
    asked.vendor.rates = Rates()
    assert await asked.ask(within=5) == COMPLETE


async def test_of_many_questions_a_few_are_asked_at_once() -> None:
    falls_over = asyncio.Event()
    asked = Asked([Delta("x"), falls_over, wrong(Reason.OVERLOADED)], patience=replace(FAST, silence=60.0))
    asking = [asyncio.ensure_future(asked.ask(within=60.0)) for _ in range(20)]
    await until(lambda: sum(one.done() for one in asking) == 10 and len(asked.vendor.asked) == 6)
    falls_over.set()
    ends = await asyncio.gather(*asking)
    assert sum(end == ("", Reason.SUPERSEDED) for end in ends) == 10
    assert len(asked.vendor.asked) == 6, "when those had failed, nobody was asked any more"
    assert asked.breaker.away() is not None
