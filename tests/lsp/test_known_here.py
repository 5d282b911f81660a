"""What is known of the cursor's own place: members, the call around it, problems and tests that the client tells of."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from kireji.engine.context.receiver import _open_call
from support.lsp_client import Client
from support.messages_api import MessagesApi, script
from support.serving import serving
from support.waiting import WATCHDOG

AUTOMATIC, EXPLICIT = 2, 1
URI = "file:///project/app.py"
MEMBER = "from pathlib import Path\n\n\ndef f(place: Path) -> None:\n    place."
CALL = "import shutil\n\nshutil.copytree("
CHECKED = "def area(width):\n    return witdh * 2\n\n\ntotal = area(1) + \n"


def end_of(text: str) -> tuple[int, int]:
    return text.count("\n"), len(text) - text.rfind("\n") - 1


async def shown(client: Client, text: str, trigger: int) -> None:
    await asyncio.wait_for(client.ask(URI, *end_of(text), automatic=trigger), WATCHDOG)


async def here(client: Client, api: MessagesApi, text: str, trigger: int) -> str:
    """What the question at the end of a text says of the place, once the worker is up: it starts with the first question."""
    client.open(URI, text)
    async with asyncio.timeout(WATCHDOG):
        while True:
            await shown(client, text, trigger)
            question = api.asked[-1].question
            if "<here_" in question:
                return question.split("<here_")[1].split("</here_")[0]
            # Another text is another question; what was asked about the first is known by then.
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("trigger", [AUTOMATIC, EXPLICIT])
async def test_members_and_the_call_are_told(tmp_path: Path, trigger: int) -> None:
    async with (
        MessagesApi(script("")) as api,
        serving(tmp_path, api, KIREJI_GATHER_MS="5000", KIREJI_DETERMINISTIC="true") as served,
    ):
        client = served.client
        await client.initialize()
        if trigger == AUTOMATIC:
            # The same place and nothing new: only who asks by a key is answered twice. So the key asks first.
            await here(client, api, MEMBER, EXPLICIT)
            client.change(URI, 2, f"{MEMBER}wr")
            await shown(client, f"{MEMBER}wr", AUTOMATIC)
            said = api.asked[-1].question.split("<here_")[1].split("</here_")[0]
            assert "place. has: write_bytes, write_text, absolute" in said
            assert "__init__" not in said
        else:
            said = await here(client, api, CALL, EXPLICIT)
            assert "the call around the cursor: copytree(src" in said


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("f(", "f("),
        ("f(a, g(1), ", "f("),
        ("x = obj.method(a, [1, 2], b=", "x = obj.method("),
        ("f(\n    a,\n    ", "f("),
        ("f(a)", None),
        ("def f(", None),
        ("if (a", None),
        ("(a", None),
        ("f[", None),
        ("f(a\nx = ", None),
        ("class A(", None),
    ],
)
def test_the_call_that_is_open(text: str, behind: str | None) -> None:
    assert _open_call(text, len(text)) == (len(behind) if behind is not None else None)


def problem(line: int, message: str, severity: int = 1) -> dict[str, Any]:
    place = {"start": {"line": line, "character": 4}, "end": {"line": line, "character": 9}}
    return {"range": place, "message": message, "severity": severity, "source": "tool"}


Told = Callable[..., Awaitable[str]]


@contextlib.asynccontextmanager
async def telling(tmp_path: Path) -> AsyncIterator[Told]:
    """Asks at the end of a text's last line but one, after the client has opened CHECKED and sent things."""
    async with MessagesApi(script("")) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()

        async def told(*messages: tuple[str, Any], text: str = CHECKED) -> str:
            client.open(URI, CHECKED)
            for method, params in messages:
                if method == "textDocument/codeAction":
                    await client.request(method, params)
                else:
                    client.notify(method, params)
            client.change(URI, 2, text)
            await shown(client, text.rstrip("\n"), EXPLICIT)
            client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
            return api.asked[-1].question

        yield told


async def test_problems_that_the_client_tells_of_are_told_while_their_line_is_the_same(tmp_path: Path) -> None:
    where = problem(1, "x")["range"]
    context = {"diagnostics": [problem(1, "undefined name `witdh`")]}
    action = ("textDocument/codeAction", {"textDocument": {"uri": URI}, "range": where, "context": context})
    problems = ("kireji/problems", {"uri": URI, "diagnostics": [problem(1, "wrong"), problem(0, "a hint", 4)]})
    async with telling(tmp_path) as told:
        assert "problem in `return witdh * 2`: undefined name `witdh` (tool)" in await told(action)
        assert "<here_" not in await told(), "what was told of a text that was closed"
        said = await told(problems, text=f"# new\n\n{CHECKED}")
        assert "problem in `return witdh * 2`: wrong (tool)" in said
        assert "a hint" not in said
        assert "<here_" not in await told(problems, text=CHECKED.replace("witdh", "width"))
        assert "<here_" not in await told(problems, ("kireji/problems", {"uri": URI, "diagnostics": []}))


OUTPUT = f"\x1b[31mFAILED\x1b[0m tests/test_app.py\n{'noise ' * 2_000}\napp.py:2: NameError: name 'witdh'\n"


async def test_the_last_failing_test_is_told_where_it_names_the_file(tmp_path: Path) -> None:
    async with telling(tmp_path) as told:
        said = await told(("kireji/testFailed", {"name": "test_area", "output": OUTPUT}))
        assert "<test_" in said
        assert "test_area\n" in said
        assert "app.py:2: NameError" in said
        assert "\x1b" not in said
        assert len(said) < 3_000
        assert "<test_" in await told(), "it is told until another one is"
        assert "<test_" not in await told(("kireji/testFailed", {"name": "x", "output": "other.py:2: NameError"}))
        secret = ("kireji/testFailed", {"output": "app.py: ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"})
        said = await told(secret)
        assert "<test_" in said
        assert "a1B2c3D4e5" not in said
        assert "<test_" not in await told(("kireji/testFailed", {"output": ""}))


async def test_what_is_no_such_thing_is_ignored(tmp_path: Path) -> None:
    async with telling(tmp_path) as told:
        for method, params in (
            ("kireji/problems", None),
            ("kireji/problems", {"uri": URI, "diagnostics": [{"message": 3}]}),
            ("kireji/problems", {"uri": URI, "diagnostics": [problem(10**9, "far away"), problem(-1, "before")]}),
            ("kireji/testFailed", [1]),
            ("kireji/testFailed", {"name": 3, "output": {}}),
        ):
            said = await told((method, params))
            assert "<here_" not in said, params
            assert "<test_" not in said, params


STUB = 'def area(width: int) -> int:\n    """Twice the width."""\n    raise NotImplementedError\n'
RESOLVES = {
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        }
    }
}


async def test_who_is_to_write_code_knows_how_its_test_failed_and_what_was_changed_lately(tmp_path: Path) -> None:
    async with MessagesApi(script("")) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=RESOLVES)
        other = URI.replace("app", "other")
        client.open(other, "def wide() -> int:\n    return 1\n")
        client.change(other, 2, "def wide() -> int:\n    return 2\n")
        client.open(URI, STUB)
        client.notify("kireji/testFailed", {"name": "test_area", "output": OUTPUT})
        place = {"line": 0, "character": 5}
        params = {"textDocument": {"uri": URI}, "range": {"start": place, "end": place}, "context": {"diagnostics": []}}
        actions = {one["title"]: one for one in await client.request("textDocument/codeAction", params)}
        await client.request("codeAction/resolve", actions["Implement area"])
        assert "NameError: name 'witdh'" in api.asked[-1].question
        assert "-    return 1\n+    return 2" in api.asked[-1].question
