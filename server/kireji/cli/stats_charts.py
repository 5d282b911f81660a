"""Charts as SVG for a page that needs nothing else: bars for each day, and lines. Every chart has a name and a description."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 12, 28
_MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values under a name, in one of the page's colours. None where there is no value."""

    name: str
    colour: str
    values: Sequence[float | None]


def bars(title: str, labels: Sequence[str], series: Sequence[Series], say: Callable[[float], str]) -> str:
    """For each label, the series' bars one before the other: the first is the whole, the next a part of it."""
    frame = _Frame(title, labels, series, say)
    width = frame.step * 0.72
    shapes = []
    for one in series:
        for number, value in enumerate(one.values):
            if value:
                x, y = frame.x(number) - width / 2, frame.y(value)
                tip = f"{labels[number]}: {say(value)} {one.name}"
                shapes.append(
                    f'<rect class="{one.colour}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}"'
                    f' height="{frame.y(0) - y:.1f}"><title>{escape(tip)}</title></rect>'
                )
    return frame.drawn(shapes)


def lines(title: str, labels: Sequence[str], series: Sequence[Series], say: Callable[[float], str]) -> str:
    """A line for each series; where there is no value there is a gap."""
    frame = _Frame(title, labels, series, say)
    shapes = []
    for one in series:
        run: list[str] = []
        for number, value in (*enumerate(one.values), (len(one.values), None)):
            if value is None:
                if len(run) > 1:
                    shapes.append(f'<polyline class="{one.colour} line" points="{" ".join(run)}"/>')
                run = []
                continue
            x, y = frame.x(number), frame.y(value)
            run.append(f"{x:.1f},{y:.1f}")
            tip = f"{labels[number]}: {one.name} {say(value)}"
            shapes.append(
                f'<circle class="{one.colour}" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{escape(tip)}</title></circle>'
            )
    return frame.drawn(shapes)


class _Frame:
    """Axes, labels and legend around the shapes."""

    def __init__(
        self, title: str, labels: Sequence[str], series: Sequence[Series], say: Callable[[float], str]
    ) -> None:
        self._title, self._labels, self._series, self._say = title, labels, series, say
        highest = max((value for one in series for value in one.values if value is not None), default=0.0)
        self._tick = _round_step(highest / 4)
        self._top = self._tick * max(1, math.ceil(highest / self._tick - 1e-9))
        self.step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(labels))

    def x(self, number: int) -> float:
        return _LEFT + (number + 0.5) * self.step

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - value / self._top * (_HEIGHT - _TOP - _BOTTOM)

    def drawn(self, shapes: Sequence[str]) -> str:
        title, said = escape(self._title), escape(self._description())
        legend = "".join(f'<li><span class="key {one.colour}"></span>{escape(one.name)}</li>' for one in self._series)
        return (
            f'<figure><figcaption>{title}</figcaption><ul class="legend">{legend}</ul>'
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}. {said}">'
            f"{''.join(self._axes())}{''.join(shapes)}</svg></figure>"
        )

    def _axes(self) -> list[str]:
        parts = []
        for number in range(round(self._top / self._tick) + 1):
            value = number * self._tick
            y = self.y(value)
            parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            text = escape(self._say(value))
            parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
        every = max(1, math.ceil(len(self._labels) / _MOST_LABELS))
        for number in range(0, len(self._labels), every):
            text = escape(self._labels[number][5:] if len(self._labels[number]) == 10 else self._labels[number])
            parts.append(f'<text x="{self.x(number):.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{text}</text>')
        return parts

    def _description(self) -> str:
        sums = []
        for one in self._series:
            known = [value for value in one.values if value is not None]
            if known:
                sums.append(f"{one.name}: at most {self._say(max(known))}, at last {self._say(known[-1])}")
        return "; ".join(sums) or "no values"


def _round_step(least: float) -> float:
    """A step of 1, 2 or 5 times a power of ten."""
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= least - 1e-12)
