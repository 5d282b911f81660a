"""A change over several files: a plan to be agreed to, and carrying it out. How it is done is the engine's knowledge.

Says a plan in words and as data, and sees to it that a late change is not given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kireji.base.types import ActionOutcome, Document, Proposed, Reason, Snapshot, Stage, Withheld
from kireji.features.code_action import is_current

if TYPE_CHECKING:
    from kireji.engine.planning import Drafted
    from kireji.engine.services import Services

_NANO = 1_000_000_000


async def drafted(services: Services, snapshot: Snapshot, wish: str) -> Drafted | Withheld:
    """A plan for what a person wants, and what it would cost."""
    from kireji.engine.planning import draft  # loaded with the services, after the client's first answer

    return await draft(services, snapshot, wish)


async def carried_out(
    services: Services,
    snapshot: Snapshot,
    plan: Drafted,
    told: Callable[[int, str], None],
    latest: Callable[[str], Document | None],
) -> ActionOutcome:
    """The change that a plan comes to. `told` hears how far it is, in per cent; `latest` reads an open document as it is then."""
    from kireji.engine.planning import carry_out

    steps = len(plan.work.plan.subtasks) + 1
    seen = {sheet.document.uri: sheet.document for sheet in plan.work.material.sheets if sheet.version is not None}
    seen |= {snapshot.document.uri: snapshot.document}

    def wanted() -> bool:
        return all((now := latest(uri)) is not None and now.text == was.text for uri, was in seen.items())

    outcome = await carry_out(services, snapshot, plan, lambda done, what: told(100 * done // steps, what), wanted)
    if isinstance(outcome, Proposed) and not is_current(outcome, snapshot, latest):
        return Withheld(Reason.STALE, Stage.DELIVER, report=outcome.report)
    return outcome


def in_words(plan: Drafted) -> str:
    """The plan and what it costs, as a person is asked about it."""
    rows = [plan.work.plan.summary]
    for number, subtask in enumerate(plan.work.plan.subtasks, 1):
        made = f"; new: {', '.join(subtask.creates)}" if subtask.creates else ""
        rows.append(f"{number}. {subtask.title} ({', '.join(subtask.files)}{made})")
    rows.append(f"This costs about ${plan.likely / _NANO:.3f}, at most ${plan.most / _NANO:.2f}.")
    return "\n".join(rows)


def as_json(plan: Drafted) -> dict[str, Any]:
    """The plan and what it costs, for clients that ask the person themselves."""
    subtasks = [
        {
            "title": subtask.title,
            "files": list(subtask.files),
            "creates": list(subtask.creates),
            "instructions": subtask.instructions,
            "doneWhen": subtask.done_when,
        }
        for subtask in plan.work.plan.subtasks
    ]
    costs = {"likelyDollars": plan.likely / _NANO, "mostDollars": plan.most / _NANO}
    return {"id": plan.id, "summary": plan.work.plan.summary, "subtasks": subtasks, **costs}
