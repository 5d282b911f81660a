"""The tools of languages other than Python, as the product uses them, and those that a person has named. Runs none itself.

To add a language, describe its tool in a module of its own and add a line here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath
from types import MappingProxyType

from kireji.base.child_protocol import ChildSpec
from kireji.base.languages import canonical
from kireji.base.server_lines import ServerLine, parse_server_line
from kireji.engine.gates.clang import clang_tool
from kireji.engine.gates.delegate import DelegateGate
from kireji.engine.gates.go import go_tool
from kireji.engine.gates.java import java_tool
from kireji.engine.gates.rust import rust_tool
from kireji.engine.gates.shell import shell_tool
from kireji.engine.gates.tool import Doubt, Ground, Raised, Tool
from kireji.engine.gates.typescript import typescript_tool

# By the name of the program: whoever names one that is known here has its findings weighed as ours are.
_KNOWN: Mapping[str, Callable[[tuple[str, ...] | None], Tool]] = MappingProxyType(
    {
        "tsc": typescript_tool,
        "tsgo": typescript_tool,
        "gopls": go_tool,
        "clangd": clang_tool,
        "rust-analyzer": rust_tool,
        "shellcheck": shell_tool,
        "java": java_tool,
    }
)


def delegates(servers: Iterable[str] = ()) -> tuple[DelegateGate, ...]:
    """One gate for each tool. `servers` are a person's lines; their languages are theirs alone.

    Nothing is started before a text of its language is looked at.
    """
    lines = [line for text in servers if (line := parse_server_line(text)) is not None]
    named = frozenset(canonical(name) for line in lines for name in line.languages)
    own = (make(None) for make in dict.fromkeys(_KNOWN.values()))
    tools = (*map(_named, lines), *(replace(tool, languages=tool.languages - named) for tool in own))
    return tuple(DelegateGate(tool) for tool in tools if tool.languages)


def _named(line: ServerLine) -> Tool:
    languages = frozenset(canonical(name) for name in line.languages)
    name = PurePath(line.command[0]).stem.lower()
    known = _KNOWN.get(name)
    if known is not None:
        return replace(known(line.command), languages=languages)

    def program(ground: Ground) -> ChildSpec | None:
        # A person has chosen it, so it may find what people's programs find. It need not offer to be pulled.
        return ChildSpec(
            name,
            line.command,
            str(ground.root),
            requires=frozenset(),
            environment={"PATH": os.environ.get("PATH", "")},
            memory_bytes=3 * 2**30,
            recycle_bytes=1 * 2**30,
        )

    return Tool(name, languages, program, verifies="all that its language server sees", second_thought=_stands_alone)


def _stands_alone(raised: Raised) -> Doubt | None:
    """Nothing is known of its rules: without a workspace any of them may miss another file."""
    return Doubt("other files are not looked at outside a trusted workspace") if raised.alone else None
