"""The straight line of an action, through the real provider and the strict stand-in: what is offered, and why nothing is."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import string
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.clock import SystemClock
from kireji.base.config_schema import Options, Protected, Settings
from kireji.base.types import Intent, Proposed, Reason, Snapshot, Stage, Trigger, Withheld, Workspace
from kireji.compose import build_services
from kireji.engine.actions.implement import IMPLEMENT
from kireji.features.code_action import resolve
from support.acting import acting, change_of, marked
from support.messages_api import Answer, Asked, script
from support.messages_play import Fault, FaultKind, Pace, Play
from support.patience import PATIENT

TEXT = '''\
RATE = 0.2


class Cart:
    def __init__(self, prices: list[float]) -> None:
        self.prices = prices

    def total(self, rate: float = RATE) -> float:
        """The prices with tax, rounded to cents."""
        raise NotImplementedError$0

    def count(self) -> int:
        return len(self.prices)
'''
STUB = "        raise NotImplementedError$0"
HEAD = "    def total(self, rate: float = RATE) -> float:\n"
BODY = "        net = sum(self.prices)\n        return round(net * (1 + rate), 2)"
GOOD = f"{HEAD}{BODY}\n"
DONE = TEXT.replace(STUB, BODY)
DEDENTED = "\n".join(line[4:] for line in GOOD.split("\n"))


@pytest.mark.parametrize(
    "answer",
    [
        script(GOOD),
        script(GOOD, pace=Pace(piece=1)),
        script(f"\n{GOOD}"),
        script(DEDENTED),
        script(DEDENTED, pace=Pace(piece=1)),
        script(f"```python\n{GOOD}```"),
        script(f"```python\n{GOOD}```", pace=Pace(piece=1)),
        script(f"```\n{DEDENTED}```\n"),
        lambda asked: Play(f"Here is the function:\n```python\n{DEDENTED}```\nIt sums the prices."),
        lambda asked: Play(f"<{asked.tag}>\n{GOOD}"),
    ],
    ids=["whole", "by one", "on a new line", "dedented", "dedented by one", "fenced", "fenced by one", "fenced and dedented",
         "chatty without a tag", "never closed"],
)  # fmt: skip
async def test_a_good_answer_becomes_the_body(tmp_path: Path, answer: Answer) -> None:
    async with acting(tmp_path, answer) as line:
        await line.check(TEXT, DONE)


@pytest.mark.parametrize(
    ("language", "text", "answer", "expected"),
    [
        ("typescript", "export class A {\n  twice(a: number): number {\n    throw new Error('not implemented')$0\n  }\n}\n",
         "twice(a: number): number {\n  return 2 * a\n}\n",
         "export class A {\n  twice(a: number): number {\n    return 2 * a\n  }\n}\n"),
        ("go", 'package p\n\nfunc Twice(a int) int {\n\tpanic("not implemented")$0\n}\n',
         "func Twice(a int) int {\n\treturn 2 * a\n}\n", "package p\n\nfunc Twice(a int) int {\n\treturn 2 * a\n}\n"),
        ("rust", "fn twice(a: i32) -> i32 { todo!()$0 }\n", "fn twice(a: i32) -> i32 {\n    2 * a\n}\n",
         "fn twice(a: i32) -> i32 {\n    2 * a\n}\n"),
        ("java", "class A {\n  int twice(int a) {$0}\n}\n", "int twice(int a) {\n  return 2 * a;\n}\n",
         "class A {\n  int twice(int a) {\n    return 2 * a;\n  }\n}\n"),
    ],
)  # fmt: skip
async def test_in_other_languages(tmp_path: Path, language: str, text: str, answer: str, expected: str) -> None:
    async with acting(tmp_path, script(answer)) as line:
        await line.check(text, expected, language)


@pytest.mark.parametrize(
    ("answer", "reason", "stage"),
    [
        (GOOD.replace("rate: float = RATE", "rate"), Reason.OUT_OF_SCOPE, Stage.TRIM),
        (f"{GOOD}\n    def more(self) -> int:\n        return 1\n", Reason.OUT_OF_SCOPE, Stage.TRIM),
        (f"import math\n\n{GOOD}", Reason.OUT_OF_SCOPE, Stage.TRIM),
        (GOOD.replace("net *", "nett *"), Reason.INVALID, Stage.GATES),
        (GOOD.replace("round(net", "math.floor(net"), Reason.INVALID, Stage.GATES),
        (GOOD.replace("        return", "        return break"), Reason.INVALID, Stage.TRIM),
        (f"{HEAD}        break\n", Reason.INVALID, Stage.GATES),
        (f"{HEAD}        raise NotImplementedError\n", Reason.NOTHING_TO_ADD, Stage.TRIM),
        ("", Reason.OUT_OF_SCOPE, Stage.TRIM),
        (Play("", fault=Fault(FaultKind.STATUS, status=529)), Reason.OVERLOADED, Stage.STREAM),
        (Play("", fault=Fault(FaultKind.HANG_UP)), Reason.UNREACHABLE, Stage.STREAM),
        (Play("I can't", stop_reason="refusal"), Reason.REFUSED, Stage.STREAM),
    ],
    ids=["header", "extra function", "import", "undefined name", "module not imported", "no syntax", "break", "stub again",
         "empty", "overloaded", "hang up", "refusal"],
)  # fmt: skip
async def test_every_other_end_has_its_reason(tmp_path: Path, answer: str | Play, reason: Reason, stage: Stage) -> None:
    async with acting(tmp_path, script(answer)) as line:
        outcome = await line.ask(TEXT)
        assert isinstance(outcome, Withheld), outcome
        assert (outcome.reason, outcome.stage) == (reason, stage), outcome


async def test_an_undefined_name_is_named(tmp_path: Path) -> None:
    async with acting(tmp_path, script(GOOD.replace("net *", "nett *"))) as line:
        outcome = await line.ask(TEXT)
        assert isinstance(outcome, Withheld)
        assert [(f.gate, f.code, f.symbol) for f in outcome.findings] == [("ruff", "F821", "nett")]


async def test_no_half_body_is_offered_when_the_other_half_is_wrong(tmp_path: Path) -> None:
    async with acting(tmp_path, script(f"{HEAD}        net = sum(self.prices)\n        return nett\n")) as line:
        await line.check(TEXT, Reason.INVALID)


@pytest.mark.parametrize("piece", [1, 4])
@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("<decline>Which tax is not said.</decline>", "Which tax is not said."),
        ("\n  <decline>\nWhich tax\nis not said.\x07\n", "Which tax is not said."),
        (f"```\n<decline>{'no ' * 200}</decline>\n```", f"{('no ' * 200)[:199]}…"),
    ],
)
async def test_a_model_that_declines_is_quoted(tmp_path: Path, said: str, why: str, piece: int) -> None:
    async with acting(tmp_path, script(said, pace=Pace(piece=piece))) as line:
        outcome = await line.ask(TEXT)
        assert isinstance(outcome, Withheld)
        assert (outcome.reason, outcome.detail) == (Reason.DECLINED, why)


def broken_off(fault: FaultKind) -> Answer:
    """A good answer of which only a part arrives, up to the end of a line."""
    return lambda asked: Play(f"<{asked.tag}>{GOOD}</{asked.tag}>", fault=Fault(fault, after=100))


LONG = f"{HEAD}{''.join(f'        value_{n} = sum(self.prices) * {n}' + chr(10) for n in range(400))}        return 1\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (script(LONG), Reason.TOO_LONG),
        (broken_off(FaultKind.TRUNCATE), Reason.INCOMPLETE),
        (broken_off(FaultKind.DROP), Reason.INCOMPLETE),
        (broken_off(FaultKind.ERROR_EVENT), Reason.OVERLOADED),
        (broken_off(FaultKind.GARBAGE), Reason.PROTOCOL),
    ],
    ids=["max_tokens", "truncated", "dropped", "error event", "garbage"],
)
async def test_what_was_cut_off_is_never_offered(tmp_path: Path, answer: Answer, reason: Reason) -> None:
    async with acting(tmp_path, answer) as line:
        outcome = await line.ask(TEXT)
        assert isinstance(outcome, Withheld), outcome
        assert (outcome.reason, outcome.stage) == (reason, Stage.STREAM)


async def test_the_deadline_is_the_actions_own(tmp_path: Path) -> None:
    async with acting(tmp_path, script(Play("", fault=Fault(FaultKind.SILENCE)))) as line:
        options = replace(PATIENT, action_request_ms=300)
        outcome = await line.ask(TEXT, options=options)
        assert isinstance(outcome, Withheld)
        assert outcome.reason is Reason.TIMEOUT


async def test_cancelling_closes_the_upstream_and_settles(tmp_path: Path) -> None:
    async with acting(tmp_path, script(GOOD, pace=Pace(0.0, 20.0))) as line:
        asking = asyncio.create_task(line.ask(TEXT))
        asked = await asyncio.wait_for(line.api.request(), 60)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(asked.closed.wait(), 60)
        assert asked.sent < len(GOOD)
        while any(outcome == "reserved" for _, outcome, _ in calls(tmp_path)):
            await asyncio.sleep(0.01)  # the database is written in a thread of its own
    ((feature, outcome, nano),) = calls(tmp_path)
    assert (feature, outcome) == ("implement", "cancelled")
    assert nano > 0


async def test_a_call_is_one_row_under_the_actions_name_and_the_report_says_what_it_cost(tmp_path: Path) -> None:
    async with acting(tmp_path, script(GOOD)) as line:
        outcome = await line.ask(TEXT)
        assert isinstance(outcome, Proposed)
        assert [stage for stage, _ in outcome.report.stages] == [
            Stage.CLASSIFY,
            Stage.GATHER,
            Stage.RENDER,
            Stage.RESERVE,
            Stage.STREAM,
            Stage.TRIM,
            Stage.GATES,
        ]
        assert {gate.gate for gate in outcome.verdict.results} >= {"text", "syntax", "ruff"}
    ((feature, _, nano),) = calls(tmp_path)
    assert feature == "implement"
    assert nano == outcome.report.cost > 0


def calls(state: Path) -> list[tuple[str, str, int]]:
    with contextlib.closing(sqlite3.connect(next(state.rglob("*.sqlite3")))) as store:
        return store.execute("SELECT feature, outcome, nano FROM calls").fetchall()


# ---- what is sent


def token() -> str:
    rng = random.Random(5)
    return "ghp_" + "".join(rng.choices(string.ascii_letters + string.digits, k=36))


async def test_secrets_in_the_file_do_not_leave(tmp_path: Path) -> None:
    secret = token()
    text = f'TOKEN = "{secret}"\n\n\n{TEXT}\n\nOTHER = "{secret}"\n'
    async with acting(tmp_path, script(GOOD)) as line:
        assert isinstance(await line.ask(text), Proposed)
        asked = await line.api.request()
        assert secret.encode() not in asked.raw
        assert inner(asked, "above").startswith('TOKEN = "<redacted:')
        assert 'OTHER = "<redacted:' in inner(asked, "below")


@pytest.mark.parametrize(
    "text",
    [
        'def f():\n    """Uses SECRET."""\n    pass$0\n',
        'def f(token="SECRET"):\n    pass$0\n',
        "# like SECRET\ndef f():\n    pass$0\n",
        "def f():\n    # TODO with SECRET$0\n    pass\n",
    ],
)
async def test_a_function_that_holds_a_secret_is_not_asked_about(tmp_path: Path, text: str) -> None:
    async with acting(tmp_path, script("def f():\n    return 1\n")) as line:
        await line.check(text.replace("SECRET", token()), Reason.SECRET_LINE)
        assert line.api.received == 0


async def test_the_question_holds_the_part_whole_and_what_is_around_it(tmp_path: Path) -> None:
    async with acting(tmp_path, script(GOOD)) as line:
        assert isinstance(await line.ask(TEXT), Proposed)
        asked = await line.api.request()
        part = inner(asked, "part")
        document, _ = marked(TEXT)
        start, end = document.text.index("    def total"), document.text.index("\n    def count")
        assert part == document.text[start:end].rstrip("\n") + "\n"
        assert inner(asked, "above") == document.text[:start]
        assert inner(asked, "below") == document.text[end:].lstrip("\n")
        system = asked.body["system"]
        assert isinstance(system, list)
        assert system[0]["text"].endswith(IMPLEMENT.instruction)
        assert asked.body["max_tokens"] == IMPLEMENT.max_tokens


async def test_signatures_of_what_the_file_imports_are_sent(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w/tax.py").write_text("def with_tax(net: float, rate: float) -> float:\n    return net * (1 + rate)\n")
    text = "from tax import with_tax\n\n\ndef price(net: float) -> float:\n    ...$0\n"
    async with acting(
        tmp_path / "state", script("def price(net: float) -> float:\n    return with_tax(net, 0.2)\n")
    ) as line:
        document, span = marked(text)
        path = tmp_path / "w/shop.py"
        document = replace(document, uri=path.as_uri(), path=str(path))
        snapshot = Snapshot(
            "t", document, workspace=Workspace(str(tmp_path / "w")), options=PATIENT, trigger=Trigger.EXPLICIT
        )
        change_of(await resolve(line.services, snapshot, "implement", Intent(span), lambda _: document))
        asked = await line.api.request()
        assert "def with_tax(net: float, rate: float) -> float:" in inner(asked, "signatures")


async def test_a_part_that_no_question_holds_is_not_asked_about(tmp_path: Path) -> None:
    docstring = "\n".join(f"    line {n}: what is to be done there, at length" for n in range(500))
    text = f'def f():\n    """Doc.\n{docstring}\n    """\n    pass$0\n'
    async with acting(tmp_path, script("def f():\n    return 1\n")) as line:
        outcome = await line.ask(text, options=replace(PATIENT, action_context_tokens=1_000))
        assert isinstance(outcome, Withheld)
        assert outcome.reason is Reason.TOO_LARGE
        assert line.api.received == 0


def inner(asked: Asked, name: str) -> str:
    """The text of a named part of the question."""
    start = asked.question.index(f"<{name}_")
    head = asked.question[start : asked.question.index(">", start) + 1]
    return asked.question[start + len(head) + 1 : asked.question.index(f"</{head[1:]}", start)]


# ---- when nothing is asked


async def test_a_file_that_is_broken_elsewhere_is_no_hindrance(tmp_path: Path) -> None:
    broken = f"{TEXT}\n\ndef half(a, b:\n"
    async with acting(tmp_path, script(GOOD)) as line:
        await line.check(broken, broken.replace(STUB, BODY))


async def test_a_gate_that_the_action_needs_must_have_judged(tmp_path: Path) -> None:
    async with acting(tmp_path, script(GOOD.replace("        net", "        type Net = float\n        net"))) as line:
        outcome = await line.ask(TEXT, options=replace(PATIENT, show_unverified=True))
        if sys.version_info >= (3, 12):
            assert isinstance(outcome, Proposed)
        else:
            assert isinstance(outcome, Withheld)
            assert outcome.reason is Reason.UNVERIFIED
            assert "syntax" in outcome.detail


async def test_an_engine_that_takes_no_instructions_is_not_asked(tmp_path: Path) -> None:
    services = build_services(Settings(protected=Protected(state_dir=str(tmp_path))), SystemClock())
    try:
        document, span = marked(TEXT)
        snapshot = Snapshot("t", document, trigger=Trigger.EXPLICIT)
        outcome = await resolve(services, snapshot, "implement", Intent(span), lambda _: document)
    finally:
        await services.close()
    assert isinstance(outcome, Withheld)
    assert outcome.reason is Reason.NO_INSTRUCTIONS


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (Options(disabled_languages=("python",)), Reason.LANGUAGE_OFF),
        (Options(max_file_bytes=100), Reason.TOO_LARGE),
    ],
)
async def test_what_is_switched_off_is_off(tmp_path: Path, options: Options, reason: Reason) -> None:
    async with acting(tmp_path, script(GOOD)) as line:
        outcome = await line.ask(TEXT, options=options)
        assert isinstance(outcome, Withheld)
        assert outcome.reason is reason
        assert line.api.received == 0
