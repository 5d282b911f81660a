"""A recorded answer that breaks off behind each of its bytes: what is shown is whole, or nothing is."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.clock import SystemClock
from kireji.base.config import load
from kireji.base.text import make_document
from kireji.base.types import Offered, Reason, Snapshot, Trigger
from kireji.compose import build_services
from kireji.engine import pipeline
from kireji.engine.services import Services
from kireji.providers.breaker import Breaker
from kireji.providers.resilience import DEFAULT_PATIENCE, Resilient
from support.fault_server import Anthropic, Dialect, Exchange, FaultServer, Filling, OpenAi, Play
from support.figures import report
from support.patience import PATIENT

# Every so manyth byte; `make soak` takes each.
STEP = int(os.environ.get("SOAK_TRUNCATION_STEP", "10"))
HEAD = "def total(prices):\n    amount = 0\n    "
DOCUMENT = make_document("file:///w/total.py", "/w/total.py", "python", 1, f"{HEAD}\n    return amount\n")
LOOP = "for price in prices:\n        amount += price  # né 🦊"
BOTH = f"{LOOP}\n    amount = round(amount)"
ENDS = {Reason.UNREACHABLE, Reason.BROKEN_OFF, Reason.INCOMPLETE}


def cut_at(size: int, sizes: list[int]) -> Play:
    """A good answer of which so many bytes come; `sizes` learns how many there would have been."""

    async def play(exchange: Exchange) -> None:
        recorded = exchange.recorded
        sizes.append(len(recorded))
        await exchange.send(recorded[:size])
        exchange.writer.close()

    return play


def hasty(services: Services) -> Services:
    """The same services with a breaker that has seen nothing yet, and without pauses before another try."""
    asking, clock = services.roles.completion, SystemClock()
    breaker = Breaker(clock)
    provider = Resilient(vars(asking.provider)["_inner"], breaker, clock, replace(DEFAULT_PATIENCE, pause=0.0))
    return replace(
        services, roles=replace(services.roles, completion=replace(asking, provider=provider, breaker=breaker))
    )


async def shown(services: Services, name: str) -> str | Reason:
    """What is offered, or why nothing is."""
    snapshot = Snapshot(name, DOCUMENT, options=replace(PATIENT, ask_again=False), trigger=Trigger.EXPLICIT)
    outcome = await pipeline.complete(hasty(services), snapshot, len(HEAD))
    return outcome.candidate.change.text.rstrip("\n") if isinstance(outcome, Offered) else outcome.reason


@pytest.mark.parametrize("dialect", [Anthropic(), OpenAi(), Filling()], ids=lambda dialect: dialect.name)
async def test_what_broke_off_anywhere_is_shown_whole_or_not_at_all(tmp_path: Path, dialect: Dialect) -> None:
    sizes: list[int] = []
    ends: Counter[str] = Counter()
    async with FaultServer(dialect, {"def total": f"{BOTH}\n"}).listening() as service:
        environment = {"ANTHROPIC_API_KEY": service.key, "KIREJI_STATE": str(tmp_path)}
        settings = load(environment | dialect.environment(service.url, service.key), {})
        services = build_services(settings, SystemClock())
        try:
            await services.roles.completion.provider.warm()
            service.play = cut_at(10**6, sizes)
            assert await shown(services, "whole") == BOTH
            for size in range(0, sizes[0], STEP):
                service.play = cut_at(size, sizes)
                found = await shown(services, f"cut{size}")
                assert found in ENDS if isinstance(found, Reason) else found in (LOOP, BOTH), (size, found)
                ends[found.name if isinstance(found, Reason) else f"{found.count(chr(10)) + 1} lines"] += 1
        finally:
            await services.close()
    assert set(ends) == {*(reason.name for reason in ENDS), "2 lines", "3 lines"}
    report(f"broken off at every {STEP}. byte of {sizes[0]} of {dialect.name}: {dict(ends)}")
