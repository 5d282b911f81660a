"""Ghost text: asks the pipeline, then makes sure that the answer still fits the text as it is now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kireji.base.types import Document, Offered, Outcome, Reason, Snapshot, Stage, Withheld

if TYPE_CHECKING:
    from kireji.engine.services import Services


async def inline_completion(
    services: Services, snapshot: Snapshot, offset: int, latest: Callable[[], Document | None]
) -> Outcome:
    """A suggestion at `offset`, or the reason why there is none. `latest` reads the document as it is by then."""
    outcome = await suggestion(services, snapshot, offset)
    if not isinstance(outcome, Offered):
        return outcome
    now = latest()
    if now is not None and now.text == snapshot.document.text:
        return outcome
    return Withheld(Reason.STALE, Stage.DELIVER, report=outcome.report)


async def suggestion(services: Services, snapshot: Snapshot, offset: int) -> Outcome:
    """The same for whoever sees to it themselves that the text is still the text."""
    from kireji.engine import pipeline  # loaded with the services, after the client's first answer

    return await pipeline.complete(services, snapshot, offset)
