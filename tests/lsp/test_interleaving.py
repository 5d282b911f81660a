"""Documents that change, close, come back and change their names while answers are on their way: no edit is ever stale.

Each operation is followed by a question that the server answers at once. Replies keep their order, so whatever came
before an answer tells what the server knew when it wrote that answer.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.figures import report
from support.lsp_client import Client
from support.messages_api import Asked, MessagesApi, tagged
from support.messages_play import Pace, Play
from support.serving import serving

ROUNDS = int(os.environ.get("SOAK_INTERLEAVINGS", "200"))
LINE = "    return wi"
REST = "dth * height"
AT_ONCE = "workspace/executeCommand"


@dataclass
class Round:
    """One document, one question about it, and all that happens to it meanwhile."""

    client: Client
    uri: str
    version: int = 1
    text: str | None = None
    asked: str = ""
    states: list[str | None] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def open(self, text: str) -> None:
        self.version += 1
        self.client.open(self.uri, text, version=self.version)
        self.text = text

    def change(self, text: str) -> None:
        if self.text is None:
            return
        self.version += 1
        self.client.change(self.uri, self.version, text)
        self.text = text

    def close(self) -> None:
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": self.uri}})
        self.text = None

    def mark(self) -> None:
        """Asks what is answered at once, and remembers the state that its answer stands for."""
        self.states.append(self.text)
        noted = self.client.start(AT_ONCE, {"command": "kireji.dismiss", "arguments": ["x"]})
        noted.add_done_callback(lambda _: self.order.append("mark"))


def other_line(now: Round) -> None:
    now.change(f"# moved down\n{now.text}")


def typed_on(now: Round) -> None:
    now.change((now.text or "").replace(LINE, f"{LINE}d"))


def typed_otherwise(now: Round) -> None:
    now.change((now.text or "").replace(LINE, f"{LINE}x"))


def there_and_back(now: Round) -> None:
    was = now.text
    if was is not None:
        now.change("")
        now.change(was)


def closed(now: Round) -> None:
    now.close()


def reopened(now: Round) -> None:
    was = now.text
    now.close()
    now.open(was or now.asked)


def renamed(now: Round) -> None:
    """The editor closes the old name and opens the new one; the question was about the old one."""
    was = now.text or now.asked
    now.close()
    now.client.open(f"{now.uri}.new.py", was)


def nothing(_: Round) -> None:
    """Also happens."""


OPERATIONS: tuple[Callable[[Round], None], ...] = (
    other_line, typed_on, typed_otherwise, there_and_back, closed, reopened, renamed, nothing, nothing,
)  # fmt: skip


def edits(door: str, answer: Any) -> list[str]:
    """What an answer would write into the text."""
    if door == "inline":
        return [item["insertText"] for item in answer["items"]]
    return [item["textEdit"]["newText"] for item in answer["items"] if item.get("detail") == "Kireji"]


@pytest.mark.slow
async def test_no_edit_is_stale_however_messages_interleave(tmp_path: Path) -> None:
    rng = random.Random(11)
    ends: Counter[str] = Counter()

    def model(asked: Asked) -> Play:
        return Play(tagged(asked, f"{LINE.strip()}{REST}"), pace=Pace(rng.choice((0.0, 0.01, 0.03))))

    async with MessagesApi(model) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        for number in range(ROUNDS):
            now = Round(served.client, f"file:///project/{number}.py")
            await play(now, rng, rng.choice(("inline", "popup")), ends)
        assert set(served.client.replies.values()) == {1}
    assert min(ends["shown"], ends["nothing shown"]) > ROUNDS / 10, ends
    report(f"interleavings: {ROUNDS}, of which {ends['shown']} with an edit, {ends['stale']} stale")
    assert ends["stale"] == 0


async def play(now: Round, rng: random.Random, door: str, ends: Counter[str]) -> None:
    """One round."""
    client = now.client
    now.open(f"def area(width, height):\n{LINE}\n# {now.uri}\n")
    now.asked = now.text or ""
    now.states.append(now.text)
    where = {"textDocument": {"uri": now.uri}, "position": {"line": 1, "character": len(LINE)}}
    method = "textDocument/inlineCompletion" if door == "inline" else "textDocument/completion"
    pending = client.start(method, where | {"context": {"triggerKind": 1}})
    pending.add_done_callback(lambda _: now.order.append("answer"))
    for _ in range(rng.randrange(4)):
        await asyncio.sleep(rng.choice((0.0, 0.0, 0.005, 0.02)))
        rng.choice(OPERATIONS)(now)
        now.mark()
    answer = await asyncio.wait_for(pending, 60)
    known = now.states[now.order.index("answer")]
    written = edits(door, answer)
    ends["shown" if written else "nothing shown"] += 1
    # A list is narrowed down by the client where more of the same word was typed; else the text must be what it was.
    typed = now.asked.replace(LINE, f"{LINE}d") if door == "popup" else now.asked
    if written and known not in (now.asked, typed):
        ends["stale"] += 1
