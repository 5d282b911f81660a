"""Ghost text: one suggestion at a cursor. Whether it still fits the text when it is given is seen to at the edge.

Who asks by a key may want several: they are asked for side by side, and the soundest comes first.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from kireji.base.types import GateState, Offered, Outcome, Severity, Snapshot, Trigger, sum_of

if TYPE_CHECKING:
    from kireji.engine.services import Services


async def inline_completion(services: Services, snapshot: Snapshot, offset: int) -> Outcome:
    """A suggestion at `offset`, or the reason why there is none."""
    from kireji.engine import pipeline  # loaded with the services, after the client's first answer
    from kireji.engine.record import MOST_CALLS

    count = snapshot.options.candidates if snapshot.trigger is Trigger.EXPLICIT else 1
    if count == 1 or not services.roles.completion.provider.info.follows_instructions:
        return await pipeline.complete(services, snapshot, offset)
    # One request makes three calls at most: what is asked for several times is not asked for again.
    options = replace(snapshot.options, ask_again=False)
    each = [replace(snapshot, id=f"{snapshot.id}.{n}", options=options) for n in range(1, count + 1)]
    calls = MOST_CALLS // count
    # Where one fails, nobody will see what the others bring.
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(pipeline.complete(services, one, offset, calls)) for one in each]
    return ranked([task.result() for task in tasks])


def foresee(services: Services, snapshot: Snapshot, offset: int) -> None:
    """Begins what a question at `offset` will need, while its turn has not come yet."""
    from kireji.engine import pipeline

    pipeline.foresee(services, snapshot, offset)


async def judge_again(services: Services, snapshot: Snapshot, offered: Offered) -> Outcome:
    """A suggestion at hand, where what its verdict depends on besides the text has changed."""
    from kireji.engine import pipeline

    return await pipeline.judge_again(services, snapshot, offered.candidate)


def ranked(outcomes: list[Outcome]) -> Outcome:
    """The soundest of the different suggestions, with the others behind it; their cost is its cost."""
    different = {o.candidate.change: o for o in reversed(outcomes) if isinstance(o, Offered)}
    found = sorted(different.values(), key=_soundness)
    reports = [outcome.report for outcome in outcomes]
    whole = sum_of(report.usage for report in reports)
    first = found[0] if found else outcomes[0]
    cost, spared = sum(report.cost for report in reports), sum(report.spared for report in reports)
    report = replace(first.report, usage=whole, cost=cost, spared=spared)
    return (
        replace(first, report=report, others=tuple(found[1:]))
        if isinstance(first, Offered)
        else replace(first, report=report)
    )


def _soundness(offered: Offered) -> tuple[bool, int, int, str]:
    """Smaller is sounder: proved, without warnings, without repairs; then in the order in which they were asked for."""
    warnings = sum(f.severity is Severity.WARN for f in offered.verdict.findings)
    unproved = offered.verdict.state is not GateState.PASS
    return unproved, warnings, len(offered.candidate.repairs), offered.candidate.id
