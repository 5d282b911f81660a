"""The pop-up of the real server: what is listed at once, what comes with the next key, and what is never listed."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import AbstractAsyncContextManager as AsyncContextManager
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kireji.lsp.positions import Encoding, column_of
from support.afterwards import asked_in_all
from support.lsp_client import Client, RpcError
from support.messages_api import Asked, MessagesApi, script, tagged
from support.messages_play import Pace, Play
from support.serving import Served
from support.serving import serving as serving_without_names
from support.waiting import WATCHDOG

URI = "file:///project/app.go"
TEXT = "package main\n\nfunc area(width int, height int) int {\n\twidest := width\n\tre\n}\n"
GOOD = "return width * height"
INVOKED, TYPED_ON = 1, 3
WITH_GHOST_TEXT = {"textDocument": {"inlineCompletion": {}}, "general": {"positionEncodings": ["utf-32"]}}


def serving(home: Path, api: MessagesApi | None = None, names: str = "true") -> AsyncContextManager[Served]:
    """A server that lists names, as it does unless it is told not to."""
    return serving_without_names(home, api, KIREJI_DETERMINISTIC=names)


def ask(client: Client, uri: str, line: int, character: int, kind: int = INVOKED) -> asyncio.Future[Any]:
    """A completion request."""
    where = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
    return client.start("textDocument/completion", where | {"context": {"triggerKind": kind}})


def type_text(client: Client, uri: str, version: int, line: int, character: int, text: str) -> None:
    """What a key does: a change at the cursor."""
    at = {"line": line, "character": character}
    client.notify(
        "textDocument/didChange",
        {
            "textDocument": {"uri": uri, "version": version},
            "contentChanges": [{"range": {"start": at, "end": at}, "text": text}],
        },
    )


def texts(answer: Any) -> list[str]:
    """What each item would put in the place of the word."""
    return [item["textEdit"]["newText"] for item in answer["items"]]


async def listed(client: Client, uri: str, line: int, character: int, *wanted: str) -> Any:
    """The list of somebody who types, once it has what is wanted: on a busy machine even names may be later than a key, and then
    the list says that the next one may have more."""
    async with asyncio.timeout(WATCHDOG):
        while True:
            answer = await ask(client, uri, line, character, TYPED_ON)
            if set(wanted) <= set(texts(answer)):
                return answer
            assert answer["isIncomplete"], answer


async def the_suggestion(client: Client, uri: str, line: int, character: int) -> Any:
    """The first item, asked for by a key: asking twice at one place is a key in any client."""
    await asyncio.wait_for(ask(client, uri, line, character), 60)
    answer = await asyncio.wait_for(ask(client, uri, line, character), 60)
    return answer["items"][0]


async def test_names_and_keywords_are_listed_at_once(tmp_path: Path) -> None:
    def plays(asked: Asked) -> Play:
        return Play(tagged(asked, GOOD), Pace(first_token=600 if "wid<cursor_" in asked.question else 0))

    async with MessagesApi(plays) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open(URI, TEXT, "go")
        type_text(served.client, URI, 2, 3, 16, "\n\twid")
        answer = await listed(served.client, URI, 4, 4, "width", "widest")
        assert len(answer["items"]) == 2
        assert answer["isIncomplete"], "the model is being asked: the next key may bring more"
        assert (await api.request()).body
        again = await listed(served.client, URI, 4, 4, "width", "widest")
        assert len(again["items"]) == 2, "typing never waits for a model"
        assert len(await asked_in_all(served.client, api)) == 1, "one question is enough for one place"


async def test_the_suggestion_comes_first_with_the_next_key(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD, pace=Pace(first_token=0.3))) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open(URI, TEXT, "go")
        type_text(served.client, URI, 2, 4, 3, "t")
        await asyncio.wait_for(ask(served.client, URI, 4, 4), 60)
        first = await listed(served.client, URI, 4, 4, "return")
        assert texts(first)[-1] == "return"
        asked = await api.request()
        await asyncio.wait_for(asked.done.wait(), 60)
        await offered(served, tmp_path)
        type_text(served.client, URI, 3, 4, 4, "u")
        second = await listed(served.client, URI, 4, 5, "return")
        assert texts(second) == [GOOD, "return"]
        item = second["items"][0]
        assert item["label"] == item["filterText"] == GOOD
        assert item["textEdit"]["range"] == {
            "start": {"line": 4, "character": 1},
            "end": {"line": 4, "character": 5},
        }
        assert [i["sortText"] for i in second["items"]] == ["000", "001"]
        assert len(await asked_in_all(served.client, api)) == 1, "what was typed is what was suggested"


async def offered(served: Served, home: Path) -> None:
    """Waits until the question in the background has its outcome."""
    async with asyncio.timeout(60):
        while (await served.client.request("kireji/explain", {}) or {}).get("offered") is not True:
            await asyncio.sleep(0)


async def test_asking_by_a_key_waits_for_the_suggestion(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD, pace=Pace(first_token=0.3))) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open(URI, TEXT, "go")
        answer = await asyncio.wait_for(ask(served.client, URI, 4, 3), 60)
        assert texts(answer) == [GOOD, "return"], "nobody has typed: it was a key"
        assert not answer["isIncomplete"]


async def test_a_broken_answer_is_never_listed(tmp_path: Path) -> None:
    uri, text = "file:///project/app.py", "def area(width, height):\n    re\n"
    broken = "return undefined_name_xyz(a, b\n    import nothing_here\n"
    async with MessagesApi(script(broken)) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open(uri, text)
        answer = await asyncio.wait_for(ask(served.client, uri, 1, 6), 60)
        assert not any("undefined_name" in shown for shown in texts(answer))
        explained = await served.client.request("kireji/explain", {})
        assert explained["findings"]
        assert len(api.asked) == 1


SNIPPETS = {"textDocument": {"completion": {"completionItem": {"snippetSupport": True}}}}


@pytest.mark.parametrize(
    ("capabilities", "text", "listed"),
    [
        (SNIPPETS, "return width * height + $1", False),
        (SNIPPETS, "return `${width}`", False),
        (SNIPPETS, "return width * $height", True),
        ({}, "return width * height + $1", True),
    ],
)
async def test_what_a_client_would_make_another_text_of_is_not_listed(
    tmp_path: Path, capabilities: Any, text: str, listed: bool
) -> None:
    # Kate takes every text for a snippet, whatever its format, as long as it says that it knows snippets.
    uri, told = "file:///project/app.txt", {"client": {"readsSnippets": True}}
    async with MessagesApi(script(text)) as api, serving(tmp_path, api) as served:
        await served.client.initialize(capabilities=capabilities, initializationOptions=told)
        served.client.open(uri, "width height\nre\n", "plaintext")
        answer = await asyncio.wait_for(ask(served.client, uri, 1, 2), 60)
        assert (text in texts(answer)) is listed
        assert len(api.asked) == 1


async def test_clients_with_ghost_text_are_not_told_twice(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        await served.client.initialize(capabilities=WITH_GHOST_TEXT)
        served.client.open(URI, TEXT, "go")
        answer = await asyncio.wait_for(ask(served.client, URI, 4, 3), 60)
        assert texts(answer) == ["return"]
        assert await asked_in_all(served.client, api) == []


async def test_names_can_be_switched_off(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api, names="false") as served:
        await served.client.initialize()
        served.client.open(URI, TEXT, "go")
        assert texts(await asyncio.wait_for(ask(served.client, URI, 4, 3), 60)) == [GOOD]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_columns_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    line = '\t𝒳 := "👩‍💻"; re'
    text = TEXT.replace("\tre", line)
    async with MessagesApi(script(f'𝒳 := "👩‍💻"; {GOOD}')) as api, serving(tmp_path, api) as served:
        await served.client.initialize(capabilities={"general": {"positionEncodings": [encoding]}})
        served.client.open(URI, text, "go")
        unit = Encoding(encoding)
        start, end = (column_of(line, len(line) - back, unit) for back in (2, 0))
        item = await the_suggestion(served.client, URI, 4, end)
        assert item["textEdit"] == {
            "newText": GOOD,
            "range": {"start": {"line": 4, "character": start}, "end": {"line": 4, "character": end}},
        }


async def test_the_word_to_replace_is_told_to_clients_that_can_use_it(tmp_path: Path) -> None:
    able = {
        "general": {"positionEncodings": ["utf-32"]},
        "textDocument": {"inlineCompletion": {}, "completion": {"completionItem": {"insertReplaceSupport": True}}},
    }
    async with serving(tmp_path) as served:
        await served.client.initialize(capabilities=able)
        served.client.open(URI, TEXT.replace("\tre", "\twidth"), "go")
        answer = await asyncio.wait_for(ask(served.client, URI, 4, 4), 60)
        edit = next(item["textEdit"] for item in answer["items"] if item["label"] == "widest")
        assert (edit["insert"]["end"]["character"], edit["replace"]["end"]["character"]) == (4, 6)


async def test_the_suggestion_is_explained_when_looked_at(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open(URI, TEXT, "go")
        item = await the_suggestion(served.client, URI, 4, 3)
        resolved = await served.client.request("completionItem/resolve", item)
        assert GOOD in resolved["documentation"]["value"]
        assert "syntax pass" in resolved["documentation"]["value"]
        stranger = {"label": "from another list", "data": {"list": "nobody"}}
        assert await served.client.request("completionItem/resolve", stranger) == stranger


async def test_a_list_that_is_overtaken_takes_nothing_from_the_newer_one(tmp_path: Path) -> None:
    """Who has asked by a key waits for the model; who types on has a newer list meanwhile, and looks at its items."""
    uri, other, text = "file:///project/app.py", "file:///project/other.py", "import json\n\njson.\n"
    async with (
        MessagesApi(script("dumps({})", pace=Pace(first_token=3.0))) as api,
        serving(tmp_path, api) as served,
    ):
        client = served.client
        await client.initialize()
        client.open(other, text)
        async with asyncio.timeout(60):
            while len((await ask(client, other, 2, 5, TYPED_ON))["items"]) <= 3:
                pass  # the analysis starts
        await api.request()
        client.open(uri, text)
        older = ask(client, uri, 2, 5)
        await api.request(len(api.asked))
        type_text(client, uri, 2, 2, 5, "d")
        newer = await asyncio.wait_for(ask(client, uri, 2, 6), 60)
        dumps = next(item for item in newer["items"] if item["label"] == "dumps")
        also = next(item for item in (await asyncio.wait_for(older, 60))["items"] if item["label"] == "dumps")
        for item in (dumps, also):
            resolved = await client.request("completionItem/resolve", item)
            assert "Serialize" in resolved["documentation"]["value"]


async def test_cancelling_a_list_ends_the_question_it_began(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD, pace=Pace(first_token=600))) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open(URI, TEXT, "go")
        pending = ask(served.client, URI, 4, 3)
        asked = await api.request()
        served.client.notify("$/cancelRequest", {"id": served.client.last_id})
        with pytest.raises(RpcError, match="-32800"):
            await asyncio.wait_for(pending, 60)
        await asyncio.wait_for(asked.closed.wait(), 60)
        await served.client.shutdown()
        await served.process.wait()
    with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        rows = store.execute("SELECT feature, reason FROM outcomes ORDER BY feature").fetchall()
        calls = store.execute("SELECT outcome FROM calls").fetchall()
    assert rows == [("completion", "CANCELLED"), ("suggestion", "CANCELLED")]
    assert calls == [("cancelled",)]


async def test_closing_a_document_ends_its_question(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD, pace=Pace(first_token=600))) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open(URI, TEXT, "go")
        type_text(served.client, URI, 2, 4, 3, "t")
        await asyncio.wait_for(ask(served.client, URI, 4, 4), 60)
        asked = await api.request()
        served.client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        await asyncio.wait_for(asked.closed.wait(), 60)


async def test_python_names_are_real_members_with_their_documentation(tmp_path: Path) -> None:
    uri, text = "file:///project/app.py", "import json\n\nclass Shelf:\n    def tidy(self): ...\n\njson.\nShelf().ti\n"
    async with serving(tmp_path) as served:
        await served.client.initialize(capabilities=WITH_GHOST_TEXT)
        served.client.open(uri, text)
        answer = await analysed(served.client, uri, 5, 5)
        assert {"dumps", "loads", "JSONDecodeError"} <= set(texts(answer))
        assert "JSONEncoder" not in texts(await analysed(served.client, uri, 6, 10))
        assert texts(await analysed(served.client, uri, 6, 10)) == ["tidy"]
        answer = await analysed(served.client, uri, 5, 5)
        dumps = next(item for item in answer["items"] if item["label"] == "dumps")
        async with asyncio.timeout(WATCHDOG):
            # What takes too long to be read is left out; who looks at the item again asks again.
            while "documentation" not in (resolved := await served.client.request("completionItem/resolve", dumps)):
                pass
        assert "Serialize" in resolved["documentation"]["value"]


async def analysed(client: Client, uri: str, line: int, character: int) -> Any:
    """The list once the analysis has answered: while its process starts, there are only the words of the text."""
    async with asyncio.timeout(60):
        while True:
            answer = await ask(client, uri, line, character)
            if len(answer["items"]) > 3 or texts(answer) == ["tidy"]:
                return answer


async def test_nothing_is_listed_unasked_where_no_word_has_begun(tmp_path: Path) -> None:
    uri = "file:///project/app.py"
    async with serving(tmp_path) as served:
        await served.client.initialize(capabilities=WITH_GHOST_TEXT)
        served.client.open(uri, "def f()")
        type_text(served.client, uri, 2, 0, 7, ":")
        answer = await asyncio.wait_for(ask(served.client, uri, 0, 8, 2), 60)
        assert texts(answer) == []


async def test_names_that_are_late_come_with_the_next_key(tmp_path: Path) -> None:
    """In a long file the analysis takes longer than a key may wait; the list says so, and the next one has them."""
    uri = "file:///project/app.py"
    filler = "".join(f"def step_{n}(value):\n    return value + {n}\n\n\n" for n in range(1_500))
    text = f"import json\n\n{filler}js"
    async with serving(tmp_path) as served:
        client = served.client
        await client.initialize(capabilities=WITH_GHOST_TEXT)
        client.open(uri, text)
        line, column, version = text.count("\n"), 2, 1
        seen: list[bool] = []
        async with asyncio.timeout(60):
            while True:
                # A person types the word, deletes it, and types again, for as long as the machine takes.
                answer = await ask(client, uri, line, column, TYPED_ON)
                seen.append(answer["isIncomplete"])
                if not answer["isIncomplete"]:
                    break
                version += 1
                column = column + 1 if column < 4 else 2
                last = "json"[:column]
                client.change(uri, version, f"import json\n\n{filler}{last}")
        assert "json" in texts(answer)
        assert seen[0], "what was late was said to be whole"
