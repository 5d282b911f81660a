"""Texts for a person to read, for a client that opens files: all in one folder, and there for as long as the server runs."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from kireji.base import child_home
from kireji.lsp import reading_matter
from kireji.lsp.abilities import Abilities
from kireji.lsp.reading_matter import ReadingMatter


async def test_texts_that_come_at_once_share_one_folder_and_all_are_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown: list[Path] = []
    closing: list[Callable[[], None]] = []

    async def show(uri: str) -> bool:
        shown.append(Path(urlsplit(uri).path))
        return True

    def slow() -> child_home.Home:
        time.sleep(0.2)  # a slow disk: all have come before the first has its folder
        return child_home.open_home()

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(reading_matter, "open_home", slow)
    edge: Any = SimpleNamespace(
        client=SimpleNamespace(show_document=show),
        lifecycle=SimpleNamespace(session=SimpleNamespace(abilities=Abilities(shows_documents=True))),
        starting=SimpleNamespace(closes=closing.append),
    )
    reading = ReadingMatter(edge)
    texts = [f"text {number}\n" for number in range(4)]
    assert all(await asyncio.gather(*(reading.show("Kireji: explain", text) for text in texts)))
    assert sorted(path.read_text("utf-8") for path in shown) == texts
    assert len({path.parent for path in shown}) == 1
    for close in closing:
        close()
    assert list(tmp_path.iterdir()) == []
