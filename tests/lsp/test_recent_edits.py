"""What was changed lately: how changes become edits, and which of them a question tells."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from kireji.base.types import Document, RecentEdit
from kireji.lsp.documents import ContentChange, DocumentStore, Position
from support.lsp_client import Client
from support.messages_api import Asked, MessagesApi, script
from support.serving import serving
from support.waiting import WATCHDOG

MAIN, OTHER = "file:///project/main.py", "file:///project/other.py"
TEXT = "".join(f"line {n}\n" for n in range(12))
EXPLICIT = 1
Changes = list[tuple[int, int, int, int, str]]


def edited(text: str, changes: Changes) -> tuple[Document, list[RecentEdit]]:
    """The text after changes (line, column, line, column, what takes the place), and its edits."""
    store = DocumentStore()
    store.open(MAIN, None, "python", 1, text)
    for version, (line, column, last, end, new) in enumerate(changes, 2):
        store.change(MAIN, version, [ContentChange(new, Position(line, column), Position(last, end))])
    document = store.get(MAIN)
    assert document is not None
    return document, [edit for _, edit in store.edits(MAIN)]


def check_edits(changes: Changes, *expected: tuple[str, str]) -> None:
    """`expected`: what stood there before and what stands there now, the newest last."""
    document, edits = edited(TEXT, changes)
    assert [(edit.before, edit.after) for edit in edits] == list(expected)
    for edit in edits:
        assert document.text[edit.span.start : edit.span.end] == edit.after


def test_a_word_that_is_typed_is_one_edit() -> None:
    check_edits([(2, 6 + n, 2, 6 + n, c) for n, c in enumerate("abc")], ("line 2\n", "line 2abc\n"))


def test_changes_apart_are_edits_of_their_own() -> None:
    check_edits([(8, 0, 8, 0, "new\n"), (2, 0, 3, 0, "")], ("", "new\n"), ("line 2\n", ""))


def test_a_change_that_touches_two_edits_joins_them() -> None:
    check_edits(
        [(2, 0, 2, 4, "two"), (4, 0, 4, 4, "four"), (3, 0, 3, 4, "three")],
        ("line 2\nline 3\nline 4\n", "two 2\nthree 3\nfour 4\n"),
    )


def test_what_is_taken_back_is_no_change() -> None:
    check_edits([(2, 0, 2, 0, "x"), (2, 0, 2, 1, "")], ("line 2\n", "line 2\n"))


def test_a_paste_is_no_edit() -> None:
    check_edits([(2, 0, 2, 0, "pasted\n" * 100), (0, 0, 0, 1, "L")], ("line 0\n", "Line 0\n"))


def test_a_client_that_sends_whole_texts_makes_edits_too() -> None:
    store = DocumentStore()
    store.open(MAIN, None, "python", 1, TEXT)
    store.change(MAIN, 2, [ContentChange(TEXT.replace("line 5", "five"))])
    assert [(edit.before, edit.after) for _, edit in store.edits(MAIN)] == [("line 5\n", "five\n")]


def test_edits_taken_back_give_the_text_of_before() -> None:
    rng = random.Random(7)
    for _ in range(400):
        text, changes = TEXT, []
        for _ in range(rng.randrange(1, 7)):
            lines = text.split("\n")
            line = rng.randrange(len(lines))
            last = min(len(lines) - 1, line + rng.choice([0, 0, 0, 1, 2]))
            column, end = rng.randrange(len(lines[line]) + 1), rng.randrange(len(lines[last]) + 1)
            column, end = (min(column, end), max(column, end)) if line == last else (column, end)
            changes.append((line, column, last, end, rng.choice(["", "x", "\n", "a\nb", "one\ntwo\n"])))
            text = edited(TEXT, changes)[0].text
        document, edits = edited(TEXT, changes)
        text = document.text
        for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
            assert text[edit.span.start : edit.span.end] == edit.after
            text = text[: edit.span.start] + edit.before + text[edit.span.end :]
        assert text == TEXT, changes


# ---- what a question tells

HERE = "import other\n\n\ndef use(value):\n    return value\n" + "\n" * 3 + "def far():\n    return other.area(1)\n"
THERE = "def area(width):\n    return width\n\n\nTOKEN = 1\n"


async def asked_after(tmp_path: Path, *texts: tuple[str, str], told: str = "true") -> Asked:
    """The question that is asked in the third line from the end of HERE, after texts have changed."""
    async with MessagesApi(script("")) as api, serving(tmp_path, api, KIREJI_RECENT_EDITS=told) as served:
        client = served.client
        await client.initialize()
        client.open(OTHER, THERE)
        client.open(MAIN, HERE)
        for version, (uri, text) in enumerate(texts, 2):
            client.change(uri, version, text)
        await asyncio.wait_for(client.ask(MAIN, 4, len("    return value"), automatic=EXPLICIT), WATCHDOG)
        return api.asked[-1]


async def test_a_change_in_another_tab_is_told_as_a_diff(tmp_path: Path) -> None:
    asked = await asked_after(tmp_path, (OTHER, THERE.replace("width)", "width, height)")))
    assert "file: other.py\n@@\n-def area(width):\n+def area(width, height):\n" in asked.question


async def test_what_was_deleted_in_sight_is_told_and_what_was_added_is_not(tmp_path: Path) -> None:
    changed = HERE.replace("def far():", "def quite_far():").replace("import other\n", "import other\nimport new\n")
    asked = await asked_after(tmp_path, (MAIN, changed.replace("import new\n", "")), (MAIN, changed))
    assert "-def far():\n+def quite_far():" in asked.question
    assert "+import new" not in asked.question


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        (MAIN, HERE.replace("return value", "return value + 1")),  # the cursor's own line: the window shows it
        (OTHER, THERE.replace("def area", "\tdef  area")),  # blanks alone
        (OTHER, THERE.replace("TOKEN = 1", "TOKEN = 'ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8'")),
        (OTHER, THERE.replace("TOKEN = 1", "PASSWORD = 'kX9#mQ2$vL7pR4'")),
    ],
)
async def test_what_is_not_told(tmp_path: Path, uri: str, text: str) -> None:
    assert "<edits_" not in (await asked_after(tmp_path, (uri, text))).question


async def test_a_secret_that_was_deleted_is_not_told(tmp_path: Path) -> None:
    body = "".join(f"{'MIIEpAIBAAKCAQEA' * 4}\n" for _ in range(6))
    key = f'KEY = """-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----"""\n'
    cut = key.replace(body, body[: len(body) // 6 * 4])
    asked = await asked_after(tmp_path, (OTHER, THERE + key), (OTHER, THERE + cut), (OTHER, THERE))
    assert b"MIIEpAIBAAKCAQEA" not in asked.raw
    asked = await asked_after(tmp_path / "", (OTHER, THERE + key), (OTHER, THERE + cut))
    assert b"MIIEpAIBAAKCAQEA" not in asked.raw


async def test_nothing_is_told_where_that_is_switched_off(tmp_path: Path) -> None:
    text = THERE.replace("width)", "width, height)")
    asked = await asked_after(tmp_path, (OTHER, text), told="false")
    assert "<edits_" not in asked.question


async def test_an_edit_of_another_cell_is_told(tmp_path: Path) -> None:
    notebook = "file:///project/report.ipynb"
    cells = {f"{notebook}#a": "rate = 0.19\nbase = 3\n", f"{notebook}#b": "print(base * \n"}
    async with MessagesApi(script("")) as api, serving(tmp_path, api) as served:
        client: Client = served.client
        await client.initialize()
        listed = [{"kind": 2, "document": uri} for uri in cells]
        texts = [{"uri": uri, "languageId": "python", "version": 1, "text": text} for uri, text in cells.items()]
        about = {"uri": notebook, "notebookType": "jupyter-notebook", "version": 1, "cells": listed}
        client.notify("notebookDocument/didOpen", {"notebookDocument": about, "cellTextDocuments": texts})
        content = {"document": {"uri": f"{notebook}#a", "version": 2}, "changes": [{"text": "tax = 0.19\nbase = 3\n"}]}
        change = {"notebookDocument": {"uri": notebook, "version": 2}, "change": {"cells": {"textContent": [content]}}}
        client.notify("notebookDocument/didChange", change)
        await asyncio.wait_for(client.ask(f"{notebook}#b", 0, 13, automatic=EXPLICIT), WATCHDOG)
        assert "-rate = 0.19\n+tax = 0.19\n" in api.asked[-1].question
