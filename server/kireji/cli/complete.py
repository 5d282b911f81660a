"""`kireji complete FILE:LINE:COL`: one explicit question on the command line, through the same straight line."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click

from kireji.base.config_schema import Settings
from kireji.base.types import Snapshot
from kireji.cli.main import CommandError
from kireji.cli.settings import load_settings, settings_options


@click.command("complete")
@click.argument("where", metavar="FILE:LINE:COL")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@settings_options
def command(where: str, as_json: bool, **overrides: object) -> None:
    """Ask for a suggestion at FILE:LINE:COL (both counted from 1) and print it, or why there is none."""
    from kireji.base.clock import SystemClock
    from kireji.base.types import Offered, Outcome
    from kireji.compose import ConfigurationError, build_services
    from kireji.engine import pipeline
    from kireji.features.explain import explanation

    settings = load_settings(overrides)
    for problem in settings.problems:
        sys.stderr.write(f"kireji: {problem}\n")
    path, line, column = _parse(where)
    snapshot, offset = _snapshot_at(settings, path, line, column)

    async def run() -> Outcome:
        try:
            services = build_services(settings, SystemClock())
        except ConfigurationError as error:
            raise CommandError(str(error)) from None
        try:
            return await pipeline.complete(services, snapshot, offset)
        finally:
            await services.close()

    outcome = asyncio.run(run())
    if as_json:
        shown = {"text": outcome.candidate.change.text} if isinstance(outcome, Offered) else {"text": None}
        click.echo(json.dumps(shown | explanation(outcome)))
    elif isinstance(outcome, Offered):
        click.echo(outcome.candidate.change.text)
    else:
        details = "; ".join([outcome.detail] if outcome.detail else [f.message for f in outcome.findings])
        sys.stderr.write(f"nothing to show: {outcome.reason.value}{f' ({details})' if details else ''}\n")
        raise SystemExit(1)


def _parse(where: str) -> tuple[Path, int, int]:
    """File, line and column, the last two counted from 1."""
    name, _, rest = where.rpartition(":")
    name, _, line = name.rpartition(":")
    if not name or not line.isdigit() or not rest.isdigit() or not int(line) or not int(rest):
        raise CommandError(f"{where!r} is not FILE:LINE:COL with both counted from 1, for example app.py:12:5")
    return Path(name), int(line), int(rest)


def _snapshot_at(settings: Settings, path: Path, line: int, column: int) -> tuple[Snapshot, int]:
    """The file as an editor would have it open, in the folder the command runs in."""
    from kireji.base import config
    from kireji.base.files import never_read
    from kireji.base.languages import language_of
    from kireji.base.text import line_span, make_document
    from kireji.base.types import Snapshot, Trigger, Workspace

    if never_read(str(path)):
        raise CommandError(f"{path} looks like a file of keys or settings, which Kireji never reads")
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from None
    full = path.absolute()
    document = make_document(full.as_uri(), str(full), language_of(path.name), 0, text)
    if line > len(document.lines):
        raise CommandError(f"{path} has {len(document.lines)} lines; line {line} is past its end")
    span = line_span(text, document.lines, line - 1)
    if column - 1 > span.end - span.start:
        raise CommandError(
            f"line {line} of {path} has {span.end - span.start} characters; column {column} is past its end"
        )
    root = str(Path.cwd())
    workspace = Workspace(root, config.is_trusted(settings, root), config.interpreter_for(settings, root))
    snapshot = Snapshot("complete", document, (), workspace, settings.options, Trigger.EXPLICIT)
    return snapshot, span.start + column - 1
