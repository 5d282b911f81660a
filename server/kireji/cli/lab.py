"""`kireji lab`: answers measuring rows, JSON lines in and out, through the same functions that serve an editor.

Reads rows and prints answers; scores nothing, and asks no remote model. A bad row is answered with its error and never
ends the run. How each kind of row is answered is in `lab_answers.py`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from kireji.cli.main import CommandError
from kireji.cli.settings import load_settings

if TYPE_CHECKING:
    from kireji.cli.lab_answers import Answerer, Lab


@click.command("lab")
@click.argument("what", type=click.Choice(["context", "cut", "validate", "local"]))
def command(what: str) -> None:
    """Answer rows of WHAT on standard input, one JSON object a line."""
    from kireji.base.clock import SystemClock
    from kireji.base.config_schema import ProviderChoice
    from kireji.cli.lab_answers import ANSWERERS, Lab
    from kireji.compose import ConfigurationError, build_services

    settings = load_settings({})
    for problem in settings.problems:
        sys.stderr.write(f"kireji: {problem}\n")
    # A measure must not cost money or depend on a network, whatever key the environment holds.
    settings = replace(settings, protected=replace(settings.protected, provider=ProviderChoice.LOCAL))

    async def run() -> None:
        try:
            services = build_services(settings, SystemClock())
        except ConfigurationError as error:
            raise CommandError(str(error)) from None
        try:
            # The checkers of a server are up long before anyone asks; their start is nobody's row.
            await asyncio.gather(services.warm(), services.warm("python"))
            await _answer_all(Lab(services, settings.options), ANSWERERS[what])
        finally:
            await services.close()

    asyncio.run(run())


async def _answer_all(lab: Lab, answer: Answerer) -> None:
    async with aclosing(_lines()) as lines:
        async for line in lines:
            if line.strip():
                sys.stdout.write(json.dumps(await _answered(lab, answer, line)) + "\n")
                sys.stdout.flush()


async def _answered(lab: Lab, answer: Answerer, line: bytes) -> Mapping[str, Any]:
    row_id: object = None
    try:
        row = json.loads(line)
        if not isinstance(row, dict):
            return {"id": None, "error": "a row is a JSON object"}
        row_id = row.get("id")
        return {"id": row_id} | await answer(lab, row)
    except Exception as error:  # noqa: BLE001 — the contract: a bad row is answered and the run goes on
        return {"id": row_id, "error": f"{type(error).__name__}: {error}"}


async def _lines() -> AsyncGenerator[bytes, None]:
    """The lines of standard input, read one ahead of those that are taken.

    Read in a daemon thread of our own: Ctrl-C would otherwise wait until the reading ends, which is when the input does.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes] = asyncio.Queue()
    wanted = threading.Semaphore(1)

    def read() -> None:
        # A second reader on the descriptor, because the interpreter may not end while a thread holds the first one's lock.
        with open(sys.stdin.fileno(), "rb", closefd=False) as stdin:
            line = b"\n"
            while line:
                wanted.acquire()
                line = stdin.readline()
                try:
                    loop.call_soon_threadsafe(lines.put_nowait, line)
                except RuntimeError:  # the run has ended before its input
                    return

    threading.Thread(target=read, name="kireji-lab-input", daemon=True).start()
    while line := await lines.get():
        wanted.release()
        yield line
