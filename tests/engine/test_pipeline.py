"""The straight line against the stand-in: what is shown, what is withheld, and with which reason, stream by stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.clock import SystemClock
from kireji.base.config_schema import Settings
from kireji.base.text import make_document
from kireji.base.types import Document, Offered, Reason, Snapshot, Stage, Trigger
from kireji.compose import build_services
from kireji.engine import pipeline
from kireji.engine.services import Services
from support.messages_api import Answer, MessagesApi, script
from support.messages_play import Fault, FaultKind, Pace, Play
from support.patience import PATIENT, asking

BODY = "def total(prices):\n    amount = 0\n    $0\n    return amount\n"
LOOP = "for price in prices:\n        amount += price\n"


def marked(text: str) -> tuple[Document, int]:
    """A document and the offset of its `$0`."""
    before, _, after = text.partition("$0")
    return make_document("file:///w/total.py", "/w/total.py", "python", 1, before + after), len(before)


class Line:
    """Services over a stand-in, asked at marked places."""

    def __init__(self, services: Services) -> None:
        self.services = services

    async def ask(self, text: str, request_ms: int = 60_000) -> Offered | tuple[Reason, Stage]:
        """The outcome, or why and where there is none."""
        document, offset = marked(text)
        snapshot = Snapshot("t", document, options=replace(PATIENT, request_ms=request_ms), trigger=Trigger.EXPLICIT)
        outcome = await pipeline.complete(self.services, snapshot, offset)
        return outcome if isinstance(outcome, Offered) else (outcome.reason, outcome.stage)

    async def check(self, text: str, shown: str | None, reason: Reason | None = None) -> None:
        """What stands in the buffer afterwards, or why nothing was offered."""
        found = await self.ask(text)
        if shown is None:
            assert not isinstance(found, Offered), found.candidate.change
            assert found[0] is reason
            return
        assert isinstance(found, Offered), found
        document, _ = marked(text)
        change = found.candidate.change
        assert document.text[: change.span.start] + change.text + document.text[change.span.end :] == shown


@pytest.fixture
async def line(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    answer: Answer = request.param
    async with MessagesApi(answer) as api:
        services = build_services(Settings(protected=asking(api, tmp_path / "state")), SystemClock())
        try:
            yield Line(services)
        finally:
            await services.close()


def slowly(play: Play) -> Answer:
    return lambda _asked: play


def cut_off(fault: FaultKind, after: int) -> Answer:
    """`fault` after so many characters of a good answer."""
    return lambda asked: Play(f"<{asked.tag}>{LOOP}    print(amount</{asked.tag}>", fault=Fault(fault, after=after))


GOOD = BODY.replace("$0", LOOP.rstrip("\n"))


@pytest.mark.parametrize(
    "line",
    [
        script(LOOP),
        script(LOOP, pace=Pace(piece=1)),
        script(f"```python\n{LOOP}```"),
        script(f"{LOOP}    return amount\n"),
    ],
    indirect=True,
    ids=["whole", "one character at a time", "fenced", "says the suffix again"],
)
async def test_a_good_answer_is_offered(line: Line) -> None:
    await line.check(BODY, GOOD)


@pytest.mark.parametrize(
    "line",
    [cut_off(fault, 75) for fault in (FaultKind.TRUNCATE, FaultKind.DROP, FaultKind.ERROR_EVENT, FaultKind.GARBAGE)],
    indirect=True,
    ids=["truncated", "dropped", "error event", "garbage"],
)
async def test_after_a_fault_only_whole_statements_are_shown(line: Line) -> None:
    found = await line.ask(BODY)
    assert isinstance(found, Offered), found
    assert found.candidate.change.text.rstrip() == LOOP.rstrip()


@pytest.mark.parametrize(
    "line",
    [cut_off(fault, 24) for fault in (FaultKind.TRUNCATE, FaultKind.DROP, FaultKind.ERROR_EVENT, FaultKind.GARBAGE)],
    indirect=True,
    ids=["truncated", "dropped", "error event", "garbage"],
)
async def test_an_unfinished_line_is_never_shown(line: Line) -> None:
    found = await line.ask(BODY)
    assert not isinstance(found, Offered), found.candidate.change


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (slowly(Play("", fault=Fault(FaultKind.STATUS, status=401))), Reason.KEY_REFUSED),
        (slowly(Play("", fault=Fault(FaultKind.STATUS, status=429))), Reason.RATE_LIMITED),
        (slowly(Play("", fault=Fault(FaultKind.STATUS, status=529))), Reason.OVERLOADED),
        (slowly(Play("", fault=Fault(FaultKind.PORTAL))), Reason.PROTOCOL),
        (slowly(Play("", fault=Fault(FaultKind.HANG_UP))), Reason.UNREACHABLE),
        (slowly(Play("I can't", stop_reason="refusal")), Reason.REFUSED),
        (script("amount = undefined_thing(amount"), Reason.INVALID),
        (script("amount = undefined_thing(amount)\n"), Reason.INVALID),
        (script(""), Reason.NOTHING_TO_ADD),
    ],
    indirect=["line"],
    ids=["401", "429", "529", "portal", "hang up", "refusal", "unclosed", "undefined", "nothing"],
)
async def test_every_other_end_has_its_reason(line: Line, reason: Reason) -> None:
    await line.check(BODY, None, reason)


@pytest.mark.parametrize("line", [slowly(Play("", fault=Fault(FaultKind.SILENCE)))], indirect=True)
async def test_the_deadline_holds(line: Line) -> None:
    found = await line.ask(BODY, request_ms=200)
    assert not isinstance(found, Offered)
    assert found[0] is Reason.TIMEOUT


@pytest.mark.parametrize("line", [script(LOOP)], indirect=True)
async def test_the_line_says_what_it_cost(line: Line) -> None:
    found = await line.ask(BODY)
    assert isinstance(found, Offered)
    report = found.report
    assert [stage for stage, _ in report.stages] == [
        Stage.CLASSIFY,
        Stage.GATHER,
        Stage.RENDER,
        Stage.RESERVE,
        Stage.STREAM,
        Stage.TRIM,
        Stage.GATES,
    ]
    assert report.cost == 100 * report.usage.input + 125 * report.usage.cache_write + 10 * report.usage.cache_read + (
        500 * report.usage.output
    )
    assert report.cost > 0
    assert {gate.gate for gate in report.gates} >= {"text", "syntax", "ruff"}


@pytest.mark.parametrize("line", [script(LOOP)], indirect=True)
async def test_a_stopped_ledger_stops_spending_and_says_so(line: Line, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    found = await line.ask(BODY)
    assert not isinstance(found, Offered)
    assert found == (Reason.LEDGER_DOWN, Stage.RESERVE)
