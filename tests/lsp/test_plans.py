"""A change over several files through the real server: planned, agreed to, carried out side by side, proved and applied as one."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kireji.base import sandbox_walls
from support.lsp_client import Client, RpcError
from support.messages_api import Asked, Fault, FaultKind, MessagesApi, Pace, Play
from support.plan_model import ACCEPTED, FILES, GOOD, GROSS, PLANNED, SUBTASKS, WISH, PlanModel
from support.proving import make
from support.serving import serving

ABLE: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-32"]},
    "workspace": {
        "workspaceEdit": {
            "documentChanges": True,
            "resourceOperations": ["create"],
            "changeAnnotationSupport": {"groupsOnLabel": True},
        },
        "applyEdit": True,
    },
    "window": {"workDoneProgress": True, "showMessage": {}},
}


def agreeing(shown: list[Any], choice: str | None = "Carry out") -> Callable[[Any], Any]:
    """A person who answers a question."""

    def answer(params: Any) -> Any:
        shown.append(params)
        return {"title": choice} if choice is not None else None

    return answer


class Editor:
    """A client with a project, and what it was asked to apply and to show."""

    def __init__(self, client: Client, root: Path) -> None:
        self.client, self.root = client, root
        self.edits: list[Any] = []
        self.shown: list[Any] = []

    async def begin(self, choice: str | None = "Carry out") -> None:
        def apply(params: Any) -> Any:
            self.edits.append(params["edit"])
            return {"applied": True}

        self.client.answers["workspace/applyEdit"] = apply
        self.client.answers["window/showMessageRequest"] = agreeing(self.shown, choice)
        self.client.answers["window/workDoneProgress/create"] = lambda _: None
        await self.client.initialize(capabilities=ABLE, rootUri=self.root.as_uri())
        path = self.root / "shop" / "prices.py"
        self.client.open(path.as_uri(), path.read_text())

    def command(self, **said: Any) -> dict[str, Any]:
        about = {"uri": (self.root / "shop" / "prices.py").as_uri(), "instruction": WISH} | said
        return {"command": "kireji.plan", "arguments": [about]}

    async def plan(self, **said: Any) -> Any:
        return await self.client.request("workspace/executeCommand", self.command(**said))


def written(root: Path, edit: Any) -> dict[str, str]:
    """The files as an edit leaves them, by path; columns are characters."""
    found: dict[str, str] = {}
    for part in edit["documentChanges"]:
        if part.get("kind") == "create":
            found[part["uri"]] = ""
            continue
        uri = part["textDocument"]["uri"]
        text = found.get(uri)
        lines = (text if text is not None else Path(uri.removeprefix("file://")).read_text()).split("\n")
        for one in sorted(part["edits"], key=lambda e: (e["range"]["start"]["line"],), reverse=True):
            start, end = one["range"]["start"], one["range"]["end"]
            before = "\n".join([*lines[: start["line"]], lines[start["line"]][: start["character"]]])
            after = "\n".join([lines[end["line"]][end["character"] :], *lines[end["line"] + 1 :]])
            lines = (before + one["newText"] + after).split("\n")
        found[uri] = "\n".join(lines)
    return {uri.removeprefix(f"{root.as_uri()}/"): text for uri, text in found.items()}


async def test_a_plan_is_agreed_to_carried_out_and_applied_as_one_change(tmp_path: Path) -> None:
    root, model = make(tmp_path / "project", FILES), PlanModel()
    async with (
        MessagesApi(model) as api,
        serving(tmp_path, api, KIREJI_TRUST="true", KIREJI_PYTHON=sys.executable) as served,
    ):
        editor = Editor(served.client, root)
        await editor.begin()
        result = await editor.plan()
        assert result == {"applied": True, "message": ACCEPTED["message"], "reason": None}
        (asked,) = editor.shown
        assert "1. A gross price (shop/prices.py)" in asked["message"]
        assert re.search(r"about \$0\.\d+, at most \$\d\.\d\d", asked["message"])
        (edit,) = editor.edits
        files = written(root, edit)
        assert files["shop/prices.py"].endswith(GROSS)
        assert "gross(p, rate)" in files["shop/bill.py"]
        assert "def test_total" in files["tests/test_bill.py"]
        versions = {
            p["textDocument"]["uri"]: p["textDocument"]["version"] for p in edit["documentChanges"] if "kind" not in p
        }
        assert sorted(versions.values(), key=str) == [1, None, None]
        labels = [note["label"] for note in edit["changeAnnotations"].values()]
        assert len(labels) == 3
        assert all(any(task["title"] in label for label in labels) for task in SUBTASKS)
        done = [
            p["value"].get("message")
            for method, p in served.client.notifications
            if method == "$/progress" and p["value"]["kind"] == "report"
        ]
        assert {task["title"] for task in SUBTASKS} <= set(done)
        explained = await served.client.request("kireji/explain", {})
        states = {gate["gate"]: gate["state"] for gate in explained["gates"]}
        assert states["types"] == "pass", explained["gates"]
        runs = await sandbox_walls.walls() is not None
        assert states.get("tests") == ("pass" if runs else "unknown"), explained["gates"]
        await served.client.shutdown()
        await served.process.wait()
    assert [asked.model for asked in model.asked("plan") + model.asked("review")] == ["claude-sonnet-5-5"] * 2
    assert model.asked("plan")[0].body["thinking"] == {"type": "adaptive"}
    with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        rows = store.execute("SELECT feature, reason FROM outcomes").fetchall()
        calls = store.execute("SELECT feature FROM calls").fetchall()
    assert ("plan", "offered") in rows
    assert len(calls) == 5


async def test_the_subtasks_share_the_beginning_of_their_questions(tmp_path: Path) -> None:
    root, model = make(tmp_path / "project", FILES), PlanModel()
    async with MessagesApi(model) as api, serving(tmp_path, api) as served:
        editor = Editor(served.client, root)
        await editor.begin()
        assert (await editor.plan())["applied"] is True
    workers = [asked for task in SUBTASKS for asked in model.asked(str(task["title"]))]
    bodies: list[Any] = [json.loads(asked.raw) for asked in workers]
    systems = [json.dumps(body["system"]) for body in bodies]
    firsts = [body["messages"][0]["content"][0] for body in bodies]
    assert len(set(systems)) == 1
    assert len({json.dumps(first) for first in firsts}) == 1
    assert firsts[0]["cache_control"] == {"type": "ephemeral"}
    assert "shop/bill.py" in firsts[0]["text"] and WISH in firsts[0]["text"]


async def test_a_client_may_ask_the_person_itself(tmp_path: Path) -> None:
    root, model = make(tmp_path / "project", FILES), PlanModel()
    async with MessagesApi(model) as api, serving(tmp_path, api) as served:
        editor = Editor(served.client, root)
        await editor.begin()
        plan = await editor.plan(draft=True)
        assert [task["title"] for task in plan["subtasks"]] == [task["title"] for task in SUBTASKS]
        assert 0 < plan["likelyDollars"] < plan["mostDollars"] < 1
        assert (len(api.asked), editor.shown) == (1, [])
        run = {"command": "kireji.plan", "arguments": [{"run": plan["id"]}]}
        assert (await served.client.request("workspace/executeCommand", run))["applied"] is True
        with pytest.raises(RpcError, match="-32602"):
            await served.client.request("workspace/executeCommand", run)


async def test_a_plan_that_came_to_nothing_is_there_to_be_carried_out_once_more(tmp_path: Path) -> None:
    """The service breaks down in the middle, then the client does not take the change: neither is a reason to plan again."""
    root, model = make(tmp_path / "project", FILES), PlanModel()
    broken = [True]

    def answer(asked: Asked) -> Play | str:
        if broken[0] and len(api.asked) > 1:
            return Play("", fault=Fault(FaultKind.STATUS, status=400, error="invalid_request_error"))
        return model(asked)

    async with MessagesApi(answer) as api, serving(tmp_path, api) as served:
        editor, client = Editor(served.client, root), served.client
        await editor.begin()
        plan = await editor.plan(draft=True)
        run = {"command": "kireji.plan", "arguments": [{"run": plan["id"]}]}
        assert (await client.request("workspace/executeCommand", run))["applied"] is False
        broken[0], taken = False, client.answers["workspace/applyEdit"]
        client.answers["workspace/applyEdit"] = lambda _: {"applied": False}
        assert (await client.request("workspace/executeCommand", run))["applied"] is False
        paid = len(api.asked)
        client.answers["workspace/applyEdit"] = taken
        assert (await client.request("workspace/executeCommand", run))["applied"] is True
        assert len(api.asked) == paid, "its change was at hand"
        assert len(model.asked("plan")) == 1
        with pytest.raises(RpcError, match="-32602"):
            await client.request("workspace/executeCommand", run)
        await client.shutdown()
        await served.process.wait()
    with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        told = store.execute("SELECT request, nano FROM outcomes WHERE feature = 'plan' ORDER BY id").fetchall()
        calls = dict(store.execute("SELECT request, sum(nano) FROM calls GROUP BY request").fetchall())
    assert len(told) == 4
    assert told == [(request, calls.get(request, 0)) for request, _ in told], (
        "each request has the cost of its own calls"
    )


async def test_a_change_that_the_client_did_not_take_is_at_hand_for_the_same_words(tmp_path: Path) -> None:
    root, model = make(tmp_path / "project", FILES), PlanModel()
    async with MessagesApi(model) as api, serving(tmp_path, api) as served:
        editor, client = Editor(served.client, root), served.client
        await editor.begin()
        taken = client.answers["workspace/applyEdit"]
        client.answers["workspace/applyEdit"] = lambda _: {"applied": False}
        assert (await editor.plan())["applied"] is False
        paid = len(api.asked)
        client.answers["workspace/applyEdit"] = taken
        assert (await editor.plan())["applied"] is True
        assert (len(api.asked), len(editor.shown)) == (paid, 1)


async def test_who_does_not_agree_pays_for_the_plan_alone(tmp_path: Path) -> None:
    root, model = make(tmp_path / "project", FILES), PlanModel()
    async with MessagesApi(model) as api, serving(tmp_path, api) as served:
        editor = Editor(served.client, root)
        await editor.begin(choice=None)
        result = await editor.plan()
        assert (result["applied"], "not agreed" in result["reason"]) == (False, True)
        assert (len(api.asked), editor.edits) == (1, [])


WRONG_TYPE = GOOD["Bills with tax"].replace("gross(p, rate)", "gross(p)")
BROKEN = GOOD["Bills with tax"].replace("gross(p, rate) for p in prices)", "gross(p, rate for p in prices")


def reviewed(decision: str, why: str) -> Any:
    """The planner's word on the second subtask; it accepts the others."""
    fine = {"decision": "accept", "why": ""}
    return {"results": [fine, {"decision": decision, "why": why}, fine], "message": "m"}


REVISE, REJECT = reviewed("revise", "Name it vat."), reviewed("reject", "It is no tax.")


@pytest.mark.parametrize(
    ("works", "reviews", "applied", "told"),
    [
        ([BROKEN, GOOD["Bills with tax"]], ACCEPTED, True, "syntax"),
        ([WRONG_TYPE, GOOD["Bills with tax"]], ACCEPTED, True, "missing-argument"),
        ([GOOD["Bills with tax"]], REVISE, True, "Name it vat."),
        ([WRONG_TYPE], ACCEPTED, False, "missing-argument"),
        ([BROKEN], ACCEPTED, False, "syntax"),
        ([GOOD["Bills with tax"]], REJECT, False, ""),
        (["<file>shop/__init__.py</file>\n<old>\nx\n</old>\n<new>\ny\n</new>"], ACCEPTED, False, "may not change"),
        (["<decline>There is no such thing.</decline>"], ACCEPTED, False, ""),
    ],
    ids=["broken", "wrong together", "revised", "wrong twice", "broken twice", "rejected", "another file", "declined"],
)
async def test_what_becomes_of_an_answer(
    tmp_path: Path, works: list[str], reviews: Any, applied: bool, told: str
) -> None:
    root, model = make(tmp_path / "project", FILES), PlanModel(works={"Bills with tax": list(works)}, reviews=reviews)
    async with (
        MessagesApi(model) as api,
        serving(tmp_path, api, KIREJI_TRUST="true", KIREJI_PYTHON=sys.executable, KIREJI_ACTIONS_TESTS="0") as served,
    ):
        editor = Editor(served.client, root)
        await editor.begin()
        result = await editor.plan()
        assert (result["applied"], len(editor.edits)) == (applied, int(applied)), result
    questions = [asked.question for asked in model.asked("Bills with tax")]
    assert len(questions) == (2 if told else 1)
    assert not told or told in questions[1]


OUTSIDE: tuple[dict[str, list[str]], ...] = (
    {"files": ["../outside.py"]},
    {"files": [".github/workflows/ci.yml"]},
    {"files": ["nowhere.py"]},
    {"files": [".env"]},
    {"files": ["link.py"]},
    {"files": ["ignored.py"]},
    {"creates": ["shop/bill.py"]},
    {"creates": [".vscode/tasks.json"]},
    {"creates": ["/etc/cron.d/x"]},
    {"creates": ["elsewhere/x.py"]},
    {},
)


async def test_a_plan_that_reaches_out_is_refused(tmp_path: Path) -> None:
    more = {
        ".github/workflows/ci.yml": "a: b\n",
        ".env": "A=1\n",
        ".gitignore": "ignored.py\n",
        "ignored.py": "x = 1\n",
    }
    root, model = make(tmp_path / "project", FILES | more), PlanModel()
    make(tmp_path, {"outside.py": "x = 1\n"})
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    (root / "elsewhere").symlink_to(tmp_path)
    async with MessagesApi(model) as api, serving(tmp_path, api) as served:
        editor = Editor(served.client, root)
        await editor.begin()
        for count, subtask in enumerate(OUTSIDE, 1):
            model.plan = PLANNED | {"subtasks": [SUBTASKS[0] | {"files": [], "creates": []} | subtask]}
            result = await editor.plan()
            assert (result["applied"], editor.shown, len(api.asked)) == (False, [], count), (subtask, result)


async def test_cancelling_applies_nothing_and_stops_paying(tmp_path: Path) -> None:
    root, model = make(tmp_path / "project", FILES), PlanModel()
    model.pace = Pace(per_second=0.5, piece=1)  # begun at once, and over long after the test
    async with MessagesApi(model) as api, serving(tmp_path, api) as served:
        editor = Editor(served.client, root)
        await editor.begin()
        pending = served.client.start("workspace/executeCommand", editor.command())
        await api.request(3)
        served.client.notify("$/cancelRequest", {"id": served.client.last_id})
        with pytest.raises(RpcError, match="-32800"):
            await asyncio.wait_for(pending, 60)
        for asked in api.asked[1:]:
            await asyncio.wait_for(asked.closed.wait(), 60)
        assert all(asked.cancelled for asked in api.asked[1:])
        assert editor.edits == []
        await served.client.shutdown()
        await served.process.wait()
    with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        assert store.execute("SELECT count(*) FROM calls").fetchone() == (len(api.asked),)
        assert store.execute("SELECT feature, reason FROM outcomes WHERE feature = 'plan'").fetchall() == [
            ("plan", "CANCELLED")
        ]


async def test_a_file_that_has_changed_meanwhile_makes_it_stale(tmp_path: Path) -> None:
    root, model = make(tmp_path / "project", FILES), PlanModel()
    async with MessagesApi(model) as api, serving(tmp_path, api) as served:
        editor = Editor(served.client, root)
        await editor.begin()
        plan = await editor.plan(draft=True)
        (root / "shop" / "bill.py").write_text("x = 1\n")
        run = {"command": "kireji.plan", "arguments": [{"run": plan["id"]}]}
        result = await served.client.request("workspace/executeCommand", run)
        assert (result["applied"], "changed meanwhile" in result["reason"], len(api.asked)) == (False, True, 1)


@pytest.mark.parametrize("name", ["shop/prices.py", "shop/bill.py"])
async def test_the_planner_is_not_asked_about_files_that_have_changed_under_the_plan(tmp_path: Path, name: str) -> None:
    """Its word is the dearest of all, and what it would be about cannot be applied."""
    root, model, until = make(tmp_path / "project", FILES), PlanModel(), asyncio.Event()

    def answer(asked: Asked) -> Play | str:
        play = model(asked)
        assert isinstance(play, Play)
        return play if len(api.asked) == 1 else replace(play, until=until)

    async with MessagesApi(answer) as api, serving(tmp_path, api) as served:
        editor, client = Editor(served.client, root), served.client
        await editor.begin()
        client.open((root / "shop" / "bill.py").as_uri(), FILES["shop/bill.py"])
        pending = client.start("workspace/executeCommand", editor.command())
        await api.request(1)
        client.change((root / name).as_uri(), 2, f"# new\n{FILES[name]}")
        await client.has_read()
        until.set()
        result = await asyncio.wait_for(pending, 60)
        assert (result["applied"], "changed meanwhile" in result["reason"]) == (False, True), result
        assert model.asked("review") == []


@pytest.mark.parametrize("name", ["shop/prices.py", "shop/bill.py"])
async def test_what_changes_while_the_person_decides_costs_nothing_more(tmp_path: Path, name: str) -> None:
    root, model = make(tmp_path / "project", FILES), PlanModel()
    async with MessagesApi(model) as api, serving(tmp_path, api) as served:
        editor, client = Editor(served.client, root), served.client
        await editor.begin()
        client.open((root / "shop" / "bill.py").as_uri(), FILES["shop/bill.py"])

        def agree(params: Any) -> Any:
            client.change((root / name).as_uri(), 2, f"# new\n{FILES[name]}")
            return params["actions"][0]

        client.answers["window/showMessageRequest"] = agree
        result = await editor.plan()
        assert (result["applied"], "changed meanwhile" in result["reason"], len(api.asked)) == (False, True, 1)
