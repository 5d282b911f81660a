"""Code actions of the real server, proved by a project's own tests in the sandbox: refused, asked for again, accepted."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from kireji.base import sandbox_walls
from kireji.base.sandbox import Walls
from support.lsp_client import Client, applied
from support.messages_api import Asked, MessagesApi
from support.serving import serving

# A published library with its own tests, and what else could stand in its functions.
PROJECT = Path(__file__).parents[1] / "projects" / "toolz"
WRONG: dict[str, str] = json.loads(PROJECT.with_name("wrong_bodies.json").read_text(encoding="utf-8"))
MODULES = ("itertoolz", "dicttoolz", "functoolz", "recipes")
FUNCTIONS = int(os.environ.get("SOAK_FUNCTIONS", "5"))
ABLE: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-32"]},
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "refactor"]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        }
    },
    "workspace": {
        "workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {"groupsOnLabel": True}},
        "applyEdit": True,
    },
}


@pytest.fixture(autouse=True, scope="module")
def walls() -> None:
    if asyncio.run(sandbox_walls.walls()) is None:
        pytest.skip("no sandbox holds on this machine")


@dataclass(frozen=True, slots=True)
class Function:
    """A function as it stands in a module: its lines up to the end of its docstring, and its body."""

    module: str
    name: str
    head: str
    body: str

    def stub(self, text: str) -> str:
        """A module's text in which nobody has written the body yet."""
        return text.replace(self.head + self.body, f"{self.head}    raise NotImplementedError\n")

    def wrong(self) -> str:
        """The whole function with a body that the project's tests refuse."""
        return self.head + indent(WRONG[self.name], "    ") + "\n"


def functions(module: str) -> list[Function]:
    """The functions of a module for which there is a wrong body, in order."""
    text = text_of(module)
    lines = text.splitlines(keepends=True)
    found = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name in WRONG:
            assert ast.get_docstring(node) and node.end_lineno is not None, node.name
            until = node.body[0].end_lineno
            head, body = lines[node.lineno - 1 : until], lines[until : node.end_lineno]
            found.append(Function(module, node.name, "".join(head), "".join(body)))
    return found


def text_of(module: str) -> str:
    """The text of one of the project's modules."""
    return (PROJECT / "toolz" / f"{module}.py").read_text(encoding="utf-8")


def places() -> list[Function]:
    """The functions of all modules in turn, so that a few of them are from each."""
    rows = zip_longest(*map(functions, MODULES))
    return [function for row in rows for function in row if function is not None]


async def resolved(client: Client, uri: str, text: str, name: str) -> Any:
    """What comes of "Implement …" on a function of an open text."""
    line = text[: text.index(f"def {name}(")].count("\n")
    place = {"line": line, "character": 4}
    params = {"textDocument": {"uri": uri}, "range": {"start": place, "end": place}, "context": {"diagnostics": []}}
    found = await client.request("textDocument/codeAction", params)
    (action,) = [one for one in found if one["title"] == f"Implement {name}"]
    return await client.request("codeAction/resolve", action)


async def test_a_wrong_body_is_refused_by_the_tests_and_the_right_one_accepted(tmp_path: Path) -> None:
    root = tmp_path / "toolz"
    shutil.copytree(PROJECT, root)
    chosen = places()[:FUNCTIONS]
    assert len(chosen) == FUNCTIONS
    by_name = {function.name: function for function in chosen}

    def answer(asked: Asked) -> str:
        (name,) = re.findall(r"def (\w+)\(", asked.question.rpartition("<part_")[2])[:1]
        function = by_name[name]
        return function.head + function.body if "<lesson_" in asked.question else function.wrong()

    async with (
        MessagesApi(answer) as api,
        serving(
            tmp_path, api, KIREJI_TRUST="true", KIREJI_PYTHON=sys.executable, KIREJI_ACTIONS_ATTEMPTS="3"
        ) as served,
    ):
        client = served.client
        await client.initialize(capabilities=ABLE, rootUri=root.as_uri())
        for function in chosen:
            asked, name, text = len(api.asked), function.name, function.stub(text_of(function.module))
            uri = (root / "toolz" / f"{function.module}.py").as_uri()
            client.open(uri, text)
            action = await resolved(client, uri, text, name)
            explained = await client.request("kireji/explain", {})
            messages = [told for method, told in client.notifications if method == "window/showMessage"]
            why = f"{name}, asked {len(api.asked) - asked} times: {json.dumps([explained, messages], indent=1)}"
            assert "edit" in action, why
            assert applied(text, action["edit"]) == text_of(function.module), why
            assert len(api.asked) == asked + 2, why
            told = api.asked[-1].question
            assert " failed" in told and WRONG[name].split("\n")[0] in told, f"{why}\n{told}"
            assert str(root) not in told
            assert [gate["state"] for gate in explained["gates"] if gate["gate"] == "tests"] == ["pass"], why
            client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        status = await client.request("workspace/executeCommand", {"command": "kireji.status"})
        assert status["sandbox"] in [walls.value for walls in Walls]
        await client.shutdown()
        await served.process.wait()
    with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        calls = store.execute("SELECT feature, request FROM calls").fetchall()
        outcomes = store.execute(
            "SELECT request FROM outcomes WHERE feature = 'implement' AND reason = 'offered'"
        ).fetchall()
    assert [feature for feature, _ in calls] == ["implement"] * 2 * FUNCTIONS
    assert sorted(request for _, request in calls) == sorted(2 * [request for (request,) in outcomes])


@pytest.mark.parametrize("choice", ["annotated", "Apply", None])
async def test_what_the_tests_cannot_prove_is_said_and_asks_for_confirmation(
    tmp_path: Path, choice: str | None
) -> None:
    root = tmp_path / "toolz"
    shutil.copytree(PROJECT, root)
    tests = root / "toolz" / "tests" / "test_recipes.py"
    tests.write_text(tests.read_text() + "\n\ndef test_red() -> None:\n    assert 1 == 2\n", encoding="utf-8")
    function = functions("recipes")[0]
    text = function.stub(text_of("recipes"))
    uri = (root / "toolz" / "recipes.py").as_uri()
    async with (
        MessagesApi(lambda _: function.head + function.body) as api,
        serving(tmp_path, api, KIREJI_TRUST="true", KIREJI_PYTHON=sys.executable) as served,
    ):
        client, edits, asked = served.client, list[Any](), list[Any]()

        def apply(params: Any) -> Any:
            edits.append(params)
            return {"applied": True}

        def choose(params: Any) -> Any:
            asked.append(params)
            return {"title": choice} if choice is not None else None

        client.answers["workspace/applyEdit"] = apply
        client.answers["window/showMessageRequest"] = choose
        plain = {"general": ABLE["general"], "workspace": {"applyEdit": True}}
        await client.initialize(capabilities=ABLE if choice == "annotated" else plain, rootUri=root.as_uri())
        client.open(uri, text)
        said = "Not proved: tests (1 of them were red before the change and still are)"
        if choice == "annotated":
            edit = (await resolved(client, uri, text, "countby"))["edit"]
            (note,) = edit["changeAnnotations"].values()
            assert (note["label"], note["needsConfirmation"]) == (said, True)
            return
        line = text[: text.index("def countby(")].count("\n")
        place = {"start": {"line": line, "character": 4}, "end": {"line": line, "character": 4}}
        params = {"textDocument": {"uri": uri}, "range": place, "context": {"diagnostics": []}}
        found = await client.request("textDocument/codeAction", params)
        (command,) = [one for one in found if one["title"] == "Implement countby"]
        run = {"command": command["command"], "arguments": command["arguments"]}
        assert await client.request("workspace/executeCommand", run) is (choice == "Apply")
        assert said in asked[0]["message"]
        assert len(edits) == (1 if choice == "Apply" else 0)


TRAPS = {
    "conftest.py": "FIRE",
    "sitecustomize.py": "FIRE",
    "usercustomize.py": "FIRE",
    "json.py": "FIRE",
    "toolz/tests/conftest.py": "FIRE",
    "toolz/tests/test_recipes.py": "FIRE",
    "pytest.ini": "[pytest]\naddopts = -p trap\n",
    "trap.py": "FIRE",
    ".venv/lib/python3.11/site-packages/trap.pth": "import pathlib; pathlib.Path('FIRED').touch()\n",
    ".venv/bin/python": "#!/bin/sh\ntouch FIRED\n",
    "node_modules/.bin/vitest": "#!/bin/sh\ntouch FIRED\n",
}


async def test_nothing_of_an_untrusted_clone_is_run(tmp_path: Path) -> None:
    root, fired = tmp_path / "toolz", tmp_path / "fired"
    shutil.copytree(PROJECT, root)
    for name, text in TRAPS.items():
        trap = (
            text.replace("FIRED", str(fired))
            if text != "FIRE"
            else f"import pathlib\npathlib.Path({str(fired)!r}).touch()\n"
        )
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(trap, encoding="utf-8")
        path.chmod(0o755)
    function = functions("recipes")[0]
    text = function.stub(text_of("recipes"))
    async with MessagesApi(lambda _: function.head + function.body) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=ABLE, rootUri=root.as_uri())
        uri = (root / "toolz" / "recipes.py").as_uri()
        client.open(uri, text)
        assert (await resolved(client, uri, text, "countby"))["edit"]["documentChanges"]
        explained = await client.request("kireji/explain", {})
        assert "tests" not in [gate["gate"] for gate in explained["gates"]]
        assert not fired.exists()
