"""`kireji doctor`: looks at this installation and says what works, what does not, and what to do about it.

Exit code 0 when everything that is needed works, 1 when something does not. Changes no setting, and asks
no network unless `--probe` tells it to. The checks are the functions in `CHECKS`; to add one, add a function that yields lines.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping

import click

from kireji import __version__
from kireji.base.clock import SystemClock
from kireji.base.config_schema import OPTIONS, PROTECTED, Settings
from kireji.cli import doctor_installed, doctor_probe, doctor_sandbox, doctor_selftests, doctor_settings, doctor_state
from kireji.cli.health import REINSTALL, Check, Line, Machine, Printer, State, lines_of, summary, wrong
from kireji.cli.plain import one_line, print_anything
from kireji.cli.settings import load_settings, settings_options

Sections = tuple[tuple[str, tuple[Check, ...]], ...]

CHECKS: Sections = (
    (
        "Installation",
        (
            doctor_installed.kireji,
            doctor_installed.python,
            doctor_installed.libraries,
            doctor_installed.grammars,
            doctor_installed.tools,
            doctor_installed.git,
        ),
    ),
    (
        "Settings",
        (
            doctor_settings.settings,
            doctor_settings.provider,
            doctor_settings.model,
            doctor_settings.trust,
            doctor_settings.own_actions,
            doctor_state.state,
            doctor_state.workspace,
            doctor_state.money,
            doctor_state.figures,
        ),
    ),
    ("Self-tests", (doctor_selftests.services, doctor_selftests.local_engine, doctor_sandbox.sandbox)),
)
# The one look that asks a network, and only when it is told to.
PROBE = ("The model's service", (doctor_probe.service,))


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--probe", "asks", is_flag=True, help="Ask the model's service, too, what it is. Sends no code.")
@settings_options
def command(as_json: bool, asks: bool, **overrides: object) -> None:
    """Look at this installation: what works, what does not, and what to do about it."""
    print_anything()
    # What a part logs about its trouble is said by the line of its check.
    logging.getLogger("kireji").addHandler(logging.NullHandler())
    checks = (*CHECKS, PROBE) if asks else CHECKS
    found = list(_as_json(overrides, checks) if as_json else _printed(overrides, checks))
    if any(line.state is State.WRONG for line in found):
        raise SystemExit(1)


def _printed(overrides: Mapping[str, object], sections: Sections) -> Iterator[Line]:
    """Prints each line as soon as it is known."""
    printer = Printer()
    found = []
    title = ""
    for section, line in _examined(overrides, sections):
        if section != title:
            printer.title(section)
            title = section
        printer.line(line)
        found.append(line)
        yield line
    printer.end(summary(found))


def _as_json(overrides: Mapping[str, object], sections: Sections) -> Iterator[Line]:
    examined = list(_examined(overrides, sections))
    checks = [
        {
            "section": section,
            "subject": line.subject,
            "state": line.state.value.lower(),
            "text": one_line(line.text),
            "remedy": one_line(line.remedy),
        }
        for section, line in examined
    ]
    healthy = all(line.state is not State.WRONG for _, line in examined)
    click.echo(json.dumps({"version": __version__, "healthy": healthy, "checks": checks}, indent=2))
    yield from (line for _, line in examined)


def _examined(overrides: Mapping[str, object], sections: Sections) -> Iterator[tuple[str, Line]]:
    """Every line of every check, with the section it belongs to."""
    try:
        machine = _machine(overrides)
    except Exception as error:  # noqa: BLE001 — without settings most can still be looked at, and the reason must be said
        names = [setting.name for setting in (*PROTECTED, *OPTIONS)]
        machine = Machine(Settings(), dict.fromkeys(names, "the default"), None, SystemClock())
        text = f"cannot be loaded, so the defaults are looked at: {type(error).__name__}: {error}"
        yield "Settings as a whole", wrong("settings", text, REINSTALL)
    for section, checks in sections:
        for check in checks:
            for line in lines_of(check, machine):
                yield section, line


def _machine(overrides: Mapping[str, object]) -> Machine:
    from kireji.base import config

    given = {k: v for k, v in overrides.items() if v is not None}
    sources = config.sources(os.environ, given)
    return Machine(load_settings(given), sources, config.config_file(os.environ), SystemClock())
