"""Child language servers, real and misbehaving: who answers, who is given up and when, and that nobody is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from kireji.base.child_protocol import (
    ChildDiagnostic,
    ChildFailure,
    ChildSpec,
    ChildState,
    ChildUnavailable,
    Pace,
    ProtocolError,
    Units,
    clean,
    offset_of,
    parse_diagnostics,
    read_message,
)
from kireji.base.children import MAX_OPEN, Child
from kireji.base.text import line_starts
from kireji.engine.gates.ruff import ruff_spec
from support.children import alive, gone, program, until
from support.waiting import WATCHDOG, leap

URI = "file:///w/a.py"

Starter = Callable[..., Child]


@pytest.fixture
async def child(tmp_path: Path) -> AsyncIterator[Starter]:
    """Starts a fake server with some behaviour of its own."""
    started: list[Child] = []

    def start(
        behaviour: str = "",
        hung_seconds: float = WATCHDOG,
        pace: Pace | None = None,
        max_open: int = MAX_OPEN,
        **more: Any,
    ) -> Child:
        spec = ChildSpec("fake", program(tmp_path, behaviour, f"server{len(started)}"), str(tmp_path), **more)
        started.append(Child(spec, pace=pace or Pace(hung=hung_seconds, start=WATCHDOG), max_open=max_open))
        return started[-1]

    yield start
    for each in started:
        await each.close()


async def ask(child: Child, text: str = "x", seconds: float = WATCHDOG, uri: str = URI) -> tuple[ChildDiagnostic, ...]:
    return await child.diagnostics(uri, "python", text, asyncio.get_running_loop().time() + seconds)


async def check_failure(child: Child, failure: ChildFailure, seconds: float = WATCHDOG) -> None:
    """The next question fails in this way, well before the test's patience ends."""
    async with asyncio.timeout(2 * WATCHDOG):
        with pytest.raises(ChildUnavailable) as raised:
            await ask(child, seconds=seconds)
    assert raised.value.failure is failure


# ---- the real ruff


@pytest.fixture
async def ruff() -> AsyncIterator[Child]:
    spec = ruff_spec()
    assert spec is not None
    child = Child(spec, pace=Pace(start=WATCHDOG, hung=WATCHDOG))
    yield child
    await child.close()


async def test_ruff_answers_and_ends(ruff: Child) -> None:
    text = "# 𝒳\r\ns = '𝒳'; print(missing)\r\n"
    (found,) = await ask(ruff, text)
    assert (found.code, text[found.span.start : found.span.end]) == ("F821", "missing")
    pid = ruff.pid
    assert pid is not None
    await ruff.close()
    await until(lambda: not alive(pid))
    assert ruff.state is ChildState.CLOSED
    await ruff.close()
    await check_failure(ruff, ChildFailure.CLOSED)


async def test_a_lone_surrogate_does_not_hurt_ruff(ruff: Child) -> None:
    text = "s = '\ud800'; print(missing)\n"
    (found,) = await ask(ruff, text)
    assert text[found.span.start : found.span.end] == "missing"


async def test_a_killed_ruff_comes_back(ruff: Child) -> None:
    await ruff.start()
    first = ruff.pid
    assert first is not None
    os.kill(first, 9)
    await until(lambda: not alive(first))
    async with asyncio.timeout(WATCHDOG):
        while True:
            try:
                found = await ask(ruff, "print(missing)\n")
            except ChildUnavailable as error:  # the first question may be the one that notices
                assert error.failure in (ChildFailure.CRASHED, ChildFailure.BACKING_OFF)
                await asyncio.sleep(0.01)
            else:
                break
    assert [d.code for d in found] == ["F821"]
    assert ruff.pid != first


async def test_concurrent_questions_get_their_own_answers(ruff: Child) -> None:
    """More documents than the child keeps open, several texts of each at once."""

    async def one(n: int) -> None:
        text = f"{'#' * (n % 7)}\n" * (n % 5) + f"print(missing_{n})\n"
        (found,) = await ask(ruff, text, uri=f"file:///w/{n % 11}.py")
        assert text[found.span.start : found.span.end] == f"missing_{n}"

    await asyncio.gather(*(one(n) for n in range(200)))


async def test_a_child_leaves_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
from kireji.base.children import Child
from kireji.engine.gates.ruff import ruff_spec
async def main():
    child = Child(ruff_spec())
    await child.start()
    print(child.pid, flush=True)
    await asyncio.Event().wait()
sys.path[:0] = {sys.path!r}
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    await parent.wait()
    await until(lambda: not alive(pid))


# ---- children that misbehave


async def test_a_program_that_is_not_there() -> None:
    child = Child(ChildSpec("none", ("/nowhere/at/all",)))
    await check_failure(child, ChildFailure.MISSING)
    await child.close()


@pytest.mark.parametrize(
    ("failure", "behaviour"),
    [
        (ChildFailure.CRASHED, "sys.exit(3)"),
        (ChildFailure.CRASHED, "def initialized(message): os._exit(1)"),
        (ChildFailure.CRASHED, "def answer(n, message): os._exit(1)"),
        (ChildFailure.CRASHED, "def answer(n, message): say(b'Content-Length: 500\\r\\n\\r\\n{'); os._exit(1)"),
        (ChildFailure.HUNG, "def answer(n, message): time.sleep(1000)"),
        (ChildFailure.HUNG, "def answer(n, message): say(b'Content-Length: 90\\r\\n\\r\\n{')"),
        (ChildFailure.PROTOCOL, "say(b'hello, I am no language server\\n' * 50)"),
        (ChildFailure.PROTOCOL, "say(b'x' * 10_000_000)"),
        (ChildFailure.PROTOCOL, "def answer(n, message): say(b'Content-Length: 9\\r\\n\\r\\nno json!!')"),
        (ChildFailure.PROTOCOL, "def answer(n, message): say(b'Content-Length: 4\\r\\n\\r\\n[[]]')"),
        (ChildFailure.PROTOCOL, "def answer(n, message): say(b'Content-Length: 99999999999\\r\\n\\r\\n')"),
        (ChildFailure.PROTOCOL, "def answer(n, message): send({'id': message['id'], 'result': {'kind': 'unchanged'}})"),
        (ChildFailure.PROTOCOL, "def answer(n, message): send({'id': message['id'], 'result': {'items': [{}]}})"),
        (
            ChildFailure.PROTOCOL,
            "def initialized(message): send({'id': message['id'], 'result': {'capabilities': {}}})",
        ),
        (ChildFailure.REFUSED, "def answer(n, message): send({'id': message['id'], 'error': {'code': -32603}})"),
        (ChildFailure.REFUSED, "def answer(n, message): send({'id': message['id'], 'error': 'no'})"),
        (ChildFailure.REFUSED, "def answer(n, message): send({'id': message['id'], 'error': {'code': -32801}})"),
    ],
)
async def test_each_misbehaviour_has_its_name(child: Starter, failure: ChildFailure, behaviour: str) -> None:
    bad = child(behaviour, hung_seconds=0.3 if failure is ChildFailure.HUNG else WATCHDOG)
    await check_failure(bad, failure)
    if failure is ChildFailure.REFUSED:
        assert bad.state is ChildState.READY  # an error is an answer
    else:
        assert bad.state is ChildState.BACKING_OFF
        assert bad.pid is None


async def test_a_child_that_asks_to_be_asked_again(child: Starter) -> None:
    twice = child(
        """
        def answer(n, message):
            if n < 3: send({"id": message["id"], "error": {"code": -32802}})
            else: report(message, "third")
        """
    )
    assert [d.message for d in await ask(twice)] == ["third"]


async def test_noise_beside_the_answers_is_harmless(child: Starter) -> None:
    noisy = child(
        """
        def answer(n, message):
            send({"method": "window/logMessage", "params": {"type": 3, "message": "x" * 100000}})
            send({"id": 7, "method": "workspace/configuration", "params": {"items": [{"section": "a"}, 3]}})
            send({"id": "x", "method": "no/such/thing"})
            send({"id": 123456, "result": None})
            send({"id": [], "result": None})
            sys.stderr.write("x" * 1_000_000)
            report(message, "found")
        """
    )
    assert [d.message for d in await ask(noisy)] == ["found"]


async def test_late_is_not_hung(child: Starter, tmp_path: Path) -> None:
    """A waiter gives up at its own deadline; the answer then comes, and the next question is answered by the same child."""
    gate = tmp_path / "go"
    slow = child(f"while_ = {str(gate)!r}\ndef answer(n, message):\n    while not os.path.exists(while_): time.sleep(0.01)"
                 "\n    report(message, texts[message['params']['textDocument']['uri']])")  # fmt: skip
    await slow.start()
    pid = slow.pid
    await check_failure(slow, ChildFailure.LATE, seconds=0.1)
    gate.touch()
    assert [d.message for d in await ask(slow, "second")] == ["second"]
    assert slow.pid == pid


async def test_a_cancelled_waiter_leaves_the_child_usable(child: Starter, tmp_path: Path) -> None:
    gate, begun = tmp_path / "go", tmp_path / "begun"
    slow = child(f"go, begun = {str(gate)!r}, {str(begun)!r}\ndef answer(n, message):\n    open(begun, 'w').close()"
                 "\n    while not os.path.exists(go): time.sleep(0.01)"
                 "\n    report(message, texts[message['params']['textDocument']['uri']])")  # fmt: skip
    first = asyncio.ensure_future(ask(slow, "first"))
    await until(begun.exists)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    pid = slow.pid
    following = [asyncio.ensure_future(ask(slow, f"text {n}")) for n in range(5)]
    gate.touch()
    assert [[d.message for d in found] for found in await asyncio.gather(*following)] == [
        [f"text {n}"] for n in range(5)
    ]
    assert slow.pid == pid


async def test_cancelling_the_first_start_leaves_the_others_theirs(child: Starter) -> None:
    fine = child()
    first, second = asyncio.ensure_future(fine.start()), asyncio.ensure_future(fine.start())
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert first.cancelled()
    assert [d.message for d in await ask(fine, "here")] == ["here"]


async def test_failures_are_followed_by_a_growing_pause(child: Starter) -> None:
    bad = child("sys.exit(3)", pace=Pace(start=WATCHDOG, back_off=(0.0, 1000.0)))
    await check_failure(bad, ChildFailure.CRASHED)
    await check_failure(bad, ChildFailure.CRASHED)  # one new start at once
    await check_failure(bad, ChildFailure.BACKING_OFF)  # and then none for a while
    assert bad.pid is None


async def test_a_child_that_crashes_now_and_then_is_restarted(child: Starter, tmp_path: Path) -> None:
    once = child(
        f"""
        mark = {str(tmp_path / "crashed")!r}
        def answer(n, message):
            if not os.path.exists(mark):
                open(mark, "w").close()
                os._exit(1)
            report(message, texts[message["params"]["textDocument"]["uri"]])
        """
    )
    await check_failure(once, ChildFailure.CRASHED)
    assert [d.message for d in await ask(once, "again")] == ["again"]


async def test_close_ends_child_grandchild_and_waiters(child: Starter, tmp_path: Path) -> None:
    place = tmp_path / "grandchild"
    stubborn = child(
        f"""
        import signal, subprocess
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        def answer(n, message):
            other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
            with open({str(place)!r} + "~", "w") as file: file.write(str(other.pid))
            os.rename({str(place)!r} + "~", {str(place)!r})
            time.sleep(1000)
        """
    )
    waiter = asyncio.ensure_future(ask(stubborn))
    await until(place.exists)
    pid, grandchild = stubborn.pid, int(place.read_text())
    assert pid is not None
    async with asyncio.timeout(WATCHDOG):
        await stubborn.close()
        with pytest.raises(ChildUnavailable) as raised:
            await waiter
    assert raised.value.failure is ChildFailure.CLOSED
    await until(lambda: not alive(pid))
    if sys.platform != "win32":
        # Whoever adopts the grandchild may not have reaped it yet: then it is a zombie, and no longer runs.
        await until(lambda: gone(grandchild))


async def test_closing_during_the_start_leaves_nobody(child: Starter, tmp_path: Path) -> None:
    place = tmp_path / "pid"
    starting = child(
        f"""
        with open({str(place)!r} + "~", "w") as file: file.write(str(os.getpid()))
        os.rename({str(place)!r} + "~", {str(place)!r})
        time.sleep(1000)
        """
    )
    waiter = asyncio.ensure_future(starting.start())
    await until(place.exists)
    await starting.close()
    with pytest.raises(ChildUnavailable):
        await waiter
    await until(lambda: not alive(int(place.read_text())))
    with pytest.raises(ChildUnavailable):
        await starting.start()


@pytest.mark.parametrize("turns", [1, 2, 3, 4])
async def test_whoever_closes_it_may_be_cancelled_and_it_ends_all_the_same(
    child: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "homes"))
    mute = child("def initialized(message): time.sleep(1000)")
    starting = asyncio.ensure_future(mute.start())
    await until(lambda: bool(mute.pids))
    (pid,) = mute.pids
    closing = asyncio.ensure_future(mute.close())
    for _ in range(turns):
        await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await until(lambda: not alive(pid))
    with pytest.raises(ChildUnavailable):
        await starting
    await until(lambda: not any((tmp_path / "homes").iterdir()))


async def test_what_a_child_is_given(child: Starter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, a bare environment, no key, and streams of its own."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "KIREJI_STATE", "PYTHONPATH", "VIRTUAL_ENV", "RUFF_CONFIG"):
        monkeypatch.setenv(name, "secret")
    nosy = child(
        """
        def answer(n, message):
            streams = [os.readlink(f"/proc/self/fd/{n}") if os.path.isdir("/proc") else "?" for n in (0, 1, 2)]
            files = os.listdir("/proc/self/fd") if os.path.isdir("/proc") else []
            report(message, json.dumps([os.getcwd(), os.listdir("."), dict(os.environ), streams, files]))
        """
    )
    (found,) = await ask(nosy)
    folder, files, environment, streams, open_files = json.loads(found.message)
    assert Path(folder) != Path.cwd()
    assert not Path(folder).is_relative_to(tmp_path)
    assert files == []
    assert "secret" not in environment.values()
    assert environment["HOME"] == folder
    if sys.platform == "linux":
        ours = [str(await asyncio.to_thread(Path(f"/proc/self/fd/{n}").readlink)) for n in (0, 1, 2)]
        assert streams[1] not in ours or streams[1] == "/dev/null"
        assert streams[0] not in ours or streams[0] == "/dev/null"
        assert streams[2] == "/dev/null"
        assert len(open_files) <= 4  # the three, and the folder being listed
    await nosy.close()
    assert not await asyncio.to_thread(Path(folder).exists)


async def test_few_documents_stay_open(child: Starter) -> None:
    counting = child("def answer(n, message): report(message, str(len(texts)))", max_open=2)
    counts = [int((await ask(counting, uri=f"file:///w/{n}.py"))[0].message) for n in range(6)]
    assert max(counts) <= 3


# ---- asking other things


def soon(seconds: float = WATCHDOG) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_a_child_is_asked_anything(child: Starter) -> None:
    """Also one that has no diagnostics to pull, where none are required."""
    plain = child(
        """
        def initialized(message): send({"id": message["id"], "result": {"capabilities": {}}})
        def other(message): send({"id": message["id"], "result": [message["method"], message["params"]]})
        """,
        requires=frozenset(),
    )
    assert await plain.request("what/ever", {"a": 1}, soon()) == ["what/ever", {"a": 1}]
    assert plain.units is Units.UTF16


async def test_a_question_about_a_text_is_answered_about_that_text(child: Starter) -> None:
    """Twenty texts of two documents at once; the child answers with what it holds when it is asked."""
    echo = child(
        """
        def other(message):
            params = message["params"]
            send({"id": message["id"], "result": [texts[params["textDocument"]["uri"]], params["n"]]})
        """
    )

    async def one(n: int) -> None:
        uri, text = f"file:///w/{n % 2}.py", f"text {n} 𝒳\ud800"
        result = await echo.request_about(uri, "python", text, "hover", {"n": n}, soon())
        assert result == [f"text {n} 𝒳\ufffd", n]

    await asyncio.gather(*(one(n) for n in range(20)))
    assert echo.units is Units.UTF32


async def test_a_late_question_is_given_up_alone(child: Starter, tmp_path: Path) -> None:
    go = tmp_path / "go"
    slow = child(
        f"""
        def other(message):
            while message["method"] == "slow" and not os.path.exists({str(go)!r}): time.sleep(0.01)
            send({{"id": message["id"], "result": message["method"]}})
        """
    )
    await slow.start()
    pid = slow.pid
    with pytest.raises(ChildUnavailable) as raised:
        await slow.request("slow", None, soon(0.1))
    assert raised.value.failure is ChildFailure.LATE
    go.touch()
    assert await slow.request("quick", None, soon()) == "quick"
    assert slow.pid == pid


# ---- how a child comes and goes


async def test_a_start_without_an_answer_ends_the_process(child: Starter) -> None:
    mute = child("def initialized(message): time.sleep(1000)", pace=Pace(start=100.0))
    asked = asyncio.ensure_future(ask(mute, seconds=1_000.0))
    await until(lambda: bool(mute.pids))
    (pid,) = mute.pids
    leap(100.0)
    with pytest.raises(ChildUnavailable) as raised:
        await asked
    assert raised.value.failure is ChildFailure.HUNG
    await until(lambda: not alive(pid))
    assert mute.pids == ()
    assert mute.state is ChildState.BACKING_OFF


async def test_a_child_that_ends_right_after_its_greeting_has_crashed(child: Starter) -> None:
    brief = child(
        """
        greet = initialized
        def initialized(message): greet(message); os._exit(1)
        """
    )
    with pytest.raises(ChildUnavailable) as raised:
        while True:
            await ask(brief)
    assert raised.value.failure is ChildFailure.CRASHED


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux caps another process")
async def test_a_child_over_its_memory_fails_and_comes_back(child: Starter) -> None:
    greedy = child(
        """
        def answer(n, message):
            text = texts[message["params"]["textDocument"]["uri"]]
            held = bytearray(int(text))
            report(message, str(len(held)))
        """,
        memory_bytes=200 * 2**20,
    )
    assert [d.message for d in await ask(greedy, "100000000")] == ["100000000"]
    await check_failure_of(greedy, "300000000", ChildFailure.CRASHED)
    assert [d.message for d in await ask(greedy, "100000000")] == ["100000000"]


async def check_failure_of(child: Child, text: str, failure: ChildFailure) -> None:
    with pytest.raises(ChildUnavailable) as raised:
        await ask(child, text)
    assert raised.value.failure is failure


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the size of another process")
async def test_a_large_child_is_replaced_and_no_question_fails(child: Starter) -> None:
    """Each process counts as too large at once, so that one after the other takes over while questions come in."""
    large = child(
        "def answer(n, message): report(message, texts[message['params']['textDocument']['uri']])",
        recycle_bytes=1,
        pace=Pace(start=WATCHDOG, hung=WATCHDOG, recycle=0.0),
    )
    seen: dict[int, None] = {}
    n = 0
    async with asyncio.timeout(WATCHDOG):
        while len(seen) < 4:
            n += 5
            texts = [str(n + i) for i in range(5)]
            answers = await asyncio.gather(*(ask(large, t, uri=f"file:///w/{i % 2}.py") for i, t in enumerate(texts)))
            assert [[d.message for d in found] for found in answers] == [[t] for t in texts]
            assert large.pid is not None
            seen[large.pid] = None
    *earlier, _ = seen
    await until(lambda: not any(alive(pid) for pid in earlier))
    assert large.state is ChildState.READY


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the size of another process")
async def test_a_large_child_stays_where_no_successor_starts(child: Starter, tmp_path: Path) -> None:
    first, tried = tmp_path / "first", tmp_path / "tried"
    large = child(
        f"""
        if os.path.exists({str(first)!r}): open({str(tried)!r}, "w").close(); sys.exit(3)
        open({str(first)!r}, "w").close()
        """,
        recycle_bytes=1,
        pace=Pace(start=WATCHDOG, hung=WATCHDOG, recycle=0.0),
    )
    await ask(large)
    pid = large.pid
    await until(tried.exists)
    await until(lambda: large.pids == (pid,))
    assert [d.message for d in await ask(large, "still")] == ["still"]
    assert large.pid == pid


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the size of another process")
async def test_a_large_child_ends_with_its_last_answer_also_when_its_successor_is_gone(
    child: Starter, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    large = child(
        f"""
        def other(message):
            while message["method"] == "slow" and not os.path.exists({str(go)!r}): time.sleep(0.01)
            send({{"id": message["id"], "result": os.getpid()}})
        """,
        recycle_bytes=1,
        pace=Pace(start=20.0, hung=20.0, back_off=(1000.0,), recycle=0.0),
    )
    first = await large.request("quick", None, soon())
    last = asyncio.ensure_future(large.request("slow", None, soon()))
    await until(lambda: large.pid not in (None, first))
    successor = large.pid
    assert successor is not None
    os.kill(successor, 9)
    await until(lambda: large.pids == (first,))
    go.touch()
    assert await last == first
    await until(lambda: not alive(first))
    assert large.pids == ()


async def test_a_small_child_is_left_alone(child: Starter) -> None:
    small = child(recycle_bytes=2**40, pace=Pace(start=WATCHDOG, hung=WATCHDOG, recycle=0.0))
    await ask(small)
    pid = small.pid
    for n in range(20):
        await ask(small, str(n))
    assert small.pids == (pid,)


# ---- the protocol


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'Content-Length: 2\r\nContent-Type: x\r\n\r\n{}', {}),
        (b'content-length:2\r\n\r\n{}', {}),
        (b"", None),
        (b"Content-Length: 20\r\n\r\n{}", None),
        (b"Content-Length: x\r\n\r\n{}", ProtocolError),
        (b"\r\n{}", ProtocolError),
        (b"a: b\r\n" * 100, ProtocolError),
        (b"Content-Length: 2\r\n\r\n[]", ProtocolError),
        (b"Content-Length: 2\r\n\r\n\xff\xff", ProtocolError),
        (b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000, ProtocolError),
    ],
)  # fmt: skip
async def test_messages(data: bytes, found: object) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    if found is ProtocolError:
        with pytest.raises(ProtocolError):
            await read_message(reader)
    else:
        assert await read_message(reader) == found


@pytest.mark.parametrize(
    ("text", "line", "character", "units", "offset"),
    [
        ("ab\ncd", 1, 1, Units.UTF16, 4),
        ("𝒳b", 0, 2, Units.UTF16, 1),
        ("𝒳b", 0, 1, Units.UTF16, 1),
        ("𝒳b", 0, 3, Units.UTF16, 2),
        ("𝒳b", 0, 1, Units.UTF32, 1),
        ("ab\r\ncd", 0, 9, Units.UTF16, 2),
        ("ab", 7, 0, Units.UTF32, 2),
        ("ab", 0, -1, Units.UTF16, 0),
        ("éb\u2028c", 0, 3, Units.UTF16, 3),
    ],
)
def test_positions(text: str, line: int, character: int, units: Units, offset: int) -> None:
    assert offset_of(text, line_starts(text), line, character, units) == offset


def test_cleaning_keeps_offsets() -> None:
    assert clean("a\ud800b") == "a\ufffdb"


@pytest.mark.parametrize("result", [None, [], {}, {"items": 3}, {"items": [{}]}, {"items": [{"range": []}]}])
def test_malformed_reports(result: object) -> None:
    with pytest.raises(ProtocolError):
        parse_diagnostics(result, "x", (0,), Units.UTF16)
