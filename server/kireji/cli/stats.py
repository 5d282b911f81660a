"""`kireji stats`: what was shown and accepted, what was withheld and why, how long it took and what it cost.

Counted on this machine only, without text; nothing of it is ever sent.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from kireji.cli.main import CommandError
from kireji.cli.plain import one_line, print_anything
from kireji.cli.settings import load_settings

if TYPE_CHECKING:
    from kireji.base.figures import Figures

_DAY = 86_400


@click.command("stats")
@click.option("--days", type=click.IntRange(1, 3650), default=30, help="How many days back.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(days: int, as_json: bool) -> None:
    """Count what was shown, accepted and withheld, how long it took and what it cost."""
    print_anything()
    found = asyncio.run(_figures(days))
    if as_json:
        click.echo(json.dumps(_as_json(found)))
        return
    for line in lines(found, days):
        click.echo(line)


def lines(found: Figures, days: int) -> Iterator[str]:
    """The figures for people, 80 columns wide."""
    if not found.requests:
        yield f"Nothing has been asked in the last {days} days."
        return
    yield f"The last {days} days: {found.requests} requests"
    yield ""
    yield "Accepted, of what was shown"
    for (language, feature), share in found.acceptance.items():
        yield f"  {one_line(language or 'any'):16} {feature:20} {share.part:6} of {share.whole:6}  {share.percent:5.1f} %"
    for what, share in found.lasting.items():
        yield f"  {what.value:37} {share.part:6} of {share.whole:6}  {share.percent:5.1f} %"
    yield f"  {'dismissed':37} {found.dismissed:6}"
    yield ""
    yield "Nothing shown, because"
    for reason, count in found.withheld.items():
        yield f"  {reason:62} {count:6}"
    yield ""
    times = ", ".join(f"{name} {value:.0f}" for name, value in found.milliseconds.items())
    yield f"Milliseconds to a suggestion   {times}"
    yield f"Served from what was at hand   {found.reused.part} of {found.reused.whole}  {found.reused.percent:.1f} %"
    yield f"Spent                          ${found.dollars:.4f} for {found.output} tokens"
    if found.per_accepted is not None:
        tokens, dollars = found.per_accepted
        yield f"  for each accepted one        ${dollars:.6f}, {tokens:.0f} tokens"
    yield f"Streams closed early           at most {found.spared} tokens spared"


async def _figures(days: int) -> Figures:
    from kireji.base.audit import KEEP_ROWS, Audit
    from kireji.base.clock import SystemClock
    from kireji.base.figures import figures
    from kireji.base.store import Store, StoreError

    store = Store(load_settings({}).protected.state_dir)
    if not store.path.exists():  # to look must not make one
        return figures((), ())
    audit = Audit(store, SystemClock())
    try:
        rows = await audit.recent(KEEP_ROWS)
        feedback = await audit.recent_feedback(KEEP_ROWS)
    except StoreError as error:
        raise CommandError(str(error)) from None
    finally:
        await store.close()
    since = time.time() - days * _DAY
    return figures([row for row in rows if row.at >= since], feedback)


def _as_json(found: Figures) -> dict[str, object]:
    return {
        "requests": found.requests,
        "acceptance": [
            {"language": language, "feature": feature, "accepted": share.part, "shown": share.whole}
            for (language, feature), share in found.acceptance.items()
        ],
        "lasting": {what.name.lower(): [share.part, share.whole] for what, share in found.lasting.items()},
        "dismissed": found.dismissed,
        "withheld": dict(found.withheld),
        "milliseconds": dict(found.milliseconds),
        "reused": [found.reused.part, found.reused.whole],
        "dollars": found.dollars,
        "output": found.output,
        "spared": found.spared,
        "perAccepted": found.per_accepted,
    }
