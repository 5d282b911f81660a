"""Go by its own language server: how `gopls` is run, and what its words are worth. Runs nothing itself.

It calls `go list`, so it is kept from the network, from other toolchains and from programs that a project names.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import MappingProxyType

from kireji.base.child_protocol import ChildSpec
from kireji.base.toolbox import find
from kireji.engine.gates.policy import Action
from kireji.engine.gates.tool import Doubt, Ground, Raised, Rules, Tool, words

# Its parser's findings bear no code, nor does its word that a file belongs to no package; behind either, types are not looked at.
_SYNTAX = ""
_RULES = Rules(
    listed=MappingProxyType(
        {
            # True of most code that is being written.
            "UnusedVar": Action.IGNORE,
            "UnusedImport": Action.IGNORE,
            "UnusedLabel": Action.IGNORE,
            "MissingReturn": Action.IGNORE,
        }
    ),
    elsewhere=words("UndeclaredName MissingFieldOrMethod BrokenImport InvalidIfaceAssign DuplicateDecl"),
)
# Said when a module is certainly not among those that the project requires.
_CERTAIN = re.compile(r"no required module provides package|is not in (?:std|GOROOT)")
_NEWER = re.compile(r"requires go1\.\d+")
_UNCERTAIN = re.compile(r"go\.mod file not found|GOPATH")


def go_tool(command: tuple[str, ...] | None = None) -> Tool:
    """gopls: the given command line, else the one on this machine."""

    def program(ground: Ground) -> ChildSpec | None:
        outside = None if ground.trusted else str(ground.root)
        gopls = command or ((found, "serve") if (found := find("gopls", outside=outside)) else None)
        go = find("go", outside=outside)
        if gopls is None or go is None:
            return None
        options = {"pullDiagnostics": True, "staticcheck": False, "vulncheck": "Off", "semanticTokens": False}
        return ChildSpec(
            "gopls",
            gopls,
            str(ground.root),
            options,
            requires=frozenset(),  # older ones only push
            environment=_environment(ground, go),
            memory_bytes=3 * 2**30,
            recycle_bytes=600 * 2**20,
        )

    return Tool(
        "gopls",
        frozenset({"go"}),
        program,
        rules=MappingProxyType({"": _RULES}),
        second_thought=_second_thought,
        blinding=frozenset({_SYNTAX}),
        suffixes=frozenset({".go"}),
        beside=MappingProxyType({"go.mod": "module alone\n\ngo 1.21\n"}),
        manifests=frozenset({"go.mod", "go.sum", "go.work"}),
    )


def _second_thought(raised: Raised) -> Doubt | None:
    message = raised.diagnostic.message
    if raised.alone and _NEWER.search(message):
        return Doubt("nothing says for which Go it is written")
    if raised.diagnostic.code != "BrokenImport":
        return None
    if _CERTAIN.search(message) and not _UNCERTAIN.search(message):
        return None
    return Doubt("the module is required, and is not on this machine")


def _environment(ground: Ground, go: str) -> dict[str, str]:
    """No downloads, no other toolchain, no program but Go's own. Modules are read where the person keeps them."""
    modules = os.environ.get("GOMODCACHE", "")
    if not modules:
        first = os.environ.get("GOPATH", "").partition(os.pathsep)[0]
        modules = str((Path(first) if first else Path.home() / "go") / "pkg" / "mod")
    # It would leave a process behind that gathers telemetry, unless the person's settings say no: these are ours.
    for place in ("", "Library/Application Support"):
        folder = ground.own / place / "go" / "telemetry"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "mode").write_text("off", "utf-8")
    own = str(ground.own)
    return {
        **dict.fromkeys(("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA"), own),
        "PATH": os.pathsep.join((str(Path(go).parent), os.environ.get("PATH", ""))),
        "GOMODCACHE": modules,
        "GOPROXY": "off",
        "GOSUMDB": "off",
        "GOVCS": "*:off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly",
        "GOENV": "off",
        "GOPACKAGESDRIVER": "off",
        **({} if ground.trusted else {"GOWORK": "off", "CGO_ENABLED": "0"}),
    }
