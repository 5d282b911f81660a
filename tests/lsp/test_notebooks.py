"""Notebooks, untitled documents, several folders and renames, with the real server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from kireji.base.text import make_document
from kireji.lsp.notebooks import as_one
from support.lsp_client import Client
from support.messages_api import MessagesApi, script
from support.serving import serving

NOTEBOOK = "file:///project/report.ipynb"
CELLS = {
    f"{NOTEBOOK}#a": ("python", "%matplotlib inline\nimport math\n𝒳 = 2.0"),
    f"{NOTEBOOK}#b": ("markdown", "# About circles\n"),
    f"{NOTEBOOK}#c": ("python", "%%bash\nrm -rf build\n"),
    f"{NOTEBOOK}#d": ("python", "def area(radius):\n    return m"),
    f"{NOTEBOOK}#e": ("python", "area(𝒳)"),
}


def open_notebook(client: Client) -> None:
    """All cells, of which the markdown one has no text document, as an editor does it by our selector."""
    cells = [{"kind": 2 if language == "python" else 1, "document": uri} for uri, (language, _) in CELLS.items()]
    texts = [
        {"uri": uri, "languageId": language, "version": 1, "text": text}
        for uri, (language, text) in CELLS.items()
        if language == "python"
    ]
    notebook = {"uri": NOTEBOOK, "notebookType": "jupyter-notebook", "version": 1, "cells": cells}
    client.notify("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": texts})


async def offered(pending: asyncio.Future[Any]) -> list[Any]:
    """The items that an editor would show."""
    items: list[Any] = (await asyncio.wait_for(pending, 60))["items"]
    return items


def test_cells_of_a_language_make_one_text() -> None:
    documents = {uri: make_document(uri, "/r.ipynb", lang, 3, text) for uri, (lang, text) in CELLS.items()}
    cell = documents[f"{NOTEBOOK}#d"]
    whole, origin = as_one(NOTEBOOK, list(CELLS), cell, documents.get)
    assert whole.text == ("#matplotlib inline\nimport math\n𝒳 = 2.0\ndef area(radius):\n    return m\narea(𝒳)\n")
    assert whole.text[origin:].startswith("def area")
    assert (whole.uri, whole.path, whole.version) == (f"{NOTEBOOK}.py", "/r.ipynb.py", 3)


async def test_a_cell_knows_the_cells_above_it(tmp_path: Path) -> None:
    async with MessagesApi(script("return math.pi * radius**2")) as api, serving(tmp_path, api) as served:
        client = served.client
        result = await client.initialize(
            capabilities={
                "general": {"positionEncodings": ["utf-16"]},
                "notebookDocument": {"synchronization": {"dynamicRegistration": False}},
            }
        )
        assert result["capabilities"]["notebookDocumentSync"]["notebookSelector"]
        open_notebook(client)
        (item,) = await offered(client.ask(f"{NOTEBOOK}#d", 1, 12, automatic=1))
        # `math` is imported in another cell: no gate takes it for undefined, and places count from the cell's own start.
        assert item["insertText"] == "ath.pi * radius**2"
        assert item["range"]["start"] == {"line": 1, "character": 12}
        question = api.asked[0].question
        assert "import math" in question
        assert "rm -rf" not in question


async def test_a_cell_that_comes_later_counts_and_one_that_goes_does_not(tmp_path: Path) -> None:
    async with MessagesApi(script("return cmath.phase(radius)")) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        open_notebook(client)
        assert await offered(client.ask(f"{NOTEBOOK}#d", 1, 12, automatic=1)) == [], "cmath is imported nowhere"
        fresh = {"uri": f"{NOTEBOOK}#f", "languageId": "python", "version": 1, "text": "import cm"}
        change = {
            "structure": {
                "array": {"start": 0, "deleteCount": 0, "cells": [{"kind": 2, "document": fresh["uri"]}]},
                "didOpen": [fresh],
            },
            "textContent": [
                {"document": {"uri": fresh["uri"], "version": 2}, "changes": [{"text": "import cmath\n"}]},
                {
                    "document": {"uri": f"{NOTEBOOK}#d", "version": 2},
                    "changes": [{"text": "def area(radius):\n    return c"}],
                },
            ],
        }
        target = {"uri": NOTEBOOK, "version": 2}
        client.notify("notebookDocument/didChange", {"notebookDocument": target, "change": {"cells": change}})
        (item,) = await offered(client.ask(f"{NOTEBOOK}#d", 1, 12, automatic=1))
        assert item["insertText"] == "math.phase(radius)"
        gone = {
            "structure": {"array": {"start": 0, "deleteCount": 1}, "didClose": [{"uri": fresh["uri"]}]},
        }
        target = {"uri": NOTEBOOK, "version": 3}
        client.notify("notebookDocument/didChange", {"notebookDocument": target, "change": {"cells": gone}})
        assert await offered(client.ask(f"{NOTEBOOK}#d", 1, 12, automatic=1)) == []
        cells = [{"uri": uri} for uri, (language, _) in CELLS.items() if language == "python"]
        closing = {"notebookDocument": {"uri": NOTEBOOK}, "cellTextDocuments": cells}
        client.notify("notebookDocument/didClose", closing)
        assert await offered(client.ask(f"{NOTEBOOK}#d", 1, 12, automatic=1)) == []
        explained = await client.request("kireji/explain", {})
        assert explained["reason"] == "the document is not open"


async def test_an_edit_in_another_cell_makes_an_answer_stale(tmp_path: Path) -> None:
    changed = asyncio.Event()
    answer = script("return math.pi * radius**2", until=changed)
    async with MessagesApi(answer) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        open_notebook(client)
        pending = client.ask(f"{NOTEBOOK}#d", 1, 12, automatic=1)
        await api.request()
        text = [{"document": {"uri": f"{NOTEBOOK}#a", "version": 2}, "changes": [{"text": "radius = 1\n"}]}]
        target = {"uri": NOTEBOOK, "version": 2}
        client.notify(
            "notebookDocument/didChange", {"notebookDocument": target, "change": {"cells": {"textContent": text}}}
        )
        await client.has_read()
        changed.set()
        assert await offered(pending) == []


async def test_an_untitled_document_gets_suggestions(tmp_path: Path) -> None:
    async with MessagesApi(script("return width * height")) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open("untitled:Untitled-1", "def area(width, height):\n    return wi\n")
        (item,) = await offered(served.client.ask("untitled:Untitled-1", 1, 13, automatic=1))
        assert item["insertText"] == "dth * height"


async def test_each_folder_of_several_is_trusted_by_itself(tmp_path: Path) -> None:
    for name in ("mine", "theirs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shapes.py").write_text(f"class Square:\n    def __init__(self, {name}_side): ...\n")
    settings = tmp_path / "config.toml"
    settings.write_text(f'[trust]\nfolders = ["{tmp_path / "mine"}"]\n')
    text = "from shapes import Square\n\nsquare = Square(\n"
    async with MessagesApi(script("square = Square(2)")) as api:
        async with serving(tmp_path, api, KIREJI_CONFIG=str(settings), KIREJI_GATHER_MS="5000") as served:
            client = served.client
            folders = [{"uri": (tmp_path / name).as_uri(), "name": name} for name in ("mine", "theirs")]
            await client.initialize(workspaceFolders=folders)
            for name in ("mine", "theirs"):
                uri = (tmp_path / name / "app.py").as_uri()
                client.open(uri, text)
                await offered(client.ask(uri, 2, 16, automatic=1))
        # Reading is not obeying: each folder's own file is what the question speaks of, and never the other's.
        mine, theirs = (asked.question for asked in api.asked)
        assert ("mine_side" in mine, "theirs_side" in mine) == (True, False)
        assert ("mine_side" in theirs, "theirs_side" in theirs) == (False, True)


async def test_a_renamed_document_gets_no_answer_of_its_old_name(tmp_path: Path) -> None:
    renamed = asyncio.Event()
    answer = script("return width * height", until=renamed)
    text = "def area(width, height):\n    return wi\n"
    async with MessagesApi(answer) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open("file:///project/old.py", text)
        pending = client.ask("file:///project/old.py", 1, 13, automatic=1)
        await api.request()
        client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///project/old.py"}})
        client.open("file:///project/new.py", text)
        await client.has_read()
        renamed.set()
        assert await offered(pending) == []
        (item,) = await offered(client.ask("file:///project/new.py", 1, 13, automatic=1))
        assert item["insertText"] == "dth * height"


async def test_an_action_changes_its_own_cell_and_no_other(tmp_path: Path) -> None:
    def block(old: str, new: str) -> str:
        return f"<old_1>\n{old}\n</old_1>\n<new_1>\n{new}\n</new_1>"

    own, below = block("    return m", "    return math.pi"), block("area(𝒳)", "area(2)")
    async with MessagesApi(script(own, below)) as api, serving(tmp_path, api) as served:
        client = served.client
        edits: list[Any] = []

        def apply(params: Any) -> Any:
            edits.append(params["edit"])
            return {"applied": True}

        client.answers["workspace/applyEdit"] = apply
        await client.initialize(
            capabilities={
                "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}},
                "notebookDocument": {"synchronization": {"dynamicRegistration": False}},
            }
        )
        open_notebook(client)
        for done in (True, False):
            # Without a function at the cursor the whole text is meant, as far as the editor can be told to change it.
            line = 1 if done else 2
            place = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 0}}
            argument = {"uri": f"{NOTEBOOK}#d", "range": place, "instruction": "do it"}
            run = {"command": "kireji.edit", "arguments": [argument]}
            assert await client.request("workspace/executeCommand", run) is done
        (edit,) = edits
        (change,) = edit["documentChanges"]
        assert change["textDocument"] == {"uri": f"{NOTEBOOK}#d", "version": 1}
        assert change["edits"][0]["range"]["start"] == {"line": 1, "character": 0}
