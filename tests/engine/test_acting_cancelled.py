"""An action that is cancelled at each of its awaits in turn: nothing comes of it, nothing runs on, nothing stays reserved."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from kireji.base.types import ActionOutcome, Diagnostic, Intent, Proposed, Snapshot, Span, Trigger
from kireji.features.code_action import resolve
from support.acting import Acting, acting, marked
from support.figures import report
from support.messages_api import script
from support.messages_play import Pace
from support.patience import PATIENT
from support.processes import children
from support.steps import Steps

TEXT = "import json\n\n\ndef total(prices: list[int]) -> int:\n    return sum(price)$0\n"
ANSWER = "<old_1>\n    return sum(price)\n</old_1>\n<new_1>\n    return sum(prices)\n</new_1>"


async def ask(line: Acting, steps: Steps) -> ActionOutcome:
    # Another text each time, so that the checkers have to be asked anew.
    document, span = marked(f"# {steps.at}\n{TEXT}")
    at = document.text.rindex("price")
    problem = Diagnostic(Span(at, at + 5), "Undefined name", "Ruff", "F821")
    snapshot = Snapshot("t", document, options=PATIENT, trigger=Trigger.EXPLICIT)
    work = resolve(line.services, snapshot, "fix", Intent(span, (problem,)), lambda _: document)
    return await steps.run(work)


def reserved(state: Path) -> int:
    (store,) = state.rglob("*.sqlite3")
    with closing(sqlite3.connect(store)) as connection:
        return int(connection.execute("SELECT count(*) FROM calls WHERE outcome = 'reserved'").fetchone()[0])


def of_the_stand_in(task: asyncio.Task[Any]) -> bool:
    """Whether it serves a connection that the client keeps for the next question."""
    return "messages_http" in repr(task)


async def test_cancelled_at_every_await(tmp_path: Path) -> None:
    async with acting(tmp_path, script(ANSWER, pace=Pace(piece=40))) as line:
        # The checkers are up afterwards, and stay: they are not the action's.
        assert isinstance(await ask(line, Steps(0)), Proposed)
        tasks, processes = asyncio.all_tasks(), children(os.getpid())
        at = 0
        while True:
            at += 1
            steps = Steps(at)
            running = asyncio.ensure_future(ask(line, steps))
            await asyncio.wait({running}, timeout=60)
            assert running.done(), f"cancelled at await {at}, it goes on"
            if not running.cancelled():
                break
            for asked in line.api.asked:
                await asyncio.wait_for(asked.done.wait(), 60)
            if left := {task for task in asyncio.all_tasks() - tasks if not task.done() and not of_the_stand_in(task)}:
                _, still = await asyncio.wait(left, timeout=60)
                assert not still, f"cancelled at await {at}, it leaves tasks behind: {still}"
            # The ledger does what it is told in order: what was handed in before is done by then.
            await line.services.ledger.spending()
            assert reserved(tmp_path) == 0, f"cancelled at await {at}, money stays reserved"
            assert children(os.getpid()) <= processes, f"cancelled at await {at}, it leaves a process behind"
        assert steps.taken < at, "the last run was not cancelled, because it has no more awaits"
        assert isinstance(running.result(), Proposed)
        report(f"an action cancelled at each of its {at - 1} awaits: 0 edits, 0 reservations, 0 processes left")
        assert at > 8
