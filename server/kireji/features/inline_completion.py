"""Ghost text: one suggestion at a cursor. Whether it still fits the text when it is given is seen to at the edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kireji.base.types import Offered, Outcome, Snapshot

if TYPE_CHECKING:
    from kireji.engine.services import Services


async def inline_completion(services: Services, snapshot: Snapshot, offset: int) -> Outcome:
    """A suggestion at `offset`, or the reason why there is none."""
    from kireji.engine import pipeline  # loaded with the services, after the client's first answer

    return await pipeline.complete(services, snapshot, offset)


async def judge_again(services: Services, snapshot: Snapshot, offered: Offered) -> Outcome:
    """A suggestion at hand, where what its verdict depends on besides the text has changed."""
    from kireji.engine import pipeline

    return await pipeline.judge_again(services, snapshot, offered.candidate)
