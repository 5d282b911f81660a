"""A language server in a few lines that misbehaves to order, and watching processes that are not ours to wait for."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

from kireji.base.children import Child
from support.waiting import WATCHDOG

# A language server in a few lines. `answer(n, message)` is replaced by each misbehaviour; n counts the pulls.
SERVER = """
import json, os, sys, time
out, texts, pulls = sys.stdout.buffer, {}, 0
def say(words): out.write(words); out.flush()
def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    say(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
def read():
    length = None
    while (line := sys.stdin.buffer.readline()) not in (b"", b"\\r\\n"):
        if line.lower().startswith(b"content-length:"): length = int(line[15:])
    return json.loads(sys.stdin.buffer.read(length)) if length else None
def report(message, text):
    place = {"line": 0, "character": 0}
    item = {"range": {"start": place, "end": place}, "code": "X1", "message": text, "severity": 1}
    send({"id": message["id"], "result": {"kind": "full", "items": [item]}})
def initialized(message):
    able = {"positionEncoding": "utf-32", "diagnosticProvider": {"interFileDependencies": False}}
    send({"id": message["id"], "result": {"capabilities": able}})
def other(message):
    send({"id": message["id"], "result": message["method"]})
def answer(n, message):
    report(message, texts[message["params"]["textDocument"]["uri"]])
@BEHAVIOUR@
while (message := read()) is not None:
    method, params = message.get("method"), message.get("params") or {}
    if method == "initialize": initialized(message)
    elif method == "textDocument/didOpen": texts[params["textDocument"]["uri"]] = params["textDocument"]["text"]
    elif method == "textDocument/didChange": texts[params["textDocument"]["uri"]] = params["contentChanges"][0]["text"]
    elif method == "textDocument/didClose": del texts[params["textDocument"]["uri"]]
    elif method == "textDocument/diagnostic": pulls += 1; answer(pulls, message)
    elif "id" in message and method: other(message)
"""


def program(folder: Path, behaviour: str = "", name: str = "server") -> tuple[str, ...]:
    """The command of a server with some behaviour of its own."""
    path = folder / f"{name}.py"
    path.write_text(SERVER.replace("@BEHAVIOUR@", textwrap.dedent(behaviour)))
    return (sys.executable, "-I", str(path))


def alive(pid: int) -> bool:
    """Whether a process still runs. A child of ours that has ended counts as gone once its parent has heard of it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kill(child: Child) -> None:
    """Kills all its processes. One that has just ended may still be counted: asyncio hears of an end in a thread of its own."""
    for pid in child.pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def until(holds: Callable[[], bool]) -> None:
    """Waits for what only a look can tell: a file that another process writes, the end of a process that is not ours."""
    async with asyncio.timeout(WATCHDOG):
        while not holds():
            await asyncio.sleep(0.01)


def is_zombie(pid: int) -> bool:
    """Whether it has ended, and its parent has not heard of it yet."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def gone(pid: int) -> bool:
    """Whether a process no longer runs."""
    return not alive(pid) or is_zombie(pid)
