"""`kireji audit`: is the trail whole, what is in it, and which accepted suggestions are still in a file. Writes nothing.

It finds damage and careless hands. Who may write the store can write all of it anew: keep the last digest, which `verify`
prints, where they cannot reach it.
"""

from __future__ import annotations

import asyncio
import csv
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from kireji.cli.main import CommandError
from kireji.cli.plain import one_line, print_anything
from kireji.cli.settings import load_settings

if TYPE_CHECKING:
    from kireji.base.store import Connection

T = TypeVar("T")

_DAY = 86_400


@click.group("audit")
def command() -> None:
    """Look at the trail of what was asked, shown, accepted and undone (audit.kept in your settings keeps one)."""
    print_anything()


@command.command("verify")
@click.option("--last", metavar="DIGEST", help="The digest that an earlier run has printed; it must still be there.")
def verify(last: str | None) -> None:
    """Say whether every row is what was written and none is missing; exit code 1 if not."""
    from kireji.base import trail_check

    checked = _looked(trail_check.check)
    faults = list(checked.faults)
    if last is not None and last not in _looked(trail_check.digests):
        faults.append(f"the digest {one_line(last)} is not there")
    for fault in faults:
        click.echo(f"  {fault}")
    if faults:
        click.echo(f"The trail is broken: {len(faults)} {'fault' if len(faults) == 1 else 'faults'} found.")
        raise SystemExit(1)
    if not checked.rows:
        click.echo("The trail is empty.")
        return
    since, until = (time.strftime("%Y-%m-%d %H:%M", time.localtime(at / 1000)) for at in (checked.first, checked.last))
    click.echo(f"The trail is whole: {checked.rows} rows, from {since} to {until}.")
    click.echo(f"The last digest is {checked.end}")


@command.command("export")
@click.option("--days", type=click.IntRange(1, 36_500), help="How many days back; without it, all.")
@click.option("--csv", "as_csv", is_flag=True, help="A table in place of JSON lines.")
def export(days: int | None, as_csv: bool) -> None:
    """Print the rows, oldest first: JSON, one a line."""
    from kireji.base import trail_check

    since = int((time.time() - days * _DAY) * 1000) if days else 0
    rows = _looked(lambda connection: list(trail_check.entries(connection, since)))
    if not as_csv:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=True))
        return
    table = csv.writer(sys.stdout, lineterminator="\n")
    for number, row in enumerate(rows):
        if not number:
            table.writerow(row)
        table.writerow(_cell(value) for value in row.values())


@command.command("trace")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one suggestion a line.")
def trace(file: Path, as_json: bool) -> None:
    """Say which accepted suggestions are still in FILE, by which model and which version of the prompt."""
    from kireji.base import trail_check

    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CommandError(f"{one_line(file)} cannot be read: {error.strerror or type(error).__name__}") from None
    found = _looked(lambda connection: trail_check.trace(connection, str(file.absolute()), text))
    for one in found:
        row = one.row
        if as_json:
            told = {key: row[key] for key in ("about", "at", "user", "provider", "model", "prompt", "version")}
            place = {"lines": [one.first_line, one.last_line], "found": one.part, "of": one.whole}
            click.echo(json.dumps(told | place))
            continue
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(row["at"] / 1000))
        lines = (
            f"line {one.first_line}" if one.first_line == one.last_line else f"lines {one.first_line}-{one.last_line}"
        )
        who = f"{row['model'] or row['provider']}, prompt {row['version'] or 'none'}, accepted by {row['user']}"
        click.echo(f"{lines}: {one.part} of {one.whole} lines, {one_line(who)}, {at} ({one_line(row['about'])})")
    if not found and not as_json:
        click.echo("Nothing that was accepted is known to be in it.")


def _looked(work: Callable[[Connection], T]) -> T:
    """What is in the store. Where there is none, there is no trail."""
    from kireji.base.store import Store, StoreError, is_there

    async def look() -> T:
        folder = load_settings({}).protected.state_dir
        if not is_there(folder):
            raise CommandError("nothing is kept yet; audit.kept in your settings keeps a trail from then on")
        store = Store(folder)
        try:
            return await store.run(work)
        except StoreError as error:
            raise CommandError(str(error)) from None
        finally:
            await store.close()

    return asyncio.run(look())


def _cell(value: object) -> str:
    """A value for a table. One that a spreadsheet would take for a formula is quoted."""
    text = value if isinstance(value, str) else json.dumps(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
