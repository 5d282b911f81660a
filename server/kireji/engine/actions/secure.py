"""*Make it safe*: one-step cures of what the security rules warn of, above all values that are written into SQL."""

from __future__ import annotations

from kireji.base import syntax
from kireji.base.edit import apply
from kireji.base.types import Diagnostic, ItemKind, Reason, Span
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Scene, Target
from kireji.engine.actions.dangers import Danger, dangers_in
from kireji.engine.actions.rewriting import blocks_at_home, lines_around, piece_around, with_header


def _find(scene: Scene) -> Target | None:
    """The danger on the lines that a person points at, in the function or statement that holds it."""
    tree, span = scene.tree, scene.intent.span
    if tree is None:
        return None
    place = piece_around(tree, span)
    found = _pointed_at(scene, place) if place is not None else None
    if place is None or found is None:
        return None
    danger, where = found
    about = (
        f"{danger.title}. {danger.cure}\n  in the line: {tree.text[where.start : where.end].splitlines()[0].strip()}"
    )
    problem = Diagnostic(where, danger.title, "security", danger.code)
    return Target(danger.title, place, place.start, place, about, (problem,))


def _pointed_at(scene: Scene, place: Span) -> tuple[Danger, Span] | None:
    tree = scene.tree
    assert tree is not None  # noqa: S101 — the caller has looked
    lines = lines_around(tree.text, scene.intent.span)
    for danger, where in dangers_in(tree, place):
        if where.start <= lines.end and lines.start <= where.end:
            return danger, where
    return None


def _make(scene: Scene, target: Target, plan: Plan, answer: str) -> Made | Refused:
    tree = scene.tree
    assert tree is not None  # noqa: S101 — there was a target in it
    made = blocks_at_home(scene, target, plan, answer)
    if isinstance(made, Refused):
        return made
    (edit,) = made.changes.edits
    after = syntax.parse(tree.language, apply(tree.text, edit.changes), tree)
    code = target.problems[0].code
    if _count(after, code) >= _count(tree, code):
        return Refused(Reason.INVALID, "what is dangerous is still there")
    return made


def _count(tree: syntax.Tree, code: str) -> int:
    return sum(danger.code == code for danger, _ in dangers_in(tree, Span(0, len(tree.text))))


_EXAMPLES = (
    Example(
        "python",
        "import sqlite3\n\n\n",
        "def find(db: sqlite3.Connection, name: str):\n"
        "    return db.execute(f\"SELECT id FROM users WHERE name = '{name}'\").fetchone()\n",
        "<old>\n    return db.execute(f\"SELECT id FROM users WHERE name = '{name}'\").fetchone()\n</old>\n"
        '<new>\n    return db.execute("SELECT id FROM users WHERE name = ?", (name,)).fetchone()\n</new>',
        about="Pass the query's values as parameters",
    ),
    Example(
        "typescript",
        "import { Pool } from 'pg'\n\n",
        "export function find(pool: Pool, name: string) {\n  return pool.query(`SELECT id FROM users WHERE name = '${name}'`)\n}\n",
        "<old>\n  return pool.query(`SELECT id FROM users WHERE name = '${name}'`)\n</old>\n"
        "<new>\n  return pool.query('SELECT id FROM users WHERE name = $1', [name])\n</new>",
        about="Pass the query's values as parameters",
    ),
)  # fmt: skip

SECURE = Action(
    id="secure",
    kind="quickfix",
    title="{name}",
    form=Form.BLOCKS,
    instruction="""\
Cure what "about" warns of, and nothing else. For every harmless input the code does what it did. Use what the library in use \
offers for that; do not write an escaping of your own. Decline where the safe way needs more than a change of this part, and \
say what it needs.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE}),
    proofs=("syntax",),
    max_tokens=2_000,
    find=_find,
    plan=with_header,
    make=_make,
    imports=True,
)
