"""Code actions: what may be done about a place (quick and local), and doing it (by the model, through the gates).

Which actions there are is the engine's knowledge; this only asks it, and sees to it that a late answer is not given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kireji.base.types import Document, Offered, Outcome, Reason, Snapshot, Span, Stage, Withheld

if TYPE_CHECKING:
    from kireji.engine.services import Services


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that may be done: which action, what it is called, the protocol's kind, and what it is about."""

    action: str
    title: str
    kind: str
    span: Span


def offers(services: Services, snapshot: Snapshot, span: Span, only: tuple[str, ...]) -> tuple[Offer, ...]:
    """What may be done about `span`, without asking the model; `only` names the kinds wanted, empty for all."""
    from kireji.engine.acting import applicable  # loaded with the services, after the client's first answer

    return tuple(
        Offer(action.id, action.title.replace("{name}", target.name), action.kind, target.span)
        for action, target in applicable(services, snapshot, span)
        if not only or any(_covers(wanted, action.kind) for wanted in only)
    )


async def resolve(
    services: Services, snapshot: Snapshot, action: str, span: Span, latest: Callable[[], Document | None]
) -> Outcome:
    """The edit of an action, or why there is none. `latest` reads the document as it is when the edit is there."""
    from kireji.engine.acting import act
    from kireji.engine.actions.registry import action_named

    known = action_named(action)
    if known is None:
        return Withheld(Reason.STALE, Stage.CLASSIFY, "there is no such action")
    outcome = await act(services, snapshot, known, span)
    now = latest()
    if isinstance(outcome, Offered) and (now is None or now.text != snapshot.document.text):
        return Withheld(Reason.STALE, Stage.DELIVER, report=outcome.report)
    return outcome


def _covers(wanted: str, kind: str) -> bool:
    """Kinds are hierarchical: `refactor` covers `refactor.rewrite`."""
    return kind == wanted or kind.startswith(f"{wanted}.")
