"""The page of `kireji stats --html`: charts and the tables behind them, in one file that loads nothing from anywhere."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from kireji import __version__
from kireji.cli.stats_charts import Series, bars, lines
from kireji.cli.stats_data import Stats

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --grid: #d0d7de; --paper: #ffffff; --card: #f6f8fa;
  --one: #0b6bcb; --two: #d1570a; --three: #6f42c1; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b3; --grid: #30363d; --paper: #0d1117;
  --card: #161b22; --one: #58a6ff; --two: #f0883e; --three: #bc8cff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
p { color: var(--soft); margin: .25rem 0 1rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem; padding: 0; margin: 1.5rem 0; }
.cards > section { background: var(--card); border: 1px solid var(--grid); border-radius: .5rem; padding: 1rem; }
.cards h2 { margin: 0 0 .5rem; } dl { display: grid; grid-template-columns: 1fr auto; gap: .15rem 1rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 2rem 0; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--grid); } .line { fill: none; stroke-width: 2; }
rect.one, circle.one { fill: var(--one); } rect.two, circle.two { fill: var(--two); }
rect.three, circle.three { fill: var(--three); }
polyline.one { stroke: var(--one); } polyline.two { stroke: var(--two); } polyline.three { stroke: var(--three); }
.legend { display: flex; gap: 1rem; list-style: none; margin: .25rem 0; padding: 0; color: var(--soft); font-size: .9rem; }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: .15rem; margin-right: .35rem; }
.key.one { background: var(--one); } .key.two { background: var(--two); } .key.three { background: var(--three); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--grid); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } thead th { color: var(--soft); font-weight: 600; }
"""
_HEADS = ("requests", "shown", "accepted", "failed", "p50, ms", "p95, ms", "dollars")


def page_of(stats: Stats) -> str:
    """The whole page."""
    when = time.strftime("%Y-%m-%d %H:%M")
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>Kireji: the last {stats.days} days</title><style>{_STYLE}</style></head><body>",
            f"<header><h1>Kireji: the last {stats.days} days</h1>",
            f"<p>Counted on this machine, on {when}, by Kireji {escape(__version__)}. It holds no text of yours.</p></header>",
            f'<main><div class="cards">{"".join(_cards(stats))}</div>',
            *_charts(stats),
            *_tables(stats),
            "</main></body></html>",
            "",
        )
    )


def _cards(stats: Stats) -> Iterator[str]:
    for one in stats.periods:
        found, money = one.requests, one.money
        rows = (
            ("requests", f"{found.requests}"),
            ("accepted", f"{found.accepted.part} of {found.accepted.whole} ({found.accepted.percent:.0f} %)"),
            ("failed", f"{found.failed.percent:.1f} %"),
            ("p50 / p95", f"{found.p50:.0f} / {found.p95:.0f} ms"),
            ("spent", f"${money.dollars:.4f}"),
            ("from the cache", f"{money.hits.percent:.0f} % of tokens"),
            ("saved by that", f"${money.saved:.4f}"),
        )
        terms = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
        yield f"<section><h2>{escape(one.name)}</h2><dl>{terms}</dl></section>"


def _charts(stats: Stats) -> Iterator[str]:
    days = stats.by["day"]
    names = list(days)
    groups = list(days.values())
    yield bars(
        "Suggestions a day",
        names,
        [
            Series("shown", "one", [one.accepted.whole for one in groups]),
            Series("accepted", "two", [one.accepted.part for one in groups]),
        ],
        lambda value: f"{value:.0f}",
    )
    yield bars("Dollars a day", names, [Series("spent", "three", [stats.spent[name] for name in names])], _dollars)
    yield lines(
        "Milliseconds to a suggestion",
        names,
        [
            Series("half of them within", "one", [one.p50 if one.accepted.whole else None for one in groups]),
            Series("95 of 100 within", "two", [one.p95 if one.accepted.whole else None for one in groups]),
        ],
        lambda value: f"{value:.0f} ms",
    )
    yield lines(
        "Failed, in percent of what was to be answered",
        names,
        [Series("failed", "two", [one.failed.percent if one.failed.whole else None for one in groups])],
        lambda value: f"{value:.3g} %",
    )


def _tables(stats: Stats) -> Iterator[str]:
    withheld = stats.figures.withheld
    if withheld:
        rows = [(reason, f"{count}") for reason, count in withheld.items()]
        yield _section("Nothing shown, because", _table(("reason", "requests"), rows))
    for key in ("language", "feature", "model", "day"):
        table = stats.by[key]
        cells = [
            (
                *(name, f"{one.requests}", f"{one.accepted.whole}", f"{one.accepted.percent:.1f} %"),
                *(f"{one.failed.percent:.1f} %", f"{one.p50:.0f}", f"{one.p95:.0f}", f"{one.dollars:.4f}"),
            )
            for name, one in table.items()
        ]
        yield _section(f"By {key}", _table((key, *_HEADS), cells))


def _section(title: str, inside: str) -> str:
    return f'<section><h2>{escape(title)}</h2><div class="scroll" tabindex="0">{inside}</div></section>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _dollars(value: float) -> str:
    return f"${value:.2f}" if value >= 0.1 or not value else f"${value:.4f}"
