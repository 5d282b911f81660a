"""`kireji lab`: answers measuring rows, JSON lines in and out, through the same functions that serve an editor.

Reads rows and prints answers; scores nothing. A bad row is answered with its error and never ends the run.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kireji.cli.settings import load_settings, settings_options

if TYPE_CHECKING:
    from kireji.base.types import ContextItem, Delta, Document, End, Site, Snapshot
    from kireji.engine.services import Services

Row = Mapping[str, Any]
Answer = dict[str, Any]

# How many characters of a recorded answer arrive at a time, and how many a token has: the contract's figures.
_PIECE = 4
_CHARS_PER_TOKEN = 4.0
_PREPARING_SECONDS = 30.0


class RowError(Exception):
    """What is wrong with a row."""


@click.command("lab")
@click.argument("what", type=click.Choice(["context", "cut", "validate", "local"]))
@settings_options
def command(what: str, **overrides: object) -> None:
    """Answer rows of WHAT on standard input, one JSON object a line."""
    from kireji.base.clock import SystemClock
    from kireji.compose import build_services

    answerers = {"context": _context, "cut": _cut, "validate": _validate, "local": _local}

    async def run() -> None:
        services = build_services(load_settings(overrides), SystemClock())
        try:
            await _answer_all(services, answerers[what])
        finally:
            await services.close()

    asyncio.run(run())


async def _answer_all(services: Services, answer: Callable[[Services, Row], Awaitable[Answer]]) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if not line.strip():
            continue
        row_id: object = None
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise RowError("a row is a JSON object")
            row_id = row.get("id")
            result = {"id": row_id} | await answer(services, row)
        except KeyError as error:
            result = {"id": row_id, "error": f"the row has no {error}"}
        except Exception as error:  # noqa: BLE001 — the contract: a bad row is answered and the run goes on
            result = {"id": row_id, "error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


async def _context(services: Services, row: Row) -> Answer:
    from kireji.engine import pipeline

    snapshot, site = _ask_at(row, budget=int(row["budget"]))
    model = replace(services.asking.model, chars_per_token=_CHARS_PER_TOKEN)
    services = replace(services, asking=replace(services.asking, model=model))
    # The editor's index and caches are warm by the time of a request; the first pass warms ours and is not counted.
    await pipeline.gather_pack(services, snapshot, site)
    started = services.clock.monotonic()
    pack = await pipeline.gather_pack(services, snapshot, site)
    elapsed = services.clock.monotonic() - started
    root = row.get("root")
    items = [
        {"kind": i.kind.value, "path": _relative(i.uri, root), "line": _line(site.document, i), "tokens": i.tokens}
        for i in pack.items
    ]
    dropped = [{"kind": d.item.kind.value, "path": _relative(d.item.uri, root), "why": d.why} for d in pack.dropped]
    context = "\n".join(i.text for i in pack.items)
    return {"context": context, "tokens": pack.tokens, "items": items, "dropped": dropped, "elapsed_ms": elapsed * 1000}


async def _cut(services: Services, row: Row) -> Answer:
    from kireji.base.types import Delta, End, EndReason
    from kireji.engine import pipeline

    snapshot, site = _ask_at(row)
    raw_text = str(row["raw"])

    async def pieces() -> AsyncIterator[Delta | End]:
        for at in range(0, len(raw_text), _PIECE):
            yield Delta(raw_text[at : at + _PIECE])
        yield End(EndReason.COMPLETE)

    raw = await pipeline.read_answer(services.clock, pieces(), site, "no-tag-was-sent")
    candidate = pipeline.make_candidate(snapshot, site, raw)
    text = _inserted(snapshot.document, candidate.change.span.end, candidate.change.text, site) if candidate else ""
    return {"text": text, "cut_by": raw.cut_by, "chars_read": raw.chars_read}


async def _validate(services: Services, row: Row) -> Answer:
    from kireji.base.types import Candidate, Change, Edit, GateState, RawCompletion, Span
    from kireji.engine import pipeline
    from kireji.engine.gates.before import preparing

    snapshot, site = _ask_at(row)
    insert = str(row["insert"])
    raw = RawCompletion(insert, "given", True, None, 0.0, 0.0, len(insert))
    edit = Edit(site.document.uri, site.document.version, (Change(Span(site.offset, site.offset), insert),))
    candidate = Candidate(snapshot.id, site, edit, raw)
    async with preparing(services.gates, snapshot, site) as before:
        # In an editor the model takes longer than this.
        await before.document(_PREPARING_SECONDS)
        started = services.clock.monotonic()
        judged, verdict = await pipeline.judge(services, snapshot, candidate, before)
        elapsed = services.clock.monotonic() - started
    if verdict.state is GateState.FAIL:
        decision = "withhold"
    elif judged is not candidate:
        decision = "repair"
    else:
        decision = "unverified" if verdict.state is GateState.UNKNOWN else "offer"
    findings = [
        {"gate": f.gate, "code": f.code, "severity": f.severity.value, "message": f.message} for f in verdict.findings
    ]
    return {"decision": decision, "text": judged.change.text, "findings": findings, "elapsed_ms": elapsed * 1000}


async def _local(services: Services, row: Row) -> Answer:
    from kireji.providers.copy_engine import suggest
    from kireji.providers.copy_workspaces import index

    corpus = None
    if row.get("root"):
        root = Path(row["root"])
        corpus = await asyncio.to_thread(index, root, str(root / row["path"]))
    started = services.clock.monotonic()
    suggestion = suggest(str(row["prefix"]), str(row["suffix"]), corpus)
    elapsed = services.clock.monotonic() - started
    return {"text": suggestion.text, "confidence": suggestion.confidence, "elapsed_ms": elapsed * 1000}


def _ask_at(row: Row, budget: int | None = None) -> tuple[Snapshot, Site]:
    """The snapshot and site that an editor would have made of a row."""
    from kireji.base.config_schema import Options
    from kireji.base.text import make_document
    from kireji.base.types import Skip, Snapshot, Trigger, Workspace
    from kireji.engine.site import classify

    path = str(Path(row["root"], row["path"])) if row.get("root") else None
    uri = Path(path).absolute().as_uri() if path else "untitled:row"
    prefix = str(row["prefix"])
    document = make_document(uri, path, str(row["language"]), 0, prefix + str(row["suffix"]))
    options = Options() if budget is None else Options(context_tokens=budget)
    workspace = Workspace(row.get("root"), True, row.get("python"))
    snapshot = Snapshot("lab", document, (), workspace, options, Trigger.AUTOMATIC)
    # Rows may stand where an automatic request would not be made: they are asked as a person would.
    site = classify(replace(snapshot, trigger=Trigger.EXPLICIT), len(prefix))
    if isinstance(site, Skip):
        raise RowError(f"no question is asked here: {site.reason.value}")
    return snapshot, site


def _inserted(document: Document, end: int, text: str, site: Site) -> str:
    """What was inserted at the cursor: a replaced tail that the new text still ends with is not part of it."""
    replaced = document.text[site.offset : end]
    return text.removesuffix(replaced) if replaced else text


def _relative(uri: str, root: str | None) -> str:
    from urllib.parse import unquote, urlsplit

    path = unquote(urlsplit(uri).path)
    return path.removeprefix(f"{Path(root).absolute()}/") if root else path


def _line(document: Document, item: ContextItem) -> int:
    """The item's first line, counted from 1; in another file as its own span says."""
    text = document.text if item.uri == document.uri else _text_of(item.uri)
    return text.count("\n", 0, item.span.start) + 1


def _text_of(uri: str) -> str:
    from urllib.parse import unquote, urlsplit

    return Path(unquote(urlsplit(uri).path)).read_text(encoding="utf-8", errors="replace")
