"""*Replace a deprecated call*: one that a server has marked, or that is known to be old, by what takes its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from kireji.base import syntax
from kireji.base.edit import apply
from kireji.base.types import ItemKind, Reason, Span
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Scene, Target
from kireji.engine.actions.problems import named, problems_at, told
from kireji.engine.actions.rewriting import blocks_at_home, in_code, lines_around, piece_around, with_header

_JS = re.compile(
    r"\bnew Buffer\(|\.substr\(|\bunescape\(|(?<![\w.])escape\(|\burl\.parse\(|\bfs\.exists\(|\.keyCode\b"
    r"|\bdocument\.write\("
)
# What the languages' own documentation calls deprecated, and what nobody mistakes for anything else.
_OLD: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "python": re.compile(
            r"\bdatetime\.(?:datetime\.)?utc(?:now|fromtimestamp)\(|\basyncio\.(?:get_event_loop|ensure_future)\(|\blog(?:ger|ging)?\.warn\("
            r"|\bpkg_resources\.\w+|\.assert(?:Equals|NotEquals|RegexpMatches|ItemsEqual)\(|\blocale\.getdefaultlocale\("
            r"|\binspect\.getargspec\(|\bssl\.wrap_socket\(|\bimp\.(?:load_source|find_module)\(|\bos\.popen\("
        ),
        **dict.fromkeys(("javascript", "javascriptreact", "typescript", "typescriptreact"), _JS),
        "go": re.compile(r"\bioutil\.\w+\(|\brand\.Seed\(|\bstrings\.Title\("),
        "java": re.compile(r"\bnew (?:Integer|Long|Double|Boolean|Character)\(|\.newInstance\(\)|\bThread\.stop\("),
    }
)


def _find(scene: Scene) -> Target | None:
    """The deprecated call on the lines that a person points at, in the function or statement that holds it."""
    tree, span = scene.tree, scene.intent.span
    if tree is None:
        return None
    place = piece_around(tree, span)
    if place is None:
        return None
    marked = [d for d in problems_at(scene) if d.deprecated or "deprecated" in d.message.lower()]
    marked = [d for d in marked if place.start <= d.span.start and d.span.end <= place.end]
    if marked:
        return Target(named(marked[0]), place, place.start, place, told(scene.document, tuple(marked)), tuple(marked))
    lines = lines_around(tree.text, span)
    old = _OLD.get(tree.language)
    for match in old.finditer(tree.text, lines.start, lines.end) if old is not None else ():
        if in_code(tree, match.start()) or in_code(tree, match.end() - 1):
            call = match.group().strip(".(").removeprefix("new ")
            return Target(call, place, place.start, place, f"deprecated: {match.group()}")
    return None


def _make(scene: Scene, target: Target, plan: Plan, answer: str) -> Made | Refused:
    tree = scene.tree
    assert tree is not None  # noqa: S101 — there was a target in it
    made = blocks_at_home(scene, target, plan, answer)
    if isinstance(made, Refused) or target.problems:
        return made
    (edit,) = made.changes.edits
    after = syntax.parse(tree.language, apply(tree.text, edit.changes), tree)
    if _count(after) >= _count(tree):
        return Refused(Reason.INVALID, "the deprecated call is still there")
    return made


def _count(tree: syntax.Tree) -> int:
    whole = Span(0, len(tree.text))
    return sum(1 for _ in _OLD[tree.language].finditer(tree.text, whole.start, whole.end))


_EXAMPLES = (
    Example(
        "python",
        "from datetime import datetime\n\n\n",
        "def stamp():\n    return datetime.utcnow().isoformat()\n",
        "<imports>\nfrom datetime import UTC\n</imports>\n<old>\n    return datetime.utcnow().isoformat()\n</old>\n"
        "<new>\n    return datetime.now(UTC).replace(tzinfo=None).isoformat()\n</new>",
        about="deprecated: datetime.utcnow(",
    ),
    Example(
        "javascript",
        "",
        "function head(text) {\n  return text.substr(1, 3)\n}\n",
        "<old>\n  return text.substr(1, 3)\n</old>\n<new>\n  return text.slice(1, 4)\n</new>",
        about="deprecated: .substr(",
    ),
)  # fmt: skip

DEPRECATED = Action(
    id="replace-deprecated",
    kind="quickfix",
    title="Replace what is deprecated: {name}",
    form=Form.BLOCKS,
    instruction="""\
Replace the deprecated call that "about" names by what its library or language offers in its place, so that the result stays \
the same to the last detail: types, time zones, bounds, rounding, what happens with nothing. Where the new way differs, make \
up for the difference. Use only what exists in the versions that this project plainly uses. Change nothing else. Decline where \
there is no such way.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE}),
    proofs=("syntax",),
    max_tokens=2_000,
    find=_find,
    plan=with_header,
    make=_make,
    imports=True,
    cures=True,
)
