"""Code actions: what may be done about a place (quick and local), and doing it (by the model, through the gates).

No action is registered yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kireji.base.types import Document, Outcome, Reason, Snapshot, Span, Stage, Withheld

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
    return ()


async def resolve(
    services: Services, snapshot: Snapshot, action: str, span: Span, latest: Callable[[], Document | None]
) -> Outcome:
    """The edit of an action, or why there is none."""
    return Withheld(Reason.STALE, Stage.CLASSIFY)
