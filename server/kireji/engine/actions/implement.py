"""*Implement this function*: a body for one that has only been promised. The header stays, and so does the docstring."""

from __future__ import annotations

from kireji.base import syntax
from kireji.base.edit import apply
from kireji.base.types import ItemKind, Reason, Span
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Scene, Target, changes_at_home
from kireji.engine.actions.functions import function_at, short
from kireji.engine.actions.replacing import new_body, place_of
from kireji.engine.actions.stubs import documented, is_stub


def _find(scene: Scene) -> Target | None:
    """The function at a place, if its body is a stub."""
    tree, document = scene.tree, scene.document
    function = function_at(tree, scene.intent.span) if tree is not None else None
    if tree is None or function is None or function.node.has_error:
        return None
    if not is_stub(function, tree.text, document.path or document.uri):
        return None
    place = place_of(tree.text, function, documented(function))
    return Target(short(function.name), function.span, function.head.start, place)


def _make(scene: Scene, target: Target, _: Plan, answer: str) -> Made | Refused:
    tree, document = scene.tree, scene.document
    assert tree is not None  # noqa: S101 — there was a target in it
    change = new_body(tree, target, answer)
    if isinstance(change, Refused):
        return change
    after = syntax.parse(tree.language, apply(tree.text, (change,)), tree)
    function = function_at(after, Span(target.head, target.head))
    if function is not None and is_stub(function, after.text, document.path or document.uri):
        return Refused(Reason.NOTHING_TO_ADD, "the answer is a stub again")
    return changes_at_home(scene, change)


_EXAMPLES = (
    Example(
        "python",
        "class Shelf:\n    def __init__(self, width: int) -> None:\n        self.width = width\n"
        "        self.books: list[Book] = []\n\n",
        "    def room_left(self) -> int:\n"
        '        """The width that no book takes, in millimetres; never below zero."""\n'
        "        raise NotImplementedError\n",
        "    def room_left(self) -> int:\n"
        '        """The width that no book takes, in millimetres; never below zero."""\n'
        "        taken = sum(book.thickness for book in self.books)\n"
        "        return max(0, self.width - taken)\n",
    ),
    Example(
        "typescript",
        "interface Stop {\n  name: string\n  minutes: number\n}\n\n",
        "export function byName(stops: Stop[]): Map<string, Stop> {\n  // TODO: the first stop of a name wins\n}\n",
        "export function byName(stops: Stop[]): Map<string, Stop> {\n"
        "  const found = new Map<string, Stop>()\n"
        "  for (const stop of stops) {\n"
        "    if (!found.has(stop.name)) {\n"
        "      found.set(stop.name, stop)\n"
        "    }\n"
        "  }\n"
        "  return found\n"
        "}\n",
    ),
    Example(
        "go",
        "type Gauge struct {\n\tlow, high float64\n}\n\n",
        "// Clamp brings a value into the gauge's range.\nfunc (g Gauge) Clamp(value float64) float64 {\n"
        '\tpanic("not implemented")\n}\n',
        "func (g Gauge) Clamp(value float64) float64 {\n"
        "\tif value < g.low {\n\t\treturn g.low\n\t}\n"
        "\tif value > g.high {\n\t\treturn g.high\n\t}\n"
        "\treturn value\n}\n",
    ),
    Example(
        "python",
        "from ledger import Ledger\n\n\n",
        "def settle(ledger: Ledger) -> None:\n    ...\n",
        "<decline>Nothing here says what settling a ledger means, and Ledger's methods are not to be seen.</decline>",
    ),
)  # fmt: skip

IMPLEMENT = Action(
    id="implement",
    kind="refactor.rewrite",
    title="Implement {name}",
    form=Form.PART,
    instruction="""\
Write the function's body. Its name, its parameters, its types, the comments and the docstring say what it has to do; the \
code around it and the signatures say with what. Do all that they promise and nothing besides: no logging, no caching, no \
option that nobody asked for. Handle the edge cases that they name. Use only names that are in scope in this file or \
that are built in; what is not imported cannot be used, and imports cannot be added. Leave no placeholder behind: no `pass`, \
no TODO, no "not implemented". A comment says why, where that is not plain, and never repeats the code.
Decline when the function's purpose cannot be told from what you see, when it could mean things that differ in their \
results, or when it cannot be written without an import or a helper that is missing; then say in one sentence what is \
missing.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE, ItemKind.OPEN_FILE, ItemKind.TEST, ItemKind.EDIT}),
    proofs=("syntax",),
    max_tokens=2_048,
    find=_find,
    make=_make,
    without=frozenset(),
    fills=True,
)
