"""`kireji purge`: removes what Kireji keeps on this machine, after saying what that is and asking.

Files that it does not know by name stay, and so does the user's own settings file unless it is asked for. Exit code 0 when
nothing of ours is left, 1 when something is, 2 when it could not be tried.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from kireji.base import kept
from kireji.base.child_home import sweep
from kireji.base.kept import Failure, Inventory, Kept
from kireji.cli.main import CommandError
from kireji.cli.plain import one_line, print_anything
from kireji.cli.settings import load_settings

_MOST_NAMES = 5


@click.command("purge")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option("--settings", "with_settings", is_flag=True, help="Remove your settings file too.")
def command(yes: bool, dry_run: bool, with_settings: bool) -> None:
    """Remove everything that Kireji keeps on this machine."""
    print_anything()
    found, settings_path = _found()
    settings_file = kept.plain_file(settings_path, "your settings") if settings_path and with_settings else None
    items = found.items + ((settings_file,) if settings_file else ())
    for item in items:
        click.echo(f"  {one_line(item.path)}  {_size(item.size)}  {item.what}")
    _say_what_stays(found, settings_path, {item.path for item in items})
    if not items:
        click.echo(f"Nothing to remove: Kireji keeps nothing in {one_line(found.folder)}.")
        raise SystemExit(0)
    if found.items:
        click.echo("With it goes the record of what was spent today: the daily cap starts again at $0.")
    used = _used(found)
    if dry_run:
        click.echo(f"{f'Would be refused, for {used}. ' if used else ''}Nothing was removed: this was a dry run.")
        raise SystemExit(0)
    if used:
        raise CommandError(f"{used}; close your editors, and run this again")
    if not yes and not _agreed():
        click.echo("Nothing was removed.")
        raise SystemExit(1)
    # What a killed server has left there holds nothing of anyone's, and every start sweeps it as well.
    sweep(Path(tempfile.gettempdir()))
    failures = [*kept.remove(items), *_folders_removed(found, settings_file)]
    for failure in failures:
        sys.stderr.write(f"kireji: {one_line(failure.path)} could not be removed ({failure.why}); remove it yourself\n")
    gone = len(items) - len({failure.path for failure in failures} & {item.path for item in items})
    click.echo(f"{gone} {'file' if gone == 1 else 'files'} removed. A server that is started again begins anew.")
    raise SystemExit(1 if failures else 0)


def _found() -> tuple[Inventory, Path | None]:
    """What is in the state folder, and where the user's settings file is if there is one."""
    from kireji.base import config

    settings = load_settings({})
    for problem in settings.problems:
        sys.stderr.write(f"kireji: {problem}\n")
    folder = Path(settings.protected.state_dir)
    if folder.is_symlink():
        raise CommandError(
            f"the state folder {one_line(folder)} is a link, and no link is followed;"
            f" set KIREJI_STATE to where it leads: {one_line(folder.resolve())}"
        )
    path = config.config_file(os.environ)
    try:
        return kept.kept_in(folder), path if path is not None and os.path.lexists(path) else None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise CommandError(
            f"{one_line(error.filename or folder)} cannot be looked into ({why});"
            " make it readable for yourself, or set KIREJI_STATE to the folder that is meant"
        ) from None


def _say_what_stays(found: Inventory, settings_path: Path | None, going: set[Path]) -> None:
    others = [name for name in found.foreign if found.folder / name not in (settings_path, *going)]
    if others:
        shown = ", ".join(one_line(name) for name in others[:_MOST_NAMES])
        more = f" and {len(others) - _MOST_NAMES} more" if len(others) > _MOST_NAMES else ""
        click.echo(f"Stays, for it is no file of Kireji's: {shown}{more} in {one_line(found.folder)}.")
    if settings_path is not None and settings_path not in going:
        how = "a link, which is not followed" if settings_path.is_symlink() else "--settings removes it too"
        click.echo(f"Stays, for it is yours: {one_line(settings_path)} ({how}).")
    key = load_settings({}).protected.key_file
    if key and os.path.lexists(key):
        click.echo(f"Stays, for it is yours: {one_line(key)} (`kireji key clear` removes the key).")


def _used(found: Inventory) -> str:
    """Whether a server works with the files, in words; empty when not, or when that cannot be known."""
    from kireji.base.store import in_use

    return f"a running Kireji uses {one_line(found.folder)}" if found.items and in_use(found.folder) else ""


def _agreed() -> bool:
    """Only a clear yes is one; the end of the input is a no."""
    sys.stdout.write("Remove? [y/N] ")
    sys.stdout.flush()
    answer = sys.stdin.buffer.readline().strip().lower()
    if not answer:
        click.echo()
    return answer in (b"y", b"yes")


def _folders_removed(found: Inventory, settings_file: Kept | None) -> list[Failure]:
    """Removes the folders that are empty now. The one of the settings only where it is the platform's and not the user's."""
    from kireji.base import config

    folders = [found.folder]
    if settings_file is not None and settings_file.path == config.user_home().config_file:
        folders.append(settings_file.path.parent)
    return [failure for folder in folders if (failure := kept.remove_if_empty(folder)) is not None]


def _size(size: int) -> str:
    return f"{size} bytes" if size < 1000 else f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"
