"""The `kireji` command: finds the verb, loads only its file, and turns every error into one line and exit code 2."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from types import MappingProxyType

import click

from kireji import __version__

# Verb -> one line of help. The verb's file is `cli/VERB.py`; it is imported when the verb is called, because what the
# others need (the SDK, a terminal library) would delay the server's start.
_VERBS: Mapping[str, str] = MappingProxyType(
    {
        "serve": "Run the language server (your editor does this).",
        "complete": "Ask for a suggestion at FILE:LINE:COL.",
        "prompt": "Print what would be sent about FILE:LINE:COL, what is left out and what is taken out.",
        "explain": "Say how the last answers came about, gate by gate, and why some were withheld.",
        "stats": "Count what was shown, accepted and withheld, how long it took and what it cost.",
        "key": "Keep the key of the model service, say where it comes from, or remove it.",
        "audit": "Verify and export the trail of what was asked and accepted, and trace it in a file.",
        "doctor": "Look at this installation: what works, what does not, and what to do about it.",
        "purge": "Remove everything that Kireji keeps on this machine.",
        "demo": "Show suggestions, gate by gate, in a small bundled project.",
        "lab": "Answer measuring rows on standard input, on the server's own code path.",
    }
)


class _Verbs(click.Group):
    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        module = importlib.import_module(f"kireji.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101 — a verb's file without a command is our own bug
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # Help must not import every verb, as click's own listing would.
        with formatter.section("Commands"):
            formatter.write_dl(list(_VERBS.items()))


class CommandError(Exception):
    """What a verb raises when it cannot do its work: one line that says what happened, why, and what to do."""


@click.group(cls=_Verbs)
@click.version_option(__version__, prog_name="kireji")
def cli() -> None:
    """AI code completion that validates every suggestion before it is shown."""


def main() -> None:
    """The entry point of the `kireji` script."""
    try:
        code = cli(prog_name="kireji", standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(f"{error.format_message()}\n")
        code = 2
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f" (try: {context.command_path} --help)" if context is not None else ""
        sys.stderr.write(f"kireji: {' '.join(error.format_message().split())}{hint}\n")
        code = 2
    except CommandError as error:
        sys.stderr.write(f"kireji: {error}\n")
        code = 2
    except BrokenPipeError:
        code = 2
    except Exception as error:
        sys.stderr.write(f"kireji: a bug ({type(error).__name__}: {error}); set KIREJI_LOG=debug for the traceback\n")
        if _debugging():
            raise
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


def _debugging() -> bool:
    import os

    return os.environ.get("KIREJI_LOG", "").lower() == "debug"
