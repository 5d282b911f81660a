"""The map is true: who imports what, what is imported when, and what the source may not contain."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "server" / "kireji"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A layer may import itself and every layer to its right.
LAYERS = ["cli", "lsp", "features", "engine", "providers", "base"]
# `compose` chooses the parts; only these may see it.
ABOVE_ALL = {"cli", "lsp"}

# What leads from room to room, and what rooms may know of each other: Protocols and data.
STRAIGHT_LINES = {"pipeline", "acting", "asking", "reading", "correct", "judging", "services"} | {
    *("planning", "carrying", "plan_asking", "together"),
}
SHARED = {"kireji.engine.gates.gate", "kireji.engine.actions.action", "kireji.engine.plans.plan"}

OWNERS = {
    "pygls": "lsp/",
    "lsprotocol": "lsp/",
    "anthropic": "providers/anthropic",
    "jedi": "base/analysis/worker.py",
    "parso": "base/analysis/cache.py",
    "tree_sitter": "base/syntax.py",
    "sqlite3": "base/store.py",
    "boto3": "providers/anthropic_clients.py",
    "botocore": "providers/anthropic_clients.py",
    "keyring": "base/keys.py",
    "opentelemetry": "base/tracing.py",
    "click": "cli/",
    "rich": "cli/",
}


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module a file imports, wherever in the file, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            assert node.module
            yield node.module, node.lineno


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    layer = name_of(path).split("/")[0]
    for module, line in imports(path):
        parts = module.split(".")
        if parts[0] != "kireji" or len(parts) == 1:
            continue
        where = f"{name_of(path)}:{line} imports {module}"
        if layer not in LAYERS:
            assert layer in ("compose.py", "routing.py", "places.py", "__main__.py", "__init__.py"), (
                f"{layer} is not on the map"
            )
            continue
        if parts[1] == "compose":
            assert layer in ABOVE_ALL, where
            continue
        assert parts[1] in LAYERS, where
        assert layer == "cli" or LAYERS.index(parts[1]) >= LAYERS.index(layer), where


@pytest.mark.parametrize("path", [p for p in MODULES if "/engine/" in p.as_posix()], ids=name_of)
def test_rooms_of_the_engine_do_not_know_each_other(path: Path) -> None:
    name = name_of(path)
    room = name.split("/")[1].removesuffix(".py")
    if room in STRAIGHT_LINES:
        return
    for module, line in imports(path):
        if module.startswith("kireji.engine."):
            other = module.split(".")[2]
            assert other in (room, "services") or module in SHARED, f"{name}:{line} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_vendor_library_has_one_importer(path: Path) -> None:
    name = name_of(path)
    for module, line in imports(path):
        top = module.split(".")[0]
        top = "tree_sitter" if top.startswith("tree_sitter_") else top
        if top in OWNERS:
            assert name.startswith(OWNERS[top]), f"{name}:{line} imports {module}; only {OWNERS[top]} may"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_mutable_state_in_modules(path: Path) -> None:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "__all__":
            continue
        mutable = isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)
        assert not mutable, f"{name_of(path)}:{node.lineno}: a module-level list, dict or set can be changed by anyone"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_say_what_they_do_and_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, f"{name_of(path)} does not say what it does"
    if text.count("\n") > 300:
        assert "300 lines" in docstring, f"{name_of(path)} is over 300 lines and gives no reason in its first lines"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_cancellation_is_never_swallowed(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        # Before Python 3.12 it loses one that comes together with what is waited for; `asyncio.timeout` does not.
        loses = isinstance(node, ast.Attribute) and node.attr == "wait_for"
        assert not loses, f"{name_of(path)} loses a cancellation: say asyncio.timeout"
        if not isinstance(node, ast.ExceptHandler):
            continue
        kinds = {
            n.attr if isinstance(n, ast.Attribute) else n.id
            for n in ast.walk(node.type or ast.Name("BaseException"))
            if isinstance(n, ast.Attribute | ast.Name)
        }
        if "concurrent.futures" in ast.unparse(node.type or ast.Name("x")):
            continue  # the future of a thread: nothing of asyncio's ends there
        if kinds & {"BaseException", "CancelledError"}:
            # Or handed on whole, to whoever waits for a future.
            raises = any(
                isinstance(n, ast.Raise) and n.exc is None for n in ast.walk(node)
            ) or "set_exception(" in ast.unparse(node)
            assert raises, f"{name_of(path)}:{node.lineno} catches a cancellation and does not raise it again"


def test_nothing_is_printed_outside_the_command_line() -> None:
    for path in MODULES:
        if name_of(path).startswith("cli/"):
            continue
        with path.open("rb") as file:
            for token in tokenize.tokenize(file.readline):
                assert not (token.type == tokenize.NAME and token.string == "print"), (
                    f"{name_of(path)}:{token.start[0]}"
                )


def test_a_redacted_pack_is_made_in_one_place() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RedactedPack":
                assert name_of(path) == "engine/context/redact.py", f"{name_of(path)}:{node.lineno}"


def test_data_is_frozen_and_holds_no_services() -> None:
    tree = ast.parse((PACKAGE / "base" / "types.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not any(isinstance(b, ast.Name) and b.id == "Enum" for b in node.bases):
            decorators = [ast.unparse(d) for d in node.decorator_list]
            assert decorators, node.name
            assert "frozen=True" in decorators[0], node.name
            assert "slots=True" in decorators[0], node.name


def test_slow_libraries_are_not_loaded_with_the_server() -> None:
    """The lines a start runs through import neither the SDK nor jedi, nor what else only a request needs."""
    code = "import sys, kireji.cli.main, kireji.cli.serve, kireji.lsp.app; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    late = re.compile(
        r"^(anthropic|httpx2?|jedi|parso|tree_sitter\w*|sqlite3|rich|pydantic|opentelemetry|kireji\.(engine|providers|compose)\b.*)$"
    )
    assert [m for m in loaded if late.match(m)] == []


def test_the_page_names_tests_that_exist() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = page[page.index("## Invariants") : page.index("## Decisions")].splitlines()
    column = " ".join(row.split("|")[3] for row in rows if row.count("|") == 4)
    file = ""
    named = re.findall(r"`(…|[\w/]+\.py|[\w/]+/)(?:::(\w+))?`", column)
    assert len(named) > 20
    for place, test in named:
        file = file if place == "…" else place
        path = ROOT / "tests" / file
        assert path.exists(), f"ARCHITECTURE.md names tests/{file}, which is not there"
        if test:
            assert f"def {test}(" in path.read_text(encoding="utf-8"), f"{file} has no {test}"
