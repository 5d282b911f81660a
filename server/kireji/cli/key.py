"""`kireji key`: keeps the key of the model service for its user, says where one comes from, removes it. Never shows one.

The key is read from a prompt or from standard input: what stands on a command line can be read by others.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from kireji.base import config, keys
from kireji.base.config_schema import PROTECTED, Protected
from kireji.base.config_values import Bad, from_text
from kireji.cli.main import CommandError
from kireji.cli.plain import one_line
from kireji.cli.settings import load_settings

_SETTING = next(setting for setting in PROTECTED if setting.name == "api_key")


@click.group("key")
def command() -> None:
    """Keep the key of the model service, say where it comes from, or remove it."""


@command.command("set")
@click.option(
    "--in",
    "where",
    type=click.Choice([place.value for place in keys.Place]),
    help="Where it is kept; by default in the keyring if there is one, else in a file for you alone.",
)
@click.argument("stray", nargs=-1, metavar="")
def set_key(where: str | None, stray: tuple[str, ...]) -> None:
    """Keep a key, from a prompt or from standard input."""
    if stray:
        raise CommandError(
            "a key is not taken from the command line, where others can read it; if this was one, make a new one,"
            " and give that when you are asked"
        )
    protected = load_settings({}).protected
    file = _file(protected)
    said = from_text(_SETTING, _asked())
    if isinstance(said, Bad):
        raise CommandError(f"that is no key: {said.why}")
    try:
        place = keys.keep(file, str(said), keys.Place(where) if where else None)
    except keys.KeepError as error:
        raise CommandError(_capital(error, where)) from None
    kept = f"in {one_line(file)}, for you alone" if place is keys.Place.FILE else "in the keyring"
    click.echo(f"The key is kept {kept}. Running servers take it from their next question on.")
    _warn_of_stronger(protected)


@command.command("clear")
def clear() -> None:
    """Remove the key that is kept."""
    protected = load_settings({}).protected
    try:
        place = keys.forget(_file(protected))
    except keys.KeepError as error:
        raise CommandError(_capital(error, "keyring")) from None
    click.echo("No key was kept." if place is None else f"The key is removed from the {place.value}.")
    _warn_of_stronger(protected)


@command.command("status")
def status() -> None:
    """Say where the key comes from; exit code 1 where there is none."""
    protected = load_settings({}).protected
    if protected.api_key is not None:
        click.echo(f"The key comes from {_stronger()}.")
        return
    kept = keys.kept_key(_file(protected))
    if kept.problem:
        raise CommandError(kept.problem)
    click.echo(f"The key comes from {one_line(kept.place)}." if kept.text else "There is no key: kireji key set")
    raise SystemExit(0 if kept.text else 1)


def _asked() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Key", hide_input=True, prompt_suffix=" (it is not shown): "))
    return sys.stdin.readline()


def _file(protected: Protected) -> Path:
    if not protected.key_file:
        raise CommandError("no key is kept, because the settings name no file for it; correct model.key_file")
    return Path(protected.key_file)


def _stronger() -> str:
    return config.sources(os.environ, {})["api_key"]


def _warn_of_stronger(protected: Protected) -> None:
    if protected.api_key is not None:
        sys.stderr.write(f"kireji: {_stronger()} holds a key, too, and it is the one that counts\n")


def _capital(error: keys.KeepError, where: str | None) -> str:
    return f"the keyring {error}" if where == keys.Place.KEYRING.value and "keyring" not in str(error) else str(error)
