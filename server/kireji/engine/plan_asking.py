"""The questions of a planned change: what may be sent, redacted, and what is made of an answer's stream.

Knows no plan's meaning: `planning.py` says what is asked, `carrying.py` carries out. Decides nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from kireji.base.ledger import LedgerError
from kireji.base.types import (
    ContextItem,
    ContextPack,
    Delta,
    End,
    ItemKind,
    Prompt,
    RawCompletion,
    RedactedPack,
    Request,
    Shape,
    Site,
    SiteKind,
    Snapshot,
    Span,
    Stage,
    Withheld,
)
from kireji.engine.asking import ask, cut_off, unusable
from kireji.engine.context.screen import redacted
from kireji.engine.plans.files import Material
from kireji.engine.plans.plan import ChangePlan, Subtask
from kireji.engine.reading import read_whole
from kireji.engine.record import Record
from kireji.engine.services import Asking, Services
from kireji.providers.provider import ProviderError

FEATURE = "plan"
_ABOVE_ALL = 1e9
# An answer in the form of a schema stands in no tag.
_NO_TAG = "json"


async def answer(
    services: Services,
    snapshot: Snapshot,
    asking: Asking,
    prompt: Prompt,
    pack: RedactedPack,
    record: Record,
    begun: asyncio.Event | None = None,
) -> RawCompletion | Withheld:
    """The whole answer, or why there is none to be read. `begun` is set when it begins to come."""
    seconds = snapshot.options.action_request_ms / 1000 * (2 if asking.thinking else 1)
    request = Request(prompt, pack, services.clock.monotonic() + seconds, snapshot.workspace)
    record.done(Stage.RENDER)

    async def read(pieces: AsyncIterator[Delta | End]) -> RawCompletion:
        async with contextlib.aclosing(_noticed(pieces, begun)) as noticed:
            return await read_whole(services.clock, noticed, prompt.tag or _NO_TAG)

    try:
        raw = await ask(services, asking, request, FEATURE, record, read)
    except ProviderError as error:
        return record.withheld(error.reason, Stage.STREAM, error.detail)
    except LedgerError as error:
        return record.withheld(error.reason, Stage.RESERVE, str(error))
    if (reason := unusable(raw)) is not None:
        return record.withheld(reason, Stage.STREAM)
    if not raw.complete:
        return record.withheld(cut_off(raw), Stage.STREAM)
    return raw


async def _noticed(
    pieces: AsyncIterator[Delta | End], begun: asyncio.Event | None
) -> AsyncGenerator[Delta | End, None]:
    async for piece in pieces:
        if begun is not None:
            begun.set()
        yield piece


async def subtask_pack(
    services: Services,
    snapshot: Snapshot,
    wish: str,
    plan: ChangePlan,
    found: Material,
    subtask: Subtask,
    lessons: tuple[ContextItem, ...],
) -> RedactedPack:
    """What one subtask is asked with: the wish, the plan, every file of it, the subtask, and what went wrong before."""
    files = [file_item(sheet.document.uri, sheet.path, sheet.document.text) for sheet in found.sheets]
    words = [item_of(snapshot, ItemKind.FACT, plan.words), item_of(snapshot, ItemKind.FACT, subtask.words)]
    return await pack_of(services, snapshot, [wish_item(snapshot, wish), *files, *words, *lessons])


async def pack_of(services: Services, snapshot: Snapshot, items: Sequence[ContextItem]) -> RedactedPack:
    """Items as they may leave the machine."""
    document = snapshot.document
    site = Site(document, 0, SiteKind.CODE, Shape.BLOCK, Span(0, len(document.text)), "", "", "")
    return await redacted(services.semantics.exclusions, snapshot, ContextPack(site, tuple(items)))


def file_item(uri: str, path: str, text: str) -> ContextItem:
    """A file under the path that the plan gives it."""
    return ContextItem(ItemKind.RELATED, uri, Span(0, len(text)), text, _ABOVE_ALL, why=path)


def wish_item(snapshot: Snapshot, wish: str) -> ContextItem:
    """What the person has said."""
    return item_of(snapshot, ItemKind.WISH, wish)


def item_of(snapshot: Snapshot, kind: ItemKind, text: str) -> ContextItem:
    """Words of a plan."""
    return ContextItem(kind, snapshot.document.uri, Span(0, 0), text, _ABOVE_ALL)


def named(path: str, root: str) -> str:
    """A path as it is told: below the root."""
    return path.removeprefix(f"{root}/")
