"""Runs gates over a trial: cheap ones one after the other until one fails, then the slow ones side by side.

Judges nothing. A gate that is late or broken says UNKNOWN, never PASS; a late verdict is never waited for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from kireji.base.types import Document, GateResult, GateState, Snapshot, Verdict
from kireji.engine.gates.gate import Cost, Gate, Trial

_log = logging.getLogger(__name__)

# The note of a gate that did not answer by the deadline.
LATE = "late"


async def run_gates(gates: Iterable[Gate], trial: Trial, seconds: float) -> Verdict:
    """The verdict of the gates that apply, in their order, within `seconds` from now.

    The first cheap gate that fails ends the run: what it proved needs no second opinion.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    chosen = [gate for gate in gates if gate.applies(trial.after.language)]
    results: list[GateResult] = []
    for gate in chosen:
        if gate.cost is Cost.CHEAP:
            results.append(await _checked(gate, trial, deadline))
            if results[-1].state is GateState.FAIL:
                return Verdict(tuple(results))
    async with asyncio.TaskGroup() as group:
        slow = [group.create_task(_checked(gate, trial, deadline)) for gate in chosen if gate.cost is Cost.SLOW]
    return Verdict((*results, *(task.result() for task in slow)))


async def prepare_gates(gates: Iterable[Gate], snapshot: Snapshot, baseline: Document) -> None:
    """Lets every gate look at the baseline while the model still generates. Never fails; may be cancelled."""
    async with asyncio.TaskGroup() as group:
        for gate in gates:
            if gate.applies(baseline.language):
                group.create_task(_prepared(gate, snapshot, baseline))


async def _checked(gate: Gate, trial: Trial, deadline: float) -> GateResult:
    loop = asyncio.get_running_loop()
    started = loop.time()
    try:
        async with asyncio.timeout_at(deadline) as limit:
            result = await gate.check(trial)
    except TimeoutError as error:
        if not limit.expired():
            _report_bug(gate, error)
            return GateResult(gate.name, GateState.UNKNOWN, (), loop.time() - started, "bug")
        return GateResult(gate.name, GateState.UNKNOWN, (), loop.time() - started, LATE)
    except Exception as error:  # noqa: BLE001 — a broken gate must not take the others down; it is reported as the bug it is
        _report_bug(gate, error)
        return GateResult(gate.name, GateState.UNKNOWN, (), loop.time() - started, "bug")
    return GateResult(result.gate, result.state, result.findings, loop.time() - started, result.note)


async def _prepared(gate: Gate, snapshot: Snapshot, baseline: Document) -> None:
    try:
        await gate.prepare(snapshot, baseline)
    except Exception as error:  # noqa: BLE001 — `check` will do the work, or report the same
        _report_bug(gate, error)


def _report_bug(gate: Gate, error: BaseException) -> None:
    """Says where it broke. Not the exception's message: it may quote source text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "?"
    _log.error("gate %s is broken: %s at %s; please report it", gate.name, type(error).__name__, where)
