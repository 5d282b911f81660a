"""What is offered, under which kinds, and that an edit which comes too late is not given."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.clock import SystemClock
from kireji.base.config_schema import Options, Protected, Settings
from kireji.base.text import make_document
from kireji.base.types import Document, Intent, Proposed, Reason, Snapshot, Span, Trigger, Withheld, Workspace
from kireji.compose import build_services
from kireji.features.code_action import Offer, offers, resolve
from support.acting import acting, marked
from support.messages_api import script
from support.patience import PATIENT

TEXT = "import os\n\n\ndef total_price(net):\n    pass$0\n"
GOOD = "def total_price(net):\n    return net * 2\n"


@pytest.mark.parametrize(
    ("only", "offered"),
    [
        ((), True),
        (("refactor",), True),
        (("refactor.rewrite",), True),
        (("quickfix", "refactor"), True),
        (("refactor.rewrite.more",), False),
        (("refactor.extract",), False),
        (("ref",), False),
        (("quickfix",), False),
    ],
)
async def test_an_offer_says_what_it_is_about(tmp_path: Path, only: tuple[str, ...], offered: bool) -> None:
    async with acting(tmp_path, script(GOOD)) as line:
        document, span = marked(TEXT)
        found = offers(line.services, Snapshot("t", document), Intent(span), only)
        about = Span(document.text.index("def"), len(document.text) - 1)
        expected = (Offer("implement", "Implement total_price", "refactor.rewrite", about),)
        assert tuple(one for one in found if one.action == "implement") == (expected if offered else ())
        assert line.api.received == 0


@pytest.mark.parametrize(
    "snapshot",
    [
        Snapshot("t", marked("x = 1$0\n")[0]),
        Snapshot("t", marked(TEXT)[0], options=Options(disabled_languages=("python",))),
        Snapshot("t", replace(marked(TEXT)[0], language="klingon")),
        Snapshot("t", replace(marked(TEXT)[0], path="/w/.env", uri="file:///w/.env")),
    ],
    ids=["nothing to do", "language off", "unknown language", "never read"],
)
async def test_where_it_cannot_work_nothing_is_offered(tmp_path: Path, snapshot: Snapshot) -> None:
    async with acting(tmp_path, script(GOOD)) as line:
        at = len(snapshot.document.text) - 1
        assert offers(line.services, snapshot, Intent(Span(at, at)), ()) == ()


async def test_an_engine_that_takes_no_instructions_offers_nothing(tmp_path: Path) -> None:
    services = build_services(Settings(protected=Protected(state_dir=str(tmp_path))), SystemClock())
    try:
        document, span = marked(TEXT)
        assert offers(services, Snapshot("t", document), Intent(span), ()) == ()
    finally:
        await services.close()


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (marked(TEXT)[0], None),
        (replace(marked(TEXT)[0], version=2), None),
        (make_document("file:///w/shop.py", "/w/shop.py", "python", 2, "x\n" + marked(TEXT)[0].text), Reason.STALE),
        (None, Reason.STALE),
    ],
    ids=["as it was", "another version of the same text", "changed", "closed"],
)
async def test_a_changed_text_gets_no_edit(tmp_path: Path, now: Document | None, reason: Reason | None) -> None:
    async with acting(tmp_path, script(GOOD)) as line:
        document, span = marked(TEXT)
        snapshot = Snapshot("t", document, options=PATIENT, trigger=Trigger.EXPLICIT)
        outcome = await resolve(line.services, snapshot, "implement", Intent(span), lambda _: now)
        assert outcome.reason is reason
        assert isinstance(outcome, Withheld if reason else Proposed)


@pytest.mark.parametrize(
    ("action", "text"),
    [("implement", "def total_price(net):\n    return net$0\n"), ("implement", "$0"), ("destroy", TEXT)],
)
async def test_what_is_gone_is_not_done(tmp_path: Path, action: str, text: str) -> None:
    async with acting(tmp_path, script(GOOD)) as line:
        document, span = marked(text)
        outcome = await resolve(line.services, Snapshot("t", document), action, Intent(span), lambda _: document)
        assert outcome.reason is Reason.STALE
        assert line.api.received == 0


TRACE = (
    '$0Traceback (most recent call last):\n  File "shop.py", line 2, in mean\nZeroDivisionError: division by zero\n$0'
)
MEAN = "def mean(values):\n    return sum(values) / len(values)\n"
PATCH = (
    "<text_1>\nIt is empty.\n</text_1>\n<file_1>shop.py</file_1>\n<old_1>\n    return sum(values) / len(values)\n</old_1>\n"
    "<new_1>\n    return sum(values) / len(values) if values else 0.0\n</new_1>"
)


@pytest.mark.parametrize("meanwhile", [MEAN, f"# new\n{MEAN}", None])
async def test_a_file_that_was_written_meanwhile_gets_no_edit(tmp_path: Path, meanwhile: str | None) -> None:
    file = tmp_path / "shop.py"
    file.write_text(MEAN, "utf-8")
    written = asyncio.Event()
    async with acting(tmp_path / "state", script(PATCH, until=written)) as line:
        document, span = marked(TRACE, "plaintext")
        workspace = Workspace(str(tmp_path.resolve()))
        snapshot = Snapshot("t", document, options=PATIENT, trigger=Trigger.EXPLICIT, workspace=workspace)
        now = {document.uri: document}
        pending = asyncio.ensure_future(resolve(line.services, snapshot, "trace", Intent(span), now.get))
        await line.api.request()
        if meanwhile is None:
            file.unlink()
        else:
            file.write_text(meanwhile, "utf-8")
        written.set()
        outcome = await asyncio.wait_for(pending, 60)
        if meanwhile == MEAN:
            assert isinstance(outcome, Proposed), outcome
            (edit,) = outcome.changes.edits
            assert (edit.document.path, edit.version, outcome.text) == (str(file.resolve()), None, "It is empty.\n")
        else:
            assert outcome.reason is Reason.STALE, outcome


@pytest.mark.parametrize(
    ("kept", "excluded", "reason", "seen"),
    [
        ("tests/test_other.py", "", None, True),
        ("tests/test_other.py", "tests/\n", None, False),
        ("tests/test_shop.py", "", None, True),
        ("tests/test_shop.py", "tests/\n", Reason.TOO_LARGE, False),
    ],
    ids=["another test file", "it is excluded", "its own test file", "that is excluded"],
)
async def test_a_file_that_is_excluded_is_in_no_question(
    tmp_path: Path, kept: str, excluded: str, reason: Reason | None, seen: bool
) -> None:
    root = (tmp_path / "root").resolve()
    (root / "tests").mkdir(parents=True)
    (root / kept).write_text("def test_quince() -> None:\n    assert True\n")
    (root / ".kirejiignore").write_text(excluded)
    (root / "shop.py").write_text(MEAN)
    answer = "<imports>\nfrom shop import mean\n</imports>\ndef test_mean() -> None:\n    assert mean([1]) == 1\n"
    async with acting(tmp_path / "state", script(answer)) as line:
        document = make_document((root / "shop.py").as_uri(), str(root / "shop.py"), "python", 1, MEAN)
        workspace = Workspace(str(root))
        snapshot = Snapshot("t", document, trigger=Trigger.EXPLICIT, workspace=workspace, options=PATIENT)
        now = {document.uri: document}
        outcome = await resolve(line.services, snapshot, "tests", Intent(Span(4, 4)), now.get)
        assert outcome.reason is reason, outcome
        assert any("test_quince" in asked.question for asked in line.api.asked) is seen
        assert bool(line.api.asked) is (reason is None)
