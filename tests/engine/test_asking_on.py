"""A question that has to be asked several times: how often at most, what it costs, and what the caps say to that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kireji.base.caps import nano_dollars
from kireji.base.clock import SystemClock
from kireji.base.config_schema import Protected, Settings
from kireji.base.store import Store
from kireji.base.text import make_document
from kireji.base.types import Offered, Outcome, Reason, Snapshot, Trigger
from kireji.compose import build_services
from kireji.engine import pipeline
from kireji.engine.services import Services
from kireji.features.inline_completion import inline_completion
from support.fault_server import Anthropic, Exchange, FaultServer
from support.messages_api import Answer, Asked, MessagesApi, script, tagged
from support.messages_play import Fault, FaultKind, Play
from support.patience import PATIENT

HEAD = "def total(prices):\n    amount = 0\n    "
DOCUMENT = make_document("file:///w/total.py", "/w/total.py", "python", 1, f"{HEAD}\n    return amount\n")
GOOD = "amount = sum(prices)"
WRONG = "amount = summe(prices)"


@dataclass
class Line:
    """Services, asked at one place."""

    services: Services
    state: Path

    async def ask(self, candidates: int = 1) -> Outcome:
        # Less than the half minute for which a service may want to be left alone.
        options = replace(PATIENT, candidates=candidates, request_ms=20_000)
        snapshot = Snapshot("t", DOCUMENT, options=options, trigger=Trigger.EXPLICIT)
        return await inline_completion(self.services, snapshot, len(HEAD))

    async def rows(self) -> list[tuple[str, str, int]]:
        """Request, how it ended, and what it cost, of each row that was paid."""
        store = Store(str(self.state))
        try:
            query = "SELECT request, outcome, nano FROM calls ORDER BY request"
            return await store.run(lambda connection: connection.execute(query).fetchall())
        finally:
            await store.close()


@contextlib.asynccontextmanager
async def line(state: Path, url: str, cap: float = 5.0, silence_ms: int = 60_000) -> AsyncIterator[Line]:
    """Services that ask at an address."""
    protected = Protected(
        api_key="sk-ant-stand-in", base_url=url, state_dir=str(state), daily_cap_usd=cap, silence_ms=silence_ms
    )
    services = build_services(Settings(protected=protected), SystemClock())
    try:
        await services.roles.completion.provider.warm()
        yield Line(services, state)
    finally:
        await services.close()


def read(outcome: Outcome) -> int:
    """How many tokens of prompts were billed."""
    usage = outcome.report.usage
    return usage.input + usage.cache_write + usage.cache_read


async def one_good(folder: Path) -> Outcome:
    """A question that is answered at once."""
    async with MessagesApi(script(GOOD)) as api, line(folder / "good", api.url) as plain:
        return await plain.ask()


def faults_then(*faults: Fault, text: str = GOOD) -> Answer:
    """These faults, one for each call, and then an answer."""
    left = list(faults)

    def answer(asked: Asked) -> Play:
        return Play("", fault=left.pop(0)) if left else Play(tagged(asked, text))

    return answer


OVERLOADED = Fault(FaultKind.STATUS, status=529)
HUNG_UP = Fault(FaultKind.HANG_UP)
MUTE = Fault(FaultKind.SILENCE)


async def test_what_was_surely_not_generated_costs_nothing(tmp_path: Path) -> None:
    first = await one_good(tmp_path)
    async with MessagesApi(faults_then(OVERLOADED, OVERLOADED)) as api, line(tmp_path / "b", api.url) as twice:
        second = await twice.ask()
        assert isinstance(second, Offered)
        assert len(api.asked) == 3
        assert read(first) == read(second)
        assert [paid for _, _, paid in await twice.rows()] == [second.report.cost]


async def test_what_may_have_been_generated_is_paid_in_the_same_row(tmp_path: Path) -> None:
    first = await one_good(tmp_path)
    async with (
        MessagesApi(faults_then(HUNG_UP, MUTE)) as api,
        line(tmp_path / "b", api.url, silence_ms=300) as twice,
    ):
        second = await twice.ask()
        assert isinstance(second, Offered)
        assert len(api.asked) == 3
        assert 2.5 * read(first) < read(second) < 3.5 * read(first)
        assert [paid for _, _, paid in await twice.rows()] == [second.report.cost]
        assert api.asked[2].body["max_tokens"] <= api.asked[0].body["max_tokens"]  # type: ignore[operator]


async def test_a_cap_that_has_no_room_for_a_second_bill_ends_it(tmp_path: Path) -> None:
    async with MessagesApi(faults_then(MUTE)) as api, line(tmp_path / "a", api.url) as mute:
        asking = asyncio.ensure_future(mute.ask())
        await api.request()
        estimate = (await mute.services.ledger.spending()).today_running
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    cap = 1.5 * estimate / nano_dollars(1.0)
    async with MessagesApi(faults_then(HUNG_UP)) as api, line(tmp_path / "b", api.url, cap) as narrow:
        assert (await narrow.ask()).reason is Reason.UNREACHABLE
        assert len(api.asked) == 1


@pytest.mark.parametrize("status", [200, 429])
async def test_what_the_service_says_of_its_rates_is_kept_to(tmp_path: Path, status: int) -> None:
    told = ("anthropic-ratelimit-requests-limit: 2", "anthropic-ratelimit-requests-remaining: 0")

    async def play(exchange: Exchange) -> None:
        if status == 200:
            await exchange.head(200, *told)
            await exchange.chunk(*exchange.frames)
            await exchange.end()
        else:
            await exchange.refuse(status, "rate_limit_error", *told)

    service = FaultServer(Anthropic(), {"def total": GOOD}, play)
    async with service.listening(), line(tmp_path, service.url) as limited:
        first = await limited.ask()
        assert first.reason is (None if status == 200 else Reason.RATE_LIMITED)
        assert (await limited.ask()).reason is Reason.RATE_LIMITED
        assert len(service.asked) == 1, "the next request has to wait half a minute, and was not sent"


@pytest.mark.parametrize("failed", [0, 1, 2])
async def test_a_request_makes_three_calls_at_most_whatever_they_are_for(tmp_path: Path, failed: int) -> None:
    answer = faults_then(*[OVERLOADED] * failed, text=WRONG)
    async with MessagesApi(answer) as api, line(tmp_path, api.url) as wrong:
        assert (await wrong.ask()).reason is Reason.INVALID
        assert len(api.asked) == min(failed + 2, 3), "the wrong answer is asked for again while there is a call left"


async def test_several_answers_share_the_three_calls(tmp_path: Path) -> None:
    async with MessagesApi(faults_then(*[OVERLOADED] * 9)) as api, line(tmp_path, api.url) as three:
        assert (await three.ask(candidates=3)).reason is Reason.OVERLOADED
        assert len(api.asked) == 3
        assert {request for request, _, _ in await three.rows()} == {"t.1", "t.2", "t.3"}


async def test_where_one_of_several_fails_the_others_are_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would see what they bring, and it would be paid."""
    on_its_way, whole = asyncio.Event(), pipeline.complete

    async def complete(services: Services, snapshot: Snapshot, offset: int, most_calls: int) -> Outcome:
        if snapshot.id.endswith(".1"):
            await on_its_way.wait()
            raise ZeroDivisionError
        return await whole(services, snapshot, offset, most_calls)

    def answer(asked: Asked) -> Play:
        on_its_way.set()
        return Play("", until=asyncio.Event())

    monkeypatch.setattr(pipeline, "complete", complete)
    async with MessagesApi(answer) as api, line(tmp_path, api.url) as two, asyncio.timeout(60):
        with pytest.raises(ExceptionGroup):
            await two.ask(candidates=2)
        (asked,) = api.asked
        await asked.closed.wait()
        assert asked.cancelled
