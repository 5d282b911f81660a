"""The real server as a process: the handshake, the way out, order, encodings, cancellation, and hostile clients."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from kireji.lsp.framing import encode
from support.afterwards import asked_in_all
from support.lsp_client import RpcError
from support.messages_api import MessagesApi, When, script
from support.messages_play import Pace
from support.serving import serving
from support.waiting import WATCHDOG

URI = "file:///project/app.py"
TEXT = "def area(width, height):\n    return wi\n"
GOOD = "return width * height"
BROKEN = "return undefined_name_xyz(a, b\n    import nothing_here\n"


async def offered(pending: asyncio.Future[Any]) -> list[str]:
    """The texts an editor would show."""
    return [item["insertText"] for item in (await asyncio.wait_for(pending, 60))["items"]]


def _whole(uri: str) -> Any:
    """What is offered for the beginning of a document."""
    start = {"line": 0, "character": 0}
    return {"textDocument": {"uri": uri}, "range": {"start": start, "end": start}, "context": {"diagnostics": []}}


# ---- the way in and the way out ----------------------------------------------------------------


@pytest.mark.parametrize("tcp", [False, True])
async def test_shutdown_then_exit_is_0(tmp_path: Path, tcp: bool) -> None:
    async with serving(tmp_path, tcp=tcp) as served:
        result = await served.client.initialize()
        assert result["serverInfo"]["name"] == "kireji"
        assert result["capabilities"]["inlineCompletionProvider"] is not None
        assert result["capabilities"]["textDocumentSync"]["change"] == 2
        await served.client.shutdown()
        assert await asyncio.wait_for(served.process.wait(), WATCHDOG) == 0


# A file system that does not answer, as one over a network may for ever.
STUCK = """
import threading
from kireji.base import syntax
syntax.load = lambda _: threading.Event().wait()
from kireji.cli.main import main
main()
"""


@pytest.mark.parametrize("tcp", [False, True])
async def test_a_thread_that_is_stuck_keeps_no_server_alive(tmp_path: Path, tcp: bool) -> None:
    async with serving(tmp_path, tcp=tcp, program=STUCK) as served:
        await served.client.initialize()
        served.client.open(URI, TEXT)
        await served.client.request("kireji/explain", {})
        await served.client.shutdown()
        # Our side of the pipe stays open: the server is told to end, and nothing else.
        assert await asyncio.wait_for(served.process.wait(), WATCHDOG) == 0


async def test_exit_without_shutdown_is_1(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.client.initialize()
        served.client.notify("exit")
        assert await asyncio.wait_for(served.process.wait(), WATCHDOG) == 1


async def test_requests_before_initialize_and_after_shutdown_are_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        with pytest.raises(RpcError, match="-32002"):
            await served.client.request("textDocument/inlineCompletion", {})
        await served.client.initialize()
        with pytest.raises(RpcError, match="-32600"):
            await served.client.initialize()
        await served.client.request("shutdown")
        with pytest.raises(RpcError, match="-32600"):
            await served.client.request("kireji/explain", {})


# ---- the main path -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["claude-haiku-5-5", "claude-haiku-4-5"])
async def test_a_good_answer_is_shown_and_the_probe_never(tmp_path: Path, model: str) -> None:
    answers = [GOOD, BROKEN, GOOD, BROKEN, GOOD]
    async with MessagesApi(script(*answers)) as api, serving(tmp_path, api, KIREJI_MODEL=model) as served:
        await served.client.initialize()
        for version, answer in enumerate(answers, 1):
            # Another text each time, so that nothing can be served from what was said before.
            text = f"{TEXT}# {version}\n"
            served.client.open(URI, text, version=version)
            texts = await offered(served.client.ask(URI, 1, 13, automatic=1))
            explained = await served.client.request("kireji/explain", {})
            if answer == GOOD:
                assert texts == ["dth * height"], explained
                assert explained["offered"]
            else:
                assert not any("undefined_name_xyz" in t or "nothing_here" in t for t in texts)
                assert texts == []
                assert explained["findings"], explained
        assert [asked.status for asked in api.asked] == [200] * len(answers)
        assert {asked.model for asked in api.asked} == {model}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_columns_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    units = {"utf-8": lambda s: len(s.encode()), "utf-16": lambda s: len(s.encode("utf-16-le")) // 2, "utf-32": len}
    line = "𝒳é = '👩‍💻'; total = wi"
    text = f"𝒳 = width = 1\r\n{line}  # 𝒳\r\n"
    async with MessagesApi(script(When("total", f"{line}dth  # 𝒳"))) as api, serving(tmp_path, api) as served:
        await served.client.initialize(capabilities={"general": {"positionEncodings": [encoding]}})
        assert served.client.capabilities["positionEncoding"] == encoding
        served.client.open(URI, text)
        column = units[encoding](line)
        answer = await served.client.ask(URI, 1, column, automatic=1)
        assert [i["insertText"] for i in answer["items"]] == ["dth"]
        at = {"line": 1, "character": column}
        assert answer["items"][0]["range"] == {"start": at, "end": at}


async def test_ghost_text_has_line_feeds_where_lines_end_in_crlf_too(tmp_path: Path) -> None:
    rest = "width:\n        return height\n    return width"
    async with MessagesApi(script(f"    if {rest}")) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open(URI, "def area(width, height):\r\n    if \r\n")
        assert await offered(served.client.ask(URI, 1, len("    if "), automatic=1)) == [rest]


@pytest.mark.parametrize("tcp", [False, True])
async def test_a_request_sees_the_text_as_it_was_when_it_arrived(tmp_path: Path, tcp: bool) -> None:
    async with MessagesApi(script("nothing")) as api, serving(tmp_path, api, tcp=tcp) as served:
        client = served.client
        await client.initialize()
        pending = []
        # All in one go, so that everything is buffered before the first handler could start. A document each, because a
        # newer question about the same one would end the older.
        for name in ("first", "second", "third"):
            uri = f"file:///project/{name}.py"
            client.open(uri, f"{name} = \n")
            pending.append(client.ask(uri, 0, len(f"{name} = "), automatic=1))
            for version in range(2, 40):
                client.change(uri, version, f"{name}_{version} = \n")
        await asyncio.wait_for(asyncio.gather(*pending), 60)
        questions = [asked.question for asked in api.asked]
        assert len(questions) == 3
        for name in ("first", "second", "third"):
            assert sum(f"{name} = <" in question for question in questions) == 1, name


async def test_a_changed_text_makes_an_answer_stale(tmp_path: Path) -> None:
    changed = asyncio.Event()
    async with MessagesApi(script(GOOD, until=changed)) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open(URI, TEXT)
        pending = served.client.ask(URI, 1, 13, automatic=1)
        await api.request()
        served.client.change(URI, 2, "something_else = 1\n")
        await served.client.has_read()
        changed.set()
        assert await offered(pending) == []
        explained = await served.client.request("kireji/explain", {})
        assert explained["reason"] == "the text changed meanwhile"


@pytest.mark.parametrize("warm", [False, True])
async def test_nobody_is_asked_about_a_document_that_is_closed_before_its_turn_comes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, warm: bool
) -> None:
    """While the server starts, and afterwards where both messages come in one read."""
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client, together = served.client, list[bytes]()
        await client.initialize()
        client.open(URI, TEXT)
        if warm:
            await client.request("textDocument/codeAction", _whole(URI))  # which waits until there is somebody to ask
        with monkeypatch.context() as patch:
            patch.setattr(client, "send_raw", together.append)
            pending = client.ask(URI, 1, 13, automatic=1)
            client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        client.send_raw(b"".join(together))
        assert await offered(pending) == []
        assert (await client.request("kireji/explain", {}))["reason"] == "the text changed meanwhile"
        assert await asked_in_all(client, api) == []


async def test_a_newer_question_ends_the_older_one(tmp_path: Path) -> None:
    slow = script(When("first", "never"), GOOD, pace=Pace(first_token=60))
    async with MessagesApi(slow) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open(URI, "first = \n")
        older = served.client.ask(URI, 0, 8)
        asked = await api.request()
        served.client.change(URI, 2, "second = \n")
        newer = served.client.ask(URI, 0, 9)
        assert await offered(older) == []
        await asyncio.wait_for(asked.closed.wait(), 60)
        assert not newer.done()
        assert (await api.request(1)).body
    assert ("SUPERSEDED",) in _rows(tmp_path, "SELECT reason FROM outcomes")


async def test_cancelling_answers_and_closes_the_upstream(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD, pace=Pace(first_token=60))) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open(URI, TEXT)
        pending = served.client.ask(URI, 1, 13, automatic=1)
        asked = await api.request()
        served.client.notify("$/cancelRequest", {"id": served.client.last_id})
        with pytest.raises(RpcError, match="-32800"):
            await asyncio.wait_for(pending, 60)
        await asyncio.wait_for(asked.closed.wait(), 60)
        assert asked.cancelled
        await served.client.shutdown()
        await served.process.wait()
    rows = _rows(tmp_path, "SELECT outcome, input > 0 FROM calls")
    assert rows == [("cancelled", 1)]
    assert _rows(tmp_path, "SELECT reason FROM outcomes") == [("CANCELLED",)]


async def test_every_call_is_paid_once(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        for version in range(1, 6):
            served.client.open(URI, f"{TEXT}# {version}\n", version=version)
            await offered(served.client.ask(URI, 1, 13, automatic=1))
        await served.client.shutdown()
        await served.process.wait()
    rows = _rows(tmp_path, "SELECT model, outcome, input > 0, output > 0, nano > 0 FROM calls")
    assert len(rows) == 5
    assert {row[0] for row in rows} == {"claude-haiku-5-5"}
    assert all(all(row[2:]) for row in rows)
    assert _rows(tmp_path, "SELECT count(*) FROM outcomes") == [(5,)]


async def test_a_reached_cap_stops_calls_and_says_so(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api, KIREJI_DAILY_CAP_USD="0.000001") as served:
        await served.client.initialize()
        served.client.open(URI, TEXT)
        assert await offered(served.client.ask(URI, 1, 13, automatic=1)) == []
        explained = await served.client.request("kireji/explain", {})
        assert explained["reason"] == "the spending cap is reached"
        assert api.asked == []


async def test_secrets_and_key_files_do_not_leave(tmp_path: Path) -> None:
    key = "AKIA" + "QWERTYUIOPASDFGH"
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        await served.client.initialize()
        served.client.open("file:///project/other.py", f"AWS = '{key}'\ndef width(): ...\n")
        served.client.open("file:///project/.env", "width=sesame-open\n", language="plaintext")
        served.client.open(URI, f"token = '{key}'\n{TEXT}")
        assert await offered(served.client.ask(URI, 2, 13, automatic=1)) == ["dth * height"]
        assert await offered(served.client.ask("file:///project/.env", 0, 0, automatic=1)) == []
        assert len(api.asked) == 1
        sent = api.asked[0].raw.decode()
        assert key not in sent
        assert "sesame" not in sent
        assert "redacted" in sent


async def test_the_editor_cannot_move_the_key_or_the_endpoint(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, MessagesApi() as thief, serving(tmp_path, api) as served:
        options = {"base_url": thief.url, "model": {"base_url": thief.url}, "kireji": {"ANTHROPIC_BASE_URL": thief.url}}
        await served.client.initialize(initializationOptions=options)
        served.client.open(URI, TEXT)
        assert await offered(served.client.ask(URI, 1, 13, automatic=1)) == ["dth * height"]
        assert thief.received == 0
        await served.client.notified("window/showMessage", lambda p: "no effect" in p["message"])


# ---- clients that misbehave ----------------------------------------------------------------------


async def test_odd_documents_get_an_answer_each(tmp_path: Path) -> None:
    odd = {
        "file:///big.py": ("x = 1" * 2_000_000, 10),
        "file:///binary.py": ("\x00\x01\x02 = ", 3),
        "file:///wide.py": ("(" * 100_000, 5),
        "untitled:Untitled-1": ("x = ", 4),
        "file:///deep.py": ("(\n" * 20_000, 1),
        "file:///empty.py": ("", 0),
    }
    async with serving(tmp_path, None, "--provider=local") as served:
        await served.client.initialize()
        for uri, (text, column) in odd.items():
            served.client.open(uri, text)
            assert await offered(served.client.ask(uri, 0, column, automatic=1)) == [], uri
        assert await offered(served.client.ask("file:///never/opened.py", 0, 0)) == []
        served.client.open(URI, TEXT)
        assert isinstance(await offered(served.client.ask(URI, 1, 13)), list)


def _mangled(rng: random.Random) -> object:
    """A value that no specification allows where it stands."""
    leaf: list[object] = [None, True, -1, 1e400, 3.7, "", "x" * 1000, "\ud800", [], {}, 2**40]
    value: object = rng.choice(leaf)
    for _ in range(rng.randrange(3)):
        value = rng.choice([[value], {"uri": value}, {"line": value}, {"textDocument": value}, {"position": value}])
    return value


async def test_a_thousand_bad_messages_and_every_id_is_answered_once(tmp_path: Path) -> None:
    count = int(os.environ.get("SOAK_MESSAGES", "1000"))
    rng = random.Random(20)
    methods = [
        "textDocument/inlineCompletion",
        "shutdownn",
        "kireji/explain",
        "workspace/x",
        "textDocument/completion",
        "",
    ]
    notes = [
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "$/cancelRequest",
        "initialized",
        "x",
    ]
    async with serving(tmp_path, None, "--provider=local") as served:
        client = served.client
        await client.initialize()
        ids: list[int | str] = []
        msg_id: int | str
        pending = []
        for number in range(count):
            kind = rng.randrange(6)
            if kind == 0:
                client.send_raw(encode({"jsonrpc": "2.0", "method": rng.choice(notes), "params": _mangled(rng)}))
            elif kind == 1:
                client.send_raw(
                    encode(rng.choice([_mangled(rng), {"jsonrpc": "1.0", "method": 1}, {"jsonrpc": "2.0"}]))
                )
            elif kind == 2:
                body = rng.randbytes(rng.randrange(40))
                client.send_raw(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            else:
                msg_id = (1000 + number, f"id-{number}", -number - 1)[rng.randrange(3)]
                ids.append(msg_id)
                pending.append(client.start(rng.choice(methods), _mangled(rng), msg_id))
        await asyncio.wait_for(asyncio.gather(*pending, return_exceptions=True), 60)
        assert {i: client.replies.get(i) for i in ids} == dict.fromkeys(ids, 1)
        client.open(URI, TEXT)
        assert isinstance(await offered(client.ask(URI, 1, 13)), list)


async def test_nothing_but_the_protocol_is_on_standard_output(tmp_path: Path) -> None:
    noisy = tmp_path / "noise"
    noisy.mkdir()
    (noisy / "sitecustomize.py").write_text(
        "import os, threading, time\n"
        "def noise():\n"
        f"    while not os.path.exists({str(tmp_path / 'now')!r}): time.sleep(0.01)\n"
        "    print('print', flush=True); os.write(1, b'descriptor'); os.system('echo child')\n"
        "threading.Thread(target=noise, daemon=True).start()\n"
    )
    path = os.pathsep.join([str(noisy), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    async with serving(tmp_path, None, "--provider=local", PYTHONPATH=path) as served:
        await served.client.initialize()
        served.client.open(URI, TEXT)
        (tmp_path / "now").touch()
        async with asyncio.timeout(60):
            while b"child" not in served.log.read_bytes():
                await offered(served.client.ask(URI, 1, 13))
        assert served.client.foreign == []


def _rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(home / "state" / "kireji.sqlite3")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
