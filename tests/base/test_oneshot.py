"""A program that is run anew for each text: what it says is read, and whatever else it does proves nothing."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kireji.base import child_process
from kireji.base.child_protocol import ChildDiagnostic, ChildFailure, ChildSpec, ChildUnavailable
from kireji.base.oneshot import OneShot, OneShotSpec
from kireji.base.types import Span
from support.children import gone, until
from support.waiting import WATCHDOG, leap

Made = Callable[[str], OneShot]


def parse(said: bytes, text: str) -> tuple[ChildDiagnostic, ...]:
    return tuple(ChildDiagnostic("X", word, 1, Span(0, len(text))) for word in json.loads(said))


@pytest.fixture
async def made() -> AsyncIterator[Made]:
    shots: list[OneShot] = []

    def make(behaviour: str) -> OneShot:
        shots.append(OneShot(OneShotSpec(ChildSpec("x", (sys.executable, "-I", "-c", behaviour)), parse)))
        return shots[-1]

    yield make
    for shot in shots:
        await shot.close()
        await shot.close()


async def ask(shot: OneShot, text: str, seconds: float = WATCHDOG) -> list[str]:
    deadline = asyncio.get_running_loop().time() + seconds
    return [d.message for d in await shot.diagnostics("file:///t", "x", text, deadline)]


SAYS_BACK = "import json, sys; print(json.dumps([sys.stdin.buffer.read().decode()[:5]]))"


async def test_each_text_is_asked_about_by_itself(made: Made) -> None:
    shot = made(SAYS_BACK)
    texts = [f"{n}····" for n in range(6)]
    assert await asyncio.gather(*(ask(shot, text) for text in texts)) == [[text] for text in texts]
    assert await ask(shot, "long·" * 400_000) == ["long·"]  # more than a pipe holds


async def test_the_first_texts_at_once_share_one_folder_and_it_is_there_for_all_of_them(made: Made) -> None:
    shot = made("import json, os; print(json.dumps([os.getcwd()]))")
    (folder, *others) = [where for (where,) in await asyncio.gather(*(ask(shot, "") for _ in range(6)))]
    assert set(others) == {folder}


async def test_one_that_is_closed_while_its_folder_is_made_leaves_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shot = OneShot(OneShotSpec(ChildSpec("x", (sys.executable, "-c", "")), parse))
    asking = asyncio.ensure_future(ask(shot, ""))
    await asyncio.sleep(0)  # it has begun, and waits for its folder
    await shot.close()
    with pytest.raises(ChildUnavailable):
        await asking
    assert list(tmp_path.iterdir()) == []


async def test_closing_it_ends_what_runs_and_whoever_waits_is_told(made: Made, tmp_path: Path) -> None:
    place = tmp_path / "pid"
    shot = made(f"import os, time; open({str(place)!r}, 'w').write(str(os.getpid())); time.sleep(1000)")
    asking = asyncio.ensure_future(ask(shot, ""))
    await until(lambda: place.exists() and place.read_text() != "")
    await shot.close()
    await until(lambda: gone(int(place.read_text())))  # it has been killed, and is waited for a second at most
    await check_closed(asking)


async def test_closing_it_while_one_is_started_is_told_as_that(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    spawn, begun, go = child_process.spawn, asyncio.Event(), asyncio.Event()

    async def slow(spec: ChildSpec, home: Path) -> asyncio.subprocess.Process:
        begun.set()
        await go.wait()
        return await spawn(spec, home)

    monkeypatch.setattr(child_process, "spawn", slow)
    shot = made(SAYS_BACK)
    asking = asyncio.ensure_future(ask(shot, ""))
    await begun.wait()
    await shot.close()
    go.set()
    await check_closed(asking)


async def check_closed(asking: asyncio.Future[list[str]]) -> None:
    with pytest.raises(ChildUnavailable) as raised:
        await asyncio.wait_for(asking, 10)
    assert raised.value.failure is ChildFailure.CLOSED


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        ("", ChildFailure.PROTOCOL),
        ("print('what?')", ChildFailure.PROTOCOL),
        ("print(7)", ChildFailure.PROTOCOL),
        ("import sys; sys.exit(1)", ChildFailure.PROTOCOL),
        ("while True: print('x' * 65536)", ChildFailure.PROTOCOL),
        ("import time; time.sleep(600)", ChildFailure.LATE),
    ],
)
async def test_whatever_else_it_does_proves_nothing(made: Made, behaviour: str, failure: ChildFailure) -> None:
    seconds = 0.5 if failure is ChildFailure.LATE else WATCHDOG
    with pytest.raises(ChildUnavailable) as raised:
        await ask(made(behaviour), "x" * 1_000_000, seconds)
    assert raised.value.failure is failure


async def test_a_late_one_is_ended(made: Made, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    shot = made(f"import os, time; print(os.getpid(), file=open({str(note)!r}, 'w'), flush=True); time.sleep(600)")
    asking = asyncio.ensure_future(ask(shot, "", 600.0))
    await until(lambda: note.exists() and note.read_text().endswith("\n"))
    leap(600.0)
    with pytest.raises(ChildUnavailable) as raised:
        await asking
    assert raised.value.failure is ChildFailure.LATE
    await until(lambda: gone(int(note.read_text())))


async def test_one_that_is_not_there(tmp_path: Path) -> None:
    shot = OneShot(OneShotSpec(ChildSpec("x", (str(tmp_path / "nothing"),)), parse))
    with pytest.raises(ChildUnavailable) as raised:
        await ask(shot, "")
    assert raised.value.failure is ChildFailure.MISSING
    await shot.close()
    with pytest.raises(ChildUnavailable) as raised:
        await ask(shot, "")
    assert raised.value.failure is ChildFailure.CLOSED
