"""What clients can see of the server beyond the language server protocol, read off its code, and a digest of that for the page.

`python -m support.protocol_surface` prints it line by line; with `editors/PROTOCOL.md` it writes the digest there, which says that
the page has been read against the code as it is.
"""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

from kireji import lsp
from kireji.base.types import Reason
from kireji.lsp.commands import NAMES
from kireji.lsp.status import State, Status, as_json

COMMAND = "PYTHONPATH=tests .venv/bin/python -m support.protocol_surface editors/PROTOCOL.md"
_LINE = re.compile(r"<!-- surface: ([0-9a-f]*) -->")
# What reads or makes plain JSON says so in its signature.
_PLAIN = "dict[str, Any]"


def digest() -> str:
    """One word that changes whenever a line of the surface does."""
    return hashlib.sha256("\n".join(sorted(surface())).encode()).hexdigest()[:16]


def written(page: str) -> str:
    """The digest that a page carries. Raises ValueError if it carries none."""
    found = _LINE.search(page)
    if found is None:
        raise ValueError("the page has no <!-- surface: … --> any more")
    return found[1]


def renewed(page: str) -> str:
    """The page with the digest of the code as it is."""
    written(page)
    return _LINE.sub(f"<!-- surface: {digest()} -->", page)


def surface() -> set[str]:
    """Commands, methods, states and causes by their names; members of what is read and answered; limits that are told."""
    lines = {f"command {name}" for name in NAMES}
    lines |= {f"state {state.value}" for state in State} | {f"cause {reason.name.lower()}" for reason in Reason}
    lines |= {f"status {field.name}: {field.type}" for field in dataclasses.fields(Status)}
    lines |= {f"status {name}" for name in as_json(Status(State.READY))}
    for module in _modules():
        tree = ast.parse(inspect.getsource(module))
        lines |= {f"{module.__name__} {line}" for line in (*members(tree), *constants(tree))}
        for function in _makers(module):
            tree = ast.parse(inspect.getsource(function))
            lines |= {f"{function.__module__}.{function.__name__} {name}" for name in members(tree)}
    return lines


def members(tree: ast.AST) -> Iterator[str]:
    """The names under which members of JSON objects are written, read, looked for, or passed on to be."""
    for node in ast.walk(tree):
        match node:
            case ast.Dict(keys=names) | ast.MatchMapping(keys=names):
                yield from _texts(names)
            case ast.Subscript(slice=name):
                yield from _texts([name])
            case ast.Compare(left=name, ops=[ast.In() | ast.NotIn()]):
                yield from _texts([name])
            case ast.Call(func=ast.Attribute(attr="get" | "pop") | ast.Name(), args=[name, *_]):
                yield from _texts([name])


def constants(tree: ast.Module) -> Iterator[str]:
    """The public constants of a module that are numbers or texts: names of methods, and limits."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() | int() | float() as value)):
                if not name.startswith("_"):
                    yield f"{name} = {value!r}"


def _texts(nodes: list[ast.expr] | list[ast.expr | None]) -> Iterator[str]:
    return (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _modules() -> list[ModuleType]:
    return [importlib.import_module(f"{lsp.__name__}.{found.name}") for found in pkgutil.iter_modules(lsp.__path__)]


def _makers(module: ModuleType) -> Iterator[FunctionType]:
    """The functions of other rooms that make plain JSON for this one."""
    found = (thing for thing in vars(module).values() if isinstance(thing, FunctionType))
    ours = (function for function in found if function.__module__.startswith("kireji.features."))
    return (function for function in ours if function.__annotations__.get("return") == _PLAIN)


def main(arguments: list[str]) -> None:
    """Prints the surface, or writes its digest into the pages that are named."""
    for name in arguments:
        page = Path(name)
        page.write_text(renewed(page.read_text("utf-8")), "utf-8")
    if not arguments:
        sys.stdout.writelines(f"{line}\n" for line in sorted(surface()))


if __name__ == "__main__":
    main(sys.argv[1:])
