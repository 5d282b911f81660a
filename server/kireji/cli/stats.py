"""`kireji stats`: what was shown and accepted, what was withheld and why, how long it took and what it cost.

Counted on this machine only, without text; nothing of it is ever sent.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kireji.cli.main import CommandError
from kireji.cli.plain import one_line, print_anything

if TYPE_CHECKING:
    from kireji.base.figures import Group
    from kireji.cli.stats_data import Money, Stats

_TABLES = ("day", "language", "feature", "model")


@click.command("stats")
@click.option("--days", type=click.IntRange(1, 3650), default=30, help="How many days back.")
@click.option("--by", type=click.Choice(_TABLES), help="One table only, by day, language, feature or model.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the tables as one for a spreadsheet.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write a page with charts to this file.")
@click.option("--prometheus", is_flag=True, help="Print today's figures in Prometheus' text format.")
def command(days: int, by: str | None, as_json: bool, as_csv: bool, page: Path | None, prometheus: bool) -> None:
    """Count what was shown, accepted and withheld, how long it took and what it cost."""
    from kireji.cli.stats_data import gathered

    print_anything()
    found = gathered(days)
    if page is not None:
        _write(page, found)
    elif prometheus:
        from kireji.base.exposition import exposition

        today = found.periods[0]
        click.echo(exposition(today.requests, today.money.dollars, today.money.hits), nl=False)
    elif as_json:
        click.echo(json.dumps(_as_json(found)))
    elif as_csv:
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(("by", "what", *_COLUMNS))
        table.writerows((key, name, *_cells(one)) for key in _tables(by) for name, one in found.by[key].items())
    elif by is not None:
        for line in _table(by, found):
            click.echo(line)
    else:
        for line in _lines(found):
            click.echo(line)


_COLUMNS = ("requests", "shown", "accepted", "failed", "p50_ms", "p95_ms", "usd", "output_tokens")


def _tables(by: str | None) -> tuple[str, ...]:
    return (by,) if by is not None else _TABLES


def _cells(one: Group) -> tuple[object, ...]:
    counts = one.requests, one.accepted.whole, one.accepted.part, one.failed.part
    return (*counts, round(one.p50, 1), round(one.p95, 1), round(one.dollars, 6), one.output)


def _write(page: Path, found: Stats) -> None:
    from kireji.cli.stats_page import page_of

    try:
        page.write_text(page_of(found), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{one_line(page)} cannot be written: {error.strerror or type(error).__name__}") from None
    click.echo(f"Written: {one_line(page)}")


def _lines(stats: Stats) -> Iterator[str]:
    """The figures for people, 80 columns wide."""
    found, days = stats.figures, stats.days
    if not found.requests:
        yield f"Nothing has been asked in the last {days} days."
        return
    yield f"{'':24}{''.join(f'{period.name:>16}' for period in stats.periods)}"
    for name, cells in _overview(stats):
        yield f"{name:24}{''.join(f'{cell:>16}' for cell in cells)}"
    yield ""
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
    yield from _table("model", stats)
    yield ""
    times = ", ".join(f"{name} {value:.0f}" for name, value in found.milliseconds.items())
    yield f"Milliseconds to a suggestion   {times}"
    yield f"Served from what was at hand   {found.reused.part} of {found.reused.whole}  {found.reused.percent:.1f} %"
    yield f"Spent                          ${found.dollars:.4f} for {found.output} tokens"
    if found.per_accepted is not None:
        tokens, dollars = found.per_accepted
        yield f"  for each accepted one        ${dollars:.6f}, {tokens:.0f} tokens"
    hits = stats.money.hits
    yield f"Read from the service's cache  {hits.percent:.1f} % of {hits.whole} tokens, ${stats.money.saved:.4f} saved"
    yield f"Streams closed early           at most {found.spared} tokens spared"


def _overview(stats: Stats) -> Iterator[tuple[str, list[str]]]:
    """One row for each figure, one cell for each period."""
    periods = stats.periods
    yield "requests", [f"{one.requests.requests}" for one in periods]
    yield "shown", [f"{one.requests.accepted.whole}" for one in periods]
    yield "accepted", [f"{one.requests.accepted.percent:.1f} %" for one in periods]
    yield "failed", [f"{one.requests.failed.percent:.1f} %" for one in periods]
    yield "ms, p50 / p95", [f"{one.requests.p50:.0f} / {one.requests.p95:.0f}" for one in periods]
    yield "spent", [f"${one.money.dollars:.4f}" for one in periods]
    yield "from the cache", [f"{one.money.hits.percent:.1f} %" for one in periods]
    yield "saved by it", [f"${one.money.saved:.4f}" for one in periods]


def _table(by: str, stats: Stats) -> Iterator[str]:
    yield f"By {by:21} {'requests':>8} {'shown':>7} {'accepted':>9} {'failed':>7} {'p95 ms':>7} {'dollars':>10}"
    for name, one in stats.by[by].items():
        shares = f"{one.accepted.percent:7.1f} % {one.failed.percent:5.1f} %"
        yield f"  {one_line(name)[:22]:22} {one.requests:8} {one.accepted.whole:7} {shares} {one.p95:7.0f} {one.dollars:10.4f}"


def _as_json(stats: Stats) -> dict[str, object]:
    found = stats.figures
    return {
        "days": stats.days,
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
        "money": _money(stats.money),
        "periods": {one.name: {**asdict(one.requests), "money": _money(one.money)} for one in stats.periods},
        "by": {key: {name: asdict(one) for name, one in table.items()} for key, table in stats.by.items()},
        "spent": dict(stats.spent),
    }


def _money(money: Money) -> dict[str, object]:
    return {
        "calls": money.calls,
        "dollars": money.dollars,
        "cacheHits": [money.hits.part, money.hits.whole],
        "savedByCache": money.saved,
    }
