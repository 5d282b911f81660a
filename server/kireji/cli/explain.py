"""`kireji explain`: how the last answers came about, gate by gate, and why some were withheld. Reads the store; asks nobody.

What a finding says in words quotes names of the code, so it is kept nowhere: the editor's command says it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import click

from kireji.base.audit import GateLine, OutcomeRow
from kireji.base.types import GateState, Reason
from kireji.cli.main import CommandError
from kireji.cli.plain import one_line, print_anything
from kireji.cli.settings import load_settings


@click.command("explain")
@click.option("-n", "count", type=click.IntRange(1, 10_000), default=5, help="How many answers, the newest first.")
@click.option("--withheld", is_flag=True, help="Only answers that a gate kept back.")
def command(count: int, withheld: bool) -> None:
    """Say how the last answers came about: each gate's word, repairs, and why nothing was shown."""
    print_anything()
    rows = asyncio.run(_rows(count, withheld))
    if not rows:
        click.echo("Nothing has been asked yet." if not withheld else "No gate has kept anything back yet.")
    for row in rows:
        for line in lines(row):
            click.echo(line)


def lines(row: OutcomeRow) -> list[str]:
    """One outcome, for people. Offsets count characters of the text with the answer in it."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row.at))
    what = "shown" if row.reason is None else f"nothing shown: {row.reason.value} (at: {row.stage.value})"
    who = " ".join(part for part in (row.language, row.model or row.provider) if part)
    said = [f"{when}  {row.feature}  {one_line(who)}  {what}"]
    if row.repairs:
        said.append(f"    repaired: {', '.join(row.repairs)}")
    said += [f"    {_gate(gate)}" for gate in row.gates]
    cost = "served from what was at hand" if row.reused else f"{row.output} tokens, ${row.nano / 1e9:.6f}"
    spared = f", closed early: at most {row.spared} tokens spared" if row.spared else ""
    said.append(f"    {row.ms:.0f} ms, {cost}{spared}")
    return said


def _gate(gate: GateLine) -> str:
    """A gate's state, time and findings."""
    found = "; ".join(f"{code} at {start}..{end}" for code, start, end in gate.findings)
    time_taken = f"{gate.ms:.1f} ms" if gate.ms or gate.state is not GateState.FAIL else "while it was still coming"
    return f"{gate.gate:9} {gate.state.value:8} {time_taken:>10}{f'   {found}' if found else ''}"


async def _rows(count: int, withheld: bool) -> Sequence[OutcomeRow]:
    from kireji.base.audit import KEEP_ROWS, Audit
    from kireji.base.clock import SystemClock
    from kireji.base.store import FILE, Store, StoreError, is_there

    folder = load_settings({}).protected.state_dir
    if not is_there(folder):
        return ()
    store = Store(folder)
    try:
        found = await Audit(store, SystemClock()).recent(KEEP_ROWS if withheld else count)
    except StoreError as error:
        raise CommandError(f"{error} (the file is {FILE})") from None
    finally:
        await store.close()
    return [row for row in found if not withheld or row.reason is Reason.INVALID][:count]
