"""`kireji complete FILE:LINE:COL`: one explicit question on the command line, through the same straight line.

Exit code 0 with a suggestion, 1 when there is nothing worth showing, 2 when the question could not be asked or answered.
"""

from __future__ import annotations

import asyncio
import json
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kireji.cli.main import CommandError
from kireji.cli.settings import load_settings, settings_options

if TYPE_CHECKING:
    from kireji.base.config_schema import Settings
    from kireji.base.types import Outcome, Reason, Snapshot, Withheld

# Nine digits are more than any file has lines, and few enough for every integer parser.
_WHERE = re.compile(r"(?s)(.+):([0-9]{1,9}):([0-9]{1,9})")


@click.command("complete")
@click.argument("where", metavar="FILE:LINE:COL")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@settings_options
def command(where: str, as_json: bool, **overrides: object) -> None:
    """Ask for a suggestion at FILE:LINE:COL (both counted from 1) and print it, or why there is none."""
    from kireji.base.types import Offered
    from kireji.features.explain import explanation

    settings = load_settings(overrides)
    outcome = asyncio.run(_outcome(settings, *_snapshot_at(settings, where)))
    text = outcome.candidate.change.text if isinstance(outcome, Offered) else None
    if as_json:
        click.echo(json.dumps({"text": text} | explanation(outcome)))
    elif text is not None:
        click.echo(text)
    if isinstance(outcome, Offered):
        return
    if outcome.reason in _faults():
        raise CommandError(_why(outcome))
    if not as_json:
        sys.stderr.write(f"nothing to show: {_why(outcome)}\n")
    raise SystemExit(1)


async def _outcome(settings: Settings, snapshot: Snapshot, offset: int) -> Outcome:
    from kireji.base.clock import SystemClock
    from kireji.compose import ConfigurationError, build_services
    from kireji.engine import pipeline

    try:
        services = build_services(settings, SystemClock())
    except ConfigurationError as error:
        # What was wrong with a setting is most often why: one message, with the cause in it.
        causes = f" ({'; '.join(settings.problems)})" if settings.problems else ""
        raise CommandError(f"{error}{causes}") from None
    for problem in settings.problems:
        sys.stderr.write(f"kireji: {problem}\n")
    try:
        return await pipeline.complete(services, snapshot, offset)
    finally:
        await services.close()


def _why(outcome: Withheld) -> str:
    details = outcome.detail or "; ".join(dict.fromkeys(f"{f.gate} {f.code}: {f.message}" for f in outcome.findings))
    return " ".join(f"{outcome.reason.value}{f' ({details})' if details else ''}".split())


def _faults() -> frozenset[Reason]:
    """Reasons that say nothing about the code: the question did not come through."""
    from kireji.base.types import Reason

    return frozenset(
        {
            Reason.IGNORED_FILE,
            Reason.LANGUAGE_OFF,
            Reason.TOO_LARGE,
            Reason.LONG_LINE,
            Reason.BINARY,
            Reason.CAP_REACHED,
            Reason.TOO_DEAR,
            Reason.LEDGER_DOWN,
            Reason.MISCONFIGURED,
            Reason.UNREACHABLE,
            Reason.OVERLOADED,
            Reason.RATE_LIMITED,
            Reason.TIMEOUT,
            Reason.PROTOCOL,
            Reason.INTERNAL,
        }
    )


def _snapshot_at(settings: Settings, where: str) -> tuple[Snapshot, int]:
    """The file as an editor would have it open, in the folder the command runs in."""
    from kireji.base import config
    from kireji.base.languages import language_of
    from kireji.base.python_version import python_version
    from kireji.base.text import line_span, make_document
    from kireji.base.types import Snapshot, Trigger, Workspace

    path, line, column = _parsed(where)
    text = _text_of(path, settings.options.max_file_bytes)
    full = path.absolute()
    document = make_document(full.as_uri(), str(full), language_of(path.name), 0, text)
    if line > len(document.lines):
        raise CommandError(f"{path} has {len(document.lines)} lines; line {line} is past its end")
    span = line_span(text, document.lines, line - 1)
    length = span.end - span.start
    if column > length + 1:
        raise CommandError(f"line {line} of {path} has {length} characters; column {column} is past its end")
    root = str(Path.cwd())
    python = config.interpreter_for(settings, root)
    version = python_version(root, str(full), python)
    workspace = Workspace(root, config.is_trusted(settings, root), python, version)
    snapshot = Snapshot("complete", document, (), workspace, settings.options, Trigger.EXPLICIT)
    return snapshot, span.start + column - 1


def _parsed(where: str) -> tuple[Path, int, int]:
    """File, line and column, the last two counted from 1."""
    found = _WHERE.fullmatch(where)
    if found is None or not int(found[2]) or not int(found[3]):
        raise CommandError(f"{where!r} is not FILE:LINE:COL with both counted from 1, for example app.py:12:5")
    return Path(found[1]), int(found[2]), int(found[3])


def _text_of(path: Path, most: int) -> str:
    from kireji.base.files import never_read
    from kireji.base.types import Reason

    # The name that was given and the one it leads to: a link must not hide what it points at.
    if never_read(path) or never_read(path.resolve()):
        raise CommandError(f"{path} is never read: its name is that of keys, credentials, a lock or generated code")
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device might never end
            raise CommandError(f"cannot read {path}: it is not a file")
        if status.st_size > most:
            raise CommandError(f"cannot read {path}: it is over the limit of {most} bytes (KIREJI_MAX_FILE_BYTES)")
        data = path.read_bytes()
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from None
    if b"\0" in data:
        raise CommandError(f"cannot read {path}: {Reason.BINARY.value}")
    return data.decode("utf-8", "replace")
