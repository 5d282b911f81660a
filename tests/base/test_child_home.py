"""The folders of children: gone with their owner, or with the next start; never those of somebody else."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kireji.base.child_home import open_home, sweep
from kireji.base.child_protocol import ChildDiagnostic, ChildSpec, Pace
from kireji.base.children import Child
from kireji.base.oneshot import OneShot, OneShotSpec
from kireji.base.types import Span
from support.children import program, until
from support.waiting import WATCHDOG

OWNER = """
import sys
sys.path[:0] = @PATH@
from pathlib import Path
from kireji.base.child_home import open_home
home = open_home(Path(sys.argv[1]))
(home.path / "left").write_text("behind")
print(home.path, flush=True)
sys.stdin.read()
"""


async def owner(place: Path) -> tuple[asyncio.subprocess.Process, Path]:
    """A process that holds a folder, and the folder."""
    code = OWNER.replace("@PATH@", repr(sys.path))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(place), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    return process, Path((await process.stdout.readline()).decode().strip())


async def test_the_folder_of_a_killed_owner_is_swept_by_the_next(tmp_path: Path) -> None:
    process, path = await owner(tmp_path)
    second = open_home(tmp_path)
    assert (path / "left").exists()  # its owner lives
    process.kill()
    await process.wait()
    third = open_home(tmp_path)
    assert not path.parent.exists()
    assert second.path.exists()
    second.close()
    third.close()
    third.close()
    assert list(tmp_path.iterdir()) == []


async def test_an_owner_that_ends_takes_its_folder_along(tmp_path: Path) -> None:
    process, _ = await owner(tmp_path)
    await process.communicate(b"")
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_while_it_was_removed_is_swept_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_home(tmp_path)
    removing = shutil.rmtree

    def overtaken(path: Path, *, ignore_errors: bool) -> None:
        removing(path, ignore_errors=ignore_errors)
        (path / "late").mkdir(parents=True)  # by a thread that nobody waits for any more

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", overtaken)
        home.close()
    assert (home.path / "late").exists()
    open_home(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_empty_and_private(tmp_path: Path) -> None:
    home = open_home(tmp_path / "below" / "this")
    assert list(home.path.iterdir()) == []
    if sys.platform != "win32":
        assert home.path.stat().st_mode & 0o077 == 0
        assert home.path.parent.stat().st_mode & 0o077 == 0
    home.close()


def test_what_is_not_a_childs_folder_is_left(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "home").mkdir(parents=True)
    (elsewhere / "lock").touch()
    place = tmp_path / "place"
    (place / "kireji-notes").mkdir(parents=True)
    (place / "kireji-file").touch()
    if sys.platform != "win32":
        (place / "kireji-link").symlink_to(elsewhere)
    before = sorted(place.rglob("*"))
    sweep(place)
    assert sorted(place.rglob("*")) == before
    assert (elsewhere / "home").exists()


@pytest.mark.parametrize("behaviour", ["", "sys.exit(3)", "open('left', 'w').close()"])
async def test_nothing_is_left_of_a_child(tmp_path: Path, behaviour: str) -> None:
    place = tmp_path / "homes"
    child = Child(ChildSpec("fake", program(tmp_path, behaviour)), homes=place)
    await asyncio.gather(child.start(), return_exceptions=True)
    assert len(list(place.iterdir())) == 1
    await child.close()
    assert list(place.iterdir()) == []


async def test_a_child_whose_folder_was_cleared_away_begins_in_another(tmp_path: Path) -> None:
    place = tmp_path / "homes"
    child = Child(ChildSpec("fake", program(tmp_path)), pace=Pace(back_off=(0.0,)), homes=place)
    await child.start()
    first = child.pid
    assert first is not None
    shutil.rmtree(place)
    os.kill(first, 9)
    await until(lambda: child.pid is None)
    await child.start()
    assert len(list(place.iterdir())) == 1
    await child.close()
    assert list(place.iterdir()) == []


async def test_so_does_a_program_that_is_run_for_each_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    command = (sys.executable, "-I", "-S", "-c", "import os; print(os.getcwd())")
    shot = OneShot(
        OneShotSpec(ChildSpec("x", command), lambda said, _: (ChildDiagnostic("", said.decode(), 1, Span(0, 0)),))
    )
    seen = set()
    for _ in range(2):
        (found,) = await shot.diagnostics("", "", "", asyncio.get_running_loop().time() + WATCHDOG)
        seen.add(found.message)
        for folder in tmp_path.iterdir():
            shutil.rmtree(folder)
    assert len(seen) == 2
    await shot.close()


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no owner there")
def test_a_folder_of_that_name_that_is_somebody_elses_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, me = open_home(tmp_path), os.getuid()
    seen = [home.is_there]
    monkeypatch.setattr(os, "getuid", lambda: me + 1)
    seen.append(home.is_there)
    monkeypatch.undo()
    home.close()
    seen.append(home.is_there)
    assert seen == [True, False, False]
