"""What the service is asked to remember stays byte-equal while someone types, and is marked where it is long enough."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support import messages_rules
from support.lsp_client import Client
from support.messages_api import Asked, MessagesApi, script
from support.serving import serving
from support.waiting import WATCHDOG

EXPLICIT = 1
LINE = "total = cart.price_of(item) + rate_of(country, 3)"
HEAD = "from shop.cart import Cart\n\n\ndef bill(cart: Cart, item: str, country: str) -> int:\n    "
TAIL = "\n    return total\n\n\ndef after(cart: Cart) -> None:\n    cart.clear()\n"


def make_project(root: Path) -> Path:
    """More definitions than fit into a question, so that what is chosen depends on what is typed."""
    package = root / "shop"
    package.mkdir(parents=True)
    methods = "".join(f"    def step_{n}(self, item: str, country: str = 'x{n}') -> int: ...\n" for n in range(40))
    (package / "cart.py").write_text(
        f"class Cart:\n    def price_of(self, item: str) -> int: ...\n    def clear(self) -> None: ...\n{methods}"
    )
    for n in range(12):
        rates = "".join(f"def rate_{n}_{k}(country: str, item: int) -> float: ...\n" for k in range(20))
        (package / f"rates_{n}.py").write_text(f"def rate_of_{n}(country: str, total: int) -> int: ...\n{rates}")
    (root / "other.py").write_text("def elsewhere(country): ...\n")
    return root


def remembered(asked: Asked) -> str:
    """Everything up to the last mark, with where it stands."""
    blocks: list[tuple[str, Any]] = [("system", block) for block in _list(asked.body["system"])]
    for message in _list(asked.body["messages"]):
        blocks += [(message["role"], block) for block in _list(message["content"])]
    marked = [index for index, (_, block) in enumerate(blocks) if "cache_control" in block]
    assert marked, "nothing is marked"
    return "".join(f"{role}: {block['text']}" for role, block in blocks[: marked[-1] + 1])


def _list(value: object) -> list[Any]:
    assert isinstance(value, list)
    return value


async def shown(client: Client, uri: str, line: int, column: int) -> None:
    await asyncio.wait_for(client.ask(uri, line, column, automatic=EXPLICIT), WATCHDOG)


async def read_workspace(client: Client, api: MessagesApi, uri: str) -> None:
    """Asks until the index has read the workspace: from then on it says what no import leads to."""
    async with asyncio.timeout(WATCHDOG):
        while True:
            await shown(client, uri, 0, 0)
            if "rate_of_3" in api.asked[-1].question:
                return
            await asyncio.sleep(0.05)


async def test_the_remembered_part_stays_while_forty_characters_are_typed(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    main, other = (root / "main.py").as_uri(), (root / "other.py").as_uri()
    async with (
        MessagesApi(script("")) as api,
        serving(tmp_path, api, KIREJI_GATHER_MS="5000", KIREJI_TRUST="1") as served,
    ):
        client = served.client
        await client.initialize(rootUri=root.as_uri())
        client.open(other, "# rate_of_3 country total\n")
        await read_workspace(client, api, other)
        client.open(main, HEAD + TAIL)
        # What is edited meanwhile elsewhere is told, and stays told.
        client.change(other, 2, "# rate_of_3 country total\nLIMIT = 7\n")
        first = len(api.asked)
        for count in range(1, 41):
            client.change(main, count + 1, HEAD + LINE[:count] + TAIL)
            await shown(client, main, 4, 4 + count)
        asked = api.asked[first:]
        assert len(asked) == 40
        assert len({remembered(one) for one in asked}) == 1
        assert "+LIMIT = 7" in remembered(asked[0])
        assert "def after(cart: Cart)" in remembered(asked[0]), "the text below the cursor is part of it"
        # What is typed does count: it makes other definitions likely, behind that part.
        behind = {one.question.split("<likely_")[1].split("</likely_")[0].partition(">")[2] for one in asked}
        assert len(behind) > 1
        # The next line is still the same place; another place is not.
        client.change(main, 50, HEAD + LINE + "\n    x" + TAIL)
        await shown(client, main, 5, 5)
        assert remembered(api.asked[-1]) == remembered(asked[0])
        client.change(main, 51, HEAD + LINE + TAIL + "\n\ndef last(country: str, other: int) -> float:\n    r")
        await shown(client, main, 13, 5)
        assert remembered(api.asked[-1]) != remembered(asked[0])


@pytest.mark.parametrize(("model", "marks"), [("claude-haiku-5-5", True), ("claude-haiku-4-5", False)])
async def test_a_short_question_is_marked_where_the_model_remembers_it(tmp_path: Path, model: str, marks: bool) -> None:
    async with MessagesApi(script("")) as api, serving(tmp_path, api, KIREJI_MODEL=model) as served:
        await served.client.initialize()
        served.client.open("file:///project/app.py", "x = \n")
        await shown(served.client, "file:///project/app.py", 0, 4)
        assert (b'"cache_control"' in api.asked[0].raw) is marks


async def test_what_the_service_counts_corrects_how_much_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = messages_rules.MODELS["claude-haiku-5-5"]
    dense = {**messages_rules.MODELS, "claude-haiku-5-5": replace(rules, chars_per_token=1.7)}
    monkeypatch.setattr(messages_rules, "MODELS", dense)
    text = "".join(f"value_{n} = {n}\n" for n in range(2_000))
    async with MessagesApi(script("")) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        for n in range(8):
            # Another text each time: in one, what was sent stays as it was.
            served.client.open(f"file:///project/app_{n}.py", f"{text}x = \n{text}")
            await shown(served.client, f"file:///project/app_{n}.py", 2_000, 4)
        first, last = (len(asked.question) for asked in (api.asked[0], api.asked[-1]))
        assert 0.6 < last / first < 0.8, "1.7 characters a token where 2.6 were expected"
