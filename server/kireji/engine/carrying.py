"""Carries out the subtasks of a plan side by side, each held to its own files; the first that fails ends the others.

Proves nothing of the whole and applies nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from kireji.base.types import ChangeSet, ContextItem, GateState, NewFile, Reason, Snapshot, Span, Stage, Withheld
from kireji.engine.actions.action import Refused, Region
from kireji.engine.actions.several import changes_of
from kireji.engine.asking import nonces
from kireji.engine.plan_asking import answer, subtask_pack
from kireji.engine.plans.files import Material
from kireji.engine.plans.plan import ChangePlan, Subtask
from kireji.engine.prompt.ask_action import declined
from kireji.engine.prompt.ask_plan import render_subtask
from kireji.engine.prompt.lessons import lesson
from kireji.engine.proof.formatting import formatted
from kireji.engine.record import Record
from kireji.engine.services import Services
from kireji.engine.together import judge_alone

# So many subtasks are asked about at a time.
_AT_ONCE = 4

Told = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Work:
    """A plan that is being carried out: what the person wanted, the plan, and its files."""

    wish: str
    plan: ChangePlan
    material: Material


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one subtask."""

    subtask: Subtask
    changes: ChangeSet
    answer: str


async def all_done(
    services: Services,
    snapshot: Snapshot,
    work: Work,
    wanted: dict[Subtask, tuple[ContextItem, ...]],
    record: Record,
    told: Told,
) -> list[Done] | Withheld:
    """Subtasks side by side, the first a little ahead: it writes what the service's cache serves the others.

    The first that fails ends the others: what they would still cost buys nothing.
    """
    room, ahead, finished = asyncio.Semaphore(_AT_ONCE), asyncio.Event(), 0

    async def one(number: int, subtask: Subtask) -> Done | Withheld:
        nonlocal finished
        if number:
            await ahead.wait()
        async with room:
            try:
                result = await _done(services, snapshot, work, subtask, wanted[subtask], record, ahead)
            finally:
                ahead.set()
        finished += 1
        told(finished, subtask.title)
        return result

    tasks = [asyncio.ensure_future(one(number, subtask)) for number, subtask in enumerate(wanted)]
    try:
        pending = set(tasks)
        while pending:
            complete, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in complete:
                if isinstance(result := task.result(), Withheld):
                    return result
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return [result for task in tasks if isinstance(result := task.result(), Done)]


async def _done(
    services: Services,
    snapshot: Snapshot,
    work: Work,
    subtask: Subtask,
    lessons: tuple[ContextItem, ...],
    record: Record,
    begun: asyncio.Event,
) -> Done | Withheld:
    """One subtask, asked again once when its answer is wrong by itself."""
    asking = services.roles.action
    for last in (False, True):
        pack = await subtask_pack(services, snapshot, work.wish, work.plan, work.material, subtask, lessons)
        prompt = render_subtask(pack, asking.model, *nonces(pack, asking.nonce))
        raw = await answer(services, snapshot, asking, prompt, pack, record, begun)
        if isinstance(raw, Withheld):
            return _of(subtask, raw)
        if (refused := declined(raw.text)) is not None:
            return _of(subtask, record.withheld(refused[0], Stage.STREAM, refused[1]))
        made = changes_of(raw.text, *_reach(work.material, subtask))
        if isinstance(made, Refused):
            wrong = record.withheld(made.reason, Stage.TRIM, made.detail)
        else:
            changes, _ = await formatted(snapshot, made)
            judged = await judge_alone(services, snapshot, changes)
            if judged.verdict.state is not GateState.FAIL:
                return Done(subtask, changes, raw.text)
            wrong = record.withheld(Reason.INVALID, Stage.GATES, findings=judged.verdict.findings)
        if last:
            break
        lessons = (*lessons, lesson(snapshot.document, snapshot.workspace, raw.text, wrong))
    return _of(subtask, wrong)


def _reach(found: Material, subtask: Subtask) -> tuple[dict[str, Region], dict[str, NewFile]]:
    """What one subtask may change and make, by path."""
    regions: dict[str, Region] = {}
    for path in subtask.files:
        sheet = found.sheet(path)
        if sheet is not None:
            regions[path] = Region(sheet.document, (Span(0, len(sheet.document.text)),), sheet.version)
    return regions, {path: file for path, file in found.created if path in subtask.creates}


def _of(subtask: Subtask, withheld: Withheld) -> Withheld:
    """Why there is nothing, with the subtask that it is about."""
    detail = f"{subtask.title}: {withheld.detail}" if withheld.detail else subtask.title
    return replace(withheld, detail=detail)
