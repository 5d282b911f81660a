"""The straight line of an action, from a place and what is wanted there to an edit that passed the gates, or why there is none.

Stands beside `pipeline.py` and shares its rooms. It leads from one to the next; what an action says, sees and may change
is the action's own data. Knows no LSP and keeps no state.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace

from kireji.base.ledger import LedgerError
from kireji.base.text import indent_of, line_at, line_span
from kireji.base.types import (
    TROUBLES,
    WINDOW,
    ActionOutcome,
    ContextItem,
    ContextPack,
    Delta,
    Document,
    End,
    GateState,
    Intent,
    ItemKind,
    Proposed,
    RawCompletion,
    Reason,
    RedactedPack,
    Request,
    Shape,
    Site,
    SiteKind,
    Snapshot,
    Span,
    Stage,
    Verdict,
    Withheld,
)
from kireji.engine.actions.action import Action, Made, Plan, Refused, Scene, Target
from kireji.engine.actions.own import own_actions
from kireji.engine.actions.reach import off_limits, stray
from kireji.engine.actions.registry import action_named, actions_for
from kireji.engine.asking import ask, cut_off, nonces, unusable
from kireji.engine.context.fit import fit
from kireji.engine.context.gather import gather
from kireji.engine.context.screen import is_excluded, redacted
from kireji.engine.context.secrets import find_secrets
from kireji.engine.gates.before import Before, preparing
from kireji.engine.judging import cured, judge_changes
from kireji.engine.prompt.ask_action import declined, holds, masked, render_action, seen_whole
from kireji.engine.prompt.lessons import lesson
from kireji.engine.proof import house
from kireji.engine.proof.formatting import formatted
from kireji.engine.proof.notes import annotated
from kireji.engine.proof.testing import Bench, Wanted, testing
from kireji.engine.reading import read_whole
from kireji.engine.record import Record
from kireji.engine.services import Asking, Services
from kireji.engine.site import refusal
from kireji.providers.provider import ProviderError

# A person has asked and waits for the model anyway: files may be read that nobody has looked at yet.
_GATHER_SECONDS = 1.0
# Above all that is merely likely to help.
_NEEDED = 1e9
# After so many refusals a stronger model takes over, where there is one.
_REFUSALS = 2


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be done: an action, on a scene, about a target, within a plan; and the target as a place."""

    action: Action
    scene: Scene
    target: Target
    plan: Plan
    site: Site


@dataclass(frozen=True, slots=True)
class _Refuted:
    """An answer that was read and is wrong: it may be asked for again."""

    answer: str
    withheld: Withheld


def applicable(services: Services, snapshot: Snapshot, intent: Intent) -> Iterator[tuple[Action, Target]]:
    """What may be done about a place, and to what. Local, and asks nobody."""
    if not services.roles.action.provider.info.follows_instructions or refusal(snapshot) is not None:
        return
    if off_limits(snapshot.document, snapshot.workspace):
        return
    scene = Scene(snapshot, services.semantics.trees.of(snapshot.document), intent)
    for action in actions_for(snapshot, _is_secret):
        target = _found(action, scene) if not action.needs_words else None
        if target is not None:
            yield action, target


def known(snapshot: Snapshot, name: str) -> Action | None:
    """The action with that id, of ours or of a person's own. Reads the disk."""
    own = (action for action in actions_for(snapshot, _is_secret) if action.id == name) if ":" in name else iter(())
    return action_named(name) or next(own, None)


def own_problems(snapshot: Snapshot) -> tuple[str, ...]:
    """What is wrong with a person's own actions. Reads the disk."""
    return own_actions(snapshot, _is_secret).problems


def _is_secret(text: str) -> bool:
    return bool(find_secrets(text))


async def act(
    services: Services, snapshot: Snapshot, action: Action, intent: Intent, wanted: Callable[[], bool]
) -> ActionOutcome:
    """The whole line: the verified change of an action, or why there is none. Nothing is asked that is not `wanted` any more."""
    record = Record(services, services.roles.action, snapshot)
    if (reason := refusal(snapshot)) is not None:
        return record.withheld(reason, Stage.CLASSIFY)
    if await is_excluded(services.semantics.exclusions, snapshot):
        return record.withheld(Reason.IGNORED_FILE, Stage.CLASSIFY)
    if not services.roles.action.provider.info.follows_instructions:
        return record.withheld(Reason.NO_INSTRUCTIONS, Stage.CLASSIFY)
    if off_limits(snapshot.document, snapshot.workspace):
        return record.withheld(Reason.OUT_OF_SCOPE, Stage.CLASSIFY, "no action changes a file of this name")
    scene = Scene(snapshot, services.semantics.trees.of(snapshot.document), intent)
    target = _found(action, scene)
    if target is None:
        return record.withheld(Reason.STALE, Stage.CLASSIFY, "there is nothing left to do here")
    plan = await asyncio.to_thread(action.plan, scene, target)
    if isinstance(plan, Refused):
        return record.withheld(plan.reason, Stage.CLASSIFY, plan.detail)
    task = _Task(action, scene, target, plan, _site(snapshot.document, target))
    record.done(Stage.CLASSIFY)
    async with (
        preparing(services.gates, snapshot, task.site) as before,
        testing(services.sandbox, snapshot, (target.name,)) as bench,
    ):
        return await _attempts(services, task, before, bench, record, wanted)


async def _attempts(
    services: Services,
    task: _Task,
    before: Before,
    bench: Bench | None,
    record: Record,
    wanted: Callable[[], bool],
) -> ActionOutcome:
    """Asks until an answer is sound, a few times at most; each time with what was wrong with those before."""
    snapshot, target = task.scene.snapshot, task.target
    deadline = services.clock.monotonic() + snapshot.options.action_request_ms / 1000
    gathered = await _gathered(services, task)
    lessons: tuple[ContextItem, ...] = ()
    while True:
        pack = await _packed(services, task, gathered, lessons)
        record.redactions = pack.redactions
        record.done(Stage.GATHER)
        if masked(pack, target.span):
            return record.withheld(Reason.SECRET_LINE, Stage.GATHER, "it stands in the part that is asked about")
        if not holds(pack, target.span) or not seen_whole(pack, task.plan.related):
            return record.withheld(
                Reason.TOO_LARGE,
                Stage.GATHER,
                "the part, or a file that belongs to it, does not fit into a question or may not be in one",
            )
        if not wanted():
            return record.withheld(Reason.STALE, Stage.GATHER)
        stronger = services.roles.escalated if len(lessons) >= _REFUSALS else None
        raw = await _answer(services, stronger or services.roles.action, task, pack, deadline, record)
        if isinstance(raw, Withheld) and stronger is not None and _cannot(raw) and record.calls_left > 0:
            # The stronger model would cost more than there is left, or is away.
            raw = await _answer(services, services.roles.action, task, pack, deadline, record)
        tried = await _tried(services, task, raw, before, bench, record) if isinstance(raw, RawCompletion) else raw
        if not isinstance(tried, _Refuted):
            return tried
        lessons = (*lessons, lesson(snapshot.document, snapshot.workspace, tried.answer, tried.withheld))
        if len(lessons) >= snapshot.options.action_attempts or record.calls_left < 1:
            return tried.withheld


async def _tried(
    services: Services, task: _Task, raw: RawCompletion, before: Before, bench: Bench | None, record: Record
) -> Proposed | Withheld | _Refuted:
    """What one answer comes to."""
    snapshot, action = task.scene.snapshot, task.action
    made = await asyncio.to_thread(_made, action, task.scene, task.target, task.plan, raw.text)
    record.done(Stage.TRIM)
    if isinstance(made, Refused):
        return _Refuted(raw.text, record.withheld(made.reason, Stage.TRIM, made.detail))
    changes, styled = await formatted(snapshot, made.changes)
    verdict = await judge_changes(services, snapshot, task.site, changes, raw, before, action.without)
    ruled = await asyncio.to_thread(house.judged, snapshot, changes)
    problems = task.target.problems if action.cures else ()
    healed = await cured(services, snapshot, task.target.place, problems, changes, raw)
    verdict = Verdict((*verdict.results, *(result for result in (styled, ruled, healed) if result is not None)))
    if verdict.state is not GateState.FAIL and bench is not None and (changes.edits or changes.created):
        tested = await bench.judge(changes, Wanted.TURNED if action.fills else Wanted.KEPT)
        verdict = Verdict((*verdict.results, tested)) if tested is not None else verdict
    record.gates = verdict.results
    record.done(Stage.GATES)
    if verdict.state is GateState.FAIL:
        return _Refuted(raw.text, record.withheld(Reason.INVALID, Stage.GATES, findings=verdict.findings))
    unproved = [r for r in verdict.results if r.state is GateState.UNKNOWN]
    if any(r.gate in action.proofs or not snapshot.options.show_unverified for r in unproved):
        notes = "; ".join(f"{r.gate}: {r.note}" for r in unproved)
        return record.withheld(Reason.UNVERIFIED, Stage.GATES, notes, verdict.findings)
    return Proposed(f"{snapshot.id}.1", annotated(changes, verdict), verdict, record.report(), made.text)


def _found(action: Action, scene: Scene) -> Target | None:
    """The target at a place; None also where it begins in another cell of a notebook, which is another document."""
    target = action.find(scene)
    return target if target is not None and target.head >= scene.snapshot.origin else None


def _made(action: Action, scene: Scene, target: Target, plan: Plan, answer: str) -> Made | Refused:
    """What an answer amounts to, held to the plan. Asks the disk where paths lead, so it runs in a thread."""
    made = action.make(scene, target, plan, answer)
    if isinstance(made, Refused):
        return made
    return stray(made.changes, plan, scene.document, scene.snapshot.workspace) or made


async def _gathered(services: Services, task: _Task) -> ContextPack:
    """What the action wants to see. Nothing of it may be sent yet."""
    snapshot, semantics = task.scene.snapshot, services.semantics
    ratio = services.roles.action.counted.chars_per_token
    chars = int(snapshot.options.action_context_tokens * ratio)
    about = int(snapshot.options.action_project_tokens * ratio)
    gathered, project = await asyncio.gather(
        gather(snapshot, task.site, semantics.symbols, semantics.index, _GATHER_SECONDS, chars, task.target.span),
        semantics.projects.items(
            snapshot, snapshot.document, about, asyncio.get_running_loop().time() + _GATHER_SECONDS
        ),
    )
    wanted = tuple(item for item in gathered.items if item.kind in WINDOW | task.action.context)
    said = ((ItemKind.FACT, task.target.about), (ItemKind.WISH, task.scene.intent.instruction))
    here = snapshot.document.uri
    told = tuple(ContextItem(kind, here, Span(0, 0), text, _NEEDED) for kind, text in said if text)
    return replace(gathered, items=(*project, *wanted, *task.plan.related, *task.plan.likely, *told))


async def _packed(
    services: Services, task: _Task, gathered: ContextPack, lessons: tuple[ContextItem, ...]
) -> RedactedPack:
    """What may be sent: redacted, then fitted into the action's budget."""
    snapshot = task.scene.snapshot
    budget, ratio = snapshot.options.action_context_tokens, services.roles.action.counted.chars_per_token
    whole = replace(gathered, items=(*gathered.items, *lessons))
    return fit(await redacted(services.semantics.exclusions, snapshot, whole), budget, ratio, task.target.span)


def _cannot(raw: Withheld) -> bool:
    """Whether a model was not asked, or could not answer whatever it was asked."""
    return raw.stage is Stage.RESERVE or raw.reason in TROUBLES


async def _answer(
    services: Services, asking: Asking, task: _Task, pack: RedactedPack, deadline: float, record: Record
) -> RawCompletion | Withheld:
    """The whole answer, or why there is none to be read."""
    action, snapshot = task.action, task.scene.snapshot
    prompt = render_action(pack, action, task.target, asking.counted, *nonces(pack, asking.nonce))
    request = Request(prompt, pack, deadline, snapshot.workspace)
    record.done(Stage.RENDER)

    async def read(pieces: AsyncIterator[Delta | End]) -> RawCompletion:
        return await read_whole(services.clock, pieces, prompt.tag)

    try:
        raw = await ask(services, asking, request, action.id, record, read)
    except ProviderError as error:
        return record.withheld(error.reason, Stage.STREAM, error.detail)
    except LedgerError as error:
        return record.withheld(error.reason, Stage.RESERVE, str(error))
    if (reason := unusable(raw)) is not None:
        return record.withheld(reason, Stage.STREAM)
    if not raw.complete:
        return record.withheld(cut_off(raw), Stage.STREAM)
    if (refused := declined(raw.text)) is not None:
        return record.withheld(refused[0], Stage.STREAM, refused[1])
    return raw


def _site(document: Document, target: Target) -> Site:
    """The place as a cursor at its start, so that context and gates need to know nothing of actions."""
    offset = target.place.start
    line = line_span(document.text, document.lines, line_at(document.lines, offset))
    before, after = document.text[line.start : offset], document.text[offset : line.end]
    return Site(document, offset, SiteKind.CODE, Shape.BLOCK, target.span, indent_of(before), before, after)
