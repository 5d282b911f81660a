"""A person's line about a language server: which languages it judges and how it is started. Runs nothing.

`lua: /usr/bin/lua-language-server --stdio`, or with several languages: `c, cpp: /usr/bin/clangd`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

_LANGUAGES = re.compile(r"[A-Za-z0-9_+#.-]+(?:\s*,\s*[A-Za-z0-9_+#.-]+)*")


@dataclass(frozen=True, slots=True)
class ServerLine:
    """`languages` are the LSP's ids; `command` begins with the path of a program."""

    languages: tuple[str, ...]
    command: tuple[str, ...]


def parse_server_line(text: str) -> ServerLine | None:
    """What a line says; None when it is not one. Whether the program is there is not looked at."""
    named, colon, line = text.partition(":")
    named, line = named.strip(), line.strip()
    if not colon or not line or not _LANGUAGES.fullmatch(named):
        return None
    try:
        # On Windows (untested) a path's backslashes are kept when it is quoted.
        command = tuple(shlex.split(line))
    except ValueError:
        return None
    return ServerLine(tuple(name.strip() for name in named.split(",")), command) if command and command[0] else None
