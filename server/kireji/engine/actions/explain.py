"""*Explain this*: what the selected lines or the function do, as a text to be read. Changes nothing."""

from __future__ import annotations

from kireji.base.types import ItemKind, Reason, Span
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Scene, Target
from kireji.engine.actions.functions import function_at, short
from kireji.engine.actions.rewriting import MOST_CHARS, lines_around

_LONGEST = 20_000


def _find(scene: Scene) -> Target | None:
    """The selected lines, else the function around the cursor."""
    text, span = scene.document.text, scene.intent.span
    if text[span.start : span.end].strip():
        part, name = lines_around(text, span), "the selection"
    else:
        function = function_at(scene.tree, span) if scene.tree is not None else None
        if function is None:
            return None
        part, name = function.span, short(function.name)
    if part.end - part.start > MOST_CHARS:
        return None
    return Target(name, part, part.start, Span(part.start, part.start))


def _nothing(_: Scene, __: Target) -> Plan:
    return Plan()


def _make(_: Scene, __: Target, ___: Plan, answer: str) -> Made | Refused:
    said = "".join(c for c in answer.strip() if c.isprintable() or c in "\n\t")
    if not said:
        return Refused(Reason.NOTHING_TO_ADD, "it says nothing")
    return Made(text=f"{said[:_LONGEST]}\n")


_EXAMPLES = (
    Example(
        "python",
        "",
        "def chunks(items, size):\n    for start in range(0, len(items), size):\n        yield items[start : start + size]\n",
        "`chunks` cuts a sequence into runs of `size` elements and yields them one by one.\n\n"
        "- The last run is shorter when `size` does not divide the length.\n"
        "- An empty sequence yields nothing; `size` 0 raises `ValueError` at the first step, a negative one yields nothing.\n"
        "- It needs `len` and slices: a generator cannot be passed.",
    ),
)  # fmt: skip

EXPLAIN = Action(
    id="explain",
    kind="source.explain",
    title="Explain {name}",
    form=Form.TEXT,
    instruction="""\
Explain the part to the person who has to work with it and knows the language: first in one or two sentences what it is for \
and what it does, then what is not plain from reading it once: the cases it treats apart, what it relies on, what it changes, \
where it could fail. If it looks wrong somewhere, say where and why, and how sure you are. Do not retell it line by line. Write \
in the language that the comments in the part are written in, else in English.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE, ItemKind.OPEN_FILE}),
    proofs=(),
    max_tokens=1_500,
    find=_find,
    plan=_nothing,
    make=_make,
)
