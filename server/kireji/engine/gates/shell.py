"""Shell scripts by `shellcheck`: how it is run, how its answer is read, and what it is worth. Runs nothing itself.

It is told neither of the workspace nor of its settings; scripts that a script reads are not looked at.
"""

from __future__ import annotations

import json
import re
from types import MappingProxyType

from kireji.base.child_protocol import ChildDiagnostic, ChildSpec, Units, offset_of
from kireji.base.oneshot import OneShotSpec
from kireji.base.text import line_starts
from kireji.base.toolbox import find
from kireji.base.types import Span
from kireji.engine.gates.policy import Action
from kireji.engine.gates.tool import Doubt, Ground, Raised, Rules, Shown, Tool

_LEVELS = MappingProxyType({"error": 1, "warning": 2, "info": 3, "style": 4})
_UNASSIGNED = "SC2154"
_NOT_ITS_SHELL = "SC1071"
_SHEBANG = "#!/bin/bash\n"
_SOURCES = re.compile(r"^\s*(?:\.|source)\s+\S", re.MULTILINE)
# Its tab stops; it counts columns as an editor shows them.
_TAB = 8
# What it says of what does not parse: where it gave up, and what it was reading then.
_PARSING = tuple(f"SC{number}" for number in range(1000, 2000) if f"SC{number}" != _NOT_ITS_SHELL)
_RULES = Rules(
    # Its errors about what parses are advice: sound scripts that split words on purpose have them.
    errors=Action.IGNORE,
    listed=MappingProxyType({**dict.fromkeys(_PARSING, Action.REJECT), _UNASSIGNED: Action.REJECT}),
)


def shell_tool(command: tuple[str, ...] | None = None) -> Tool:
    """shellcheck: the given program, else the one on this machine."""

    def program(ground: Ground) -> OneShotSpec | None:
        found = find("shellcheck", outside=None if ground.trusted else str(ground.root))
        line = command or ((found,) if found is not None else None)
        if line is None:
            return None
        told = ("--norc", "--format=json1", "--severity=warning", "-")
        return OneShotSpec(ChildSpec("shellcheck", (line[0], *told), memory_bytes=2**30), _parsed)

    return Tool(
        "shellcheck",
        frozenset({"shellscript"}),
        program,
        verifies="names",
        rules=MappingProxyType({"": _RULES}),
        second_thought=_second_thought,
        shown=_with_shebang,
        most_chars=20_000,  # a second or two
        blinding=frozenset({_NOT_ITS_SHELL, *_PARSING}),
    )


def _second_thought(raised: Raised) -> Doubt | None:
    if raised.diagnostic.code != _UNASSIGNED:
        return None
    if "$" not in raised.symbol:
        return Doubt()  # it takes words that are compared as numbers for names
    text = raised.trial.after.text
    if _SOURCES.search(text) or not text.startswith("#!"):
        return Doubt("another script may assign it")
    if any(d.code == _UNASSIGNED for d in raised.before):
        return Doubt("other names come from outside, too")
    return None


def _with_shebang(language: str, text: str) -> Shown:
    """Without one it does not know which shell is meant, and complains."""
    return Shown(text) if text.startswith("#!") else Shown(_SHEBANG + text, 0, len(_SHEBANG))


def _parsed(said: bytes, text: str) -> tuple[ChildDiagnostic, ...]:
    starts = line_starts(text)

    def place(line: int, column: int) -> int:
        row = starts[line - 1] if 0 < line <= len(starts) else len(text)
        end = starts[line] if line < len(starts) else len(text)
        at, shown = row, 1
        while at < end and shown < column:
            shown += _TAB - (shown - 1) % _TAB if text[at] == "\t" else 1
            at += 1
        return offset_of(text, starts, line - 1, at - row, Units.UTF32)

    found = [
        ChildDiagnostic(
            f"SC{item['code']}",
            str(item["message"]),
            _LEVELS[item["level"]],
            Span(place(item["line"], item["column"]), place(item["endLine"], item["endColumn"])),
        )
        for item in json.loads(said)["comments"]
        if item["code"] >= 2000 or item["level"] == "error"  # warnings of its parser are about looks
    ]
    return tuple(sorted(found, key=lambda d: (d.span, d.code)))
