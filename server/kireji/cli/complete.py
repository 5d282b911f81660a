"""`kireji complete FILE:LINE:COL`: one explicit question on the command line, through the same straight line.

Exit code 0 with a suggestion, 1 when there is nothing worth showing, 2 when the question could not be asked or answered.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import click

from kireji.cli.main import CommandError
from kireji.cli.place import snapshot_at
from kireji.cli.settings import load_settings, settings_options

if TYPE_CHECKING:
    from kireji.base.config_schema import Settings
    from kireji.base.types import Outcome, Reason, Snapshot, Withheld


@click.command("complete")
@click.argument("where", metavar="FILE:LINE:COL")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@settings_options
def command(where: str, as_json: bool, **overrides: object) -> None:
    """Ask for a suggestion at FILE:LINE:COL (both counted from 1) and print it, or why there is none."""
    from kireji.base.types import Offered
    from kireji.features.explain import explanation

    settings = load_settings(overrides)
    outcome = asyncio.run(_outcome(settings, *snapshot_at(settings, where, "complete")))
    text = outcome.candidate.change.text if isinstance(outcome, Offered) else None
    if as_json:
        click.echo(json.dumps({"text": text} | explanation(outcome)))
    elif text is not None:
        click.echo(text)
    if isinstance(outcome, Offered):
        if (trouble := outcome.report.trouble) is not None and not as_json:
            sys.stderr.write(f"answered by the local engine, as {trouble.value}\n")
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
    from kireji.base.types import TROUBLES, Reason

    return TROUBLES | {
        Reason.IGNORED_FILE,
        Reason.LANGUAGE_OFF,
        Reason.TOO_LARGE,
        Reason.LONG_LINE,
        Reason.BINARY,
        Reason.TOO_DEAR,
        Reason.INTERNAL,
    }
