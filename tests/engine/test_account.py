"""The ledger against the stand-in's own account, over calls of every kind, on the product's own line."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.config_schema import Options, Protected, Settings
from kireji.base.text import make_document
from kireji.base.types import Message, Request, Snapshot, Trigger
from kireji.compose import build_services, renewed
from kireji.engine import pipeline
from kireji.engine.asking import ask
from kireji.engine.prompt.render import render
from kireji.engine.reading import read_answer, taking
from kireji.engine.record import Record
from kireji.engine.services import Services
from support.figures import report
from support.held_clock import NoonClock
from support.messages_account import billed, total
from support.messages_api import Asked, MessagesApi, tagged
from support.messages_play import Fault, FaultKind, Pace, Play
from support.sites import site_of

CALLS = int(os.environ.get("SOAK_PAID_CALLS", "1000"))
AT_ONCE = 6
# The dearest kind of call: far less than a cent, and much more than any rounding.
CENT = 10_000_000
TEXT = "def total_{n}(prices, discount):\n    amount_{n} = 0\n    # {kind} {n}.\n    $0\n    return amount_{n}\n"
LOOP = "for price in prices:\n        amount_{n} += price * discount\n"
# Kind -> how many of a hundred calls are of it.
MIX = {
    "plain": 58,
    "too long": 10,
    "cancelled": 8,
    "refused": 4,
    "declined": 4,
    "dropped": 5,
    "truncated": 5,
    "error event": 3,
    "garbage": 2,
    "long prompt": 1,
}
SOUND = ("plain", "too long", "cancelled", "long prompt")
STATUSES = (400, 402, 404, 413, 429, 500, 529)
SLOW = Pace(per_second=700.0)


def answer(asked: Asked) -> Play:
    """Plays the kind that the question names."""
    kind = next((kind for kind in MIX if f"# {kind}" in asked.question), "plain")
    text = tagged(asked, LOOP.format(n=len(asked.question) % 97))
    match kind:
        case "too long":
            return Play(text.replace("</", "\n\ndef another():\n    pass\n" * 3 + "</"), pace=SLOW)
        case "cancelled":
            return Play(text * 4, pace=SLOW)
        case "refused":
            status = STATUSES[len(asked.question) % len(STATUSES)]
            return Play("", fault=Fault(FaultKind.STATUS, status=status, retry_after="600"))
        case "declined":
            return Play(text, stop_reason="refusal")
        case "dropped":
            return Play(text, fault=Fault(FaultKind.DROP, after=20))
        case "truncated":
            return Play(text, fault=Fault(FaultKind.TRUNCATE, after=30))
        case "error event":
            return Play(text, fault=Fault(FaultKind.ERROR_EVENT, after=25))
        case "garbage":
            return Play(text, fault=Fault(FaultKind.GARBAGE, after=15))
        case _:
            return Play(text)


async def test_the_ledger_is_the_services_own_account(tmp_path: Path) -> None:
    kinds = [kind for kind, share in MIX.items() for _ in range(max(1, share * CALLS // 100))]
    random.Random(11).shuffle(kinds)
    async with MessagesApi(answer) as api:
        # On a loaded machine the stand-in may wait long for its turn: no call ends for that.
        protected = Protected(
            api_key=api.key,
            base_url=api.url,
            state_dir=str(tmp_path / "state"),
            connect_ms=30_000,
            silence_ms=60_000,
            daily_cap_usd=10_000,
            monthly_cap_usd=10_000,
        )
        settings = Settings(protected=protected)
        services = replace(build_services(settings, NoonClock()), gates=())
        try:
            for start in range(0, len(kinds), AT_ONCE):
                batch = list(enumerate(kinds[start : start + AT_ONCE], start))
                # Faults one after another would have the service left alone: who is asked anew knows of none.
                fresh = renewed(services, settings, NoonClock())
                who = [services if kind in SOUND else fresh for _, kind in batch]
                await asyncio.gather(*(call(api, one, *which) for one, which in zip(who, batch, strict=True)))
                await asyncio.gather(*(provider.close() for provider in fresh.roles.providers))
                for asked in api.asked[-AT_ONCE * 3 :]:
                    asked.raw = b""  # which is in the body as well
            await asyncio.gather(*(asked.done.wait() for asked in api.asked))
            spending = await services.ledger.spending()
            rows = await ledger_rows(tmp_path)
        finally:
            await services.close()
    ours, theirs = sum(nano for _, nano, _ in rows), total(api.asked)
    outcomes = Counter(outcome for outcome, *_ in rows)
    report(
        f"{len(rows)} calls of {len(MIX)} kinds: ${ours / 1e9:.6f} in the ledger, ${theirs / 1e9:.6f} on the service's account"
    )
    assert ours == spending.today and spending.today_running == 0
    # One row each, whether it reached the service or not, and however often it was tried.
    assert "reserved" not in outcomes and len(rows) == len(kinds)
    assert abs(ours - theirs) < CENT, outcomes
    assert all(nano <= reserved for _, nano, reserved in rows), "more was billed than had been reserved"
    # What came to its end is exact, to the nano-dollar.
    whole = [
        asked
        for asked in api.asked
        if not asked.cancelled and asked.counted is not None and "# plain" in asked.question
    ]
    bills = Counter(map(billed, whole))
    ended = Counter(nano for outcome, nano, _ in rows if outcome not in ("failed", "cancelled"))
    assert not bills - ended, "a call that came to its end is in the ledger with another amount"
    assert len({asked.counted.read > 0 for asked in whole if asked.counted}) == 2, "cached and uncached calls"
    assert max(a.counted.input + a.counted.written for a in api.asked if a.counted) > 100_000, "long prompts"


async def call(api: MessagesApi, services: Services, number: int, kind: str) -> None:
    """One call of a kind, of a request of its own."""
    text = TEXT.format(n=number, kind=kind)
    before, _, after = text.partition("$0")
    document = make_document("file:///w/total.py", "/w/total.py", "python", 1, before + after)
    options = Options(request_ms=60_000, ask_again=False)
    snapshot = Snapshot(f"t-{number}", document, options=options, trigger=Trigger.EXPLICIT)
    earlier = len(api.asked)
    if kind == "long prompt":
        await long_call(services, snapshot)
        return
    asking = asyncio.ensure_future(pipeline.complete(services, snapshot, len(before)))
    if kind == "cancelled":
        # Before the service has said what it counts, nobody can know: then as much is owed as the question is likely to cost.
        while not any(f"# {kind} {number}." in asked.question and asked.sent > 8 for asked in api.asked[earlier:]):
            await asyncio.sleep(0.005)
        asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    if kind != "cancelled":
        asking.result()


async def long_call(services: Services, snapshot: Snapshot) -> None:
    """A question that is beyond the size from which on all costs more, as a large action may be."""
    site, asking = site_of(TEXT.format(n=1, kind="plain")), services.roles.completion
    pack = await pipeline.gather_pack(services, snapshot, site)
    prompt = render(pack, asking.model, "11111111", "22222222")
    *earlier, last = prompt.messages
    padded = replace(last.blocks[0], text="# what else there is\n" * 14_000 + last.blocks[0].text)
    prompt = replace(prompt, messages=(*earlier, Message(last.role, (padded, *last.blocks[1:]))), cacheable_prefix="")
    request = Request(prompt, pack, services.clock.monotonic() + 60)
    record = Record(services, asking, snapshot)
    await ask(
        services,
        asking,
        request,
        "action",
        record,
        lambda pieces: read_answer(services.clock, pieces, site, taking(prompt, site)),
    )


async def ledger_rows(home: Path) -> list[tuple[str, int, int]]:
    """Outcome, cost and what had been reserved, of every call."""
    from kireji.base.store import Store

    store = Store(home / "state")
    try:
        return await store.run(lambda c: c.execute("SELECT outcome, nano, reserved FROM calls").fetchall())
    finally:
        await store.close()


@pytest.mark.parametrize(("input_tokens", "factor"), [(100_000, 1), (100_001, 5)])
def test_the_account_has_its_own_tier(input_tokens: int, factor: int) -> None:
    from support.messages_cache import Counted

    asked = Asked(0, "", {}, 0, b"", asyncio.Event(), {"model": "claude-haiku-5-5"})
    assert billed(asked) == 0
    asked.counted, asked.output = Counted(input_tokens, 0, 0), 10
    assert billed(asked) == factor * (input_tokens * 100 + 10 * 500)
