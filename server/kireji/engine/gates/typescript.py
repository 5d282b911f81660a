"""TypeScript and JavaScript by TypeScript itself: which one is run and how, and what its words are worth. Runs nothing itself.

The workspace's own TypeScript is code of the workspace: it is run only where that is trusted. Else the machine's own is, and
a text is shown to it without its workspace. Version 7 is a native program that speaks the LSP; older ones need Node.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

from kireji.base.child_protocol import ChildDiagnostic, ChildSpec, Dialect
from kireji.base.toolbox import find
from kireji.engine.gates.policy import Action
from kireji.engine.gates.tool import Doubt, Ground, Raised, Rules, Shown, Tool, words

_JS = frozenset({"javascript", "javascriptreact"})
_TS = frozenset({"typescript", "typescriptreact"})
_NO_MODULE = frozenset({"2307", "2792"})
_NO_MEMBER = frozenset({"2339", "2551"})

# Codes are TypeScript's own, stable over its versions. What is listed as ignored is true of code that is being written
# (unused, not all paths return, not all members implemented), or says that types are not installed.
_UNFINISHED = (
    "6133 6192 6196 6198 6199 6205 7027 7028 2355 2366 7030 2391 2389 2420 2515 2654 2655 2656 2564 2578 7016 7034 1208"
)
_ELSEWHERE = words(
    # names, modules, members of modules, and values that only strict settings mind
    "2304 2552 2503 2580 2582 2583 2584 2585 2591 2592 2593 2307 2792 2305 2614 2724 2459 2460 1192 2613 2339 2551 "
    "2550 2531 2532 2533 18046 18047 18048 18049 2571 2322 2345 7006 7031 7053 7019 2769"
)
_TYPED = Rules(
    listed=MappingProxyType(dict.fromkeys(words(_UNFINISHED), Action.IGNORE)),
    elsewhere=_ELSEWHERE,
)
# Nobody has declared anything here: only what JavaScript itself would refuse, or what cannot be there.
_UNTYPED = Rules(
    errors=Action.IGNORE,
    listed=MappingProxyType(
        dict.fromkeys(
            words(
                "2304 2552 2307 2792 2305 2614 2724 2339 2551 2554 2555 2588 2451 8010 8002 8003 8006 8008 8016 8017"
            ),
            Action.REJECT,
        )
    ),
    elsewhere=_ELSEWHERE,
)
# Types that JavaScript's own library declares, and modules that have declarations: what they lack is not there. What is read
# out of other JavaScript may get its members later, and so may functions and errors.
_BUILT_IN = re.compile(
    r"on type '(?:string|number|boolean|bigint|symbol|\S+\[\]|(?:readonly )?\S+\[\]|[A-Z]\w*Constructor|Console|Math|JSON|Date|"
    r"RegExp|Promise<.*>|Map<.*>|Set<.*>|WeakMap<.*>|typeof import\((?!.*\.[cm]?jsx?\")[^)]*\)|\"[^'\"]*\"|Atomics)'"
)
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
_CHECKED = "// @ts-check\n"


def typescript_tool(command: tuple[str, ...] | None = None) -> Tool:
    """The given command line (of version 7), else the workspace's own TypeScript, else one on this machine."""

    def program(ground: Ground) -> ChildSpec | None:
        root = str(ground.root)
        if command is not None:
            return _native(command, root)
        packages = [*_packages(ground.folder, ground.root)] if ground.trusted else []
        found = find("tsc", "tsgo", outside=None if ground.trusted else root)
        if found is not None:
            # bin/tsc of the package; what a package manager puts on the search path is a link to it, or a script beside it.
            packages += [p for p in (Path(found).resolve().parent.parent, *_global(Path(found))) if _version(p)]
        return next((spec for p in packages if (spec := _spec(p, root)) is not None), None)

    return Tool(
        "typescript",
        _JS | _TS,
        program,
        rules=MappingProxyType({**dict.fromkeys(_JS, _UNTYPED), "": _TYPED}),
        second_thought=_second_thought,
        shown=_checked,
        suffixes=words(".ts .tsx .mts .cts .js .jsx .mjs .cjs .json"),
        manifests=words("package.json package-lock.json pnpm-lock.yaml yarn.lock tsconfig.json jsconfig.json"),
    )


# ---- which TypeScript


def _packages(folder: Path, root: Path) -> Iterator[Path]:
    """The package's folders from the text's up to the workspace's: the nearest first, as Node looks for it."""
    for place in (folder, *folder.parents):
        for name in ("typescript", "@typescript/native-preview"):
            package = place / "node_modules" / name
            if (package / "package.json").is_file():
                yield package.resolve()
        if place == root:
            return


def _global(program: Path) -> Iterator[Path]:
    yield program.parent.parent / "lib" / "node_modules" / "typescript"
    yield program.parent / "node_modules" / "typescript"  # Windows, untested


def _version(package: Path) -> tuple[int, ...] | None:
    try:
        said = json.loads((package / "package.json").read_bytes())
        named = said["name"] in ("typescript", "@typescript/native-preview")
        return tuple(int(n) for n in re.findall(r"\d+", said["version"])[:3]) if named else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _spec(package: Path, root: str) -> ChildSpec | None:
    version = _version(package)
    if version is None:
        return None
    if version >= (7,):
        program = _executable(package)
        return _native((str(program), "--lsp", "--stdio"), root) if program is not None else None
    server = package / "lib" / "tsserver.js"
    node = find("node", "nodejs")
    if node is None or not server.is_file():
        return None
    told = (
        "--disableAutomaticTypingAcquisition --suppressDiagnosticEvents --useInferredProjectPerProjectRoot --locale en"
    )
    return ChildSpec(
        "tsserver", (node, str(server), *told.split()), root, dialect=Dialect.TSSERVER, recycle_bytes=700 * 2**20
    )


def _executable(package: Path) -> Path | None:
    """The native program lies in a package of its own for each platform, beside the one that people install."""
    system = {"darwin": "darwin", "win32": "win32"}.get(sys.platform, "linux")
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(
        platform.machine().lower(), "arm"
    )
    suffix = ".exe" if sys.platform == "win32" else ""
    for scope in (package.parent, package.parent / "@typescript", package / "node_modules" / "@typescript"):
        for base, program in (("typescript", "tsc"), ("native-preview", "tsgo")):
            path = scope / f"{base}-{system}-{machine}" / "lib" / f"{program}{suffix}"
            if path.is_file():
                return path
    return None


def _native(command: tuple[str, ...], root: str) -> ChildSpec:
    # It would install the types of packages by itself. Without a search path it finds no package manager either.
    off = {"disableAutomaticTypeAcquisition": True, "tsserver": {"automaticTypeAcquisition": {"enabled": False}}}
    sections = dict.fromkeys(("typescript", "javascript", "js/ts"), off)
    return ChildSpec(
        "typescript", command, root, settings=sections, environment={"PATH": ""}, memory_bytes=3 * 2**30,
        recycle_bytes=600 * 2**20,
    )  # fmt: skip


# ---- what its words are worth


def _checked(language: str, text: str) -> Shown:
    """JavaScript is checked only where its first line asks for it."""
    if language not in _JS:
        return Shown(text)
    at = text.find("\n") + 1 if text.startswith("#!") else 0
    return Shown(text[:at] + _CHECKED + text[at:], at, len(_CHECKED))


def _second_thought(raised: Raised) -> Doubt | None:
    diagnostic = raised.diagnostic
    if diagnostic.code in _NO_MODULE:
        doubt = _doubtful(raised)
        return Doubt(doubt) if doubt else None
    if diagnostic.code in ("2580", "2582", "2591", "2592", "2593", "2584"):
        return Doubt("the types of the surroundings are not installed")
    if (
        raised.trial.after.language in _JS
        and diagnostic.code in _NO_MEMBER
        and not _BUILT_IN.search(diagnostic.message)
    ):
        return Doubt()
    return None


def _doubtful(raised: Raised) -> str | None:
    """Why a module that was not found may be there; None when it cannot be."""
    quoted = _QUOTED.search(raised.symbol) or _QUOTED.search(raised.diagnostic.message)
    name = quoted.group(1) if quoted else ""
    path = raised.trial.before.path
    if raised.root is None or path is None or not name:
        return "modules are not looked at outside a trusted workspace"
    folder = Path(path).parent
    if name.startswith("."):
        # A picture or a style sheet needs a bundler, not a declaration.
        return "the module is no code" if (folder / name).is_file() else None
    if name.startswith("node:") or name.partition("/")[0] in _NODE:
        return "Node's own types are not installed"
    if any(d.code in _NO_MODULE and not _is_relative(d) for d in raised.before):
        return "not all packages are installed"
    parts = name.split("/")
    package = "/".join(parts[:2]) if name.startswith("@") else parts[0]
    seen = False
    for place in (folder, *folder.parents):
        try:
            text = (place / "package.json").read_text("utf-8", "replace")
            seen = True
            if f'"{package}"' in text:
                return f"{package} is listed, and is not installed"
        except OSError:
            pass
        if place == raised.root:
            break
    return None if seen else "no package.json says which packages there are"


def _is_relative(diagnostic: ChildDiagnostic) -> bool:
    quoted = _QUOTED.search(diagnostic.message)
    return quoted is not None and quoted.group(1).startswith(".")


_NODE = words(
    "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs "
    "http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream "
    "string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib"
)
