"""An import that a suggestion needs, with the real server: through the list, and after ghost text was accepted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from support.afterwards import asked_in_all
from support.lsp_client import Client
from support.messages_api import MessagesApi, script
from support.messages_play import Pace
from support.serving import serving

URI = "file:///project/app.py"
TEXT = "import io\n\n\ndef read(raw):\n    return js\n"
ANSWER = "return json.loads(raw)"
ACCEPTED = TEXT.replace("return js", ANSWER)
WHOLE = ACCEPTED.replace("import io\n", "import io\nimport json\n")
PLACE = {"line": 1, "character": 0}
IMPORT = [{"range": {"start": PLACE, "end": PLACE}, "newText": "import json\n"}]
GHOST: dict[str, Any] = {
    "textDocument": {"inlineCompletion": {}},
    "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}},
    "general": {"positionEncodings": ["utf-32"]},
}


async def suggested(client: Client) -> list[Any]:
    """What is shown at the end of the function's line."""
    answer = await asyncio.wait_for(client.ask(URI, 4, 13, automatic=1), 60)
    items: list[Any] = answer["items"]
    return items


async def accept(client: Client, item: Any, *more: object) -> list[Any]:
    """Runs an item's command; the edits that the server has then asked for."""
    asked: list[Any] = []

    def apply(params: Any) -> dict[str, bool]:
        asked.append(params["edit"])
        return {"applied": True}

    client.answers["workspace/applyEdit"] = apply
    command = item["command"]
    arguments = {"command": command["command"], "arguments": [*command["arguments"], *more]}
    await client.request("workspace/executeCommand", arguments)
    return asked


async def test_ghost_text_has_its_import_added_when_it_is_accepted(tmp_path: Path) -> None:
    async with MessagesApi(script(ANSWER)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=GHOST)
        client.open(URI, TEXT)
        (item,) = await suggested(client)
        assert "json.loads(raw)".endswith(item["insertText"].removeprefix("js"))
        client.change(URI, 2, ACCEPTED)
        (edit,) = await accept(client, item)
        (change,) = edit["documentChanges"]
        assert change["textDocument"] == {"uri": URI, "version": 2}
        assert change["edits"] == IMPORT
        # Once it stands there it is not asked for again.
        client.change(URI, 3, WHOLE)
        assert await accept(client, item) == []
        assert "not added" not in served.log.read_text()


async def test_who_types_on_while_the_import_is_added_is_answered(tmp_path: Path) -> None:
    """What comes after an accepted suggestion is asked for unasked; who has asked about the text as it is comes first."""
    pace, asked = Pace(first_token=0.5), list[asyncio.Future[Any]]()
    async with MessagesApi(script(ANSWER, 'value = read("1")', pace=pace)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=GHOST)
        client.open(URI, TEXT)
        (item,) = await suggested(client)
        client.change(URI, 2, ACCEPTED)

        def apply(_: Any) -> dict[str, bool]:
            client.change(URI, 3, f"{WHOLE}\n\nvalue = ")
            asked.append(client.ask(URI, 8, 8, automatic=1))
            return {"applied": True}

        client.answers["workspace/applyEdit"] = apply
        await client.request("workspace/executeCommand", item["command"])
        (answer,) = (await asyncio.wait_for(asked[0], 60))["items"]
        assert answer["insertText"].endswith('read("1")')
        assert len(await asked_in_all(client, api)) == 2


async def test_a_part_without_the_name_adds_nothing(tmp_path: Path) -> None:
    async with MessagesApi(script(ANSWER)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=GHOST)
        client.open(URI, TEXT)
        (item,) = await suggested(client)
        client.change(URI, 2, TEXT.replace("js\n", "jso\n"))
        assert await accept(client, item, "word") == []


async def test_where_the_text_above_has_changed_nothing_is_touched_and_the_log_says_so(tmp_path: Path) -> None:
    async with MessagesApi(script(ANSWER)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=GHOST)
        client.open(URI, TEXT)
        (item,) = await suggested(client)
        client.change(URI, 2, ACCEPTED.replace("import io", "import os"))
        assert await accept(client, item) == []
        assert "the import was not added: the text there is not what it was" in served.log.read_text()


async def test_a_client_that_applies_no_edits_is_shown_no_such_ghost_text(tmp_path: Path) -> None:
    async with MessagesApi(script(ANSWER)) as api, serving(tmp_path, api) as served:
        await served.client.initialize(capabilities={**GHOST, "workspace": {}})
        served.client.open(URI, TEXT)
        assert await suggested(served.client) == []


async def test_an_item_of_the_list_carries_its_import(tmp_path: Path) -> None:
    async with MessagesApi(script(ANSWER)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        where = {"textDocument": {"uri": URI}, "position": {"line": 4, "character": 13}}
        await client.request("textDocument/completion", where)
        # The second time at one place is a key, and waits.
        item = (await client.request("textDocument/completion", where))["items"][0]
        assert item["textEdit"]["newText"] == "json.loads(raw)"
        assert item["additionalTextEdits"] == IMPORT
        client.change(URI, 2, WHOLE)
        assert await accept(client, item) == []
        assert "not added" not in served.log.read_text()


async def test_typed_through_the_import_still_comes_with_it(tmp_path: Path) -> None:
    async with MessagesApi(script(ANSWER)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=GHOST)
        client.open(URI, TEXT)
        (item,) = await suggested(client)
        client.change(URI, 2, TEXT.replace("js\n", "json\n"))
        answer = await asyncio.wait_for(client.ask(URI, 4, 15, automatic=2), 60)
        (rest,) = answer["items"]
        assert item["insertText"].endswith(rest["insertText"])
        assert len(api.asked) == 1
        client.change(URI, 3, ACCEPTED)
        assert [e["documentChanges"][0]["edits"] for e in await accept(client, rest)] == [IMPORT]
