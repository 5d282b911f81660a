"""*Edit as I say*: what a person has said in their own words, done to the lines they chose or the function they stand in."""

from __future__ import annotations

from kireji.base.types import ItemKind, Span
from kireji.engine.actions.action import Action, Example, Form, Scene, Target
from kireji.engine.actions.rewriting import MOST_CHARS, blocks_at_home, lines_around, piece_around, with_header


def _find(scene: Scene) -> Target | None:
    """The selected lines; without a selection the function around the cursor, else the whole file if it is not too long."""
    text, span = scene.document.text, scene.intent.span
    if not scene.intent.instruction.strip():
        return None
    if text[span.start : span.end].strip():
        place = lines_around(text, span)
    else:
        found = piece_around(scene.tree, span) if scene.tree is not None else None
        place = found or Span(scene.snapshot.origin, len(text))
    if place.end - place.start > MOST_CHARS or not text[place.start : place.end].strip():
        return None
    return Target("", place, place.start, place)


_EXAMPLES = (
    Example(
        "python",
        "import csv\n\n\n",
        "def load(path):\n    rows = []\n    with open(path) as file:\n        for row in csv.reader(file):\n"
        "            rows.append(row)\n    return rows\n",
        "<old>\n    with open(path) as file:\n        for row in csv.reader(file):\n            rows.append(row)\n</old>\n"
        '<new>\n    with open(path, encoding="utf-8") as file:\n        for row in csv.reader(file):\n'
        "            if row:\n                rows.append(row)\n</new>",
        wish="read it as UTF-8 and leave out empty rows",
    ),
    Example(
        "typescript",
        "",
        "export function greet(name: string): string {\n  return 'Hello ' + name\n}\n",
        "<ask>Which language should the greeting be in where the visitor has chosen none?</ask>",
        wish="greet in the visitor's language",
    ),
)  # fmt: skip

EDIT = Action(
    id="edit",
    kind="refactor.rewrite",
    title="Edit as you say",
    form=Form.BLOCKS,
    instruction="""\
Do what the wish says to the part: all of it, and nothing besides. Leave every line alone that the wish is not about, its \
blanks included. Where the wish can be read in several ways that differ in their results, ask. Where it cannot be done \
within the part, decline and say what else would have to change.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE, ItemKind.OPEN_FILE, ItemKind.TEST, ItemKind.EDIT}),
    proofs=("syntax",),
    max_tokens=6_000,
    find=_find,
    plan=with_header,
    make=blocks_at_home,
    imports=True,
    needs_words=True,
)
