"""A project's own policy, from `.kireji/policy.toml` of a trusted workspace: what a change must hold to beside being right.

Judges only what a change has brought: findings that were there before are nobody's fault now. Runs nothing. Rules that look
into functions know Python; length and imports know every language that is outlined or whose imports are read.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import Any

from kireji.base.edit import apply
from kireji.base.files import read_text
from kireji.base.imports import imports
from kireji.base.languages import canonical
from kireji.base.outline import outline
from kireji.base.outline_tables import DefinitionKind
from kireji.base.types import ChangeSet, Finding, GateResult, GateState, Severity, Snapshot, Span

GATE = "policy"
FILE = ".kireji/policy.toml"
_MOST_BYTES = 100_000
_FUNCTIONS = frozenset({DefinitionKind.FUNCTION, DefinitionKind.METHOD})
_LOGGERS = frozenset({"log", "logger", "logging", "_log", "_logger"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What a project asks for. Each rule that is not in its file is off.

    `longest_function` counts lines; `logging` holds patterns of paths below the root whose handlers must log what they
    catch; `forbidden_imports` names modules, with all below them. `docstrings` and `type_hints` are for public functions,
    `error_handling` forbids to catch everything and to say nothing.
    """

    longest_function: int | None = None
    docstrings: bool = False
    type_hints: bool = False
    error_handling: bool = False
    logging: tuple[str, ...] = ()
    forbidden_imports: tuple[str, ...] = ()


class PolicyError(Exception):
    """The policy cannot be read. One line that says why."""


def policy_of(root: str) -> Policy | None:
    """A project's policy; None where it has none. Blocks. Raises PolicyError."""
    path = Path(root, FILE)
    if not path.exists():
        return None
    try:
        data = tomllib.loads(read_text(path, Path(root), _MOST_BYTES) or "")
    except (ValueError, RecursionError):
        raise PolicyError("it is no TOML") from None
    unknown = sorted(set(data) - set(Policy.__dataclass_fields__))
    if unknown:
        raise PolicyError(f"it has no rule {unknown[0]!r}")
    for name, kind in (("longest_function", int), ("docstrings", bool), ("type_hints", bool), ("error_handling", bool)):
        if name in data and (not isinstance(data[name], kind) or (kind is int and isinstance(data[name], bool))):
            raise PolicyError(f"{name} is not what it should be")
    for name in ("logging", "forbidden_imports"):
        if not isinstance(data.get(name, []), list) or not all(isinstance(word, str) for word in data.get(name, [])):
            raise PolicyError(f"{name} is not a list of texts")
    lists: dict[str, Any] = {name: tuple(data[name]) for name in ("logging", "forbidden_imports") if name in data}
    return Policy(**(data | lists))


def judged(snapshot: Snapshot, changes: ChangeSet) -> GateResult | None:
    """What the policy says of a change; None where there is none to ask. Blocks."""
    workspace = snapshot.workspace
    if workspace.root is None or not workspace.trusted:
        return None
    try:
        policy = policy_of(workspace.root)
    except PolicyError as error:
        return GateResult(GATE, GateState.UNKNOWN, note=f"{FILE} cannot be obeyed: {error}")
    if policy is None:
        return None
    findings: list[Finding] = []
    for edit in changes.edits:
        document, after = edit.document, apply(edit.document.text, edit.changes)
        where = _below(document.path, workspace.root)
        known = {(f.code, f.symbol) for f in _found(policy, document.language, where, document.text)}
        findings += (f for f in _found(policy, document.language, where, after) if (f.code, f.symbol) not in known)
    for file in changes.created:
        findings += _found(policy, file.language, _below(file.path, workspace.root), file.text)
    return GateResult(GATE, GateState.FAIL if findings else GateState.PASS, tuple(findings))


def _below(path: str | None, root: str) -> str:
    pure = PurePath(path or "")
    return pure.relative_to(root).as_posix() if pure.is_relative_to(root) else pure.name


def _found(policy: Policy, language: str, where: str, text: str) -> Iterator[Finding]:
    """All that one text is at odds with."""
    if policy.longest_function is not None:
        for one in outline(language, text):
            lines = text.count("\n", one.span.start, one.span.end) + 1
            if one.kind in _FUNCTIONS and lines > policy.longest_function:
                said = f"{one.name} has {lines} lines, and the project's policy allows {policy.longest_function}"
                yield _finding("longest-function", said, one.span, one.name)
    for module, forbidden in _forbidden(policy, language, text):
        yield _finding("forbidden-import", f"the project's policy forbids to import {forbidden}", Span(0, 0), module)
    if canonical(language) != "python":
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # the gates say that
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in ast.walk(tree):
        at = starts[min(getattr(node, "lineno", 1), len(starts)) - 1]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _of_function(policy, node, Span(at, at))
        elif isinstance(node, ast.ExceptHandler):
            yield from _of_handler(policy, node, where, Span(at, at))


def _forbidden(policy: Policy, language: str, text: str) -> Iterator[tuple[str, str]]:
    for one in imports(language, text):
        names = {one.module, *(f"{one.module}.{name}" for name, _ in one.names)} if not one.level else set[str]()
        for rule in policy.forbidden_imports:
            if any(name == rule or name.startswith((f"{rule}.", f"{rule}/")) for name in names):
                yield one.module, rule


def _of_function(policy: Policy, node: ast.FunctionDef | ast.AsyncFunctionDef, at: Span) -> Iterator[Finding]:
    if node.name.startswith("_"):
        return
    if policy.docstrings and ast.get_docstring(node) is None:
        yield _finding("docstring", f"{node.name} has no docstring, which the project's policy asks for", at, node.name)
    spec = node.args
    given = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, (spec.vararg, spec.kwarg))]
    bare = [arg.arg for arg in given if arg.annotation is None and arg.arg not in ("self", "cls")]
    if policy.type_hints and (bare or node.returns is None):
        missing = ", ".join(bare) or "the result"
        yield _finding("type-hints", f"{node.name} has no type for {missing}, which the policy asks for", at, node.name)


def _of_handler(policy: Policy, node: ast.ExceptHandler, where: str, at: Span) -> Iterator[Finding]:
    symbol = ast.unparse(node.type) if node.type is not None else ""
    everything = node.type is None or _names(node.type) & {"Exception", "BaseException"}
    silent = all(isinstance(line, ast.Pass) or _is_ellipsis(line) for line in node.body)
    if policy.error_handling and (silent or (everything and not _raises(node.body))):
        what = "says nothing of what it catches" if silent else "catches everything"
        yield _finding("error-handling", f"a handler {what}, which the project's policy forbids", at, symbol)
    if any(fnmatch(where, pattern) for pattern in policy.logging) and not _raises(node.body) and not _logs(node.body):
        yield _finding("logging", "a handler neither logs nor raises, which the project's policy asks for", at, symbol)


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _is_ellipsis(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and line.value.value is ...


def _raises(body: Iterable[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Raise) for line in body for node in ast.walk(line))


def _logs(body: Iterable[ast.stmt]) -> bool:
    calls = (node.func for line in body for node in ast.walk(line) if isinstance(node, ast.Call))
    return any(isinstance(f, ast.Attribute) and not _LOGGERS.isdisjoint(_names(f) | _attributes(f)) for f in calls)


def _attributes(node: ast.AST) -> set[str]:
    return {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}


def _finding(code: str, message: str, span: Span, symbol: str) -> Finding:
    return Finding(GATE, code, Severity.REJECT, message, span, symbol)
