"""`kireji serve`: the language server on stdio, or on one loopback port."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kireji.cli.main import CommandError
from kireji.cli.settings import load_settings, settings_options

if TYPE_CHECKING:
    from kireji.engine.services import Services


@click.command("serve")
@click.option("--tcp", metavar="HOST:PORT", help="Listen on a loopback port instead of stdio; port 0 takes a free one.")
@click.option(
    "--script", type=click.Path(path_type=Path), hidden=True, help="Answers from a file, for the demonstration."
)
@click.option(
    "--watch-loop", type=click.Path(path_type=Path), hidden=True, help="Write down how busy the event loop is."
)
@settings_options
def command(tcp: str | None, script: Path | None, watch_loop: Path | None, **overrides: object) -> None:
    """Run the language server. It speaks the Language Server Protocol on standard input and output."""
    from kireji.base.garbage import no_collection

    with no_collection():
        from kireji.base import config, keys, telemetry
        from kireji.lsp import app, transport
        from kireji.lsp.starting import Renewal, Starting

    settings = load_settings(overrides)
    named = (settings.protected.key_file, config.config_file(os.environ))
    watched = [Path(file) for file in named if file]
    options, protected = settings.options, settings.protected
    keys_in_use = (protected.api_key or "", protected.server_key or "")
    telemetry.set_up(options.log_level, form=options.log_format, secrets=keys_in_use)

    def build() -> tuple[Services, tuple[str, ...]]:
        # All that a request needs is loaded here, in a thread: on the event loop it would keep messages waiting.
        with no_collection():
            import kireji.engine.pipeline
            import kireji.features.completion  # noqa: F401
            from kireji.base.clock import SystemClock
            from kireji.compose import build_or_fall_back

        return build_or_fall_back(settings, SystemClock(), script)

    def renew(services: Services) -> tuple[Services, tuple[str, ...]]:
        from kireji.base.clock import SystemClock
        from kireji.compose import renew_or_fall_back

        # Of all settings only the keys are taken anew: the others hold until the next start.
        now = load_settings(overrides).protected
        for key in (now.api_key, now.server_key):
            telemetry.conceal(key or "")
        fresh = replace(settings.protected, api_key=now.api_key, server_key=now.server_key)
        return renew_or_fall_back(services, replace(settings, protected=fresh), SystemClock(), script)

    async def run() -> int:
        if watch_loop is not None:
            from kireji.lsp.loop_watch import watch

            watching = asyncio.create_task(watch(watch_loop))
            watching.add_done_callback(lambda done: done.cancelled() or done.exception())
        starting = Starting(build, Renewal(lambda: keys.stamp(watched), renew))
        if tcp is None:
            code = await app.serve_stdio(settings, starting)
        else:
            code = await app.serve_tcp(*transport.loopback(tcp), settings, starting)
        # The loop waits for its threads before it ends, and one of them may be stuck.
        transport.exit_soon(code)
        return code

    try:
        code = asyncio.run(run())
    except (ValueError, OSError) as error:
        raise CommandError(str(error)) from None
    logging.shutdown()
    sys.stderr.flush()
    # Nothing may keep a server alive whose editor is gone: not a stuck thread, not an exit handler.
    os._exit(code)
