"""Someone types: what is at hand is served, what is on its way is waited for, and only what is new is asked."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.afterwards import asked_in_all
from support.lsp_client import Client, RpcError
from support.messages_api import Asked, MessagesApi, script, tagged
from support.messages_play import Pace, Play
from support.serving import serving

URI = "file:///project/app.py"
HEAD = "def area(width, height):\n"
TEXT = f"{HEAD}    return wi\n"
END = len("    return wi")
GOOD = "return width * height"
BROKEN = "return undefined_name_xyz(a, b"
AUTOMATIC, EXPLICIT = 2, 1


async def shown(client: Client, column: int = END, trigger: int = AUTOMATIC) -> list[str]:
    """What an editor would show at the end of the second line."""
    answer = await asyncio.wait_for(client.ask(URI, 1, column, automatic=trigger), 60)
    return [item["insertText"] for item in answer["items"]]


def type_on(client: Client, version: int, typed: str, rest: str = "") -> int:
    """The line goes on; the column where the cursor then stands."""
    client.change(URI, version, f"{HEAD}    return wi{typed}{rest}\n")
    return END + len(typed)


async def test_what_is_typed_of_a_suggestion_is_served_without_asking(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api, KIREJI_ASK_AGAIN="false") as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        assert await shown(client) == ["dth * height"]
        assert await shown(client, type_on(client, 2, "d")) == ["th * height"]
        # A word is accepted by itself, then a part is deleted again, down to where it began.
        assert await shown(client, type_on(client, 3, "dth *")) == [" height"]
        assert await shown(client, type_on(client, 4, "dt")) == ["h * height"]
        assert await shown(client, type_on(client, 5, "")) == ["dth * height"]
        assert len(api.asked) == 1
        # Something else is typed, or changes elsewhere: that is another question.
        assert await shown(client, type_on(client, 6, "x")) == []
        assert len(api.asked) == 2
        client.change(URI, 7, f"# new\n{TEXT}")
        await asyncio.wait_for(client.ask(URI, 2, END, automatic=AUTOMATIC), 60)
        assert len(api.asked) == 3


async def test_a_closing_bracket_of_the_editor_is_taken_into_account(tmp_path: Path) -> None:
    async with MessagesApi(script("return abs(width) * height")) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, f"{HEAD}    return abs\n")
        column = len("    return abs")
        assert await shown(client, column) == ["(width) * height"]
        client.change(URI, 2, f"{HEAD}    return abs()\n")
        answer = await asyncio.wait_for(client.ask(URI, 1, column + 1, automatic=AUTOMATIC), 60)
        (item,) = answer["items"]
        assert item["insertText"] == "width) * height"
        assert item["range"]["end"]["character"] == column + 2, "it takes the place of the editor's bracket"
        assert len(api.asked) == 1


async def test_a_question_on_its_way_serves_who_types_on(tmp_path: Path) -> None:
    both = asyncio.Event()
    async with MessagesApi(script(GOOD, until=both)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        first = client.ask(URI, 1, END, automatic=AUTOMATIC)
        asked = await api.request()
        # As editors do: the older request is taken back, the text grows, and the next one follows.
        with client.in_one_go():
            client.notify("$/cancelRequest", {"id": client.last_id})
            column = type_on(client, 2, "d")
            second = client.ask(URI, 1, column, automatic=AUTOMATIC)
        await client.has_read()
        both.set()
        assert [item["insertText"] for item in (await asyncio.wait_for(second, 60))["items"]] == ["th * height"]
        with pytest.raises(RpcError, match="-32800"):
            await first
        assert len(api.asked) == 1
        assert not asked.cancelled


async def test_a_question_that_nobody_wants_any_more_is_ended(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD, pace=Pace(first_token=600))) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        pending = client.ask(URI, 1, END, automatic=AUTOMATIC)
        asked = await api.request()
        client.notify("$/cancelRequest", {"id": client.last_id})
        # It may go on for a moment, because the text has grown as if it were to be asked about; nobody asks.
        type_on(client, 2, "d")
        with pytest.raises(RpcError, match="-32800"):
            await pending
        await asyncio.wait_for(asked.closed.wait(), 60)
        assert asked.cancelled


async def test_equal_requests_share_one_question(tmp_path: Path) -> None:
    both = asyncio.Event()
    async with MessagesApi(script(GOOD, until=both)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        first = client.ask(URI, 1, END, automatic=AUTOMATIC)
        await api.request()
        second = asyncio.ensure_future(shown(client))
        await asyncio.sleep(0)  # it has been asked
        await client.has_read()
        both.set()
        assert await second == ["dth * height"]
        older: Any = await asyncio.wait_for(first, 60)
        assert older["items"] == [], "a newer request ends the older one"
        assert len(api.asked) == 1


async def test_what_was_proved_broken_is_not_asked_for_again_by_typing_nothing(tmp_path: Path) -> None:
    async with MessagesApi(script(BROKEN, GOOD)) as api, serving(tmp_path, api, KIREJI_ASK_AGAIN="false") as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        assert await shown(client) == []
        assert await shown(client) == []
        assert len(api.asked) == 1
        assert await shown(client, trigger=EXPLICIT) == ["dth * height"], "who asks by a key is asking again"
        assert len(api.asked) == 2


async def test_a_suggestion_at_hand_is_judged_again_where_more_than_the_text_counts(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        assert await shown(client) == ["dth * height"]
        await client.request("kireji/explain", {})
        client.open("file:///project/other.py", "x = 1\n")
        assert await shown(client) == ["dth * height"]
        explained = await client.request("kireji/explain", {})
        assert [stage["stage"] for stage in explained["stages"]] == ["gates"], "judged, and not asked again"
        assert len(api.asked) == 1


async def test_nothing_at_hand_is_served_while_paused(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        assert await shown(client) == ["dth * height"]
        await client.request("workspace/executeCommand", {"command": "kireji.pause"})
        assert await shown(client) == []


async def test_a_burst_of_keys_is_few_questions(tmp_path: Path) -> None:
    """Twenty keys, each of which is there before the next was overdue. How few they are at the pace of a fast typist is printed
    by the benchmark."""
    async with MessagesApi(script("")) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        await shown(client, trigger=EXPLICIT)
        before = len(api.asked)
        pending = []
        with client.in_one_go():
            for key in range(1, 21):
                column = type_on(client, key + 1, "_" * key)
                pending.append(client.ask(URI, 1, column, automatic=AUTOMATIC))
        await asyncio.wait_for(asyncio.gather(*pending), 60)
        assert len(api.asked) == before + 1
        assert f"wi{'_' * 20}<cursor_" in api.asked[-1].question


async def test_what_comes_next_is_asked_for_when_a_suggestion_is_accepted(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD, "return width * height + 1")) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        answer = await asyncio.wait_for(client.ask(URI, 1, END, automatic=AUTOMATIC), 60)
        (item,) = answer["items"]
        client.change(URI, 2, after := TEXT[: len(HEAD) + END] + item["insertText"] + TEXT[len(HEAD) + END :])
        await client.request("workspace/executeCommand", item["command"])
        # The question leaves by itself: there is no reply to wait for.
        await asyncio.wait_for(api.request(1), 60)
        assert "width * height<cursor_" in api.asked[1].question, after
        await api.asked[1].done.wait()
        column = END + len(item["insertText"])
        (item,) = (await asyncio.wait_for(client.ask(URI, 1, column, automatic=AUTOMATIC), 60))["items"]
        assert item["insertText"] == " + 1"
        assert len(await asked_in_all(client, api)) == 2, "the editor's own question is the same"


async def test_what_answers_have_cost_stands_in_one_row_each(tmp_path: Path) -> None:
    """Somebody types on while the answer comes, types it through, accepts it, and joins what was asked ahead."""
    both, ahead = asyncio.Event(), asyncio.Event()

    def answer(asked: Asked) -> Play:
        first = "wi<cursor_" in asked.question
        return Play(tagged(asked, GOOD if first else ""), until=both if first else ahead)

    async with MessagesApi(answer) as api, serving(tmp_path, api) as served, asyncio.timeout(60):
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        first = client.ask(URI, 1, END, automatic=AUTOMATIC)
        await api.request()
        second = client.ask(URI, 1, type_on(client, 2, "d"), automatic=AUTOMATIC)
        older: Any = await first
        both.set()
        assert (older["items"], (await second)["items"][0]["insertText"]) == ([], "th * height")
        (item,) = (await client.ask(URI, 1, type_on(client, 3, "dt"), automatic=AUTOMATIC))["items"]
        column = type_on(client, 4, "dth * height")
        await client.request("workspace/executeCommand", item["command"])
        await api.request(1)
        joined = client.ask(URI, 1, column, automatic=AUTOMATIC)
        await client.has_read()
        ahead.set()
        assert (await joined)["items"] == []
        assert await shown(client, column) == []
        assert len(await asked_in_all(client, api)) == 2
        await client.shutdown()
        await served.process.wait()
    with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        rows = store.execute("SELECT feature, reused, nano FROM outcomes ORDER BY rowid").fetchall()
        paid = [nano for (nano,) in store.execute("SELECT nano FROM calls ORDER BY rowid")]
    typed = "inline completion"
    told = [(typed, 0, 0), (typed, 0, paid[0]), (typed, 1, 0), ("ahead", 0, paid[1]), (typed, 1, 0), (typed, 1, 0)]
    assert rows[: len(told)] == told
    assert sum(nano for _, _, nano in rows) == sum(paid)


async def test_who_does_not_want_that_is_not_asked_for(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api, KIREJI_PREFETCH="false") as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        (item,) = (await asyncio.wait_for(client.ask(URI, 1, END, automatic=AUTOMATIC), 60))["items"]
        client.change(URI, 2, TEXT[: len(HEAD) + END] + item["insertText"] + TEXT[len(HEAD) + END :])
        await client.request("workspace/executeCommand", item["command"])
        assert len(await asked_in_all(client, api)) == 1


async def test_several_answers_for_who_asks_by_a_key(tmp_path: Path) -> None:
    answers = (BROKEN, GOOD, "return width + height")
    async with MessagesApi(script(*answers)) as api, serving(tmp_path, api, KIREJI_CANDIDATES="3") as served:
        client = served.client
        await client.initialize()
        client.open(URI, TEXT)
        answer = await asyncio.wait_for(client.ask(URI, 1, END, automatic=EXPLICIT), 60)
        texts = sorted(item["insertText"] for item in answer["items"])
        assert len(api.asked) == 3, "and no fourth for the one that was broken"
        assert texts == ["dth * height", "dth + height"]
