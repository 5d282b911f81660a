"""Rust by `rust-analyzer`: how it is run, and what its words are worth. Runs nothing itself.

It is kept from building: neither build scripts nor procedural macros run, so what they would make is not known, and members
and names that they may have made prove nothing. It calls `cargo metadata`, without the network.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import MappingProxyType

from kireji.base.child_protocol import ChildSpec, Pace, Readiness
from kireji.base.toolbox import find
from kireji.engine.gates.policy import Action
from kireji.engine.gates.tool import Doubt, Ground, Raised, Rules, Shown, Tool, words

# What a macro that was not expanded may have made, and what another file may hold.
_NAMES = words(
    "E0425 E0432 E0433 E0412 E0405 E0407 E0560 E0559 E0599 E0609 E0614 E0423 unresolved-ident "
    "unresolved-import unresolved-reference"
)
_IMPORTS = words("E0432 E0433 E0463 unresolved-import unresolved-extern-crate")
_RULES = Rules(
    listed=MappingProxyType(
        {
            # Said because nothing is built, or because a macro is not expanded.
            **dict.fromkeys(
                words(
                    "unresolved-proc-macro macro-error unresolved-macro-call inactive-code unlinked-file macro-def-error"
                ),
                Action.IGNORE,
            ),
            # True of most code that is being written.
            "E0046": Action.IGNORE,  # not all members of a trait are there
            "E0004": Action.IGNORE,  # not all cases are matched
            "E0063": Action.REJECT,
        }
    ),
    elsewhere=_NAMES,
)
# An import that every text may make: who does not find it has no standard library, and takes sound code for wrong.
_PROBE = "\nuse ::std::fmt::Debug as _;\n"
# Its first answer waits until it has read the standard library and all that the project uses.
_PATIENT = Pace(start=30.0, hung=120.0)
# Nothing in the list of packages says it more plainly: whoever writes procedural macros, or derives by them, has these.
_MACROS = re.compile(r'^name = "(?:proc-macro2|syn)"$', re.MULTILINE)
# What the compiler itself derives, and attributes that make nothing.
_DERIVED = re.compile(r"#\[derive\(([^)]*)\)\]")
_STANDARD = words("Clone Copy Debug Default Eq Hash Ord PartialEq PartialOrd")


def rust_tool(command: tuple[str, ...] | None = None) -> Tool:
    """rust-analyzer: the given command line, else the one on this machine."""

    def program(ground: Ground) -> ChildSpec | None:
        outside = None if ground.trusted else str(ground.root)
        found = find("rust-analyzer", outside=outside)
        line = command or ((found,) if found is not None else None)
        # Without a manifest it knows not even the standard library.
        if line is None or not ground.trusted:
            return None
        return ChildSpec(
            "rust-analyzer",
            line,
            str(ground.root),
            _options(),
            {"rust-analyzer": _options()},
            environment=_environment(ground),
            memory_bytes=4 * 2**30,
            recycle_bytes=2 * 2**30,
            readiness=Readiness.QUIESCENT,
            unresolved="unresolvedReference",
        )

    return Tool(
        "rust-analyzer",
        frozenset({"rust"}),
        program,
        rules=MappingProxyType({"": _RULES}),
        second_thought=_second_thought,
        shown=_with_probe,
        suffixes=frozenset({".rs"}),
        pace=_PATIENT,
        manifests=frozenset({"Cargo.toml", "Cargo.lock", "rust-project.json"}),
    )


def _options() -> dict[str, object]:
    """What it is told at the start: nothing is built, fetched or run."""
    return {
        "cargo": {"buildScripts": {"enable": False}, "noDeps": False, "extraArgs": ["--offline"], "autoreload": True},
        "procMacro": {"enable": False},
        "checkOnSave": False,
        "cachePriming": {"enable": False},
        "diagnostics": {"enable": True, "experimental": {"enable": True}, "styleLints": {"enable": False}},
        "numThreads": 2,
        "lru": {"capacity": 64},
        "files": {"watcher": "client"},
    }


def _environment(ground: Ground) -> dict[str, str]:
    """Packages and toolchains are read where the person keeps them; nothing is fetched."""
    home = Path.home()
    own = str(ground.own)
    return {
        "HOME": own,
        "PATH": os.pathsep.join((os.environ.get("PATH", ""), str(home / ".cargo" / "bin"))),
        "CARGO_HOME": os.environ.get("CARGO_HOME") or str(home / ".cargo"),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME") or str(home / ".rustup"),
        "CARGO_NET_OFFLINE": "true",
        "RUSTUP_AUTO_INSTALL": "0",
    }


def _with_probe(_language: str, text: str) -> Shown:
    return Shown(text + _PROBE, len(text), len(_PROBE))


def _second_thought(raised: Raised) -> Doubt | None:
    if raised.diagnostic.code not in _NAMES or raised.root is None:
        return None
    # Without the sources of the standard library, or with features of its own, it misses what is there.
    if any(d.code in _IMPORTS and d.severity == 1 for d in raised.before):
        return Doubt("not all that is imported is found")
    return Doubt("macros and build scripts are not run") if _makes_code(raised, raised.root) else None


def _makes_code(raised: Raised, root: Path) -> bool:
    """Whether code that nobody sees may be made for this file's package."""
    path = raised.trial.before.path
    for folder in Path(path).parents if path is not None else ():
        if (folder / "Cargo.toml").is_file():
            if (folder / "build.rs").is_file():
                return True
            break
        if folder == root:
            break
    derived = {name.strip() for hit in _DERIVED.finditer(raised.trial.after.text) for name in hit[1].split(",")}
    if derived - _STANDARD - {""}:
        return True
    try:
        return _MACROS.search((root / "Cargo.lock").read_text("utf-8", "replace")) is not None
    except OSError:
        return False
