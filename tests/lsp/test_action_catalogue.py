"""Every action through the real server, for clients of three kinds: offered without a question, asked with what it needs, its
change made in one edit that leaves every other file alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kireji.base.types import Reason
from kireji.engine.actions.registry import ACTIONS, action_named
from support.action_rows import FAULTY, GOOD, Row
from support.lsp_client import Client
from support.messages_api import Asked, MessagesApi, tagged
from support.serving import serving

# What the three say of themselves, as far as it matters here.
KINDS = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}}}
LAZY = KINDS | {"dataSupport": True, "resolveSupport": {"properties": ["edit"]}}
EDITS = {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]}
VSCODE = {
    "textDocument": {"codeAction": LAZY},
    "workspace": {"applyEdit": True, "workspaceEdit": EDITS | {"changeAnnotationSupport": {"groupsOnLabel": True}}},
    "window": {"showDocument": {"support": True}, "workDoneProgress": True},
    "general": {"positionEncodings": ["utf-16"]},
    "experimental": {"kireji": {"status": True, "documents": True}},
}
NEOVIM = {
    "textDocument": {"codeAction": LAZY},
    "workspace": {"applyEdit": True, "workspaceEdit": EDITS},
    "window": {"showDocument": {"support": True}, "workDoneProgress": True},
    "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
}
PLAIN = {
    "textDocument": {"codeAction": KINDS},
    "workspace": {"applyEdit": True},
    "general": {"positionEncodings": ["utf-32"]},
}
CLIENTS: Mapping[str, Mapping[str, Any]] = {"vscode": VSCODE, "neovim": NEOVIM, "no resolve": PLAIN}
UNITS = {"vscode": ("utf-16-le", 2), "neovim": ("utf-8", 1), "no resolve": ("utf-32-le", 4)}
EXTENSIONS = {
    "python": "py",
    "typescript": "ts",
    "javascript": "js",
    "go": "go",
    "rust": "rs",
    "java": "java",
    "css": "css",
}

TRACE = (
    '$0Traceback (most recent call last):\n  File "ROOT/shop/cli.py", line 2, in main\n    mean([])\n'
    '  File "ROOT/shop/figures.py", line 2, in mean\n    return sum(values) / len(values)\n'
    "ZeroDivisionError: division by zero\n$0"
)
NODE_TRACE = (
    "$0TypeError: x is undefined\n    at first (ROOT/src/names.ts:2:10)\n    at main (ROOT/src/main.ts:1:1)\n$0"
)
FILES = {
    "shop/figures.py": "def mean(values):\n    return sum(values) / len(values)\n\n\ndef total(values):\n    return sum(values)\n",
    "shop/cli.py": "def main():\n    print('𝒳')\n",
    "tests/test_figures.py": "from shop.figures import total\n\n\ndef test_total() -> None:\n    assert total([1]) == 1\n",
    "src/names.ts": "export function first(names: string[]): string {\n  return names[0].trim()\n}\n",
    "src/other.test.ts": "import { test } from 'vitest'\n\ntest('nothing', () => {})\n",
    "package.json": '{"devDependencies": {"vitest": "1"}}\n',
}


@dataclass(frozen=True)
class Reach:
    """An action that shows a text or changes other files: where, the answer, what is shown and what files say afterwards."""

    action: str
    path: str
    text: str
    language: str
    answer: str
    shown: str = ""
    after: tuple[tuple[str, str], ...] = ()
    asked: tuple[str, ...] = ()


MEAN = "    return sum(values) / len(values)\n"
REACHES = [
    Reach("trace", "trace.log", TRACE, "plaintext",
          "<text_1>\nThe list is empty.\n</text_1>\n<file_1>shop/figures.py</file_1>\n"
          f"<old_1>\n{MEAN}</old_1>\n<new_1>\n    return sum(values) / len(values) if values else 0.0\n</new_1>",
          "The list is empty.",
          (("shop/figures.py", FILES["shop/figures.py"].replace("len(values)", "len(values) if values else 0.0", 1)),),
          ("def mean(values):", "file: shop/figures.py", "ZeroDivisionError", "def main():")),
    Reach("trace", "node.log", NODE_TRACE, "log", "There are no names.", "There are no names.", (), ("names[0].trim()",)),
    Reach("tests", "shop/figures.py", FILES["shop/figures.py"].replace("def mean(", "def mean$0("), "python",
          "<imports>\nfrom shop.figures import mean\n</imports>\ndef test_mean() -> None:\n    assert mean([1, 3]) == 2\n", "",
          (("tests/test_figures.py",
            "from shop.figures import total\nfrom shop.figures import mean\n\n\ndef test_total() -> None:\n"
            "    assert total([1]) == 1\n\n\ndef test_mean() -> None:\n    assert mean([1, 3]) == 2\n"),),
          ("tests/test_figures.py", "written with pytest", "def test_total()")),
    Reach("tests", "src/names.ts", FILES["src/names.ts"].replace("first(", "first$0("), "typescript",
          "import { expect, test } from 'vitest'\nimport { first } from './names'\n\ntest('the first', () => {\n"
          "  expect(first(['a '])).toBe('a')\n})\n", "",
          (("src/names.test.ts",
            "import { expect, test } from 'vitest'\nimport { first } from './names'\n\ntest('the first', () => {\n"
            "  expect(first(['a '])).toBe('a')\n})\n"),),
          ("src/names.test.ts", "vitest", "src/other.test.ts", "test('nothing'")),
    Reach("explain", "shop/figures.py", FILES["shop/figures.py"].replace("sum(values) /", "sum(values)$0 /"), "python",
          "Divides the sum by the count.\n\n```python\nmean([1, 3])\n```", "Divides the sum by", (), ("def mean(values):",)),
    Reach("explain", "src/names.ts", FILES["src/names.ts"].replace("  return names", "$0  return names$0"), "typescript",
          "Takes the first.", "Takes the first.", (), ("names[0].trim()",)),
]  # fmt: skip

# Answers that reach for what the action has no business with: (action, where it is asked for, the answer, why it is refused).
ELSEWHERE = "<text_1>\nThe list is empty.\n</text_1>\n<file_1>{path}</file_1>\n<old_1>\n{old}\n</old_1>\n<new_1>\nowned\n</new_1>"
HOSTILE = [
    *(
        (REACHES[0], ELSEWHERE.format(path=path, old=old), Reason.OUT_OF_SCOPE)
        for path, old in (
            ("../outside.py", "secret = 1"),
            ("OUTSIDE", "secret = 1"),
            (".git/config", "[core]"),
            ("shop/../.git/config", "[core]"),
            ("tests/test_figures.py", "    assert total([1]) == 1"),
            ("shop/figures.py", "def total(values):"),
        )
    ),
    (REACHES[2], "import os\nos.remove('shop/figures.py')\n", Reason.NOTHING_TO_ADD),
    (REACHES[2], "<file>.git/config</file>\ndef test_mean() -> None:\n    assert True\n", Reason.INVALID),
    (REACHES[4], "", Reason.NOTHING_TO_ADD),
]  # fmt: skip


def chosen_rows() -> list[Row]:
    """The first row of each action in Python and in one other language."""
    found: dict[tuple[str, bool], Row] = {}
    for row in GOOD:
        found.setdefault((row.action, row.language == "python"), row)
    return list(found.values())


class Stage:
    """One client of one server, whose model says what the test wants it to say next."""

    def __init__(self, client: Client, kind: str, root: Path, api: MessagesApi) -> None:
        self.client, self.kind, self.root, self.api = client, kind, root, api
        self.edits: list[Any] = []
        self.shown: list[str] = []
        self.number = 0
        client.answers["workspace/applyEdit"] = self._apply
        client.answers["window/showMessageRequest"] = lambda params: params["actions"][0]
        client.answers["window/showDocument"] = self._show

    def _apply(self, params: Any) -> Any:
        self.edits.append(params["edit"])
        return {"applied": True}

    def _show(self, params: Any) -> Any:
        self.shown.append(Path(params["uri"].removeprefix("file://")).read_text("utf-8"))
        return {"success": True}

    def column(self, line: str, at: int) -> int:
        codec, size = UNITS[self.kind]
        return len(line[:at].encode(codec)) // size

    def position(self, text: str, offset: int) -> dict[str, int]:
        line = text.count("\n", 0, offset)
        start = text.rfind("\n", 0, offset) + 1
        return {"line": line, "character": self.column(text[start:].split("\n", 1)[0], offset - start)}

    def range(self, text: str, start: int, end: int) -> dict[str, Any]:
        return {"start": self.position(text, start), "end": self.position(text, end)}

    def applied(self, text: str, edits: list[Any]) -> str:
        for one in sorted(edits, key=lambda e: (-e["range"]["start"]["line"], -e["range"]["start"]["character"])):
            start, end = (self.offset(text, one["range"][which]) for which in ("start", "end"))
            text = text[:start] + one["newText"] + text[end:]
        return text

    def offset(self, text: str, position: Any) -> int:
        lines = text.split("\n")
        row = lines[position["line"]]
        at = next(n for n in range(len(row) + 1) if self.column(row, n) == position["character"])
        return sum(len(line) + 1 for line in lines[: position["line"]]) + at

    async def offered(self, uri: str, text: str, diagnostics: list[Any], action: str, asked: Any) -> Any:
        params = {"textDocument": {"uri": uri}, "range": asked, "context": {"diagnostics": diagnostics}}
        before = len(self.api.asked)
        found = await self.client.request("textDocument/codeAction", params)
        assert len(self.api.asked) == before, "an offer asked the model"
        return next(one for one in found if self.data(one)["action"] == action)

    def data(self, action: Any) -> Any:
        return action["data"] if "data" in action else action["command"]["arguments"][0]

    async def done(self, action: Any) -> Any:
        """The edit that an action brings; None where it brings none."""
        if "command" not in action:
            resolved = await self.client.request("codeAction/resolve", action)
            return resolved.get("edit")
        self.edits.clear()
        run = {"command": action["command"]["command"], "arguments": action["command"]["arguments"]}
        await self.client.request("workspace/executeCommand", run)
        return self.edits[0] if self.edits else None

    def files_after(self, edit: Any, versions: Mapping[str, int]) -> dict[str, str]:
        """What the files of an edit say afterwards, by their paths from the root. Open ones must name their version."""
        after: dict[str, str] = {}
        changed = list((edit.get("changes") or {}).items())
        for part in edit.get("documentChanges") or ():
            if part.get("kind") == "create":
                path = self.path(part["uri"])
                assert not (self.root / path).exists()
                after[path] = ""
                continue
            assert part["textDocument"]["version"] == versions.get(part["textDocument"]["uri"])
            changed.append((part["textDocument"]["uri"], part["edits"]))
        for uri, edits in changed:
            path = self.path(uri)
            text = after.get(path)
            if text is None:
                text = (self.root / path).read_text("utf-8")
            after[path] = self.applied(text, edits)
        return after

    def path(self, uri: str) -> str:
        return Path(uri.removeprefix("file://")).relative_to(self.root).as_posix()


async def asked_for(stage: Stage, row: Row, answer: list[str]) -> tuple[str, str, Any]:
    """A row's action chosen in a document of its own, and the edit that comes of it, if any."""
    stage.number += 1
    path = stage.root / f"rows/n{stage.number}.{EXTENSIONS.get(row.language, row.language)}"
    first, _, rest = row.text.partition("$0")
    inside, mark, last = rest.partition("$0")
    text = first + inside + last
    path.write_text(text, "utf-8")
    uri, where = path.as_uri(), stage.range(text, len(first), len(first) + (len(inside) if mark else 0))
    stage.client.open(uri, text, version=stage.number, language=row.language)
    words, source, code = row.problem
    at = text.find(words)
    problem: dict[str, Any] = {
        "range": stage.range(text, at, at + len(words)),
        "message": f"about {words}",
        "source": source,
        "code": code,
    }
    if row.action == "replace-deprecated":
        problem["tags"] = [2]
    answer[:] = [row.answer]
    if row.wish:
        argument = {"uri": uri, "range": where, "instruction": row.wish}
        stage.edits.clear()
        run = {"command": "kireji.edit", "arguments": [argument]}
        done = await stage.client.request("workspace/executeCommand", run)
        assert done is bool(stage.edits)
        edit = stage.edits[0] if stage.edits else None
    else:
        action = await stage.offered(uri, text, [problem] if words else [], row.action, where)
        edit = await stage.done(action)
    stage.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    return uri, text, edit


async def run_row(stage: Stage, row: Row, answer: list[str]) -> None:
    """A good answer becomes one edit of one file, and the question held what it needed."""
    uri, _, edit = await asked_for(stage, row, answer)
    assert edit, f"{row.action} {row.language}: {stage.client.notifications[-1]}"
    assert stage.files_after(edit, {uri: stage.number}) == {stage.path(uri): row.expected}
    needed = [f"about {row.problem[0]}"] if row.problem[0] else []
    check_request(stage.api.asked[-1], row.action, *needed, *([row.wish] if row.wish else []))


async def run_faulty(stage: Stage, row: Row, answer: list[str]) -> None:
    """A wrong answer, or one that reaches elsewhere, changes nothing, and the person hears why."""
    stage.client.notifications.clear()
    _, _, edit = await asked_for(stage, row, answer)
    assert not edit, f"{row.action} {row.language}: {row.answer}"
    assert isinstance(row.expected, Reason)
    told = await stage.client.notified("window/showMessage")
    assert row.expected.value in told["message"]


async def run_reach(stage: Stage, row: Reach, answer: list[str]) -> None:
    uri, _, where = opened(stage, row)
    answer[:] = [row.answer]
    params = {"textDocument": {"uri": uri}, "range": where, "context": {"diagnostics": []}}
    found = await stage.client.request("textDocument/codeAction", params)
    creates = any(not (stage.root / name).exists() for name, _ in row.after)
    if creates and stage.kind == "no resolve":
        assert row.action not in [stage.data(one)["action"] for one in found], "it creates no files"
        return
    action = next(one for one in found if stage.data(one)["action"] == row.action)
    stage.shown.clear()
    stage.client.notifications.clear()
    edit = await stage.done(action)
    assert (stage.files_after(edit, {uri: 1}) if edit else {}) == dict(row.after)
    if row.shown:
        assert row.shown in await shown(stage)
    if row.action == "trace" and edit and stage.kind == "vscode":
        (note,) = edit["changeAnnotations"].values()
        assert note["needsConfirmation"] is True
    check_request(stage.api.asked[-1], row.action, *row.asked)
    stage.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    # The change was looked at, not made.
    assert all((stage.root / name).read_text("utf-8") == FILES[name] for name, _ in row.after if name in FILES)


async def run_hostile(stage: Stage, row: Reach, said: str, reason: Reason, answer: list[str]) -> None:
    """An answer that reaches elsewhere changes nothing, shows nothing, and the person hears why."""
    uri, text, where = opened(stage, row)
    answer[:] = [said.replace("OUTSIDE", str(stage.root.with_name("outside.py")))]
    action = await stage.offered(uri, text, [], row.action, where)
    stage.shown.clear()
    stage.client.notifications.clear()
    assert not await stage.done(action), said
    told = await stage.client.notified("window/showMessage")
    assert reason.value in told["message"], (said, told)
    assert not stage.shown and "kireji/document" not in [method for method, _ in stage.client.notifications]
    stage.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def opened(stage: Stage, row: Reach) -> tuple[str, str, Any]:
    """A document for a row: its URI, its text, and the place in it."""
    first, _, rest = row.text.replace("ROOT", str(stage.root)).partition("$0")
    inside, mark, last = rest.partition("$0")
    text = first + inside + last
    path = stage.root / row.path
    path.write_text(text, "utf-8")
    stage.client.open(path.as_uri(), text, version=1, language=row.language)
    return path.as_uri(), text, stage.range(text, len(first), len(first) + (len(inside) if mark else 0))


async def shown(stage: Stage) -> str:
    """The text that was brought before the person, in whichever way."""
    if stage.kind == "vscode":
        told = await stage.client.notified("kireji/document")
        assert told["language"] == "markdown"
        return str(told["text"])
    if stage.kind == "neovim":
        return stage.shown[0]
    return str((await stage.client.notified("window/showMessage"))["message"])


def contents(*places: Path) -> dict[Path, bytes]:
    """What every file says."""
    files = [path for place in places for path in (place, *place.rglob("*")) if path.is_file()]
    return {path: path.read_bytes() for path in files}


def check_request(asked: Asked, action: str, *needed: str) -> None:
    """The question carries the action's own words, and what it needs to see."""
    known = action_named(action)
    assert known is not None
    system = asked.body["system"]
    assert isinstance(system, list)
    assert system[0]["text"].endswith(known.instruction)
    for text in needed:
        assert text in asked.question, f"{action}: {text!r} is not in the question"
    assert asked.body["max_tokens"] == known.max_tokens


@pytest.mark.parametrize("kind", CLIENTS)
async def test_every_action_end_to_end(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "project"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    (root / "rows").mkdir()
    for path, text in ((root / ".git/config", "[core]\n"), (tmp_path / "outside.py", "secret = 1\n")):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    answer: list[str] = []
    async with (
        MessagesApi(lambda asked: tagged(asked, answer[0])) as api,
        serving(tmp_path, api, KIREJI_GATES_EXPLICIT_MS="20000", KIREJI_ACTIONS_ATTEMPTS="1") as served,
    ):
        client = served.client
        folders = [{"uri": root.as_uri(), "name": "project"}]
        await client.initialize(capabilities=CLIENTS[kind], workspaceFolders=folders)
        stage = Stage(client, kind, root, api)
        done = set()
        for row in chosen_rows():
            await run_row(stage, row, answer)
            done.add(row.action)
        for row in FAULTY:
            await run_faulty(stage, row, answer)
        for reach in REACHES:
            await run_reach(stage, reach, answer)
            done.add(reach.action)
        before = contents(root, tmp_path / "outside.py")
        for reach, said, reason in HOSTILE:
            await run_hostile(stage, reach, said, reason, answer)
        assert contents(root, tmp_path / "outside.py") == before
    assert done == {action.id for action in ACTIONS}
    assert {row.action for row in FAULTY} | {reach.action for reach, *_ in HOSTILE} == done, "each meets a wrong answer"
