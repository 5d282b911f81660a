"""The real server holds an answer to the Python that the project is for, and says so when asked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from support.messages_api import MessagesApi, script
from support.serving import serving

TEXT = "def kind(value):\n    \n"
ANSWER = "match value:\n        case 1:\n            return 'one'\n    return 'other'"


@pytest.mark.parametrize(("said", "shown"), [(">=3.9", False), (">=3.10", True)])
async def test_syntax_that_is_too_new_is_not_shown(tmp_path: Path, said: str, shown: bool) -> None:
    root = tmp_path / "w"
    root.mkdir()
    (root / "pyproject.toml").write_text(f'[project]\nrequires-python = "{said}"\n')
    uri = (root / "app.py").as_uri()
    async with MessagesApi(script(ANSWER)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(rootUri=root.as_uri())
        client.open(uri, TEXT)
        answer = await asyncio.wait_for(client.ask(uri, 1, 4, automatic=1), 60)
        why = await client.request("kireji/explain", {})
    texts = [item["insertText"] for item in answer["items"]]
    if shown:
        assert texts == [ANSWER]
    else:
        assert texts == []
        assert "Cannot use `match` statement on Python 3.9" in str(why["findings"])
