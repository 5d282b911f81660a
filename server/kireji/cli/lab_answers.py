"""One answer for each kind of measuring row, made by the functions that serve an editor. Scores nothing.

What an editor would have warm by then (an index, a checker, a cache) is waited for and not counted in `elapsed_ms`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kireji.base.config_schema import Options
from kireji.base.python_version import python_version
from kireji.base.text import make_document
from kireji.base.types import (
    Candidate,
    Change,
    Delta,
    Document,
    Edit,
    End,
    EndReason,
    GateState,
    ItemKind,
    RawCompletion,
    Site,
    Skip,
    Snapshot,
    Span,
    Trigger,
    Verdict,
    Workspace,
)
from kireji.cli.place import line_of, relative
from kireji.engine import pipeline
from kireji.engine.gates.before import preparing
from kireji.engine.reading import Fenced, read_answer
from kireji.engine.services import Services
from kireji.engine.site import classify
from kireji.providers.copy_engine import Corpus, suggest
from kireji.providers.copy_workspaces import index

Row = Mapping[str, Any]
Answer = dict[str, Any]
Answerer = Callable[["Lab", Row], Awaitable[Answer]]

# How many characters of a recorded answer arrive at a time, and how many a token has: the contract's figures.
_PIECE = 4
_CHARS_PER_TOKEN = 4.0
_PREPARING_SECONDS = 30.0
_INDEX_SECONDS = 120.0


class RowError(Exception):
    """What is wrong with a row."""


@dataclass(frozen=True, slots=True)
class Lab:
    """One run: the parts of the straight line, the user's options, and the index of each workspace that was named."""

    services: Services
    options: Options
    indexes: dict[str, Corpus] = field(default_factory=dict)


async def context(lab: Lab, row: Row) -> Answer:
    """What would be sent for a place: `context` in the order of the prompt, at most 4 characters a token of the budget."""
    budget = row.get("budget")
    if not isinstance(budget, int) or isinstance(budget, bool) or budget <= 0:
        raise RowError("`budget` must be a positive whole number")
    options = replace(lab.options, context_tokens=budget)
    snapshot, site = _ask_at(options, row)
    roles = lab.services.roles
    model = replace(roles.completion.model, chars_per_token=_CHARS_PER_TOKEN)
    roles = replace(roles, completion=replace(roles.completion, model=model))
    services = replace(lab.services, roles=roles)
    # The editor's index and caches are warm by the time of a request; the first pass warms ours and is not counted.
    if snapshot.workspace.root is not None:
        await services.semantics.index.ready(snapshot.workspace.root, services.clock.monotonic() + _INDEX_SECONDS)
    await pipeline.gather_pack(services, snapshot, site)
    roles.completion.steady.forget(site.document.uri)
    started = services.clock.monotonic()
    pack = await pipeline.gather_pack(services, snapshot, site)
    elapsed = services.clock.monotonic() - started
    root = snapshot.workspace.root
    # What is said of the project as a whole has a budget of its own; nothing of it is retrieved for the place.
    items = [item for item in pack.items if item.kind not in (ItemKind.PROJECT, ItemKind.RULES)]
    return {
        "context": _joined([i.text for i in items], int(budget * _CHARS_PER_TOKEN)),
        "tokens": pack.tokens,
        "items": [
            {
                "kind": i.kind.value,
                "path": relative(i.uri, root),
                "line": line_of(site.document, i.uri, i.span, root, options),
            }
            | {"tokens": i.tokens}
            for i in items
        ],
        "dropped": [
            {"kind": d.item.kind.value, "path": relative(d.item.uri, root), "why": d.why} for d in pack.dropped
        ],
        "elapsed_ms": elapsed * 1000,
    }


async def cut(lab: Lab, row: Row) -> Answer:
    """What is left of a recorded answer that arrives as a stream, as an insertion at the cursor."""
    snapshot, site = _ask_at(lab.options, row)
    said = _text(row, "raw")

    async def pieces() -> AsyncIterator[Delta | End]:
        for at in range(0, len(said), _PIECE):
            yield Delta(said[at : at + _PIECE])
        yield End(EndReason.COMPLETE)

    raw = await read_answer(lab.services.clock, pieces(), site, Fenced(site, "no-tag-was-sent"))
    candidate = pipeline.make_candidate(snapshot, site, raw)
    text = inserted(snapshot.document, site.offset, candidate.change) if candidate else ""
    answer = {"text": text, "cut_by": raw.cut_by, "chars_read": raw.chars_read}
    if candidate is not None and text == candidate.change.text and candidate.change.span.end > site.offset:
        # An answer that says the rest of the line otherwise takes its place, which no insertion can say.
        answer["replaces"] = candidate.change.span.end - site.offset
    return answer


async def validate(lab: Lab, row: Row) -> Answer:
    """What the gates say of an insertion, within the deadline of a request made while typing.

    It takes the place of the `replaces` characters (none by default) that stand right of the cursor.
    """
    snapshot, site = _ask_at(lab.options, row)
    insert, replaces = _text(row, "insert"), row.get("replaces", 0)
    if not isinstance(replaces, int) or isinstance(replaces, bool) or not 0 <= replaces <= len(site.after):
        raise RowError("`replaces` must be a number of characters on the cursor's line")
    raw = RawCompletion(insert, "given", True, None, 0.0, 0.0, len(insert))
    change = Change(Span(site.offset, site.offset + replaces), insert)
    edit = Edit(site.document.uri, site.document.version, (change,))
    candidate = Candidate(snapshot.id, site, edit, raw)
    async with preparing(lab.services.gates, snapshot, site) as before:
        # In an editor the model takes longer than this.
        await before.document(_PREPARING_SECONDS)
        started = lab.services.clock.monotonic()
        judged, verdict = await pipeline.judge(lab.services, snapshot, candidate, before)
        elapsed = lab.services.clock.monotonic() - started
    findings = [
        {"gate": f.gate, "code": f.code, "severity": f.severity.value, "message": f.message} for f in verdict.findings
    ]
    return {
        "decision": _decision(candidate, judged, verdict),
        "text": inserted(snapshot.document, site.offset, judged.change),
        "findings": findings,
        "elapsed_ms": elapsed * 1000,
    }


async def local(lab: Lab, row: Row) -> Answer:
    """What the local engine says: from the buffer alone, or, with a root, from the workspace without the row's file."""
    prefix, suffix = _text(row, "prefix"), _text(row, "suffix")
    _text(row, "language")
    corpus, path = None, None
    if (root := _root(row)) is not None:
        path = str(Path(root, _text(row, "path")))
        if root not in lab.indexes:
            lab.indexes[root] = await asyncio.to_thread(index, Path(root))
        corpus = lab.indexes[root]
    started = lab.services.clock.monotonic()
    suggestion = suggest(prefix, suffix, corpus, path)
    elapsed = lab.services.clock.monotonic() - started
    return {"text": suggestion.text, "confidence": suggestion.confidence, "elapsed_ms": elapsed * 1000}


ANSWERERS: Mapping[str, Answerer] = MappingProxyType(
    {"context": context, "cut": cut, "validate": validate, "local": local}
)


def inserted(document: Document, offset: int, change: Change) -> str:
    """What a change inserts at the cursor: a replaced tail that the new text still ends with is not part of it."""
    replaced = document.text[offset : change.span.end]
    return change.text.removesuffix(replaced) if replaced else change.text


# ---- reading a row


def _text(row: Row, key: str) -> str:
    if key not in row:
        raise RowError(f"the row has no `{key}`")
    value = row[key]
    if not isinstance(value, str):
        raise RowError(f"`{key}` must be a string")
    return value


def _root(row: Row) -> str | None:
    """The real path of the row's workspace, since items are named by theirs."""
    if row.get("root") is None:
        return None
    root = Path(_text(row, "root")).resolve()
    if not root.is_dir():
        raise RowError(f"`root` is no folder: {root}")
    return str(root)


def _ask_at(options: Options, row: Row) -> tuple[Snapshot, Site]:
    """The snapshot and site that an editor would have made of a row."""
    root = _root(row)
    path = str(Path(root, _text(row, "path"))) if root is not None else None
    uri = Path(path).as_uri() if path else "untitled:row"
    prefix = _text(row, "prefix")
    document = make_document(uri, path, _text(row, "language"), 0, prefix + _text(row, "suffix"))
    python = _text(row, "python") if row.get("python") is not None else None
    workspace = Workspace(root, True, python, python_version(root, path, python))
    snapshot = Snapshot("lab", document, (), workspace, options, Trigger.AUTOMATIC)
    # Rows may stand where an automatic request would not be made: they are asked as a person would.
    site = classify(replace(snapshot, trigger=Trigger.EXPLICIT), len(prefix))
    if isinstance(site, Skip):
        raise RowError(f"no question is asked here: {site.reason.value}")
    return snapshot, site


# ---- writing an answer


def _joined(texts: list[str], room: int) -> str:
    """The texts on lines of their own. Where the window alone fills the room, the line end between its two halves may be
    one character too many; then the room is kept and what stands first makes way."""
    joined = "\n".join(texts)
    return joined[max(0, len(joined) - room) :]


def _decision(candidate: Candidate, judged: Candidate, verdict: Verdict) -> str:
    if verdict.state is GateState.FAIL:
        return "withhold"
    if judged is not candidate:
        return "repair"
    return "unverified" if verdict.state is GateState.UNKNOWN else "offer"
