"""Text that is safe to print anywhere: one line, printable, whatever a path or another program's output holds."""

from __future__ import annotations

import io
import sys


def one_line(text: object) -> str:
    """The text on one line; what cannot be printed, and what could steer a terminal, becomes a question mark."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(str(text).split()))


def print_anything() -> None:
    """Makes standard output take every character: one that its encoding lacks is spelled out."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
