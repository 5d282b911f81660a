"""*Write what the comment says*: code below a comment that asks for it, or a query below one in SQL. The comment stays."""

from __future__ import annotations

import re

from kireji.base import syntax
from kireji.base.languages import LANGUAGES, canonical
from kireji.base.syntax import Tree
from kireji.base.text import indent_of
from kireji.base.types import Change, ItemKind, Reason, Span
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Scene, Target
from kireji.engine.actions.functions import function_at
from kireji.engine.actions.importing import with_imports
from kireji.engine.actions.moving import step_of
from kireji.engine.actions.rewriting import at_level, changed_with, text_after, with_header
from kireji.engine.actions.stubs import is_stub

_SQL = frozenset({"sql", "mysql", "pgsql", "plsql", "sqlite", "postgres", "tsql", "bigquery", "snowflake-sql"})
_QUERY = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:select|with|insert|update|delete|merge|create|alter|explain|grant|values)\b",
    re.IGNORECASE | re.DOTALL,
)
_NO_WISH = re.compile(
    r"(?i)copyright|licen[sc]e|spdx|noqa|type:|pylint|eslint|ruff:|fmt:|@ts-|-\*-|vim:|region|nolint|todo\(?\w*\)?:?\s*$"
)
_TASK = re.compile(r"\b(?:TODO|FIXME)\b", re.IGNORECASE)
_LEAST_WORDS = 3
_MOST_LINES = 30


def _find(scene: Scene) -> Target | None:
    """The comment at the cursor, if it says enough and nothing stands below it yet."""
    text, span = scene.document.text, scene.intent.span
    mark = _mark(scene.document.language)
    if not mark or text[span.start : span.end].strip():
        return None
    block = _comment(text, span.start, mark)
    if block is None:
        return None
    said = text[block.start : block.end]
    words = " ".join(line.strip().removeprefix(mark).lstrip("/!# ") for line in said.splitlines())
    if len(words.split()) < _LEAST_WORDS or _NO_WISH.search(words) or said.lstrip().startswith(("#!", "///", "/**")):
        return None
    if not _is_open(text, block, words) or (scene.tree is not None and not _is_comment(scene, scene.tree, block)):
        return None
    return Target("", block, block.start, Span(block.end, block.end))


def _mark(language: str) -> str:
    name = canonical(language)
    if name in _SQL:
        return "--"
    return LANGUAGES[name].line_comment if name in LANGUAGES else ""


def _comment(text: str, at: int, mark: str) -> Span | None:
    """The lines that are nothing but comments, around a place."""
    start, end = _line(text, at)
    if not text[start:end].strip().startswith(mark):
        return None
    for _ in range(_MOST_LINES):
        above = _line(text, start - 1) if start else None
        if above is None or not text[above[0] : above[1]].strip().startswith(mark):
            break
        start = above[0]
    for _ in range(_MOST_LINES):
        below = _line(text, end + 1) if end < len(text) else None
        if below is None or not text[below[0] : below[1]].strip().startswith(mark):
            break
        end = below[1]
    return Span(start, end - (text[end - 1 : end] == "\r"))


def _line(text: str, at: int) -> tuple[int, int]:
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, end if end >= 0 else len(text)


def _is_open(text: str, block: Span, words: str) -> bool:
    """Whether the code is still to be written: a task, or nothing right below it in its own block."""
    if _TASK.search(words):
        return True
    rest = text[block.end :].split("\n", 2)
    below = rest[1] if len(rest) > 1 else ""
    if not below.strip():
        return True
    indent = indent_of(text[block.start : block.end])
    return len(indent_of(below)) < len(indent)


def _is_comment(scene: Scene, tree: Tree, block: Span) -> bool:
    """Whether it is one to the parser too, and not what another action is about: the promise of a stub, or a function's own."""
    at = block.start + len(indent_of(tree.text[block.start : block.end]))
    if "comment" not in tree.node_at(at, at + 1).type:
        return False
    function = function_at(tree, Span(at, at))
    if function is None:
        return True
    if function.span.start <= at < function.head.start:
        return False
    return not is_stub(function, tree.text, scene.document.path or scene.document.uri)


def _make(scene: Scene, target: Target, _: Plan, answer: str) -> Made | Refused:
    text, tree = scene.document.text, scene.tree
    comment = text[target.span.start : target.span.end].replace("\r\n", "\n")
    wanted, rest = with_imports(answer)
    rest = _without_echo(rest.replace("\r\n", "\n"), comment)
    if not rest.strip():
        return Refused(Reason.NOTHING_TO_ADD, "it adds nothing")
    language = canonical(scene.document.language)
    if language in _SQL and not _QUERY.match(rest):
        return Refused(Reason.OUT_OF_SCOPE, "it is no query")
    if all(line.strip().startswith(_mark(language)) for line in rest.splitlines() if line.strip()):
        return Refused(Reason.NOTHING_TO_ADD, "it is nothing but a comment")
    body = "\n" + at_level(language, rest, indent_of(comment), step_of(text))
    change = Change(target.place, body.replace("\n", "\r\n") if "\r\n" in text else body)
    if tree is not None:
        after = syntax.parse(tree.language, text_after(scene, change), tree)
        if after.has_error and not tree.has_error:
            return Refused(Reason.INVALID, "it does not parse")
    return changed_with(scene, wanted, change)


def _without_echo(said: str, comment: str) -> str:
    """The answer without the comment, where it says that again first."""
    wanted = [line.strip() for line in comment.splitlines()]
    rows = said.strip("\n").split("\n")
    return "\n".join(rows[len(wanted) :]) if [row.strip() for row in rows[: len(wanted)]] == wanted else said


_EXAMPLES = (
    Example(
        "python",
        "def load(path: Path) -> list[dict[str, str]]:\n    text = path.read_text(encoding=\"utf-8\")\n",
        "    # parse the lines as CSV with a header, and leave out those that start with a hash\n",
        "<imports>\nimport csv\n</imports>\n    lines = [line for line in text.splitlines() if not line.startswith(\"#\")]\n"
        "    return list(csv.DictReader(lines))\n",
    ),
    Example(
        "sql",
        "CREATE TABLE orders (id INT, customer INT, total NUMERIC, placed DATE);\n\n",
        "-- the ten customers who have ordered for the most in the last year\n",
        "-- Sums the orders of the last twelve months by customer; ties are broken by the lower number.\n"
        "SELECT customer, SUM(total) AS turnover\nFROM orders\nWHERE placed >= CURRENT_DATE - INTERVAL '1 year'\n"
        "GROUP BY customer\nORDER BY turnover DESC, customer\nLIMIT 10;\n",
    ),
    Example(
        "typescript",
        "const seen = new Map<string, number>()\n",
        "// count how often each word of `text` occurs, without regard to case\n",
        "for (const word of text.toLowerCase().split(/\\s+/).filter(Boolean)) {\n  seen.set(word, (seen.get(word) ?? 0) + 1)\n}\n",
    ),
)  # fmt: skip

FROM_COMMENT = Action(
    id="from-comment",
    kind="refactor.rewrite",
    title="Write what the comment says",
    form=Form.ADDITION,
    instruction="""\
Write the code that the comment in the part asks for. It goes right below the comment, which stays and is not repeated. Do what \
it says and nothing besides. Use what is in scope above; what stands below must go on to work. In SQL write one query for the \
tables that you see, in the dialect that they are written in, with a comment above it that explains how it gets there; values \
from outside are parameters. Decline when the comment asks for nothing, or when what it needs is nowhere to be seen.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE, ItemKind.OPEN_FILE}),
    proofs=("syntax",),
    max_tokens=2_000,
    find=_find,
    plan=with_header,
    make=_make,
    imports=True,
)
