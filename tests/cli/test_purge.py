"""`kireji purge` as a process: what it removes, what it leaves, and what it refuses."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kireji.base.aside import set_aside
from kireji.base.caps import Caps
from kireji.base.clock import SystemClock
from kireji.base.keys import Place, keep
from kireji.base.ledger import CallInfo, SqliteLedger
from kireji.base.store import FILE, Store
from kireji.base.types import Usage
from support.environment import clean_environment
from support.serving import serving
from support.waiting import WATCHDOG

posix = pytest.mark.skipif(os.name != "posix", reason="links and modes are POSIX's")


def purge(home: Path, *arguments: str, answer: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The verb as a process, with an empty home but for what the test has put there."""
    return subprocess.run(
        [sys.executable, "-X", "dev", "-m", "kireji", "purge", *arguments],
        cwd=home,
        env=clean_environment(home, **environment),
        input=answer,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def check_purge(done: subprocess.CompletedProcess[str], code: int, *says: str) -> None:
    """It ended with that code, and said so: on standard error when it failed."""
    assert done.returncode == code, done.stdout + done.stderr
    assert bool(done.stderr) == (code == 2)
    assert "Traceback" not in done.stderr
    assert "a bug" not in done.stderr
    for words in says:
        assert words in done.stdout + done.stderr


def tree(home: Path) -> list[str]:
    """Every name below the home, but for the server's log."""
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.name != "server.log")


def test_the_key_stays_and_is_named(tmp_path: Path) -> None:
    file = tmp_path / "key"
    keep(file, "sk-ant-not-a-real-key-0123456789", Place.FILE)
    check_purge(purge(tmp_path, "--yes", KIREJI_KEY_FILE=str(file)), 0, f"{file} (`kireji key clear` removes the key)")
    assert file.exists()


async def fill(home: Path, folder: str = "state") -> Path:
    """A state folder as the product itself makes it, with a call that was paid; and the file."""
    kept = Store(home / folder)
    ledger = SqliteLedger(kept, SystemClock(), Caps(10**12, 10**12, 10**12))
    async with ledger.reserve(CallInfo("1", "inline", "anthropic", "claude-haiku-5-5"), 1) as reservation:
        reservation.settle(Usage(), 1, "complete")
    assert await kept.close(WATCHDOG)
    return home / folder / FILE


def _rows(file: Path) -> int:
    """How many outcomes a server has written."""
    if not file.exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            (count,) = connection.execute("SELECT count(*) FROM outcomes").fetchone()
        except sqlite3.OperationalError:  # not there yet, or just being made
            return 0
    return int(count)


def settings_file(home: Path) -> Path:
    path = home / "config" / "kireji" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("money.daily_cap_usd = 1\n", encoding="utf-8")
    return path


def test_nothing_is_kept(tmp_path: Path) -> None:
    check_purge(purge(tmp_path), 0, f"Kireji keeps nothing in {tmp_path / 'state'}")
    assert tree(tmp_path) == []


@pytest.mark.parametrize("answer", ["y\n", "Y\n", "yes\n"])
async def test_yes(tmp_path: Path, answer: str) -> None:
    file = await fill(tmp_path)
    size = f"{file.stat().st_size / 1000:.1f} kB"
    done = purge(tmp_path, answer=answer)
    check_purge(done, 0, f"{file}  {size}", "Remove? [y/N]", "1 file removed")
    assert "what was spent today: the daily cap starts again at $0" in done.stdout
    assert tree(tmp_path) == []


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "yy\n", "\udcff\n"])
async def test_anything_else_is_no(tmp_path: Path, answer: str) -> None:
    await fill(tmp_path)
    before = tree(tmp_path)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kireji", "purge"),
        env=clean_environment(tmp_path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(answer.encode("utf-8", "surrogateescape")), 60)
    assert (process.returncode, b"Nothing was removed." in out) == (1, True)
    assert tree(tmp_path) == before


async def test_a_dry_run(tmp_path: Path) -> None:
    file = await fill(tmp_path)
    check_purge(purge(tmp_path, "--dry-run", "--yes"), 0, str(file), "Nothing was removed: this was a dry run")
    assert file.exists()


async def test_settings_are_the_users(tmp_path: Path) -> None:
    await fill(tmp_path)
    path = settings_file(tmp_path)
    check_purge(purge(tmp_path, "--yes"), 0, f"Stays, for it is yours: {path} (--settings removes it too)")
    assert tree(tmp_path) == ["config", "config/kireji", "config/kireji/config.toml"]
    check_purge(purge(tmp_path, "--yes", "--settings"), 0, str(path), "1 file removed")
    assert tree(tmp_path) == ["config"]


async def test_a_settings_file_of_another_name(tmp_path: Path) -> None:
    """Its folder is the user's, even when it is empty then."""
    path = tmp_path / "mine" / "kireji.toml"
    path.parent.mkdir()
    path.write_text("", encoding="utf-8")
    check_purge(purge(tmp_path, "--yes", "--settings", KIREJI_CONFIG=str(path)), 0, str(path))
    assert tree(tmp_path) == ["mine"]


async def test_settings_and_state_in_one_folder(tmp_path: Path) -> None:
    """As on macOS and Windows."""
    file = await fill(tmp_path, "config/kireji")
    path = file.parent / "config.toml"
    path.write_text("", encoding="utf-8")
    done = purge(tmp_path, "--yes", KIREJI_STATE=str(file.parent))
    check_purge(done, 0, "for it is yours")
    assert "no file of Kireji's" not in done.stdout
    assert tree(tmp_path) == ["config", "config/kireji", "config/kireji/config.toml"]
    done = purge(tmp_path, "--yes", "--settings", KIREJI_STATE=str(file.parent))
    check_purge(done, 0)
    assert "Stays" not in done.stdout
    assert tree(tmp_path) == ["config"]


async def test_what_others_have_put_there_stays(tmp_path: Path) -> None:
    file = await fill(tmp_path)
    for name in (*(f"note{n}" for n in range(7)), f"{FILE}.bak"):
        (file.parent / name).write_text("", encoding="utf-8")
    (file.parent / f"{FILE}-wal").mkdir()
    check_purge(purge(tmp_path, "--yes"), 0, "no file of Kireji's: kireji.sqlite3-wal", "and 4 more")
    assert not file.exists()
    assert len(tree(tmp_path)) == 1 + 9


@posix
async def test_no_link_is_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / FILE).write_text("precious", encoding="utf-8")
    (tmp_path / "state").symlink_to(outside)
    check_purge(purge(tmp_path, "--yes"), 2, "is a link", f"set KIREJI_STATE to where it leads: {outside}")
    (tmp_path / "state").unlink()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE).symlink_to(outside / FILE)
    path = settings_file(tmp_path)
    path.rename(outside / "config.toml")
    path.symlink_to(outside / "config.toml")
    check_purge(purge(tmp_path, "--yes", "--settings"), 0, "no file of Kireji's", "a link, which is not followed")
    assert (outside / FILE).read_text(encoding="utf-8") == "precious"
    assert (outside / "config.toml").exists()
    assert path.is_symlink()


async def test_what_a_killed_server_left_in_the_temporary_folder_goes(tmp_path: Path) -> None:
    await fill(tmp_path)
    left = tmp_path / "tmp" / "kireji-left"
    (left / "home").mkdir(parents=True)
    (left / "lock").write_text("", encoding="utf-8")
    (tmp_path / "tmp" / "kireji-mine").mkdir()
    check_purge(purge(tmp_path, "--yes", TMPDIR=str(tmp_path / "tmp")), 0, "1 file removed")
    assert tree(tmp_path) == ["tmp", "tmp/kireji-mine"]


async def test_a_damaged_database_can_go(tmp_path: Path) -> None:
    file = await fill(tmp_path)
    file.write_bytes(b"no database at all" * 1000)
    check_purge(purge(tmp_path, "--yes"), 0, "1 file removed")
    assert tree(tmp_path) == []


async def test_a_database_that_was_set_aside_goes_too(tmp_path: Path) -> None:
    file = await fill(tmp_path)
    Path(f"{file}-wal").write_bytes(b"left over")
    set_aside(file)
    check_purge(purge(tmp_path, "--yes"), 0, "2 files removed", "what was damaged")
    assert tree(tmp_path) == []


async def test_the_side_files_go_too(tmp_path: Path) -> None:
    file = await fill(tmp_path)
    file.write_bytes(b"")  # so that nobody tidies up before
    for suffix in ("-wal", "-shm", "-journal"):
        Path(f"{file}{suffix}").write_bytes(b"left over")
    check_purge(purge(tmp_path, "--yes"), 0, "files removed")
    assert tree(tmp_path) == []


async def test_a_running_server_is_not_robbed(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        client = served.client
        await client.initialize()
        client.open("file:///w/a.py", "x = 1\n")
        await client.ask("file:///w/a.py", 1, 0)
        # The row is written in the background of another process: there is no event for that here. While the file is being
        # made it is in use too, but not yet for good.
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(_rows, tmp_path / "state" / FILE):
                await asyncio.sleep(0.01)
        done = await asyncio.to_thread(purge, tmp_path, "--yes")
        check_purge(done, 2, f"a running Kireji uses {tmp_path / 'state'}; close your editors")
        done = await asyncio.to_thread(purge, tmp_path, "--dry-run")
        check_purge(done, 0, "Would be refused, for a running Kireji uses")
        assert (tmp_path / "state" / FILE).exists()
    check_purge(purge(tmp_path, "--yes"), 0, "removed")
    assert tree(tmp_path) == []


async def test_a_server_that_died_does_not_keep_the_files(tmp_path: Path) -> None:
    code = (
        "import sys, asyncio, os; from kireji.base.store import Store;"
        "s = Store(sys.argv[1]); asyncio.run(s.run(lambda c: None)); os._exit(9)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(tmp_path / "state"))
    assert await process.wait() == 9
    check_purge(purge(tmp_path, "--yes"), 0, "removed")
    assert tree(tmp_path) == []


def test_a_state_folder_that_is_none(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("", encoding="utf-8")
    check_purge(purge(tmp_path, KIREJI_STATE=str(place)), 2, str(place), "Not a directory", "set KIREJI_STATE")
    assert place.exists()


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="nothing is closed to root")
async def test_a_folder_that_is_closed(tmp_path: Path) -> None:
    file = await fill(tmp_path)
    file.parent.chmod(0o500)
    done = purge(tmp_path, "--yes")
    assert done.returncode == 1
    assert f"{file} could not be removed (Permission denied); remove it yourself" in done.stderr
    assert "0 files removed" in done.stdout
    file.parent.chmod(0o700)
