"""What the model service receives, read byte by byte: no secret of a listed format, and nothing of an excluded file, wherever
they stand."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.test_redact import SAMPLES, make
from lsp.test_asking_again import PATIENT, names_known
from support.lsp_client import Client
from support.messages_api import MessagesApi, script
from support.serving import serving

# So many samples fit into one question beside all else.
BATCH = 20
# No piece of a secret as long as this may leave.
PIECE = 8
CURSOR = "    return "
HARMLESS = "a harmless note"


def batches() -> Iterator[list[tuple[int, str, str]]]:
    """(number, sample, the part of it that is secret), one of each format, a few at a time."""
    rules = {rule: (number, rule, pieces) for number, (rule, pieces) in reversed(list(enumerate(SAMPLES)))}
    chosen = sorted(rules.values())
    assert len(chosen) >= 60
    for at in range(0, len(chosen), BATCH):
        batch = []
        for number, rule, pieces in chosen[at : at + BATCH]:
            sample = make(pieces, f"leaves {number}")
            secret = sample if rule == "jwt" else sample.removeprefix(str(pieces[0]))
            batch.append((number, f"123456789{sample}" if rule == "telegram-token" else sample, secret))
        yield batch


def assignments(batch: list[tuple[int, str, str]]) -> str:
    return "".join(f'value_{number} = "{sample}"\n' for number, sample, _ in batch)


def comments(batch: list[tuple[int, str, str]]) -> str:
    return "".join(f"# value_{number}, until spring: {sample}\n" for number, sample, _ in batch)


def use(batch: list[tuple[int, str, str]]) -> str:
    """A function that needs all of them, ending in the cursor's line."""
    names = ", ".join(f"value_{number}" for number, _, _ in batch)
    return f"\n\ndef use():\n    send({names})\n{CURSOR}"


async def ask(client: Client, uri: str, text: str) -> None:
    """Asks at the end of a text that is open."""
    lines = text.split("\n")
    await client.ask(uri, len(lines) - 1, len(lines[-1]), automatic=1)


def open_notebook(client: Client, uri: str, cells: list[str]) -> None:
    texts = [{"uri": f"{uri}#{n}", "languageId": "python", "version": 1, "text": cell} for n, cell in enumerate(cells)]
    known = [{"kind": 2, "document": text["uri"]} for text in texts]
    notebook = {"uri": uri, "notebookType": "jupyter-notebook", "version": 1, "cells": known}
    client.notify("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": texts})


async def put(client: Client, root: Path, place: str, name: str, batch: list[tuple[int, str, str]]) -> None:
    """Opens texts in which the samples stand at a place, and asks a question that needs them."""
    uri = (root / f"{name}.py").as_uri()
    end = use(batch)
    if place == "notebook":
        book = f"{uri}.ipynb"
        open_notebook(client, book, [assignments(batch), comments(batch), end.lstrip()])
        await ask(client, f"{book}#2", end.lstrip())
        return
    if place == "edit":
        for part, added in (("edited", assignments(batch)), ("noted", f"{HARMLESS}\n")):
            other = (root / f"{name}_{part}.txt").as_uri()
            client.open(other, "first\n", language="plaintext")
            client.change(other, 2, f"first\n{added}")
    if place == "tab":
        client.open((root / f"{name}_tab.py").as_uri(), assignments(batch))
        text = f"from {name}_tab import *{end}"
    elif place == "file":
        text = f"from {name}_kept import *{end}"
    else:
        text = {"code": assignments(batch), "comment": comments(batch), "edit": "\n"}[place] + end
    client.open(uri, text)
    await ask(client, uri, text)


@pytest.mark.parametrize("place", ["code", "comment", "tab", "file", "edit", "notebook"])
async def test_no_secret_leaves_from_anywhere(tmp_path: Path, place: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    for number, batch in enumerate(batches()):
        (root / f"part_{number}_kept.py").write_text(assignments(batch) if place == "file" else "")
    async with MessagesApi(script("None")) as api, serving(tmp_path, api, KIREJI_GATHER_MS="2000") as served:
        await served.client.initialize(workspaceFolders=[{"uri": root.as_uri(), "name": "project"}])
        for number, batch in enumerate(batches()):
            before = len(api.asked)
            await put(served.client, root, place, f"part_{number}", batch)
            assert len(api.asked) == before + 1
            sent = api.asked[-1].raw.decode()
            # What stands around them is there: they were taken out, not left out with all the rest. Of edits, those that hold
            # a secret are not told, and others are.
            if place == "edit":
                assert HARMLESS in sent
            else:
                assert sent.count("redacted:") >= BATCH // 2 or len(batch) < BATCH
            for format_number, _, secret in batch:
                pieces = {secret[at : at + PIECE] for at in range(len(secret) - PIECE + 1)}
                assert not [piece for piece in pieces if piece in sent], SAMPLES[format_number][0]


HIDDEN = 'def zanzibar_total(zanzibar_rate: int) -> int:\n    """Zanzibar."""\n    return zanzibar_rate\n'
EXCLUDED = {
    "own ignore file": {".kirejiignore": "hidden.py\n"},
    "git's ignore file": {".gitignore": "hid*.py\n"},
    "a folder": {".kirejiignore": "/deep/\n"},
}


@pytest.mark.parametrize("case", EXCLUDED)
async def test_nothing_of_an_excluded_file_leaves(tmp_path: Path, case: str) -> None:
    """Imported, open beside, asked in, and asked about again where an answer about it was proved wrong."""
    root = tmp_path / "project"
    folder = root / "deep" if case == "a folder" else root
    folder.mkdir(parents=True)
    (root / ".git").mkdir()
    for name, text in EXCLUDED[case].items():
        (root / name).write_text(text)
    (folder / "hidden.py").write_text(HIDDEN)
    module = "deep.hidden" if case == "a folder" else "hidden"
    text = f"import {module}\n\n\ndef total():\n{CURSOR}"
    wrong = f"return {module}.total_of_all()"
    async with (
        MessagesApi(script(wrong, "return 0")) as api,
        serving(tmp_path, api, "--trust", KIREJI_PYTHON=sys.executable, tcp=False, **PATIENT) as served,
    ):
        client = served.client
        await client.initialize(workspaceFolders=[{"uri": root.as_uri(), "name": "project"}])
        await names_known(served)
        hidden, main = (folder / "hidden.py").as_uri(), (root / "main.py").as_uri()
        client.open(hidden, HIDDEN)
        client.open(main, text)
        await ask(client, main, text)
        assert len(api.asked) == 2, "the wrong answer was not asked about again"
        assert "proved wrong" in api.asked[1].question
        client.change(hidden, 2, HIDDEN + "\n\n" + HIDDEN)
        reply: Any = await asyncio.wait_for(client.ask(hidden, 0, 5, automatic=1), 60)
        assert reply["items"] == []
        assert (await client.request("kireji/explain", {}))["reason"].startswith("this file is never sent")
        assert len(api.asked) == 2
        # The file is taken in again as soon as nothing excludes it: the tests above would see it.
        for name in EXCLUDED[case]:
            (root / name).unlink()
        client.change(main, 2, text.replace("total()", "total_again()"))
        await ask(client, main, text.replace("total()", "total_again()"))
        sent = [asked.raw.decode().casefold() for asked in api.asked]
        assert ["zanzibar" in one for one in sent] == [False, False, True]
