"""What every editor's tests need: a model to play, a file to edit, and `kireji` where an editor looks for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.editing import PROGRAM, STUB, Kireji, Model


@pytest.fixture
async def model() -> AsyncIterator[Model]:
    """A model to play, at a loopback address."""
    playing = Model()
    async with playing.api:
        yield playing


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A Python file with characters outside the basic plane: there, columns differ in every encoding."""
    path = tmp_path / "work/sums.py"
    path.parent.mkdir()
    path.write_text(PROGRAM, "utf-8")
    return path


@pytest.fixture
def stub(source: Path) -> Path:
    """Another file beside it, with a function to implement."""
    path = source.with_name("scale.py")
    path.write_text(STUB, "utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    path = tmp_path / "home"
    path.mkdir()
    return path


@pytest.fixture
async def command(tmp_path: Path) -> AsyncIterator[Kireji]:
    """The command that editors start. At the end no server may be left, so the editor's fixture has to come after."""
    kireji = Kireji(tmp_path / "bin")
    yield kireji
    await kireji.ended()


@pytest.fixture
def env(command: Kireji, home: Path, model: Model) -> dict[str, str]:
    """An editor's whole environment."""
    return command.environment(home, model)
