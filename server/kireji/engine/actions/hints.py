"""*Add type hints*: the types of a function's parameters and of what it returns. Only its header changes, and only in its types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from kireji.base import syntax
from kireji.base.syntax import Node, Tree
from kireji.base.types import Change, ItemKind, Reason, Span
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Scene, Target
from kireji.engine.actions.functions import COMMENTS, Function, function_at, short
from kireji.engine.actions.importing import with_imports
from kireji.engine.actions.leads import without_leads
from kireji.engine.actions.rewriting import changed_with, headed, text_after, with_header

_LANGUAGES = frozenset({"python", "typescript", "typescriptreact"})
_TYPES = frozenset({"type", "type_annotation", "asserts_annotation", "type_predicate_annotation"})
_BARE = frozenset({"identifier", "default_parameter", "list_splat_pattern", "dictionary_splat_pattern"})
_PARAMETERS = frozenset({"required_parameter", "optional_parameter"})
_BODIES: Mapping[str, str] = MappingProxyType({"python": ": pass", "typescript": " {}", "typescriptreact": " {}"})
# What separates a name from its type.
_SEPARATORS = frozenset({":", "->"})


def _find(scene: Scene) -> Target | None:
    """The function whose header the cursor is at, if a type is missing there."""
    function = headed(scene)
    if function is None or function.language not in _LANGUAGES or not _lacks(function):
        return None
    header = _header(function, scene.document.text)
    return Target(short(function.name), function.span, function.head.start, header)


def _lacks(function: Function) -> bool:
    node = function.node
    parameters = node.field("parameters")
    parts = parameters.named_children if parameters is not None else []
    if function.language == "python":
        own = [part for part in parts if part.type in _BARE]
        if own and own[0] == parts[0] and own[0].text in ("self", "cls", "mcs"):
            own = own[1:]
        return bool(own) or node.field("return_type") is None
    bare = [p for p in parts if p.type in _PARAMETERS and p.field("type") is None and not p.text.startswith("this")]
    returns = node.field("return_type") is None and (node.field("name") is None or node.text[:11] != "constructor")
    return bool(bare) or returns


def _header(function: Function, text: str) -> Span:
    """The header without its end: up to the colon in Python, up to the body elsewhere."""
    body = function.node.field("body")
    assert body is not None  # noqa: S101 — a Function has one
    if function.language == "python":
        colon = next(child for child in reversed(function.node.children) if child.type == ":")
        return Span(function.head.start, colon.start)
    return Span(function.head.start, function.head.start + len(text[function.head.start : body.start].rstrip()))


def _make(scene: Scene, target: Target, _: Plan, answer: str) -> Made | Refused:
    tree = scene.tree
    assert tree is not None  # noqa: S101 — there was a target in it
    old = function_at(tree, Span(target.head, target.head))
    if old is None:
        return Refused(Reason.STALE, "the function is gone")
    wanted, rest = with_imports(answer)
    said, _leads = without_leads(tree.language, rest.replace("\r\n", "\n").strip())
    header = _header_said(tree, target, said)
    if header is None:
        return Refused(Reason.OUT_OF_SCOPE, "it is not the function's header")
    change = Change(target.place, header.replace("\n", "\r\n") if "\r\n" in tree.text else header)
    after = syntax.parse(tree.language, text_after(scene, change), tree)
    new = function_at(after, Span(target.head, target.head))
    if new is None or new.node.has_error:
        return Refused(Reason.INVALID, "it does not parse")
    if _untyped(new, after) != _untyped(old, tree):
        return Refused(Reason.OUT_OF_SCOPE, "it changes more of the header than its types")
    before, now = _typed(old, tree), _typed(new, after)
    if not _kept(before, now):
        return Refused(Reason.OUT_OF_SCOPE, "it changes a type that is there")
    if len(now) <= len(before):
        return Refused(Reason.NOTHING_TO_ADD, "it adds no type")
    return changed_with(scene, wanted, change)


def _header_said(tree: Tree, target: Target, said: str) -> str | None:
    """The header in an answer, which may have said the body as well."""
    bare = said.rstrip(": \n\t") if tree.language == "python" else said.rstrip("{ \n\t")
    for function in (said, bare + _BODIES[tree.language]):
        whole = syntax.parse(tree.language, tree.text[: target.head] + function + tree.text[target.span.end :], tree)
        new = function_at(whole, Span(target.head, target.head))
        if new is not None and new.head.start == target.head and not new.node.has_error:
            found = _header(new, whole.text)
            return whole.text[found.start : found.end]
    return None


def _untyped(function: Function, tree: Tree) -> list[str]:
    """The header's words but for its types."""
    return [leaf.text for leaf in _leaves(function, tree, _TYPES) if leaf.type not in COMMENTS | _SEPARATORS | {","}]


def _typed(function: Function, tree: Tree) -> list[str]:
    """The types in a header, in order, without blanks."""
    head = _header(function, tree.text)
    found = []
    for node in _outer(function).walk():
        inside = head.start <= node.start and node.end <= head.end
        if inside and node.type in _TYPES and (node.parent is None or node.parent.type not in _TYPES):
            found.append("".join(node.text.split()))
    return found


def _leaves(function: Function, tree: Tree, without: frozenset[str]) -> Iterator[Node]:
    head = _header(function, tree.text)
    skipped_to = 0
    for node in _outer(function).walk():
        if node.start < skipped_to or not (head.start <= node.start and node.end <= head.end):
            continue
        if node.type in without:
            skipped_to = node.end
        elif not node.children and node.text:
            yield node


def _outer(function: Function) -> Node:
    node = function.node
    while node.start > function.head.start and (parent := node.parent) is not None:
        node = parent
    return node


def _kept(before: list[str], now: list[str]) -> bool:
    """Whether all types that were there are there still, in their order."""
    rest = iter(now)
    return all(any(one == other for other in rest) for one in before)


_EXAMPLES = (
    Example(
        "python",
        "from pathlib import Path\n\n\n",
        "def newest(folder, pattern='*'):\n    found = sorted(Path(folder).glob(pattern), key=lambda p: p.stat().st_mtime)\n"
        "    return found[-1] if found else None\n",
        "def newest(folder: str | Path, pattern: str = '*') -> Path | None:",
    ),
    Example(
        "python",
        "",
        "def count(words):\n    found = {}\n    for word in words:\n        found[word] = found.get(word, 0) + 1\n"
        "    return found\n",
        "<imports>\nfrom collections.abc import Iterable\n</imports>\ndef count(words: Iterable[str]) -> dict[str, int]:",
    ),
    Example(
        "typescript",
        "",
        "export function pluck(rows, key) {\n  return rows.map((row) => row[key])\n}\n",
        "export function pluck<T, K extends keyof T>(rows: T[], key: K): T[K][] {",
    ),
)  # fmt: skip

HINTS = Action(
    id="type-hints",
    kind="refactor.rewrite",
    title="Add type hints to {name}",
    form=Form.ADDITION,
    instruction="""\
Answer with the header of the function in the part, complete with the types of its parameters and of what it returns, from \
its first word to the colon or brace that opens its body. The body is not repeated. Names, their order, defaults, stars and \
decorators stay as they are, and so does every type that is there already. Take the narrowest types that every use you see \
allows: what is only iterated over need not be a list. Write them as this file and its language version do. Where a type \
cannot be told, leave that one out; where none can, decline.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE, ItemKind.OPEN_FILE}),
    proofs=("syntax",),
    max_tokens=768,
    find=_find,
    plan=with_header,
    make=_make,
    imports=True,
)
