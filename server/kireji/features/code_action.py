"""Code actions: what may be done about a place (quick and local), and doing it (by the model, through the gates).

Which actions there are is the engine's knowledge; this only asks it, and sees to it that a late answer is not given.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kireji.base.files import read_text
from kireji.base.types import ActionOutcome, Document, Intent, Proposed, Reason, Snapshot, Span, Stage, Withheld

if TYPE_CHECKING:
    from kireji.engine.services import Services

_MOST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that may be done: which action, what it is called, the protocol's kind, and what it is about.

    `shows`: it brings a text to be read, so that it can be no lazy edit. `creates`: it would make a file. `cures`: which of
    the problems that were told with the question it is about; it needs them again.
    """

    action: str
    title: str
    kind: str
    span: Span
    shows: bool = False
    creates: bool = False
    cures: tuple[int, ...] = ()


def offers(services: Services, snapshot: Snapshot, intent: Intent, only: tuple[str, ...]) -> tuple[Offer, ...]:
    """What may be done at a place, without asking the model; `only` names the kinds wanted, empty for all."""
    from kireji.engine.acting import applicable  # loaded with the services, after the client's first answer

    return tuple(
        Offer(
            action.id,
            action.title.replace("{name}", target.name),
            action.kind,
            target.span,
            action.form.shows,
            target.creates,
            tuple(n for n, told in enumerate(intent.diagnostics) if told in target.problems),
        )
        for action, target in applicable(services, snapshot, intent)
        if not only or any(_covers(wanted, action.kind) for wanted in only)
    )


def problems(snapshot: Snapshot) -> tuple[str, ...]:
    """What is wrong with a person's own actions, one line each."""
    from kireji.engine.acting import own_problems

    return own_problems(snapshot)


async def resolve(
    services: Services, snapshot: Snapshot, action: str, intent: Intent, latest: Callable[[str], Document | None]
) -> ActionOutcome:
    """The change that an action brings, or why there is none. `latest` reads an open document as it is when that is there."""
    from kireji.engine.acting import act, known

    chosen = await asyncio.to_thread(known, snapshot, action)
    if chosen is None:
        return Withheld(Reason.STALE, Stage.CLASSIFY, "there is no such action")

    def wanted() -> bool:
        now = latest(snapshot.document.uri)
        return now is not None and now.text == snapshot.document.text

    outcome = await act(services, snapshot, chosen, intent, wanted)
    if not isinstance(outcome, Proposed) or await stands(outcome, snapshot, latest):
        return outcome
    return Withheld(Reason.STALE, Stage.DELIVER, report=outcome.report)


async def stands(outcome: Proposed, snapshot: Snapshot, latest: Callable[[str], Document | None]) -> bool:
    """Whether all files are as they were when it was found sound, open or not."""
    same = await asyncio.to_thread(_is_as_on_disk, outcome, snapshot)
    return same and is_current(outcome, snapshot, latest)


def _is_as_on_disk(outcome: Proposed, snapshot: Snapshot) -> bool:
    """Whether files that no editor has open say what they said, and new ones are not there yet."""
    root = snapshot.workspace.root
    for edit in outcome.changes.edits:
        path = edit.document.path
        if edit.version is None and (root is None or path is None or _read(path, root) != edit.document.text):
            return False
    return not any(os.path.lexists(file.path) for file in outcome.changes.created)


def _read(path: str, root: str) -> str | None:
    return read_text(Path(path), Path(root), _MOST_BYTES)


def is_current(outcome: Proposed, snapshot: Snapshot, latest: Callable[[str], Document | None]) -> bool:
    """Whether all texts are as they were; a file that no editor had open has stayed so."""
    seen = {snapshot.document.uri: snapshot.document}
    seen |= {edit.document.uri: edit.document for edit in outcome.changes.edits if edit.version is not None}
    closed = {edit.document.uri for edit in outcome.changes.edits if edit.version is None}
    closed |= {file.uri for file in outcome.changes.created}
    same = all((now := latest(uri)) is not None and now.text == was.text for uri, was in seen.items())
    return same and all(latest(uri) is None for uri in closed)


def _covers(wanted: str, kind: str) -> bool:
    """Kinds are hierarchical: `refactor` covers `refactor.rewrite`."""
    return kind == wanted or kind.startswith(f"{wanted}.")
