"""Code actions: how soon they are offered, and what the server itself adds to the model's time. `make bench-actions`.

An offer is timed from the request to its answer. An action is timed from the request to its edit, less the time from the
question's arrival at the stand-in to the end of its answer. Each is asked about a file of 1,000 lines
(what is done to whole files: of a third of that). Nothing is asserted:
machines differ.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.action_rows import GOOD, Row
from support.figures import percentile
from support.lsp_client import Client
from support.messages_api import Asked, MessagesApi, Play, tagged
from support.messages_play import Pace
from support.serving import serving

LINES = 1_000
OFFERS = 300
ROUNDS = 4
FILLER = {
    "python": "\n\ndef filler_{n}(values: list[int]) -> int:\n    total = 0\n    for value in values:\n        total += value\n"
    "    return total\n",
    "typescript": "\nexport function filler{n}(values: number[]): number {{\n  return values.reduce((a, b) => a + b, 0)\n}}\n",
}
ABLE = {
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        }
    },
    "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {}}},
    "general": {"positionEncodings": ["utf-32"]},
}  # fmt: skip


def long(row: Row) -> tuple[str, int, int]:
    """The row's text with so much below it that it is a long file, and the ends of what is selected."""
    first, _, rest = row.text.partition("$0")
    inside, mark, last = rest.partition("$0")
    text, filler = first + inside + last, FILLER[row.language]
    # A whole file is said to the model only up to a size.
    lines = LINES // 3 if row.action == "fix-all" else LINES
    count = (lines - text.count("\n")) // filler.count("\n")
    whole = text + "".join(filler.format(n=n) for n in range(count))
    return whole, len(first), len(first) + (len(inside) if mark else 0)


def position(text: str, offset: int) -> dict[str, int]:
    """An offset as the protocol has it."""
    return {"line": text.count("\n", 0, offset), "character": offset - text.rfind("\n", 0, offset) - 1}


async def offers(client: Client, language: str) -> list[float]:
    """Seconds to each offer, the cursor somewhere else each time, the text changed before every tenth."""
    text = "".join(FILLER[language].format(n=n) for n in range(LINES // FILLER[language].count("\n")))
    uri = f"file:///bench/offers.{language}"
    client.open(uri, text, language=language)
    seconds = []
    for number in range(OFFERS):
        if number % 10 == 0:
            client.change(uri, number + 2, f"{text}\n{'#' if language == 'python' else '//'} {number}\n")
        place = {"line": 37 * number % LINES, "character": 3}
        problem = {"range": {"start": place, "end": place}, "message": "some problem", "source": "Ruff", "code": "F821"}
        params = {"textDocument": {"uri": uri}, "range": problem["range"], "context": {"diagnostics": [problem]}}
        started = time.perf_counter()
        await client.request("textDocument/codeAction", params)
        seconds.append(time.perf_counter() - started)
    return seconds[10:]


class Timed:
    """The model, and how long it took over its last answer."""

    def __init__(self) -> None:
        self.text = ""
        self.arrived = 0.0

    def __call__(self, asked: Asked) -> Play:
        self.arrived = time.perf_counter()
        return Play(tagged(asked, self.text), pace=Pace(first_token=0.1))

    async def seconds(self, asked: Asked, until: float) -> float:
        """How long that was; the part of it that lies before `until`."""
        await asked.done.wait()
        return min(time.perf_counter(), until) - self.arrived


async def actions(client: Client, api: MessagesApi, model: Timed, rows: Sequence[Row]) -> dict[str, list[float]]:
    """The server's own seconds for each action."""
    found: dict[str, list[float]] = {}
    for number, row in enumerate(rows):
        text, start, end = long(row)
        uri = f"file:///bench/n{number}.{'py' if row.language == 'python' else 'ts'}"
        client.open(uri, text, language=row.language)
        where = {"start": position(text, start), "end": position(text, end)}
        words, source, code = row.problem
        at = text.find(words)
        problem: dict[str, Any] = {"range": {"start": position(text, at), "end": position(text, at + len(words))}}
        problem |= {
            "message": "it",
            "source": source,
            "code": code,
            "tags": [2] if row.action.endswith("deprecated") else [],
        }
        params = {"textDocument": {"uri": uri}, "range": where, "context": {"diagnostics": [problem] if words else []}}
        offered = await client.request("textDocument/codeAction", params)
        action = {one["data"]["action"]: one for one in offered if "data" in one}[row.action]
        model.text = row.answer
        started = time.perf_counter()
        resolved = await client.request("codeAction/resolve", action)
        ended = time.perf_counter()
        assert resolved.get("edit"), f"{row.action}: {client.notifications[-1]}"
        found.setdefault(row.action, []).append(ended - started - await model.seconds(api.asked[-1], ended))
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    return found


async def measure(home: Path) -> list[str]:
    """One line for each figure."""
    rows = [row for row in GOOD if row.language in FILLER and not row.wish]
    model = Timed()
    async with MessagesApi(model) as api, serving(home, api, KIREJI_GATES_EXPLICIT_MS="20000") as served:
        await served.client.initialize(capabilities=ABLE)
        await actions(served.client, api, model, rows)  # the checkers are up afterwards
        lines = []
        for language in FILLER:
            taken = await offers(served.client, language)
            lines.append(f"offers, {language:11} {_told(taken)}   of {len(taken)}, at 1,000 lines, 0 calls")
        found: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for name, seconds in (await actions(served.client, api, model, rows)).items():
                found.setdefault(name, []).extend(seconds)
    for name, seconds in found.items():
        lines.append(f"{name:19} {_told(seconds)}   beside the model, of {len(seconds)}")
    every = [one for seconds in found.values() for one in seconds]
    return [*lines, f"{'all actions':19} {_told(every)}   beside the model, of {len(every)}"]


def _told(seconds: list[float]) -> str:
    return f"p50 {percentile(seconds, 0.5) * 1000:6.1f}  p95 {percentile(seconds, 0.95) * 1000:6.1f} ms"


async def main() -> None:
    """Prints all of it."""
    with tempfile.TemporaryDirectory() as folder:
        for line in await measure(Path(folder)):
            print(line, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
