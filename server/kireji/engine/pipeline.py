"""The straight line, from a cursor to a suggestion that has been proved sound, or to the reason why there is none.

Read this first. Each step is a room of its own (`site`, `context`, `prompt`, `stream`, `gates`, `repair`); this module only
leads from one to the next, keeps the times, and never decides what a room decides. It knows no LSP and keeps no state.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import islice

from kireji.base.ledger import LedgerError
from kireji.base.types import (
    TROUBLES,
    Candidate,
    ContextItem,
    Delta,
    Edit,
    End,
    GateState,
    Offered,
    Outcome,
    Prompt,
    RawCompletion,
    Reason,
    RedactedPack,
    Request,
    Site,
    Skip,
    Snapshot,
    Stage,
    Trigger,
    Verdict,
    Withheld,
)
from kireji.engine.asking import ask, ask_instead, cut_off, nonces, unusable
from kireji.engine.context.fit import fit
from kireji.engine.context.gather import gather
from kireji.engine.context.redact import site_is_secret
from kireji.engine.context.screen import is_excluded, redacted, still_sendable
from kireji.engine.correct import Wrong, ask_again_at, joined, wrong_by_findings, wrong_by_proof
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.before import Before, preparing
from kireji.engine.gates.gate import Gate
from kireji.engine.gates.run import run_gates
from kireji.engine.gates.watch import Watch, watching
from kireji.engine.prompt.contract import tag_for
from kireji.engine.prompt.render import render
from kireji.engine.reading import Fenced, read_answer, taking
from kireji.engine.record import MOST_CALLS, Record
from kireji.engine.repair.ideas import repairs
from kireji.engine.services import Services
from kireji.engine.site import classify
from kireji.engine.stream.trim import trim
from kireji.providers.provider import ProviderError
from kireji.providers.resilience import refusal

FEATURE = "inline completion"
_MAX_REPAIRS = 6
# A second question that has less time than this would not be answered.
_LEAST_SECONDS = 0.5


async def complete(services: Services, snapshot: Snapshot, offset: int, most_calls: int = MOST_CALLS) -> Outcome:
    """The whole line: a verified suggestion at `offset`, or why there is none."""
    record = Record(services, services.roles.completion, snapshot, most_calls)
    site = await look(services, snapshot, offset)
    record.done(Stage.CLASSIFY)
    if isinstance(site, Skip):
        return record.withheld(site.reason, Stage.CLASSIFY)
    deadline = services.clock.monotonic() + snapshot.options.request_ms / 1000
    if (away := services.roles.completion.away()) is not None:
        # Known before anything is gathered for it.
        trouble = record.withheld(away.reason, Stage.RESERVE, refusal(away).detail)
        async with preparing(services.gates, snapshot, site) as before:
            return await _instead(services, snapshot, site, trouble, before, record)
    async with (
        preparing(services.gates, snapshot, site) as before,
        watching(_watchers(services, snapshot), snapshot, site, before) as watch,
    ):
        request = await _question(services, snapshot, site, record, deadline)
        asked = await _asked(services, snapshot, request, record, watch)
        if watch.proof is not None:
            proved = wrong_by_proof(site, watch.proof.text, watch.proof.at, watch.proof.finding)
            corrected = await _corrected(services, snapshot, site, proved, before, record, deadline)
            if corrected is not None or isinstance(asked, Withheld):
                return corrected or record.withheld(Reason.INVALID, Stage.STREAM, findings=(watch.proof.finding,))
            # What was whole before the proof may do by itself.
            return await _judged(services, snapshot, asked, before, record)
        if isinstance(asked, Withheld):
            return await _instead(services, snapshot, site, asked, before, record)
        outcome = await _judged(services, snapshot, asked, before, record)
        if not isinstance(outcome, Withheld) or (wrong := wrong_by_findings(asked, outcome.findings)) is None:
            return outcome
        corrected = await _corrected(services, snapshot, site, wrong, before, record, deadline)
        # What is explained is the answer that was refused; what the second question has cost is told with it.
        report = replace(record.report(), gates=outcome.report.gates)
        return corrected or replace(outcome, detail=record.hint, report=report)


async def look(services: Services, snapshot: Snapshot, offset: int) -> Site | Skip:
    """The site at `offset`, or why nothing is asked there."""
    site = classify(snapshot, offset, services.semantics.trees)
    if isinstance(site, Skip):
        return site
    if site_is_secret(site):
        return Skip(Reason.SECRET_LINE)
    return Skip(Reason.IGNORED_FILE) if await is_excluded(services.semantics.exclusions, snapshot) else site


def foresee(services: Services, snapshot: Snapshot, offset: int) -> None:
    """Begins what takes longer than a key, for a question that is likely to come. Waits for nothing, and asks no model."""
    if services.roles.completion.provider.info.follows_instructions:
        services.semantics.receivers.foresee(snapshot, offset)


def _may_ask_again(services: Services, snapshot: Snapshot) -> bool:
    return snapshot.options.ask_again and services.roles.completion.provider.info.follows_instructions


def _watchers(services: Services, snapshot: Snapshot) -> tuple[Gate, ...]:
    """Who looks at the answer while it comes: nobody, where nothing could be done about what is found."""
    return services.gates if _may_ask_again(services, snapshot) else ()


async def _corrected(
    services: Services,
    snapshot: Snapshot,
    site: Site,
    wrong: Wrong,
    before: Before,
    record: Record,
    deadline: float,
) -> Offered | None:
    """What a second question brings, which says what was wrong and what exists; None when it brings nothing sound."""
    if not _may_ask_again(services, snapshot):
        return None
    again = await ask_again_at(services.semantics.analysis, snapshot, wrong)
    if again is None or site_is_secret(again.site):
        return None
    record.hint = again.hint
    if deadline - services.clock.monotonic() < _LEAST_SECONDS or record.calls_left < 1:
        return None
    request = await _question(services, again.snapshot, again.site, record, deadline, again.facts)
    second = await _asked(services, again.snapshot, request, record)
    candidate = joined(again, site, second, f"{snapshot.id}.2") if isinstance(second, Candidate) else None
    if candidate is None:
        return None
    outcome = await _judged(services, snapshot, candidate, before, record)
    return outcome if isinstance(outcome, Offered) else None


async def _instead(
    services: Services, snapshot: Snapshot, site: Site, trouble: Withheld, before: Before, record: Record
) -> Outcome:
    """While the model cannot answer, what the engine of this machine says, if it is sound; else why the model said nothing."""
    if trouble.reason not in TROUBLES:
        return trouble
    asking = services.roles.completion

    async def read(pieces: AsyncIterator[Delta | End]) -> RawCompletion:
        return await read_answer(services.clock, pieces, site, Fenced(site, tag_for(asking.nonce)))

    raw = await ask_instead(asking, site, snapshot.workspace, record, read)
    candidate = make_candidate(snapshot, site, raw) if raw is not None else None
    if candidate is None:
        return trouble
    record.trouble = trouble.reason
    outcome = await _judged(services, snapshot, candidate, before, record)
    return outcome if isinstance(outcome, Offered) else trouble


async def _question(
    services: Services,
    snapshot: Snapshot,
    site: Site,
    record: Record,
    deadline: float,
    facts: tuple[ContextItem, ...] = (),
) -> Request:
    """What the model is to be asked at a place."""
    pack = await gather_pack(services, snapshot, site, facts)
    record.redactions = pack.redactions
    record.done(Stage.GATHER)
    prompt = render_pack(services, pack)
    record.done(Stage.RENDER)
    return Request(prompt, pack, deadline, snapshot.workspace)


async def _asked(
    services: Services, snapshot: Snapshot, request: Request, record: Record, watch: Watch | None = None
) -> Candidate | Withheld:
    """One question to the model, and its answer as an edit."""
    site = request.pack.site

    async def read(pieces: AsyncIterator[Delta | End]) -> RawCompletion:
        return await read_answer(services.clock, pieces, site, taking(request.prompt, site), watch)

    try:
        raw = await ask(services, services.roles.completion, request, FEATURE, record, read)
    except ProviderError as error:
        return record.withheld(error.reason, Stage.STREAM, error.detail)
    except LedgerError as error:
        return record.withheld(error.reason, Stage.RESERVE, str(error))
    if (reason := unusable(raw)) is not None:
        return record.withheld(reason, Stage.STREAM)
    candidate = make_candidate(snapshot, site, raw)
    record.done(Stage.TRIM)
    if candidate is None:
        return record.withheld(Reason.NOTHING_TO_ADD if raw.complete else cut_off(raw), Stage.TRIM)
    return candidate


async def judge_again(services: Services, snapshot: Snapshot, candidate: Candidate) -> Outcome:
    """What becomes of a candidate that was sound in other circumstances: the text is the same, the gates look anew."""
    record = Record(services, services.roles.completion, snapshot)
    async with preparing(services.gates, snapshot, candidate.site) as before:
        return await _judged(services, snapshot, candidate, before, record)


async def _judged(
    services: Services, snapshot: Snapshot, candidate: Candidate, before: Before, record: Record
) -> Outcome:
    candidate, verdict = await judge(services, snapshot, candidate, before)
    record.gates = verdict.results
    record.done(Stage.GATES)
    if verdict.state is GateState.FAIL:
        return record.withheld(Reason.INVALID, Stage.GATES, findings=verdict.findings)
    if verdict.state is GateState.UNKNOWN and not snapshot.options.show_unverified:
        return record.withheld(Reason.UNVERIFIED, Stage.GATES, findings=verdict.findings)
    return Offered(candidate, verdict, record.report())


async def gather_pack(
    services: Services, snapshot: Snapshot, site: Site, facts: tuple[ContextItem, ...] = ()
) -> RedactedPack:
    """What may be sent: gathered by a deadline, then redacted, then fitted into the budget."""
    options, semantics, asking = snapshot.options, services.semantics, services.roles.completion
    ratio, tokens = asking.counted.chars_per_token, options.context_tokens
    chars = int(tokens * ratio)
    seconds = options.gather_ms / 1000
    deadline = asyncio.get_running_loop().time() + seconds
    gathered, project, here = await asyncio.gather(
        gather(snapshot, site, semantics.symbols, semantics.index, seconds, chars),
        semantics.projects.items(snapshot, site.document, int(options.project_tokens * ratio), deadline),
        semantics.receivers.items(snapshot, site.offset, deadline),
    )
    gathered = replace(gathered, items=(*project, *gathered.items, *here, *facts))
    clean = await redacted(semantics.exclusions, snapshot, gathered)
    now = services.clock.monotonic()
    held = asking.steady.held(clean, snapshot.open_documents, tokens, now)
    held = await still_sendable(semantics.exclusions, snapshot, held)
    pack = fit(clean, tokens, ratio, held=held)
    asking.steady.keep(clean, pack, held, tokens, chars, now)
    return pack


def render_pack(services: Services, pack: RedactedPack) -> Prompt:
    """The question, word for word, with fresh nonces."""
    asking = services.roles.completion
    return render(pack, asking.counted, *nonces(pack, asking.nonce))


def make_candidate(snapshot: Snapshot, site: Site, raw: RawCompletion) -> Candidate | None:
    """The answer as an edit at the site; None when it adds nothing."""
    change = trim(raw.text, site)
    if change is None:
        return None
    edit = Edit(site.document.uri, site.document.version, (change,))
    return Candidate(f"{snapshot.id}.1", site, edit, raw)


async def judge(
    services: Services, snapshot: Snapshot, candidate: Candidate, before: Before
) -> tuple[Candidate, Verdict]:
    """The candidate with its verdict; when it fails, the first repair that does not, with its own."""
    options = snapshot.options
    explicit = snapshot.trigger is Trigger.EXPLICIT
    seconds = (options.gates_explicit_ms if explicit else options.gates_automatic_ms) / 1000
    deadline = services.clock.monotonic() + seconds
    # A look at the text before that hangs must leave time for the look at the text after.
    baseline = await before.document(seconds / 2)
    left = deadline - services.clock.monotonic()
    verdict = await run_gates(services.gates, trial(snapshot, candidate, baseline), left)
    if verdict.state is not GateState.FAIL:
        return candidate, verdict
    ideas = repairs(snapshot, candidate, verdict, services.semantics.importable)
    for repaired in islice(ideas, _MAX_REPAIRS):
        left = deadline - services.clock.monotonic()
        if left <= 0:
            break
        again = await run_gates(services.gates, trial(snapshot, repaired, baseline), left)
        if again.state is GateState.PASS:
            return repaired, again
    return candidate, verdict
