"""*Document this function*: a docstring in Python, a comment above it elsewhere. Not one word of the code changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from kireji.base import syntax
from kireji.base.text import indent_of
from kireji.base.types import Change, ItemKind, Reason, Span
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Scene, Target, changes_at_home
from kireji.engine.actions.functions import Function, function_at, short
from kireji.engine.actions.rewriting import headed, text_after
from kireji.engine.actions.stubs import documented

_BLOCK = ("/**", " * ", " */")
_STYLES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("javascript", "javascriptreact", "typescript", "typescriptreact", "java"), _BLOCK),
        "go": ("", "// ", ""),
        "rust": ("", "/// ", ""),
    }
)
_MOST_LINES = 60
_QUOTED = re.compile(r"[rRuU]?(\"\"\"|'''|\"|')(.*)\1", re.DOTALL)
_LEADING_MARK = re.compile(r"^[ \t]*(?:/\*\*?|\*(?!/)|///?)?[ \t]?")
_COMMENT = re.compile(r"//|/\*|#(?!\[)")


def _find(scene: Scene) -> Target | None:
    """The function whose header the cursor is at, if nothing documents it yet."""
    function, text = headed(scene), scene.document.text
    if function is None or _is_documented(function, text):
        return None
    at = _below_header(function, text) if function.language == "python" else _above(function, text)
    if at is None:
        return None
    # The indentation above which a comment goes belongs to what is shown.
    shown = Span(min(at, function.span.start), function.span.end)
    return Target(short(function.name), shown, function.head.start, Span(at, at))


def _is_documented(function: Function, text: str) -> bool:
    if function.language == "python":
        return documented(function) is not None
    return _COMMENT.search(text[function.span.start : function.head.start]) is not None


def _below_header(function: Function, text: str) -> int | None:
    """The start of the body's first line; None where the body stands on the header's line."""
    inside = function.inside
    line = text.find("\n", inside.start, inside.end)
    return line + 1 if line >= 0 and not text[inside.start : line].strip() else None


def _above(function: Function, text: str) -> int | None:
    line = text.rfind("\n", 0, function.span.start) + 1
    return line if not text[line : function.span.start].strip() else None


def _make(scene: Scene, target: Target, _: Plan, answer: str) -> Made | Refused:
    tree, text = scene.tree, scene.document.text
    assert tree is not None  # noqa: S101 — there was a target in it
    said = answer.replace("\r\n", "\n").replace("\r", "\n").strip()
    written = (
        _python(said, text, target) if tree.language == "python" else _elsewhere(said, text, target, tree.language)
    )
    if isinstance(written, Refused):
        return written
    change = Change(target.place, written.replace("\n", "\r\n") if "\r\n" in text else written)
    old = function_at(tree, Span(target.head, target.head))
    after = syntax.parse(tree.language, text_after(scene, change), tree)
    moved = target.head + (len(change.text) if target.place.start <= target.head else 0)
    new = function_at(after, Span(moved, moved))
    if old is None or new is None or new.node.has_error or new.signature != old.signature:
        return Refused(Reason.INVALID, "it does not fit into its place")
    if not _is_documented(new, after.text):
        return Refused(Reason.OUT_OF_SCOPE, "it is no documentation")
    return changes_at_home(scene, change)


def _python(said: str, text: str, target: Target) -> str | Refused:
    quoted = _QUOTED.fullmatch(said)
    words = quoted[2] if quoted else said
    if '"""' in words or (quoted is None and re.match(r"(?:async\s+)?(?:def|class|@)\b", said)):
        return Refused(Reason.OUT_OF_SCOPE, "it is no docstring")
    rows = _rows(words, lambda row: row)
    if not rows or len(rows) > _MOST_LINES:
        return Refused(Reason.NOTHING_TO_ADD if not rows else Reason.OUT_OF_SCOPE, "it is no docstring")
    first = next((row for row in text[target.place.start :].splitlines() if row.strip()), "")
    indent = indent_of(first)
    quote = 'r"""' if "\\" in words else '"""'
    if len(rows) == 1:
        last = " " if rows[0].endswith('"') else ""
        return f'{indent}{quote}{rows[0]}{last}"""\n'
    body = "\n".join(f"{indent}{row}".rstrip() for row in rows[1:])
    return f'{indent}{quote}{rows[0]}\n{body}\n{indent}"""\n'


def _elsewhere(said: str, text: str, target: Target, language: str) -> str | Refused:
    opening, mark, closing = _STYLES[language]
    said = said.removesuffix("*/") if said.startswith("/*") else said
    rows = _rows(said, lambda row: _LEADING_MARK.sub("", row, count=1))
    if "*/" in "\n".join(rows) or len(rows) > _MOST_LINES:
        return Refused(Reason.OUT_OF_SCOPE, "it is no comment")
    if not rows:
        return Refused(Reason.NOTHING_TO_ADD, "it says nothing")
    indent = indent_of(text[target.place.start :].split("\n", 1)[0])
    if opening and len(rows) == 1:
        return f"{indent}{opening} {rows[0]}{closing}\n"
    lines = [opening, *(f"{mark}{row}".rstrip() for row in rows), closing]
    return "".join(f"{indent}{line}\n" for line in lines if line)


def _rows(words: str, bare: Callable[[str], str]) -> list[str]:
    """The lines without marks, without the indentation that all but the first share, and without blank ones around."""
    first, *rest = words.split("\n")
    bared = [bare(row).rstrip() for row in rest]
    common = min((len(indent_of(row)) for row in bared if row), default=0)
    rows = [bare(first).strip(), *(row[common:] for row in bared)]
    while rows and not rows[0]:
        rows.pop(0)
    while rows and not rows[-1]:
        rows.pop()
    return rows


_EXAMPLES = (
    Example(
        "python",
        "",
        "def chunks(items, size):\n    for start in range(0, len(items), size):\n        yield items[start : start + size]\n",
        '"""The items in runs of `size`; the last run may be shorter."""',
    ),
    Example(
        "typescript",
        "",
        "export async function retry<T>(work: () => Promise<T>, times: number): Promise<T> {\n"
        "  for (let left = times; ; left--) {\n    try {\n      return await work()\n    } catch (error) {\n"
        "      if (left <= 1) throw error\n    }\n  }\n}\n",
        "/**\n * Does the work again until it succeeds, up to `times` times in all.\n *\n"
        " * @throws what the last attempt has thrown\n */",
    ),
    Example(
        "go",
        "",
        "func (q *Queue) Drain() []Job {\n\tjobs := q.jobs\n\tq.jobs = nil\n\treturn jobs\n}\n",
        "// Drain takes all jobs out of the queue and returns them in the order in which they came.",
    ),
)  # fmt: skip

DOCSTRING = Action(
    id="docstring",
    kind="refactor.rewrite",
    title="Document {name}",
    form=Form.ADDITION,
    instruction="""\
Write the documentation of the function in the part: in Python its docstring with the quotes, elsewhere the comment that \
stands above it, in the form that the language's own tools read. Answer with that alone; the function itself is not repeated.
Say what it does and what it returns, then what a caller cannot see from the header: units, limits, what happens at the edges, \
which errors it raises and when, what it changes. Say nothing that the names and types say already, and nothing about how it \
works inside. Follow the style in which other functions of the file are documented (sections, tags, person of the verb); \
where there are none, one sentence is enough for a short function. Claim nothing that the code does not do.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE}),
    proofs=("syntax",),
    max_tokens=1_024,
    find=_find,
    make=_make,
)
