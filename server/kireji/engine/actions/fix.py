"""*Fix this problem*, and *fix all of this kind*: what any server has reported at a place, with changes as small as can be."""

from __future__ import annotations

from kireji.base.types import ItemKind, Span
from kireji.engine.actions.action import Action, Example, Form, Scene, Target
from kireji.engine.actions.problems import named, problems_at, told
from kireji.engine.actions.rewriting import MOST_CHARS, blocks_at_home, lines_around, piece_around, with_header

# Without a grammar: the lines around the problem's own.
_AROUND = 400


def _find(scene: Scene) -> Target | None:
    """The function or statement that holds the first problem at the place, with all problems in it."""
    text = scene.document.text
    here = [d for d in problems_at(scene) if not d.deprecated]
    if not here or not text.strip():
        return None
    first = here[0]
    at = Span(min(first.span.start, len(text)), min(first.span.end, len(text)))
    if scene.tree is not None:
        place = piece_around(scene.tree, at)
    else:
        place = lines_around(text, Span(max(0, at.start - _AROUND), min(len(text), at.end + _AROUND)))
    if place is None or not (place.start <= at.start and at.end <= place.end):
        return None
    inside = tuple(d for d in here if place.start <= d.span.start and d.span.end <= place.end)
    return Target(named(first), place, place.start, place, told(scene.document, inside), inside)


def _find_all(scene: Scene) -> Target | None:
    """The whole file, if a problem at the place has a code by which others of its kind are known."""
    text, origin = scene.document.text, scene.snapshot.origin
    here = problems_at(scene)
    first = next((d for d in here if d.code), None)
    if first is None or len(text) - origin > MOST_CHARS or scene.tree is None:
        return None
    kind = tuple(d for d in scene.intent.diagnostics if (d.source, d.code) == (first.source, first.code))
    whole = Span(origin, len(text))
    who = " ".join(word for word in (first.source, first.code) if word)
    about = f"Every problem of this kind in the file: {who}. Known are:\n{told(scene.document, kind)}"
    return Target(who, whole, origin, whole, about, kind)


_EXAMPLES = (
    Example(
        "python",
        "import json\n\n\n",
        "def settings(path):\n    with open(path) as file:\n        text = file.read()\n    return json.loads(txt)\n",
        "<old>\n    return json.loads(txt)\n</old>\n<new>\n    return json.loads(text)\n</new>",
        about="Ruff F821: Undefined name `txt`\n  in the line: return json.loads(txt)",
    ),
    Example(
        "typescript",
        "import { User } from './user'\n\n",
        "export function first(users: User[]): User {\n  return users.at(0)\n}\n",
        "<old>\nexport function first(users: User[]): User {\n</old>\n"
        "<new>\nexport function first(users: User[]): User | undefined {\n</new>",
        about="ts 2322: Type 'User | undefined' is not assignable to type 'User'.\n  in the line: return users.at(0)",
    ),
    Example(
        "python",
        "",
        "def load(path):\n    return Path(path).read_text()\n",
        "<imports>\nfrom pathlib import Path\n</imports>\n"
        "<old>\n    return Path(path).read_text()\n</old>\n<new>\n    return Path(path).read_text(encoding=\"utf-8\")\n</new>",
        about="Ruff F821: Undefined name `Path`\n  in the line: return Path(path).read_text()\n"
        "Ruff PLW1514: `pathlib.Path(...).read_text` without explicit `encoding` argument\n"
        "  in the line: return Path(path).read_text()",
    ),
)  # fmt: skip

_FIX = """\
Cure the cause of what "about" reports, not its report: do not silence it with a comment, a cast, a bare except or `any`, and \
do not take out the code that it is about, unless that is what is wrong. Change as little as that needs and keep what the code \
is plainly meant to do. Where a missing import is the whole cause, the imports alone are the answer.
Decline where the cause lies elsewhere, and say where."""

FIX = Action(
    id="fix",
    kind="quickfix",
    title="Fix: {name}",
    form=Form.BLOCKS,
    instruction=_FIX,
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE, ItemKind.OPEN_FILE, ItemKind.TEST, ItemKind.EDIT}),
    proofs=("syntax",),
    max_tokens=2_500,
    find=_find,
    plan=with_header,
    make=blocks_at_home,
    imports=True,
    cures=True,
)

FIX_ALL = Action(
    id="fix-all",
    kind="quickfix",
    title="Fix all of {name} in this file",
    form=Form.BLOCKS,
    instruction=f"""\
The part is a whole file. Find every place in it that has the kind of problem that "about" names, also where it is not listed, \
and cure each in the same way.
{_FIX}""",
    examples=_EXAMPLES[:2],
    context=frozenset({ItemKind.SIGNATURE}),
    proofs=("syntax",),
    max_tokens=8_000,
    find=_find_all,
    plan=with_header,
    make=blocks_at_home,
    imports=True,
    cures=True,
)
