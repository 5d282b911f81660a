"""An answer that was proved wrong is asked for once more, told what was wrong and what exists; a stream is closed at the proof."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from support.messages_api import MessagesApi, Pace, script
from support.serving import Served, serving
from support.waiting import WATCHDOG

URI = "file:///project/paths.py"
HEAD = "import os\n\n\ndef below(folder, name):\n"
LINE = "    return "
TEXT = f"{HEAD}{LINE}\n"
WRONG = "return os.path.joinn(folder, name)"
# The line as it stands when it is asked about again.
RIGHT = "return os.path.join(folder, name)"
PATIENT = {
    "KIREJI_ASK_AGAIN": "true",
    "KIREJI_GATHER_MS": "5000",
    "KIREJI_DETERMINISTIC": "true",
}


async def names_known(served: Served) -> None:
    """Waits until the worker that knows names has started: a question that comes sooner goes without."""
    await served.client.request("workspace/executeCommand", {"command": "kireji.pause"})
    uri = "file:///project/warm.py"
    served.client.open(uri, "import os\nos.getcw\n")
    params = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 8}, "context": {"triggerKind": 1}}
    async with asyncio.timeout(WATCHDOG):
        while True:
            reply = await served.client.request("textDocument/completion", params)
            if any(item["label"] == "getcwd" for item in reply["items"]):
                break
    await served.client.request("workspace/executeCommand", {"command": "kireji.resume"})


async def ask(served: Served, text: str = TEXT, line: int = 4) -> tuple[list[str], dict[str, Any]]:
    """What is offered at the end of a line, and how that came about."""
    served.client.open(URI, text)
    reply = await served.client.ask(URI, line, len(text.split("\n")[line]), automatic=1)
    explained = await served.client.request("kireji/explain", {})
    return [item["insertText"] for item in reply["items"]], explained


@pytest.mark.parametrize("model", ["claude-haiku-5-5", "claude-haiku-4-5"])
async def test_the_second_answer_is_shown_with_the_sound_part_of_the_first(tmp_path: Path, model: str) -> None:
    async with (
        MessagesApi(script(WRONG, RIGHT)) as api,
        serving(tmp_path, api, tcp=False, KIREJI_MODEL=model, **PATIENT) as served,
    ):
        await served.client.initialize()
        await names_known(served)
        texts, explained = await ask(served)
        assert texts == ["os.path.join(folder, name)"], explained
        assert explained["repairs"] == ["asked again"]
        first, second = api.asked
        assert "<found_" not in first.question
        assert "`os.path.joinn`" in second.question
        assert "What exists here: join, " in second.question
        assert "    return os.path.<cursor_" in second.question
        assert explained["tokens"]["output"] > 0


async def test_it_is_asked_twice_and_no_more(tmp_path: Path) -> None:
    async with (
        MessagesApi(script(WRONG)) as api,
        serving(tmp_path, api, tcp=False, **PATIENT) as served,
    ):
        await served.client.initialize()
        await names_known(served)
        texts, explained = await ask(served)
        assert texts == []
        assert explained["findings"][0]["code"] == "missing-attribute"
        assert explained["detail"] == "did you mean join?"
        assert len(api.asked) == 2


async def test_who_has_switched_it_off_is_asked_once(tmp_path: Path) -> None:
    environment = PATIENT | {"KIREJI_ASK_AGAIN": "false"}
    async with MessagesApi(script(WRONG, RIGHT)) as api, serving(tmp_path, api, tcp=False, **environment) as served:
        await served.client.initialize()
        texts, explained = await ask(served)
        assert texts == []
        assert not explained["offered"]
        assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("answer", "proof", "again", "shown"),
    [
        pytest.param(
            "from os.path import joinn, dirname\n" + "print(dirname('x'))\n" * 60,
            "from os.path import joinn",
            "from os.path import join, dirname",
            "from os.path import join, dirname",
            id="member of a module, in an import",
        ),
        pytest.param(
            "value = os.getcwdd()\n" + "print(value, os.getpid())\n" * 60,
            "value = os.getcwdd",
            "value = os.getcwd()",
            "value = os.getcwd()",
            id="attribute of a module",
        ),
        pytest.param(
            "import jsonn\n" + "print(jsonn.dumps({}))\n" * 60,
            "import jsonn",
            "import json",
            "import json",
            id="module",
        ),
    ],
)
async def test_the_stream_is_closed_at_the_proof(
    tmp_path: Path, answer: str, proof: str, again: str, shown: str
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    pace = Pace(per_second=8)
    async with (
        MessagesApi(script(answer, again, pace=pace)) as api,
        serving(tmp_path, api, "--trust", tcp=False, KIREJI_PYTHON=sys.executable, **PATIENT) as served,
    ):
        await served.client.initialize(workspaceFolders=[{"uri": root.as_uri(), "name": "project"}])
        served.client.open((root / "a.py").as_uri(), text := "import os\n\n\ndef run():\n    \n")
        reply = await served.client.ask((root / "a.py").as_uri(), 4, 4, automatic=1)
        explained = await served.client.request("kireji/explain", {})
        assert [item["insertText"] for item in reply["items"]] == [shown], (text, explained)
        first, second = api.asked
        async with asyncio.timeout(WATCHDOG):
            await first.done.wait()
        assert first.cancelled
        # Checkers start with the first question: on a loaded machine the first look takes longer than a token.
        assert len(proof) < first.sent < len(proof) + 400 < len(answer)
        assert "proved wrong" in second.question


async def test_a_member_that_the_answer_makes_is_no_proof(tmp_path: Path) -> None:
    text = "class Box:\n    def __init__(self, size):\n        self.size = size\n        \n"
    answer = "self.half = size / 2\n        self.third = self.half / 3"
    pace = Pace(first_token=0.2, per_second=40)
    async with (
        MessagesApi(script(answer, pace=pace)) as api,
        serving(tmp_path, api, tcp=False, **PATIENT) as served,
    ):
        await served.client.initialize()
        texts, explained = await ask(served, text, 3)
        assert texts == [answer], explained
        assert len(api.asked) == 1
