"""What the doctor's checks are given and what they say, and how that is printed. Checks nothing itself."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType

import click

from kireji.base.clock import Clock
from kireji.base.config_schema import Settings
from kireji.cli.plain import one_line

REINSTALL = "Install Kireji again, with the tool that you installed it with (pip, pipx, uv)."


class State(Enum):
    """OK; NOTE: works, but could be better; WRONG: something that is needed does not work."""

    OK = "ok"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at. `remedy` is one sentence, and there is one wherever the state is not OK."""

    state: State
    subject: str
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a check may look at, besides the machine itself. `sources` says where each setting's value comes from."""

    settings: Settings
    sources: Mapping[str, str]
    config_file: Path | None
    clock: Clock


Check = Callable[[Machine], Iterable[Line]]


def ok(subject: str, text: str) -> Line:
    """All is well."""
    return Line(State.OK, subject, text)


def note(subject: str, text: str, remedy: str) -> Line:
    """It works, but could be better."""
    return Line(State.NOTE, subject, text, remedy)


def wrong(subject: str, text: str, remedy: str) -> Line:
    """Something that is needed does not work."""
    return Line(State.WRONG, subject, text, remedy)


def lines_of(check: Check, machine: Machine) -> Iterator[Line]:
    """What a check says. One that breaks off says so in a line of its own, after what it has found so far."""
    try:
        yield from check(machine)
    except Exception as error:  # noqa: BLE001 — a broken installation is what this looks for, and others still have to look
        subject = getattr(check, "__name__", "check").replace("_", " ")
        remedy = REINSTALL if isinstance(error, ImportError) else "Report this line: the check itself has failed."
        yield wrong(subject, f"cannot be checked: {type(error).__name__}: {error}", remedy)


def summary(lines: Iterable[Line]) -> str:
    """What all lines come to, in one sentence."""
    states = [line.state for line in lines]
    bad, notes = states.count(State.WRONG), states.count(State.NOTE)
    noted = f"; {notes} {'note' if notes == 1 else 'notes'}" if notes else ""
    if bad:
        return f"{bad} {'thing is' if bad == 1 else 'things are'} wrong{noted}."
    return f"Everything that is needed works{noted}."


# Two blanks, the state, the subject: where the text of every line begins.
_HEAD = 22
_NARROWEST = 40
_STYLES = MappingProxyType({State.OK: "green", State.NOTE: "yellow", State.WRONG: "bold red"})


class Printer:
    """Prints to standard output: with colour and wrapped where that is a terminal, one line each where it is not."""

    def __init__(self) -> None:
        try:
            from rich.console import Console
        except ImportError:  # the library is missing, which a line will say
            self._console = None
            self._width = None
        else:
            self._console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
            self._width = max(_NARROWEST, self._console.width) if self._console.is_terminal else None

    def title(self, text: str) -> None:
        """The heading of a section."""
        self._say(text, "bold")

    def line(self, line: Line) -> None:
        """One line, and its remedy below it."""
        head = f"  {line.state.value:<5}  {one_line(line.subject):<12} "
        # A subject that is longer than its column takes from the room of the first row.
        taken = " " * (len(head) - _HEAD)
        first, *more = self._wrapped(f"{taken.replace(' ', '.')}{one_line(line.text)}")
        self._say(head + first[len(taken) :], _STYLES[line.state], len("  WRONG"))
        for row in more:
            self._say(" " * _HEAD + row)
        if line.remedy:
            first, *more = self._wrapped(f"-> {one_line(line.remedy)}")
            self._say(" " * _HEAD + first)
            for row in more:
                self._say(" " * (_HEAD + 3) + row)

    def end(self, text: str) -> None:
        """The last line."""
        self._say("")
        self._say(text, "bold")

    def _wrapped(self, text: str) -> list[str]:
        if self._width is None:
            return [text]
        # Three columns are left for the arrow of a remedy's further lines.
        room = self._width - _HEAD - 3
        return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]

    def _say(self, text: str, style: str = "", styled: int | None = None) -> None:
        """Prints a row, of which the first `styled` characters (all, if None) have the style."""
        if self._console is None:
            click.echo(text)
            return
        from rich.text import Text

        row = Text(text)
        if style:
            row.stylize(style, 0, styled)
        self._console.print(row)
