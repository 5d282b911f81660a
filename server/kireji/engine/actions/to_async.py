"""*Make it async*: a function that waits becomes one that can be awaited. Its callers are not touched: a note says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from kireji.base.types import Change, ItemKind, Note, Reason
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Scene, Target
from kireji.engine.actions.functions import Function, function_at, short
from kireji.engine.actions.importing import with_imports
from kireji.engine.actions.replacing import said_again
from kireji.engine.actions.rewriting import changed_with, in_code, in_its_place, with_header
from kireji.engine.actions.stubs import is_stub

_JS = re.compile(r"\.then\(|\bnew Promise\(|\w+Sync\(|\bfs\.\w+\(|\bsetTimeout\(")
# What blocks, and has a counterpart that can be awaited.
_WAITS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "python": re.compile(
            r"\btime\.sleep\(|\b(?:requests|httpx)\.(?:get|post|put|patch|delete|head|request|stream)\(|\burlopen\("
            r"|\bsubprocess\.(?:run|call|check_call|check_output|Popen)\(|\bsocket\.(?:create_connection|socket)\("
            r"|\.(?:result|join)\(\)"
        ),
        **dict.fromkeys(("javascript", "javascriptreact", "typescript", "typescriptreact"), _JS),
    }
)


def _find(scene: Scene) -> Target | None:
    """The function around a place, if it is not async and something in it waits."""
    tree, document = scene.tree, scene.document
    function = function_at(tree, scene.intent.span) if tree is not None else None
    if tree is None or function is None or function.node.has_error or "async" in function.signature:
        return None
    waits = _WAITS.get(function.language)
    if waits is None or function.name in ("constructor", "__init__"):
        return None
    found = waits.finditer(tree.text, function.inside.start, function.inside.end)
    if not any(in_code(tree, match.end() - 1) for match in found):
        return None
    if is_stub(function, tree.text, document.path or document.uri):
        return None
    return Target(short(function.name), function.span, function.head.start, function.span)


def _make(scene: Scene, target: Target, _: Plan, answer: str) -> Made | Refused:
    tree = scene.tree
    assert tree is not None  # noqa: S101 — there was a target in it
    old = function_at(tree, target.span)
    wanted, rest = with_imports(answer)
    said = said_again(tree, target, rest)
    if isinstance(said, Refused):
        return said
    if old is None:
        return Refused(Reason.STALE, "the function is gone")
    if "async" not in said.function.signature:
        return Refused(Reason.NOTHING_TO_ADD, "the answer is not async")
    if _parameters(said.function) != _parameters(old):
        return Refused(Reason.OUT_OF_SCOPE, "it changes the function's parameters")
    change: Change = in_its_place(tree, target, said)
    made = changed_with(scene, wanted, change)
    if isinstance(made, Refused):
        return made
    note = Note(scene.document.uri, f"Whoever calls {target.name} must await it", needs_confirmation=True)
    return replace(made, changes=replace(made.changes, notes=(note,)))


def _parameters(function: Function) -> list[str]:
    node = function.node.field("parameters") or function.node.field("parameter")
    return node.text.split() if node is not None else []


_EXAMPLES = (
    Example(
        "python",
        "import time\n\nimport httpx\n\n\n",
        "def fetch(url: str) -> str:\n    for attempt in range(3):\n        answer = httpx.get(url)\n"
        "        if answer.is_success:\n"
        "            return answer.text\n        time.sleep(2**attempt)\n    raise RuntimeError(url)\n",
        "<imports>\nimport asyncio\n</imports>\nasync def fetch(url: str) -> str:\n    async with httpx.AsyncClient() as client:\n"
        "        for attempt in range(3):\n            answer = await client.get(url)\n            if answer.is_success:\n"
        "                return answer.text\n            await asyncio.sleep(2**attempt)\n    raise RuntimeError(url)\n",
    ),
    Example(
        "typescript",
        "",
        "export function load(id: string): Promise<User> {\n  return fetch(`/users/${id}`).then((answer) => {\n"
        "    if (!answer.ok) throw new Error(id)\n    return answer.json()\n  })\n}\n",
        "export async function load(id: string): Promise<User> {\n  const answer = await fetch(`/users/${id}`)\n"
        "  if (!answer.ok) throw new Error(id)\n  return answer.json()\n}\n",
    ),
)  # fmt: skip

TO_ASYNC = Action(
    id="to-async",
    kind="refactor.rewrite",
    title="Make {name} async",
    form=Form.PART,
    instruction="""\
Make the function async, so that it no longer blocks while it waits. Here its header may change in two things: it becomes \
async, and its return type says what that means in this language. Its name and parameters stay. Await what can be awaited; \
replace what blocks by its counterpart of the same library where it has one, else run it in a thread as this language does. \
What it returns, which errors it raises and the order of its effects stay the same. Its callers are not yours to change.
Decline where something that it needs cannot be awaited in any way that you have seen.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE}),
    proofs=("syntax",),
    max_tokens=3_000,
    find=_find,
    plan=with_header,
    make=_make,
    imports=True,
)
