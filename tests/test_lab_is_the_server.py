"""`kireji lab` says what the server does: 50 rows made from this project's own source, asked of both.

What the model says in each is put into the stand-in's mouth for the server and into the row for the lab.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import kireji
from kireji.base.text import make_document
from kireji.providers.models import find
from support import messages_rules
from support.children import until
from support.environment import clean_environment
from support.messages_api import Asked, MessagesApi
from support.messages_play import Play
from support.serving import Served, serving

PACKAGE = Path(kireji.__file__).parent
ROOT = PACKAGE.parent
ROWS = 50
# Of the definitions that are hardly likely, those that still fit depend on the order in which files came into the index: the
# server has opened and closed some. One line a row at most, taken together.
MOST_OTHER = 0.1
# The lab counts 4 characters a token; the server's default model 2.6. Both budgets are 5,200 characters.
LAB_BUDGET, SERVER_BUDGET = 1_300, 2_000
# How long a gate or the index may take is a question of the machine's load, not of the path; and what the analysis says of the
# cursor is there when it is up by then, and takes the room of something else.
PATIENT = {
    "KIREJI_DETERMINISTIC": "false",
    "KIREJI_CONTEXT_TOKENS": str(SERVER_BUDGET),
    "KIREJI_GATHER_MS": "5000",
    "KIREJI_GATES_AUTOMATIC_MS": "10000",
    "KIREJI_GATES_EXPLICIT_MS": "10000",
    "KIREJI_REQUEST_MS": "60000",
}


@dataclass(frozen=True)
class Row:
    """A hole in a file and what a model says there."""

    path: Path
    prefix: str
    suffix: str
    raw: str

    @property
    def line(self) -> int:
        """The cursor's line, counted from 0."""
        return self.prefix.count("\n")

    @property
    def column(self) -> int:
        """The cursor's column, in characters."""
        return len(self.prefix) - self.prefix.rfind("\n") - 1

    def lab(self, **more: object) -> dict[str, object]:
        """The row as the lab reads it."""
        row = {"root": str(ROOT), "path": str(self.path.relative_to(ROOT)), "language": "python"}
        return row | {"python": sys.executable, "prefix": self.prefix, "suffix": self.suffix} | more


def faulty(kind: int, truth: str, following: str) -> str:
    """What a model might say for a statement: the truth, or one of the ways of getting it wrong."""
    match kind:
        case 1:
            return f"{truth.rstrip(')')} or undefined_name_xyz(1)"
        case 2:
            return truth + "(("
        case 3:
            return f"{truth}\n{following}"
        case 4:
            return f"Here is the completed code:\n```python\n{truth}\n```"
        case 5:
            return "undefined_name_xyz(a, b\n    import nothing_here"
        case _:
            return truth


def rows() -> list[Row]:
    """The same rows for the same source: one from each of 50 lines spread over the package, cut at its start or inside."""
    places: list[tuple[Path, str, int]] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.split("\n")
        wanted = [n for n in range(20, len(lines) - 1) if lines[n].startswith("    ") and "(" in lines[n]]
        places += [(path, text, n) for n in wanted if '"""' not in lines[n] and "#" not in lines[n]]
    # Two that are repaired for certain, the second in the place of what stood right of the cursor: which of the others are
    # depends on the day's source.
    made = [
        Row(PACKAGE / "base/edit.py", "def area(width, height):\n    return ", "\n", "width * (height"),
        Row(PACKAGE / "base/edit.py", 'def joined(lines):\n    return ""', ")\n", ".join(lines)(("),
    ]
    for index in range(len(made), ROWS):
        path, text, n = places[index * len(places) // ROWS]
        lines = text.split("\n")
        line = lines[n]
        indent = len(line) - len(line.lstrip())
        at = indent if index % 3 == 0 else line.index("(") + 1 if index % 3 == 1 else indent + len(line.strip()) // 2
        before = "\n".join([*lines[:n], line[:at]])
        # What stands right of the cursor is said again by a model that was told to say the line to its end.
        tail = line[-1] if index % 2 and line[at:-1].strip() and line[-1] in "):," else ""
        after = tail + "\n" + "\n".join(lines[n + 1 :])
        following = next((other for other in lines[n + 1 :] if other.strip()), "")
        made.append(Row(path, before, after, faulty(index % 7, line[at:], following)))
    return made


async def lab(home: Path, what: str, asked: Sequence[Mapping[str, object]]) -> list[dict[str, Any]]:
    """The lab's answers, from one process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kireji", "lab", what),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=clean_environment(home, **PATIENT),
    )
    lines = "".join(json.dumps({"id": n, **row}) + "\n" for n, row in enumerate(asked))
    out, _ = await asyncio.wait_for(process.communicate(lines.encode()), 400)
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["id"] for answer in answers] == list(range(len(asked)))
    return answers


async def ask(served: Served, row: Row) -> tuple[str | None, dict[str, Any]]:
    """What the server offers, as an insertion at the cursor, and how that came about."""
    uri, text = row.path.as_uri(), row.prefix + row.suffix
    served.client.open(uri, text)
    result = await asyncio.wait_for(served.client.ask(uri, row.line, row.column, automatic=1), 60)
    explained = await served.client.request("kireji/explain", {})
    served.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    if not result["items"]:
        return None, explained
    item = result["items"][0]
    start, end = item["range"]["start"], item["range"]["end"]
    assert start == {"line": row.line, "character": row.column}
    lines = make_document(uri, None, "python", 0, text).lines
    replaced = text[len(row.prefix) : lines[end["line"]] + end["character"]]
    return item["insertText"].removesuffix(replaced) if replaced else item["insertText"], explained


def decision(explained: Mapping[str, Any]) -> str:
    """The server's outcome in the lab's words; other reasons as they are."""
    if not explained["offered"]:
        return "withhold" if explained["stage"] == "gates" else str(explained["reason"])
    if explained["repairs"]:
        return "repair"
    return "offer" if all(gate["state"] == "pass" for gate in explained["gates"]) else "unverified"


def codes(findings: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Gates and rules."""
    return [(finding["gate"], finding["code"]) for finding in findings]


async def test_lab_and_server_agree_on_50_rows_of_our_own_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A service that counts otherwise than we estimate would correct the server's budget, and the lab asks none.
    name = "claude-haiku-5-5"
    alike = replace(messages_rules.MODELS[name], chars_per_token=find(name, date(2026, 11, 10)).chars_per_token)
    monkeypatch.setattr(messages_rules, "MODELS", {**messages_rules.MODELS, name: alike})
    asked = rows()
    assert len({(row.path, row.prefix) for row in asked}) == ROWS
    replies: list[str] = []

    def answer(_: Asked) -> Play:
        return Play(replies[-1])

    said = []
    async with (
        MessagesApi(answer) as api,
        serving(
            tmp_path, api, "--trust", tcp=False, KIREJI_PYTHON=sys.executable, KIREJI_ASK_AGAIN="false", **PATIENT
        ) as served,
    ):
        await served.client.initialize(workspaceFolders=[{"uri": ROOT.as_uri(), "name": "server"}])
        # The lab waits for the index; the server answers without it. It is written down as soon as it is whole.
        await until(lambda: any((tmp_path / "state").glob("index-*.jsonl")))
        for row in asked:
            replies.append(row.raw)
            said.append(await ask(served, row))
        await served.client.shutdown()
    assert len(api.asked) == ROWS

    cuts = await lab(tmp_path, "cut", [row.lab(raw=row.raw) for row in asked])
    judged = await lab(
        tmp_path,
        "validate",
        [row.lab(insert=cut["text"], replaces=cut.get("replaces", 0)) for row, cut in zip(asked, cuts, strict=True)],
    )
    # An index of its own, that has come about in the same way.
    contexts = await lab(tmp_path / "again", "context", [row.lab(budget=LAB_BUDGET) for row in asked])

    seen: dict[str, int] = {}
    others = 0
    for row, (shown, explained), cut, verdict, context, request in zip(
        asked, said, cuts, judged, contexts, api.asked, strict=True
    ):
        where = f"{row.path.name}:{row.line + 1} {row.raw!r}: {explained}"
        outcome = decision(explained)
        seen[outcome] = seen.get(outcome, 0) + 1
        assert cut["cut_by"] == explained["cut_by"], where
        if cut["text"]:
            assert verdict["decision"] == outcome, where
            assert codes(verdict["findings"]) == codes(explained["findings"]), where
        else:
            assert explained.get("stage") in ("stream", "trim"), where
        if outcome == "offer":
            assert cut["text"] == shown, where
        elif outcome == "repair":
            assert verdict["text"] == shown, where
        else:
            assert shown is None, where
        sent = " ".join(request.question.split())
        lines = context["context"].split("\n")
        other = [line for line in lines if " ".join(line.split()) not in sent]
        assert len(other) <= len(lines) * MOST_OTHER, (where, other)
        others += len(other)
        assert context["items"], where
    assert others <= ROWS
    # The comparison says something only if all of these occur.
    assert min(seen.get(kind, 0) for kind in ("offer", "repair", "withhold")) > 0, seen
    assert os.path.commonpath([row.path for row in asked]) == str(PACKAGE)
