"""What runs in the sandbox stays in it, is bounded, and ends with all that it started; for each kind of walls that holds here."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base import sandbox, sandbox_walls
from kireji.base.sandbox import Bounds, Ended, Job, Ran, Shown, Walls
from support.children import until
from support.waiting import WATCHDOG

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has walls that are known")


@pytest.fixture(params=list(Walls), ids=lambda kind: kind.value)
async def kind(request: pytest.FixtureRequest) -> Walls:
    walls: Walls = request.param
    held = False
    with contextlib.suppress(FileNotFoundError):  # bubblewrap is not installed
        held = await sandbox_walls.holds(walls)
    if not held:
        pytest.skip(f"{walls.value} does not hold on this machine")
    return walls


def job(folder: Path, code: str, *arguments: str, bounds: Bounds | None = None) -> Job:
    """A piece of Python, in a folder that it may write to."""
    python = os.path.realpath(sys.executable)
    shown = (Shown(str(folder), str(folder), True),)
    return Job(
        (python, "-I", "-S", "-c", code, *arguments), str(folder), shown, bounds=bounds or Bounds(seconds=WATCHDOG)
    )


async def check(kind: Walls, folder: Path, code: str, *arguments: str, said: str) -> Ran:
    ran = await sandbox.run(kind, job(folder, code, *arguments))
    assert (ran.ended, ran.output.strip()) == (Ended.EXIT, said), ran
    return ran


async def test_a_command_runs_with_its_folder_and_its_code(kind: Walls, tmp_path: Path) -> None:
    ran = await sandbox.run(kind, job(tmp_path, "import sys; open('made', 'w').write('x'); print('😀'); sys.exit(3)"))
    assert (ran.ended, ran.code, ran.output) == (Ended.EXIT, 3, "😀\n")
    assert (tmp_path / "made").read_text() == "x"


async def test_files_of_this_machine_are_not_there(kind: Walls, tmp_path: Path) -> None:
    inside, secret = tmp_path / "inside", tmp_path / "secret"
    inside.mkdir()
    secret.write_text("s3cret")
    code = (
        "import os, sys\n"
        "found = []\n"
        "for path in sys.argv[1:]:\n"
        "    try: found.append(open(path).read(1))\n"
        "    except OSError: pass\n"
        "    try: found += os.listdir(path)\n"
        "    except OSError: pass\n"
        "print(found)\n"
    )
    hidden = (str(secret), str(Path.home() / ".ssh"), "/etc/shadow", "/etc/hostname", "/var/log", "/run", "/sys/kernel")
    await check(kind, inside, code, *hidden, said="[]")


async def test_there_is_a_place_for_what_is_temporary_and_it_is_gone_afterwards(kind: Walls, tmp_path: Path) -> None:
    code = (
        "import os, tempfile\n"
        "with tempfile.NamedTemporaryFile('w', delete=False) as file: file.write('x')\n"
        "assert os.environ['KEPT'] == tempfile.gettempdir() + '/kept' == os.path.expanduser('~/kept')\n"
        "os.makedirs(os.environ['KEPT'])\n"
        "print(file.name)\n"
    )
    given = replace(job(tmp_path, code), environment={"KEPT": f"{sandbox.TEMPORARY}/kept"})
    ran = await sandbox.run(kind, given)
    assert (ran.ended, ran.code) == (Ended.EXIT, 0), ran
    assert not Path(ran.output.strip()).exists()


async def test_what_programs_of_the_system_start_with_is_there(kind: Walls, tmp_path: Path) -> None:
    needed = [path for path in ("/etc/ssl/openssl.cnf", "/etc/mime.types") if Path(path).exists()]
    code = "import sys\nfor path in sys.argv[1:]: open(path).close()"
    await check(kind, tmp_path, code, *needed, said="")


async def test_nothing_outside_can_be_written(kind: Walls, tmp_path: Path) -> None:
    inside, shown = tmp_path / "inside", tmp_path / "shown"
    inside.mkdir()
    shown.mkdir()
    (shown / "file").write_text("kept")
    (inside / "out").symlink_to(shown / "file")
    code = (
        "import os, sys\n"
        "for path in sys.argv[1:]:\n"
        "    try: open(path, 'w').write('changed'); print('wrote', path)\n"
        "    except OSError: pass\n"
        "    try: os.unlink(path); print('removed', path)\n"
        "    except OSError: pass\n"
    )
    given = job(inside, code, str(shown / "file"), "/usr/new", "/proc/sys/kernel/hostname", sys.base_prefix + "/new")
    given = Job(given.command, given.folder, (*given.shown, Shown(str(shown), str(shown))), bounds=given.bounds)
    ran = await sandbox.run(kind, given)
    assert (ran.ended, ran.output) == (Ended.EXIT, "")
    await check(kind, inside, "try: open('out', 'w')\nexcept OSError: print('no')", said="no")
    assert (shown / "file").read_text() == "kept"


async def test_there_is_no_network_and_no_service_of_this_machine(kind: Walls, tmp_path: Path) -> None:
    reached: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "service"))
        local.listen()
        threads = [threading.Thread(target=lambda s=s: _accepted(s, reached), daemon=True) for s in (tcp, local)]
        for thread in threads:
            thread.start()
        code = (
            "import socket, sys\n"
            "def tried(family, kind, where):\n"
            "    try:\n"
            "        s = socket.socket(family, kind); s.settimeout(1); s.connect(where); s.send(b'x')\n"
            "    except OSError: return\n"
            "    print('reached', where)\n"
            "tried(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', int(sys.argv[1])))\n"
            "tried(socket.AF_INET, socket.SOCK_DGRAM, ('192.0.2.1', 53))\n"
            "tried(socket.AF_INET6, socket.SOCK_DGRAM, ('2001:db8::1', 53))\n"
            "tried(socket.AF_UNIX, socket.SOCK_STREAM, sys.argv[2])\n"
        )
        port = str(tcp.getsockname()[1])
        folder = tmp_path / "inside"
        folder.mkdir()
        await check(kind, folder, code, port, str(tmp_path / "service"), said="")
    assert reached == []


def _accepted(server: socket.socket, reached: list[object]) -> None:
    try:
        reached.append(server.accept())
    except OSError:
        return


# Writes files, and then waits for its end.
_FILES = (
    "import os, time\n"
    "kept = []\n"
    "for n in range(40):\n"
    "    f = open(str(n), 'wb'); f.write(os.urandom(2**20)); f.flush(); os.fsync(f.fileno())\n"
    "    {}\n"
    "time.sleep(600)\n"
)


@pytest.mark.parametrize(
    ("code", "bounds", "ended"),
    [
        ("import time; time.sleep(600)", Bounds(seconds=0.5), Ended.TIME),
        ("while True: pass", Bounds(seconds=WATCHDOG, cpu_seconds=1), Ended.EXIT),
        ("x = [bytes(2**20) for _ in range(4000)]", Bounds(seconds=WATCHDOG, memory_bytes=2**27), Ended.EXIT),
        (
            "import os, time\nfor _ in range(8):\n    if os.fork() == 0: x = b'x' * 2**25; time.sleep(600)\ntime.sleep(600)",
            Bounds(seconds=WATCHDOG, memory_bytes=2**27),
            Ended.MEMORY,
        ),
        (
            "import os, time\nfor _ in range(60):\n    if os.fork() == 0: time.sleep(600)\ntime.sleep(600)",
            Bounds(seconds=WATCHDOG, processes=20),
            Ended.PROCESSES,
        ),
        ("open('big', 'wb').write(b'x' * 2**24)", Bounds(seconds=WATCHDOG, disk_bytes=2**20), Ended.EXIT),
        (_FILES.format("kept = f"), Bounds(seconds=WATCHDOG, disk_bytes=2**22), Ended.DISK),
        (_FILES.format("kept.append(f); os.unlink(f.name)"), Bounds(seconds=WATCHDOG, disk_bytes=2**22), Ended.DISK),
    ],
    ids=["time", "processor", "memory of one", "memory of all", "processes", "a file", "files", "files without a name"],
)
async def test_what_takes_too_much_is_ended(
    kind: Walls, tmp_path: Path, code: str, bounds: Bounds, ended: Ended
) -> None:
    ran = await sandbox.run(kind, job(tmp_path, code, bounds=bounds))
    assert ran.ended is ended, ran
    assert ended is not Ended.EXIT or ran.code != 0


async def test_what_others_write_to_the_disk_is_not_its_doing(kind: Walls, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    code = "import os, time\nopen('begun', 'w')\nwhile not os.path.exists('go'): time.sleep(0.01)\ntime.sleep(0.5)\n"
    running = asyncio.ensure_future(
        sandbox.run(kind, job(inside, code, bounds=Bounds(seconds=WATCHDOG, disk_bytes=2**20)))
    )
    await until((inside / "begun").exists)
    with (tmp_path / "outside").open("wb") as file:
        file.write(os.urandom(2**24))
        file.flush()
        os.fsync(file.fileno())
    (inside / "go").touch()
    ran = await running
    assert (ran.ended, ran.code) == (Ended.EXIT, 0), ran


_DAEMON = (
    "import os, time\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        open('alive', 'w').write('x')\n"
    "        while True:\n"
    "            time.sleep(0.02)\n"
    "            os.utime('alive')\n"
    "while not os.path.exists('alive'): time.sleep(0.01)\n"
)


async def _is_still(file: Path) -> bool:
    before = file.stat().st_mtime_ns
    await asyncio.sleep(0.3)
    return file.stat().st_mtime_ns == before


async def test_what_it_leaves_behind_is_ended(kind: Walls, tmp_path: Path) -> None:
    ran = await sandbox.run(kind, job(tmp_path, _DAEMON))
    assert (ran.ended, ran.code) == (Ended.EXIT, 0)
    assert await _is_still(tmp_path / "alive")


async def test_cancelling_ends_all_of_it(kind: Walls, tmp_path: Path) -> None:
    running = asyncio.create_task(sandbox.run(kind, job(tmp_path, _DAEMON + "time.sleep(600)")))
    await until((tmp_path / "alive").exists)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await _is_still(tmp_path / "alive")


async def test_cancelling_does_not_wait_for_what_nobody_reads(
    kind: Walls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(process: asyncio.subprocess.Process, seconds: float) -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(sandbox, "_output", deaf)
    monkeypatch.setattr(sandbox, "_GRACE_SECONDS", 600.0)
    code = "import sys\nsys.stdout.write('x' * 200_000)\nopen('full', 'w')\nsys.stdout.write('x' * 5_000_000)"
    running = asyncio.create_task(sandbox.run(kind, job(tmp_path, code)))
    async with asyncio.timeout(60):
        while not (tmp_path / "full").exists():
            await asyncio.sleep(0.02)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_nothing_outlives_an_owner_that_is_killed(kind: Walls, tmp_path: Path) -> None:
    owner = (
        "import asyncio, sys\n"
        "from kireji.base.sandbox import Job, Shown, Walls, run\n"
        "python, folder, code = sys.argv[2:]\n"
        "job = Job((python, '-I', '-S', '-c', code), folder, (Shown(folder, folder, True),))\n"
        "asyncio.run(run(Walls(sys.argv[1]), job))\n"
    )
    python, code = os.path.realpath(sys.executable), _DAEMON + "time.sleep(600)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", owner, kind.value, python, str(tmp_path), code)
    await until((tmp_path / "alive").exists)
    process.kill()
    await process.wait()
    async with asyncio.timeout(WATCHDOG):
        while not await _is_still(tmp_path / "alive"):
            pass


async def test_much_output_is_cut_and_does_not_hang(kind: Walls, tmp_path: Path) -> None:
    ran = await sandbox.run(kind, job(tmp_path, "import sys; sys.stdout.write('x' * 5_000_000)"))
    assert (ran.ended, ran.code, len(ran.output)) == (Ended.EXIT, 0, 2**20)


async def test_a_program_that_is_not_there(kind: Walls, tmp_path: Path) -> None:
    given = job(tmp_path, "")
    ran = await sandbox.run(kind, Job(("/nowhere/python",), given.folder, given.shown))
    assert (ran.ended, ran.code) == (Ended.EXIT, 127)


def descriptors() -> set[Path]:
    """What this process has open; without what the look itself takes, which is closed by then."""
    return {each for each in tuple(Path("/proc/self/fd").iterdir()) if each.exists()}


async def test_walls_that_are_not_installed_cost_no_descriptor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    await asyncio.to_thread(os.getpid)  # the loop's own threads and pipes are there
    monkeypatch.setattr(sandbox, "find", lambda name: None)
    before = descriptors()
    with pytest.raises(FileNotFoundError):
        await sandbox.run(Walls.BUBBLEWRAP, job(tmp_path, ""))
    assert descriptors() == before


async def test_cancelling_before_the_start_costs_no_descriptor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun, go = threading.Event(), threading.Event()

    class Slow:
        def read_text(self, encoding: str) -> str:
            begun.set()
            go.wait(60)
            return ""

    monkeypatch.setattr(sandbox, "_INSIDE", Slow())
    before = descriptors()
    running = asyncio.create_task(sandbox.run(Walls.UNSHARE, job(tmp_path, "")))
    await asyncio.to_thread(begun.wait, 60)
    running.cancel()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert descriptors() == before


async def test_no_walls_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_walls, "_PROBE", "import sys; open(sys.argv[2], 'w').write('open')")
    assert await sandbox_walls.walls() is None


async def test_who_waits_for_the_walls_when_the_look_is_ended_has_none_and_is_not_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def endless() -> Walls | None:
        await asyncio.Event().wait()
        return Walls.UNSHARE

    monkeypatch.setattr(sandbox_walls, "walls", endless)
    place = sandbox_walls.Sandbox()
    waiting = asyncio.create_task(place.walls())
    await asyncio.sleep(0)
    await place.close()
    assert await waiting is None
    assert (await place.walls(), place.known) == (None, "")
