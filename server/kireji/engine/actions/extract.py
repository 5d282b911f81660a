"""*Extract a function*: the selected statements become a function of their own, beside the one that they stand in."""

from __future__ import annotations

from kireji.base import syntax
from kireji.base.outline import outline
from kireji.base.syntax import Tree
from kireji.base.types import Change, ItemKind, Reason, Span
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Scene, Target, changes_at_home
from kireji.engine.actions.functions import Function, function_at, short
from kireji.engine.actions.rewriting import at_level, lines_around, text_after

_MOST_LINES = 200


def _find(scene: Scene) -> Target | None:
    """The selected lines, if they are whole statements of a body and not all of it."""
    tree, span = scene.tree, scene.intent.span
    if tree is None or not tree.text[span.start : span.end].strip():
        return None
    lines = lines_around(tree.text, span)
    function = function_at(tree, lines)
    if function is None or function.node.has_error or not _within(lines, function, tree.text):
        return None
    said = tree.text[lines.start : lines.end]
    if said.count("\n") > _MOST_LINES or not _whole_statements(tree, lines):
        return None
    about = f"These lines are to become a function of their own:\n{said}"
    return Target(short(function.name), function.span, function.head.start, function.span, about)


def _within(lines: Span, function: Function, text: str) -> bool:
    body = text[function.inside.start : function.inside.end]
    start = function.inside.start + len(body) - len(body.lstrip())
    end = function.inside.start + len(body.rstrip())
    first = text.rfind("\n", 0, start) + 1
    return first <= lines.start and lines.end <= end and (lines.start > start or lines.end < end)


def _whole_statements(tree: Tree, lines: Span) -> bool:
    """Whether the lines begin with one node and end with a later one of the same parent, at the ends of lines."""
    text = tree.text
    start = lines.start + len(text[lines.start : lines.end]) - len(text[lines.start : lines.end].lstrip())
    end = lines.start + len(text[lines.start : lines.end].rstrip())
    node = tree.node_at(start, end)
    children = [child for child in node.named_children if child.start >= start and child.end <= end]
    if node.start == start and node.end == end:
        return node.type.endswith(("statement", "declaration", "assignment")) or node.type in (
            "block",
            "expression_statement",
        )
    return bool(children) and children[0].start == start and text[children[-1].end : end].strip(" \t;") == ""


def _make(scene: Scene, target: Target, _: Plan, answer: str) -> Made | Refused:
    tree = scene.tree
    assert tree is not None  # noqa: S101 — there was a target in it
    text, old = tree.text, function_at(tree, Span(target.head, target.head))
    if old is None:
        return Refused(Reason.STALE, "the function is gone")
    lead = text[text.rfind("\n", 0, target.span.start) + 1 : target.span.start]
    if lead.strip():
        return Refused(Reason.OUT_OF_SCOPE, "there is no room for a function beside this one")
    moved = at_level(tree.language, answer, lead, "").removeprefix(lead)
    change = Change(target.span, moved.replace("\n", "\r\n") if "\r\n" in text else moved)
    if not moved.strip():
        return Refused(Reason.NOTHING_TO_ADD, "it is empty")
    if tree.language == "python" and any(
        line.strip() and not line.startswith(lead) for line in moved.split("\n")[1:] if lead
    ):
        return Refused(Reason.OUT_OF_SCOPE, "it leaves the class that the function belongs to")
    after = syntax.parse(tree.language, text_after(scene, change), tree)
    if after.has_error and not tree.has_error:
        return Refused(Reason.INVALID, "it does not parse")
    return _judged(scene, target, tree, after, old, change)


def _judged(scene: Scene, target: Target, tree: Tree, after: Tree, old: Function, change: Change) -> Made | Refused:
    """One function more than before, the old one with its header, and the lines no longer in it."""
    had, has = _names(tree), _names(after)
    fresh = list(has)
    for name in had:
        if name not in fresh:
            return Refused(Reason.OUT_OF_SCOPE, "it takes a function away")
        fresh.remove(name)
    if len(fresh) != 1:
        return Refused(Reason.OUT_OF_SCOPE, "it does not add one function")
    end = target.span.start + len(change.text)
    stays = next((f for f in _functions(after, Span(target.span.start, end)) if f.name == old.name), None)
    if stays is None or stays.signature != old.signature:
        return Refused(Reason.OUT_OF_SCOPE, "it changes the header of the function that it takes from")
    moved_out = "".join(target.about.partition("\n")[2].split())
    if moved_out in "".join(after.text[stays.inside.start : stays.inside.end].split()):
        return Refused(Reason.NOTHING_TO_ADD, "the lines stand where they stood")
    if fresh[0].rpartition(".")[2] not in after.text[stays.inside.start : stays.inside.end]:
        return Refused(Reason.INVALID, "the new function is not called")
    return changes_at_home(scene, change)


def _names(tree: Tree) -> list[str]:
    """All functions by their whole names, nested ones left out."""
    found = outline(tree.language, tree.text, tree)
    return [f"{d.container}.{d.name}" for d in found if d.kind.value in ("function", "method")]


def _functions(tree: Tree, span: Span) -> list[Function]:
    """The functions that begin in a span."""
    found: list[Function] = []
    at = span.start
    while at < span.end:
        text = tree.text[at : span.end]
        at += len(text) - len(text.lstrip())
        function = function_at(tree, Span(at, at)) if at < span.end else None
        if function is None or function.span.end <= at:
            break
        found.append(function)
        at = function.span.end + 1
    return found


_EXAMPLES = (
    Example(
        "python",
        "",
        "def report(orders):\n    total = 0\n    for order in orders:\n        if not order.cancelled:\n"
        "            total += order.price * order.count\n    print(f'total: {total}')\n",
        "def turnover(orders):\n    total = 0\n    for order in orders:\n        if not order.cancelled:\n"
        "            total += order.price * order.count\n    return total\n\n\n"
        "def report(orders):\n    total = turnover(orders)\n    print(f'total: {total}')\n",
        about="These lines are to become a function of their own:\n    total = 0\n    for order in orders:\n"
        "        if not order.cancelled:\n            total += order.price * order.count",
    ),
    Example(
        "typescript",
        "",
        "export function save(form: Form): void {\n  const name = form.name.trim()\n  if (!name) {\n"
        "    throw new Error('no name')\n  }\n"
        "  store(name)\n}\n",
        "function checkedName(form: Form): string {\n  const name = form.name.trim()\n  if (!name) {\n"
        "    throw new Error('no name')\n"
        "  }\n  return name\n}\n\nexport function save(form: Form): void {\n  const name = checkedName(form)\n  store(name)\n}\n",
        about="These lines are to become a function of their own:\n  const name = form.name.trim()\n  if (!name) {\n"
        "    throw new Error('no name')\n  }",
    ),
)  # fmt: skip

EXTRACT = Action(
    id="extract-function",
    kind="refactor.extract",
    title="Extract the selection from {name} into a function",
    form=Form.PART,
    instruction="""\
Here, and only here, a second function stands beside the first. Take the lines that "about" names out of the function in the \
part and make them one new function, named for what it does; where they stood, call it. Answer with the whole part: the new \
function and the old one, above or below it as this language and file have it, a method beside a method. What the lines read \
becomes parameters, what is used after them is returned; add types as the file has them. Both together do exactly what the \
one did before. Change no other line.
Decline where the lines cannot stand by themselves, for example because they return or break out of the middle.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE}),
    proofs=("syntax",),
    max_tokens=4_000,
    find=_find,
    make=_make,
)
