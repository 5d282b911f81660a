"""The worker killed, hung, too large, asked too much at once; and that everybody leaves with the server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.analysis.client import Analysis, analysis_spec
from kireji.base.child_protocol import ChildFailure, ChildSpec, ChildState, ChildUnavailable, Pace
from kireji.base.children import Child
from kireji.engine.gates.ruff import ruff_spec
from support.analysis import CACHE, HERE, PATIENT, SLOW, document, names, soon, worker
from support.children import gone, kill, program, until
from support.waiting import WATCHDOG, ending_by, leap

KILLS = int(os.environ.get("SOAK_KILLS", "20"))
AT_ONCE = (0.0, 0.0, 0.01)
# What may come of a question while processes are killed.
TYPED = {ChildFailure.CRASHED, ChildFailure.BACKING_OFF, ChildFailure.LATE}

Starter = Callable[..., tuple[Analysis, Child]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Starter]:
    started: list[Analysis] = []

    def make(pace: Pace = PATIENT, spec: ChildSpec | None = None) -> tuple[Analysis, Child]:
        analysis, child = worker(pace, tmp_path / "homes", spec)
        started.append(analysis)
        return analysis, child

    yield make
    for analysis in started:
        await analysis.close()
    assert not list((tmp_path / "homes").glob("*"))


async def fails(analysis: Analysis, text: str, seconds: float = WATCHDOG) -> ChildFailure:
    """How a question about a text fails, by its deadline."""
    async with asyncio.timeout(seconds + WATCHDOG):
        with pytest.raises(ChildUnavailable) as raised:
            await analysis.complete(document(text), len(text), HERE, 50, soon(seconds))
    return raised.value.failure


# ---- killed


async def question(analysis: Analysis, n: int, seconds: float) -> bool:
    """Whether one question is answered, rightly; else it fails in a typed way, by its deadline."""
    text = f"class K{n}:\n    member_{n} = 1\nK{n}.m"
    deadline = soon(seconds)
    try:
        async with ending_by(deadline):
            items = await analysis.complete(document(text), len(text), HERE, 1, deadline)
    except ChildUnavailable as error:
        assert error.failure in TYPED
        return False
    assert [i.text for i in items] == [f"member_{n}"]
    return True


async def killed_at_its_start(analysis: Analysis, child: Child) -> None:
    """Starts a successor, and kills it as soon as it is there."""
    former = child.pids
    starting = asyncio.ensure_future(analysis.start())
    await until(lambda: not set(child.pids) <= set(former) or starting.done())
    kill(child)
    with contextlib.suppress(ChildUnavailable):
        await starting


@pytest.mark.slow
async def test_a_worker_killed_again_and_again(start: Starter) -> None:
    """Killed while it starts, computes and rests; each question ends, and after each kill one is answered."""
    analysis, child = start(replace(PATIENT, back_off=AT_ONCE))
    draw = random.Random(3)
    await analysis.start()
    for turn in range(KILLS):
        asked = [
            asyncio.ensure_future(question(analysis, 10 * turn + n, draw.choice((0.02, 0.2, 30)))) for n in range(6)
        ]
        asked[draw.randrange(6)].cancel()
        await asyncio.sleep(draw.random() * 0.1)
        kill(child)
        if turn % 4 == 0:
            await killed_at_its_start(analysis, child)
        await asyncio.gather(*asked, return_exceptions=True)
        for each in asked:
            assert each.cancelled() or each.exception() is None
        async with asyncio.timeout(2 * WATCHDOG):
            while not await question(analysis, 10 * turn + 9, 30):
                await asyncio.sleep(0.01)
    assert len(child.pids) == 1


async def test_ruff_killed_again_and_again(tmp_path: Path) -> None:
    spec = ruff_spec()
    assert spec is not None
    child = Child(spec, pace=Pace(start=WATCHDOG, hung=WATCHDOG, back_off=AT_ONCE), homes=tmp_path)
    draw = random.Random(5)

    async def one(n: int) -> bool:
        try:
            (found,) = await child.diagnostics(f"file:///w/{n % 3}.py", "python", f"print(missing_{n})\n", soon())
        except ChildUnavailable as error:
            assert error.failure in TYPED
            return False
        assert f"missing_{n}" in found.message
        return True

    for turn in range(KILLS):
        asked = [asyncio.ensure_future(one(n)) for n in range(20)]
        await asyncio.sleep(draw.random() * 0.02)
        kill(child)
        await asyncio.gather(*asked)
        async with asyncio.timeout(2 * WATCHDOG):
            while not await one(turn):
                await asyncio.sleep(0.01)
    await child.close()
    assert list(tmp_path.iterdir()) == []


# ---- hung, too large


async def test_a_worker_that_hangs_is_killed_and_replaced(start: Starter) -> None:
    analysis, child = start(replace(PATIENT, back_off=AT_ONCE))
    await analysis.start()
    pid = child.pid
    assert pid is not None
    asked = asyncio.ensure_future(analysis.complete(document(SLOW), len(SLOW), HERE, 50, soon(1_000.0)))
    while child.pid == pid and not asked.done():  # which is not long enough for an answer
        leap(1.0)
        await asyncio.sleep(0)
    with pytest.raises(ChildUnavailable) as raised:
        await asked
    assert raised.value.failure is ChildFailure.HUNG
    await until(lambda: gone(pid))
    assert await names(analysis, "str.joi$0") == ["join"]
    assert child.pid != pid


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux caps another process")
async def test_a_worker_over_its_memory_is_replaced(start: Starter) -> None:
    """A cap a little above what it needs to be warm; the nasty text needs 45 MB more."""
    analysis, child = start(replace(PATIENT, back_off=AT_ONCE), replace(analysis_spec(CACHE), memory_bytes=90 * 2**20))
    await analysis.start()
    pid = child.pid
    assert await fails(analysis, SLOW) is ChildFailure.CRASHED
    assert await names(analysis, "str.joi$0") == ["join"]
    assert child.pid != pid


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the size of another process")
async def test_a_worker_that_has_grown_is_replaced_while_it_serves(start: Starter) -> None:
    analysis, child = start(replace(PATIENT, recycle=0.0), replace(analysis_spec(CACHE), recycle_bytes=2**20))
    assert await names(analysis, "str.joi$0") == ["join"]
    pid = child.pid
    n = 0
    async with asyncio.timeout(2 * WATCHDOG):
        while child.pid == pid:
            n += 1
            assert await question(analysis, n, 30)


async def test_late_is_not_hung(start: Starter) -> None:
    """The waiter is told at its deadline, and the same worker answers the next."""
    analysis, child = start(PATIENT)
    await analysis.start()
    pid = child.pid
    assert await fails(analysis, SLOW[: len(SLOW) // 4] + "1]\nx1.", 0.05) is ChildFailure.LATE
    assert await names(analysis, "str.joi$0") == ["join"]
    assert child.pid == pid


async def test_a_damaged_cache_is_read_anew(start: Starter, tmp_path: Path) -> None:
    """What a kill in the middle of a write would leave, could one happen; and a folder that cannot be written."""
    cache = tmp_path / "cache"
    damages: tuple[Callable[[bytes], bytes], ...] = (
        lambda data: data[: len(data) // 2],
        lambda _: b"",
        lambda _: b"no",
    )
    for _ in range(2):
        analysis, _child = start(PATIENT, analysis_spec(cache))
        assert "path" in await names(analysis, "import os\nos.pa$0")
        await analysis.close()
        files = sorted(cache.rglob("*.pkl"))
        assert len(files) > 5
        for n, file in enumerate(files):
            file.write_bytes(damages[n % 3](file.read_bytes()))
    (tmp_path / "file").touch()
    analysis, _ = start(PATIENT, analysis_spec(tmp_path / "file"))
    assert "path" in await names(analysis, "import os\nos.pa$0")


# ---- in which order


def recording(tmp_path: Path) -> ChildSpec:
    """A worker that notes what it is asked, and answers the first only when it may."""
    behaviour = f"""
        asked, go = open({str(tmp_path / "asked")!r}, "a"), {str(tmp_path / "go")!r}
        def other(message):
            print(message["params"]["offset"], file=asked, flush=True)
            while not os.path.exists(go): time.sleep(0.005)
            item = {{"name": str(message["params"]["offset"]), "kind": "function", "detail": ""}}
            send({{"id": message["id"], "result": {{"value": [item]}}}})
        """
    return ChildSpec("fake", program(tmp_path, behaviour), requires=frozenset())


async def test_the_newest_question_comes_first_and_who_left_is_not_asked_about(start: Starter, tmp_path: Path) -> None:
    analysis, _ = start(PATIENT, recording(tmp_path))
    record = tmp_path / "asked"
    await analysis.start()

    async def one(offset: int, seconds: float = 30.0) -> str:
        (item,) = await analysis.complete(document("x" * 9), offset, HERE, 5, soon(seconds))
        return item.text

    first = asyncio.ensure_future(one(0))
    await until(lambda: record.read_text() == "0\n")
    late, cancelled = asyncio.ensure_future(one(1, 0.05)), asyncio.ensure_future(one(2))
    waiting = [asyncio.ensure_future(one(n)) for n in (3, 4, 5)]
    with pytest.raises(ChildUnavailable) as raised:
        await late
    assert raised.value.failure is ChildFailure.LATE
    cancelled.cancel()
    (tmp_path / "go").touch()
    assert await asyncio.gather(first, *waiting) == ["0", "3", "4", "5"]
    assert record.read_text().split() == ["0", "5", "4", "3"]
    assert cancelled.cancelled()


@pytest.mark.parametrize(
    "value", ["3", "{}", "[[]]", "[{}]", '[{"name": 1}]', '[{"name": "a", "kind": "b", "detail": ""}]', '"x"']
)
async def test_words_that_are_no_answer(start: Starter, tmp_path: Path, value: str) -> None:
    behaviour = f"def other(message): send({{'id': message['id'], 'result': {{'value': {value}}}}})"
    analysis, _ = start(PATIENT, ChildSpec("fake", program(tmp_path, behaviour), requires=frozenset()))
    assert await fails(analysis, "x") is ChildFailure.PROTOCOL


async def test_a_worker_that_cannot_start(start: Starter) -> None:
    analysis, _ = start(PATIENT, replace(analysis_spec(CACHE), command=("/nowhere/at/all",)))
    assert await fails(analysis, "x") is ChildFailure.MISSING


async def test_closing_answers_whoever_waits(start: Starter) -> None:
    analysis, child = start()
    await analysis.start()
    pid = child.pid
    assert pid is not None
    asked = [asyncio.ensure_future(fails(analysis, SLOW)) for _ in range(3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(WATCHDOG):
        await analysis.close()
        assert await asyncio.gather(*asked) == [ChildFailure.CLOSED] * 3
    await until(lambda: gone(pid))
    assert await fails(analysis, "x") is ChildFailure.CLOSED
    assert analysis.state is ChildState.CLOSED


# ---- with the server

# Looks at nothing but its work for as long as the test may take.
BUSY = """
import sys, time
root, cache, begun = sys.argv[1:]
sys.path.insert(0, root)
from kireji.base.analysis import worker
real = worker.Analyst.complete
def complete(self, asked, params):
    until = time.monotonic() + 150
    while asked.text == "busy" and time.monotonic() < until:
        open(begun, "w").close()
    return real(self, asked, params)
worker.Analyst.complete = complete
worker.main(cache)
"""
SERVER = """
import asyncio, sys
sys.path[:0] = @PATH@
from dataclasses import replace
from pathlib import Path
from kireji.base.analysis.client import analysis_spec
from kireji.base.children import Child
from kireji.base.child_protocol import ChildSpec
from kireji.base.types import Workspace
from kireji.engine.gates.ruff import ruff_spec
from support.analysis import CACHE, document, soon, worker
from support.children import until
async def main():
    homes, ty, python, busy, begun = Path(sys.argv[1]), *sys.argv[2:]
    ruff, types = Child(ruff_spec(), homes=homes), Child(ChildSpec("ty", (ty, "server")), homes=homes)
    spec = analysis_spec(CACHE)
    *start, _, root, cache = spec.command
    analysis, child = worker(homes=homes, spec=replace(spec, command=(*start, busy, root, cache, begun)))
    await asyncio.gather(ruff.start(), types.start(), analysis.start())
    # With the project's own interpreter: a process of the worker's.
    await analysis.complete(document("import math\\nmath."), 17, Workspace(None, True, python), 5, soon())
    computing = asyncio.ensure_future(analysis.complete(document("busy"), 4, Workspace(), 5, soon(150)))
    await until(Path(begun).exists)
    print(ruff.pid, types.pid, child.pid, flush=True)
    await computing
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_all_are_gone_when_the_server_is_killed(tmp_path: Path) -> None:
    """ruff, ty, the worker in the middle of its work, and the interpreter that it has started; and no folder stays for long."""
    homes = tmp_path / "homes"
    code = SERVER.replace("@PATH@", repr(sys.path))
    arguments = (str(homes), str(Path(sys.executable).with_name("ty")), sys.executable, BUSY, str(tmp_path / "begun"))
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", code, *arguments, stdout=subprocess.PIPE)
    assert server.stdout is not None
    pids = [int(word) for word in (await server.stdout.readline()).split()]
    assert len(pids) == 3
    grandchildren = [int(pid) for pid in Path(f"/proc/{pids[2]}/task/{pids[2]}/children").read_text().split()]
    assert len(grandchildren) == 1
    assert not any(gone(pid) for pid in (*pids, *grandchildren))
    server.kill()
    await server.wait()
    await until(lambda: all(gone(pid) for pid in (*pids, *grandchildren)))
    after = Child(ChildSpec("fake", program(tmp_path)), homes=homes)
    await after.start()
    await after.close()
    assert list(homes.iterdir()) == []
