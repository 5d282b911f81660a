"""A running `kireji serve` for tests, over pipes or a socket, with the stand-in of the model API behind it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from support.environment import clean_environment
from support.loop_gaps import fresh_file
from support.lsp_client import Client
from support.messages_api import MessagesApi
from support.waiting import WATCHDOG

# What a busy machine is late with must not look like a service that is away, or a gate that does not know.
IN_NO_HURRY = {
    "KIREJI_CONNECT_MS": "30000",
    "KIREJI_SILENCE_MS": "60000",
    "KIREJI_REQUEST_MS": "60000",
    "KIREJI_GATES_AUTOMATIC_MS": "10000",
    "KIREJI_GATES_EXPLICIT_MS": "30000",
}


@dataclass
class Served:
    """One server and its client. `log` is the server's standard error; `watch` where it writes how busy its loop is."""

    client: Client
    process: asyncio.subprocess.Process
    log: Path
    watch: Path | None


@contextlib.asynccontextmanager
async def serving(
    home: Path,
    api: MessagesApi | None = None,
    *arguments: str,
    tcp: bool = False,
    program: str = "",
    **environment: str,
) -> AsyncIterator[Served]:
    """Starts a server with an empty home; whatever happens, it is gone afterwards.

    `program` is the source that Python runs in place of `-m kireji`.
    """
    # Without names in the pop-up, no process is started for them: what does not test them need not wait for it.
    # A second question would take the next answer of a script: who tests that switches it on.
    environment = {
        "KIREJI_DETERMINISTIC": "false",
        "KIREJI_ASK_AGAIN": "false",
        "KIREJI_ACTIONS_ATTEMPTS": "1",
        **IN_NO_HURRY,
    } | environment
    if api is not None:
        environment = api.environment | environment
    log = home / "server.log"
    command = [sys.executable, *(("-c", program) if program else ("-m", "kireji")), "serve", *arguments]
    if tcp:
        command.append("--tcp=127.0.0.1:0")
    watch = fresh_file()
    if watch is not None:
        command.append(f"--watch-loop={watch}")
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env=clean_environment(home, **environment),
            cwd=home,
        )
    try:
        reader, writer = await _connect(log) if tcp else (process.stdout, process.stdin)
        assert reader is not None
        assert writer is not None
        client = Client(reader, writer)
        try:
            yield Served(client, process, log, watch)
            assert client.foreign == [], "the server wrote what is not a reply to anything"
        finally:
            await client.stop()
    finally:
        if process.returncode is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 5)
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _connect(log: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connects to the port that the server names in its log, as soon as it does."""
    async with asyncio.timeout(WATCHDOG):
        # The log is another process's file: there is no event for a new line in it.
        while not (found := re.search(rb"listening on ([\d.]+):(\d+)", log.read_bytes())):
            await asyncio.sleep(0.01)
    return await asyncio.open_connection(found[1].decode(), int(found[2]))
