"""The editor is killed: the server and all that it has started are gone soon after, whatever it was doing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from kireji.lsp.framing import encode
from support.children import until
from support.environment import clean_environment
from support.figures import report
from support.messages_api import MessagesApi, script
from support.messages_play import Pace
from support.processes import children, seconds_until_gone

TIMES = int(os.environ.get("SOAK_EDITOR_KILLS", "2"))
URI = "file:///project/app.py"
TEXT = "def area(width, height):\n    return wi\n"
# Two seconds are the figure to reach, which is printed. A busy machine takes longer; whoever is not ended stays for good.
GONE_SECONDS = 30.0
# A checker for names and one for errors.
CHILDREN = 2
THREADS = 3

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.mark.slow
@pytest.mark.parametrize("state", ["idle", "asking", "half a message", "before initialize"])
async def test_nothing_outlives_the_editor(tmp_path: Path, state: str) -> None:
    times = []
    async with MessagesApi(script("never", pace=Pace(first_token=600))) as api:
        for number in range(TIMES):
            home = tmp_path / str(number)
            home.mkdir()
            times.append(await kill_in(state, api, home))
    report(f"editor killed {TIMES} times while {state}: all gone after at most {max(times):.2f} s")


async def kill_in(state: str, api: MessagesApi, home: Path) -> float:
    """Brings one editor into a state and kills it; the seconds until everything has gone."""
    settings = {"ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url, "KIREJI_REQUEST_MS": "60000"}
    environment = clean_environment(home, **settings)
    asked = len(api.asked)
    # A shell in between is the editor: killing it closes nothing politely.
    editor = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        f"exec 3<&0; '{sys.executable}' -m kireji serve <&3 2>log & echo $! >pid; wait",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment,
        cwd=home,
    )
    assert editor.stdin is not None
    assert editor.stdout is not None
    pid = home / "pid"
    await until(lambda: pid.exists() and pid.read_text().endswith("\n"))
    server = int(pid.read_text())
    # Python starts; then one thread reads and one writes.
    await until(lambda: len(list(Path(f"/proc/{server}/task").iterdir())) >= THREADS)
    started: set[int] = set()

    def send(method: str, params: object, number: int | None = None) -> None:
        assert editor.stdin is not None
        identity = {"id": number} if number is not None else {}
        editor.stdin.write(encode({"jsonrpc": "2.0", "method": method, "params": params} | identity))

    try:
        if state != "before initialize":
            send("initialize", {"processId": editor.pid, "capabilities": {}, "rootUri": None}, 1)
            await editor.stdout.readuntil(b"serverInfo")
        if state == "asking":
            send("initialized", {})
            document = {"uri": URI, "languageId": "python", "version": 1, "text": TEXT}
            send("textDocument/didOpen", {"textDocument": document})
            where = {"textDocument": {"uri": URI}, "position": {"line": 1, "character": 13}}
            send("textDocument/inlineCompletion", where | {"context": {"triggerKind": 1}}, 2)
            await asyncio.wait_for(api.request(asked), 60)
            await until(lambda: len(children(server)) >= CHILDREN)
            started = children(server)
        if state == "half a message":
            editor.stdin.write(b"Content-Length: 500\r\n\r\n{")
            await editor.stdin.drain()
    finally:
        since = time.monotonic()
        os.kill(editor.pid, signal.SIGKILL)
        editor.stdin.close()
    await seconds_until_gone({server, *started}, GONE_SECONDS)
    gone = time.monotonic() - since
    await editor.stdout.read()
    await editor.wait()
    return gone
