"""The door of `kireji.plan`: a plan for what a person wants, their word on it, and the change that it comes to.

Who asks the person is the client's choice: the server does, by a message, or the client does, with the plan as data.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from kireji.base.types import ActionOutcome, Proposed, Reason, Stage, Trigger, Withheld
from kireji.base.types import Report as Answered
from kireji.features.code_action import stands
from kireji.features.explain import sentence
from kireji.features.plan import as_json, carried_out, drafted, in_words
from kireji.lsp.asked_for import MOST_WORDS, Wanted
from kireji.lsp.client import Level
from kireji.lsp.code_actions import CodeActions
from kireji.lsp.on_snapshot import Edge, Here, answer, is_current, look, reader
from kireji.lsp.progress import Progresses, Report
from kireji.lsp.protocol import ErrorCode, Refusal

if TYPE_CHECKING:
    from kireji.engine.planning import Drafted
    from kireji.engine.services import Services

FEATURE = "plan"
_TITLE = "Change several files"
_KEPT = 8


class Plans:
    """Plans that were drafted for a client to ask about, and those that are being carried out."""

    def __init__(self, edge: Edge, progresses: Progresses, actions: CodeActions) -> None:
        self._edge = edge
        self._progresses = progresses
        self._actions = actions
        self._kept: OrderedDict[str, tuple[str, Drafted]] = OrderedDict()

    def plan(self, data: object, token: str | int | None) -> Awaitable[dict[str, Any]]:
        """`{"uri", "instruction"}` asks the person and does it; with `"draft": true` it only plans; `{"run": id}` does that."""
        said = data if isinstance(data, dict) else {}
        if "run" in said:
            kept = self._kept.pop(str(said["run"]), None)
            if kept is None:
                raise Refusal(ErrorCode.INVALID_PARAMS, "there is no such plan, or it was carried out already")
            return self._carried(*kept, token)
        uri, words = said.get("uri"), said.get("instruction")
        if not isinstance(uri, str) or not isinstance(words, str) or not 0 < len(words.strip()) <= MOST_WORDS:
            what = f'{{"uri", "instruction"}} with 1 to {MOST_WORDS:,} characters, or {{"run"}}'
            raise Refusal(ErrorCode.INVALID_PARAMS, f"kireji.plan takes {what}")
        if said.get("draft") is True:
            return self._drafted(uri, words.strip(), token)
        return self._planned(uri, words.strip(), token)

    def _drafted(self, uri: str, words: str, token: str | int | None) -> Awaitable[dict[str, Any]]:
        edge, here = self._edge, look(self._edge, uri, Trigger.EXPLICIT)

        async def run() -> dict[str, Any]:
            async with self._showing(token):
                found = await answer(
                    edge, here, FEATURE, lambda services, here: drafted(services, here.snapshot, words), _itself
                )
            if isinstance(found, Withheld):
                return _refused(found)
            # What it has cost stands in the row of this request.
            self._keep(uri, replace(found, report=Answered()))
            return as_json(found)

        return run()

    def _keep(self, uri: str, plan: Drafted) -> None:
        self._kept[plan.id] = (uri, plan)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _planned(self, uri: str, words: str, token: str | int | None) -> Awaitable[dict[str, Any]]:
        """All in one: the person is asked in between."""

        async def work(services: Services, here: Here, report: Report) -> ActionOutcome:
            found = await drafted(services, here.snapshot, words)
            if isinstance(found, Withheld):
                return found
            if not await self._edge.client.confirm(Level.INFO, f"Kireji: {in_words(found)}", "Carry out"):
                return Withheld(Reason.CANCELLED, Stage.CLASSIFY, "the plan was not agreed to", report=found.report)
            # They may have typed before they agreed: it is carried out on what is open now, if that is what was planned for.
            now = look(self._edge, here.uri, Trigger.EXPLICIT)
            if now is None or not is_current(here):
                return Withheld(Reason.STALE, Stage.CLASSIFY, report=found.report)
            return await self._worked(
                services, replace(now, snapshot=replace(now.snapshot, id=here.snapshot.id)), found, report
            )

        return self._done(_wanted(uri, words), token, work)

    def _carried(self, uri: str, plan: Drafted, token: str | int | None) -> Awaitable[dict[str, Any]]:
        """The plan was paid for: it is there until its change is."""
        done = self._done(
            _wanted(uri, plan.id),
            token,
            lambda services, here, report: self._worked(services, here, plan, report),
        )

        async def run() -> dict[str, Any]:
            applied = False
            try:
                result = await done
                applied = result["applied"]
            finally:
                if not applied:
                    self._keep(uri, plan)
            return result

        return run()

    def _done(self, said: Wanted, token: str | int | None, work: Any) -> Awaitable[dict[str, Any]]:
        edge, here = self._edge, look(self._edge, said.uri, Trigger.EXPLICIT)
        untaken = self._actions.untaken(said)

        async def worked(services: Services, here: Here, report: Report) -> ActionOutcome:
            if untaken is not None and await stands(untaken, here.snapshot, reader(edge, here)):
                return replace(untaken, report=Answered(reused=True))
            outcome: ActionOutcome = await work(services, here, report)
            return outcome

        async def run() -> dict[str, Any]:
            async with self._showing(token) as report:
                outcome = await answer(
                    edge, here, FEATURE, lambda services, here: worked(services, here, report), _itself
                )
            if isinstance(outcome, Withheld):
                edge.client.show(Level.INFO, f"Kireji: {_TITLE}: {sentence(outcome)}")
                return _refused(outcome)
            applied = await self._actions.deliver(outcome, here, _TITLE, FEATURE, said)
            return {
                "applied": applied,
                "message": outcome.text if isinstance(outcome, Proposed) else "",
                "reason": None,
            }

        return run()

    async def _worked(self, services: Services, here: Here, plan: Drafted, report: Report) -> ActionOutcome:
        return await carried_out(services, here.snapshot, plan, report, reader(self._edge, here))

    def _showing(self, token: str | int | None) -> Any:
        return self._progresses.showing(f"Kireji: {_TITLE}", self._edge.lifecycle.session.abilities.progress, token)


def _wanted(uri: str, words: str) -> Wanted:
    """What a change is for: a person's words, or the id of the plan that was made of them."""
    start = types.Position(0, 0)
    return Wanted(uri, FEATURE, types.Range(start, start), instruction=words)


def _itself(withheld: Withheld) -> Any:
    return withheld


def _refused(withheld: Withheld) -> dict[str, Any]:
    return {"applied": False, "message": "", "reason": sentence(withheld)}
