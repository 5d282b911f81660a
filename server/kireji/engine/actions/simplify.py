"""*Simplify this function*: the same results from less code. The header stays, and so does the docstring."""

from __future__ import annotations

from kireji.base.types import ItemKind, Reason
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Scene, Target, changes_at_home
from kireji.engine.actions.functions import function_at, short
from kireji.engine.actions.replacing import new_body, place_of
from kireji.engine.actions.stubs import documented, is_stub

# Less than that is simple.
_LEAST_LINES = 4


def _find(scene: Scene) -> Target | None:
    """The function around a place, if there is enough of it."""
    tree, document = scene.tree, scene.document
    function = function_at(tree, scene.intent.span) if tree is not None else None
    if tree is None or function is None or function.node.has_error:
        return None
    place = place_of(tree.text, function, documented(function))
    lines = [line for line in tree.text[place.start : place.end].splitlines() if line.strip()]
    if len(lines) < _LEAST_LINES or is_stub(function, tree.text, document.path or document.uri):
        return None
    return Target(short(function.name), function.span, function.head.start, place)


def _make(scene: Scene, target: Target, _: Plan, answer: str) -> Made | Refused:
    tree = scene.tree
    assert tree is not None  # noqa: S101 — there was a target in it
    change = new_body(tree, target, answer)
    if isinstance(change, Refused):
        return change
    old = tree.text[change.span.start : change.span.end]
    if change.text.split() == old.split():
        return Refused(Reason.NOTHING_TO_ADD, "it changes nothing")
    return changes_at_home(scene, change)


_EXAMPLES = (
    Example(
        "python",
        "",
        "def active(users, day):\n    result = []\n    for user in users:\n        if user.enabled == True:\n"
        "            if user.last_seen is not None:\n                if user.last_seen >= day:\n"
        "                    result.append(user)\n    return result\n",
        "def active(users, day):\n"
        "    return [u for u in users if u.enabled and u.last_seen is not None and u.last_seen >= day]\n",
    ),
    Example(
        "typescript",
        "",
        "function label(count: number): string {\n  let text = ''\n  if (count === 0) {\n    text = 'none'\n  } else {\n"
        "    if (count === 1) {\n      text = 'one'\n    } else {\n      text = String(count)\n    }\n  }\n  return text\n}\n",
        "function label(count: number): string {\n  if (count === 0) return 'none'\n  if (count === 1) return 'one'\n"
        "  return String(count)\n}\n",
    ),
    Example(
        "python",
        "",
        "def area(shape):\n    if shape.kind == 'circle':\n        return math.pi * shape.r**2\n    return shape.w * shape.h\n",
        "<decline>It is about as simple as it can be without changing what it does.</decline>",
    ),
)  # fmt: skip

SIMPLIFY = Action(
    id="simplify",
    kind="refactor.rewrite",
    title="Simplify {name}",
    form=Form.PART,
    instruction="""\
Write the function's body in a simpler way, so that it does exactly what it did: the same results, the same errors, the same \
side effects in the same order, also for empty input, for None and for duplicates. Take out what repeats itself, what is \
nested for no reason, what the language or a function in scope does already. Do not make it clever: what a reader must think \
about twice is not simpler. Keep comments that say why. Use only names that are in scope; imports cannot be added.
Decline when nothing worth a reader's time can be gained.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE}),
    proofs=("syntax",),
    max_tokens=3_000,
    find=_find,
    make=_make,
)
