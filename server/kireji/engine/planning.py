"""The line of a planned change: a plan that a person agrees to, its subtasks side by side, one proof of the whole, one change.

Stands beside `acting.py` and shares its rooms. Applies nothing: what comes of it is one change over files, or a reason. Knows
no LSP and keeps no state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff

from kireji.base.edit import apply
from kireji.base.types import (
    ActionOutcome,
    ChangeSet,
    ContextItem,
    Finding,
    GateState,
    ItemKind,
    Note,
    Proposed,
    Reason,
    Report,
    Snapshot,
    Stage,
    Usage,
    Verdict,
    Withheld,
)
from kireji.engine.asking import nonces
from kireji.engine.carrying import Done, Told, Work, all_done
from kireji.engine.context.screen import is_excluded
from kireji.engine.plan_asking import answer, file_item, item_of, named, pack_of, subtask_pack, wish_item
from kireji.engine.plans.files import Material, listed, material, opened
from kireji.engine.plans.plan import ChangePlan, Decision, Review, Subtask, Unfit, plan_of, review_of
from kireji.engine.prompt.ask_plan import render_plan, render_review, render_subtask
from kireji.engine.prompt.lessons import lesson
from kireji.engine.proof import house
from kireji.engine.proof.notes import annotated
from kireji.engine.proof.testing import Bench, Wanted, testing
from kireji.engine.record import Record
from kireji.engine.services import Services
from kireji.engine.site import refusal
from kireji.engine.together import Judged, judge_together
from kireji.providers import costs

_MOST_CHARS = 150_000
# Each subtask may be answered wrongly once, be asked for again, and be answered wrongly once more.
_CALLS = 4
_OPEN_CHARS = 20_000
_DIFF_CHARS = 12_000
# What a subtask's answer is likely to be, in tokens, for what people are told it will cost.
_LIKELY_ANSWER = 800


@dataclass(frozen=True, slots=True)
class Drafted:
    """A plan that may be agreed to. `likely` and `most` say what carrying it out costs, in nano-dollars."""

    id: str
    work: Work
    likely: int
    most: int
    report: Report

    @property
    def reason(self) -> None:
        """Nothing speaks against it."""

    @property
    def stage(self) -> Stage:
        """It is there."""
        return Stage.DELIVER


async def draft(services: Services, snapshot: Snapshot, wish: str) -> Drafted | Withheld:
    """A plan for what a person wants, and what it would cost; nothing of it is carried out."""
    record = Record(services, services.roles.planning, snapshot)
    root = snapshot.workspace.root
    if not services.roles.planning.provider.info.follows_instructions:
        return record.withheld(Reason.NO_INSTRUCTIONS, Stage.CLASSIFY)
    if (reason := refusal(snapshot)) is not None or await is_excluded(services.semantics.exclusions, snapshot):
        return record.withheld(reason or Reason.IGNORED_FILE, Stage.CLASSIFY)
    if root is None:
        return record.withheld(Reason.OUT_OF_SCOPE, Stage.CLASSIFY, "there is no workspace to plan for")
    paths = await asyncio.to_thread(listed, root)
    shown = [
        document for document in opened(snapshot) if document.path is not None and len(document.text) < _OPEN_CHARS
    ]
    items = [file_item(document.uri, named(document.path or "", root), document.text) for document in shown]
    pack = await pack_of(services, snapshot, [*items, wish_item(snapshot, wish)])
    record.redactions = pack.redactions
    record.done(Stage.GATHER)
    asking = services.roles.planning
    prompt = render_plan(pack, paths, asking.model, nonces(pack, asking.nonce)[0])
    raw = await answer(services, snapshot, asking, prompt, pack, record)
    if isinstance(raw, Withheld):
        return raw
    plan = plan_of(raw.text)
    if isinstance(plan, Unfit):
        return record.withheld(plan.reason, Stage.TRIM, plan.detail)
    found = await asyncio.to_thread(material, snapshot, plan)
    record.done(Stage.TRIM)
    if isinstance(found, Unfit):
        return record.withheld(found.reason, Stage.TRIM, found.detail)
    if sum(len(sheet.document.text) for sheet in found.sheets) > _MOST_CHARS:
        return record.withheld(Reason.TOO_LARGE, Stage.TRIM, "the files of the plan do not fit into a question")
    priced = await _costs(services, snapshot, wish, plan, found)
    if priced is None:
        return record.withheld(Reason.IGNORED_FILE, Stage.TRIM, "the plan would change a file that is never sent")
    return Drafted(snapshot.id, Work(wish, plan, found), *priced, record.report())


async def carry_out(
    services: Services, snapshot: Snapshot, drafted: Drafted, told: Told, wanted: Callable[[], bool]
) -> ActionOutcome:
    """The whole of a plan as one change that was proved, or why there is none. Cancelling stops all that is asked; nothing
    more is asked of the planner, nor asked again, that is not `wanted` any more."""
    subtasks = drafted.work.plan.subtasks
    record = Record(services, services.roles.action, snapshot, _CALLS * (len(subtasks) + 1))
    record.paid(0, drafted.report.usage, drafted.report.cost)
    if await asyncio.to_thread(material, snapshot, drafted.work.plan) != drafted.work.material:
        return record.withheld(Reason.STALE, Stage.CLASSIFY)
    async with testing(services.sandbox, snapshot, ()) as bench:
        done = await all_done(services, snapshot, drafted.work, dict.fromkeys(subtasks, ()), record, told)
        if isinstance(done, Withheld):
            return done
        if not wanted():
            return record.withheld(Reason.STALE, Stage.GATES)
        told(len(subtasks), "checking all of it together")
        judged, verdict = await _proved(services, snapshot, done, bench)
        review = await _reviewed(services, snapshot, drafted, done, verdict, record)
        if isinstance(review, Withheld):
            return review
        rejected = next((why for decision, why in review.decisions if decision is Decision.REJECT), None)
        if rejected is not None:
            return record.withheld(Reason.DECLINED, Stage.GATES, f"the planner rejects it: {rejected}"[:300])
        again = _again(snapshot, done, judged, verdict, review)
        if again and not wanted():
            return record.withheld(Reason.STALE, Stage.GATES)
        if again:
            revised = await all_done(services, snapshot, drafted.work, again, record, told)
            if isinstance(revised, Withheld):
                return revised
            done = [next((new for new in revised if new.subtask == old.subtask), old) for old in done]
            judged, verdict = await _proved(services, snapshot, done, bench)
    record.gates = verdict.results
    record.done(Stage.GATES)
    if verdict.state is GateState.FAIL:
        return record.withheld(Reason.INVALID, Stage.GATES, findings=verdict.findings)
    if verdict.state is GateState.UNKNOWN and not snapshot.options.show_unverified:
        return record.withheld(Reason.UNVERIFIED, Stage.GATES, findings=verdict.findings)
    if await asyncio.to_thread(material, snapshot, drafted.work.plan) != drafted.work.material:
        return record.withheld(Reason.STALE, Stage.DELIVER)
    changes = annotated(replace(_merged(done), notes=_notes(done)), verdict)
    return Proposed(f"{snapshot.id}.1", changes, verdict, record.report(), review.message or drafted.work.plan.summary)


async def _proved(
    services: Services, snapshot: Snapshot, done: Sequence[Done], bench: Bench | None
) -> tuple[Judged, Verdict]:
    """All gates, the policy and the tests over everything at once."""
    changes = _merged(done)
    judged = await judge_together(services, snapshot, changes)
    ruled = await asyncio.to_thread(house.judged, snapshot, changes)
    results = (*judged.verdict.results, *([ruled] if ruled is not None else []))
    verdict = Verdict(results)
    if verdict.state is not GateState.FAIL and bench is not None:
        tested = await bench.judge(changes, Wanted.KEPT)
        verdict = Verdict((*results, *([tested] if tested is not None else [])))
    return judged, verdict


async def _reviewed(
    services: Services, snapshot: Snapshot, drafted: Drafted, done: Sequence[Done], verdict: Verdict, record: Record
) -> Review | Withheld:
    """What the planner says of it."""
    asking = services.roles.planning
    found = "\n".join(f"- {_told(finding)}" for finding in verdict.findings[:8]) or "- nothing"
    results = [_result(snapshot, one) for one in done]
    findings = item_of(snapshot, ItemKind.LESSON, f"what the checks of all together found:\n{found}")
    plan = item_of(snapshot, ItemKind.FACT, drafted.work.plan.words)
    pack = await pack_of(services, snapshot, [wish_item(snapshot, drafted.work.wish), plan, *results, findings])
    prompt = render_review(pack, asking.model, nonces(pack, asking.nonce)[0])
    raw = await answer(services, snapshot, asking, prompt, pack, record)
    if isinstance(raw, Withheld):
        return raw
    review = review_of(raw.text, len(done))
    return record.withheld(review.reason, Stage.TRIM, review.detail) if isinstance(review, Unfit) else review


def _again(
    snapshot: Snapshot, done: Sequence[Done], judged: Judged, verdict: Verdict, review: Review
) -> dict[Subtask, tuple[ContextItem, ...]]:
    """The subtasks that are asked for once more, with why: what the planner wants so, and what the checks have refuted."""
    findings = {uri: Verdict(results).findings for uri, results in judged.files}
    elsewhere = tuple(f for f in verdict.findings if all(f not in known for known in findings.values()))
    again: dict[Subtask, tuple[ContextItem, ...]] = {}
    for one, (decision, why) in zip(done, review.decisions, strict=True):
        own = tuple(f for edit in one.changes.edits for f in findings.get(edit.document.uri, ()))
        own += tuple(f for file in one.changes.created for f in findings.get(file.uri, ()))
        # What a test or the policy refutes is nobody's alone.
        own = own or (elsewhere if verdict.state is GateState.FAIL and not judged.wrong else ())
        if decision is Decision.REVISE or own:
            wrong = Withheld(Reason.INVALID, Stage.GATES, why if decision is Decision.REVISE else "", own)
            told = [lesson(snapshot.document, snapshot.workspace, one.answer, wrong)]
            if own and decision is Decision.REVISE and why:
                told.append(item_of(snapshot, ItemKind.LESSON, f"the planner says: {why}"))
            again[one.subtask] = tuple(told)
    return again


def _merged(done: Sequence[Done]) -> ChangeSet:
    edits = tuple(edit for one in done for edit in one.changes.edits)
    return ChangeSet(edits, tuple(file for one in done for file in one.changes.created))


def _notes(done: Sequence[Done]) -> tuple[Note, ...]:
    """One for each file: which part of the plan its change is."""
    return tuple(
        Note(uri, one.subtask.title, one.subtask.done_when)
        for one in done
        for uri in (*(e.document.uri for e in one.changes.edits), *(f.uri for f in one.changes.created))
    )


def _result(snapshot: Snapshot, one: Done) -> ContextItem:
    """A subtask's result as the planner reads it: what differs."""
    rows: list[str] = []
    for edit in one.changes.edits:
        old, new = edit.document.text, apply(edit.document.text, edit.changes)
        name = named(edit.document.path or "", snapshot.workspace.root or "")
        rows += unified_diff(old.splitlines(), new.splitlines(), name, name, lineterm="")
    for file in one.changes.created:
        rows += [f"new file {named(file.path, snapshot.workspace.root or '')}", *file.text.splitlines()]
    return item_of(snapshot, ItemKind.LESSON, f"subtask: {one.subtask.title}\n" + "\n".join(rows)[:_DIFF_CHARS])


def _told(finding: Finding) -> str:
    return f"{finding.gate} {finding.code}: {finding.message[:600]}"


async def _costs(
    services: Services, snapshot: Snapshot, wish: str, plan: ChangePlan, found: Material
) -> tuple[int, int] | None:
    """What carrying a plan out is likely to cost, and the most it may, each subtask done twice; in nano-dollars. None where
    a file of it may be in no question."""
    asking, planner = services.roles.action, services.roles.planning
    likely = most = 0
    for subtask in plan.subtasks:
        pack = await subtask_pack(services, snapshot, wish, plan, found, subtask, ())
        if sum(item.kind is ItemKind.RELATED for item in pack.items) != len(found.sheets):
            return None
        prompt = render_subtask(pack, asking.model, *nonces(pack, asking.nonce))
        usage = Usage(input=costs.likely_input(asking.model, prompt), output=_LIKELY_ANSWER)
        likely += asking.provider.cost(usage)
        most += 2 * asking.provider.estimate(prompt)
        # The planner reads what differs, which is no longer than what it was made of.
        likely += planner.provider.cost(replace(usage, output=_LIKELY_ANSWER // 2))
    pack = await pack_of(
        services,
        snapshot,
        [wish_item(snapshot, wish), *(item_of(snapshot, ItemKind.LESSON, "x" * _DIFF_CHARS) for _ in plan.subtasks)],
    )
    review = replace(render_review(pack, planner.model, planner.nonce), thinking=planner.thinking)
    return likely, most + planner.provider.estimate(review)
