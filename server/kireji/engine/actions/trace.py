"""*Explain and fix this stack trace*: what may have happened, how to see it again, and a patch where the cause is certain.

The functions that the trace leads through may change, wherever in the workspace they stand, and nothing else.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from kireji.base import syntax
from kireji.base.types import ChangeSet, ContextItem, Document, ItemKind, Note, Reason, Span
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Region, Scene, Target
from kireji.engine.actions.blocks import applied, blocks_of
from kireji.engine.actions.files import file_at, said_path
from kireji.engine.actions.frames import Frame, frames_of, is_trace
from kireji.engine.actions.rewriting import lines_around, piece_around

_MOST_CHARS = 12_000
_MOST_FUNCTIONS = 6
# Without a grammar, or outside any statement: so many lines around the frame's own.
_LINES_AROUND = 8
# Where sources usually begin below a root, for traces that name packages.
_SOURCES = ("", "src/main/java/", "src/test/java/", "src/")
_TEXT = re.compile(r"\s*<text(_\w+)?>(.*?)</text(?:\1)?>", re.DOTALL)


def _find(scene: Scene) -> Target | None:
    """The selected trace, in whatever document it stands."""
    text, span = scene.document.text, scene.intent.span
    said = text[span.start : span.end]
    if not said.strip() or len(said) > _MOST_CHARS or not is_trace(said):
        return None
    part = lines_around(text, span)
    return Target("", part, part.start, Span(part.start, part.start))


def _plan(scene: Scene, target: Target) -> Plan | Refused:
    """The functions of the workspace that the trace names, the innermost first."""
    found: dict[str, tuple[Document, int | None, list[Span]]] = {}
    count = 0
    for frame in frames_of(scene.document.text[target.span.start : target.span.end]):
        placed = _placed(scene, frame)
        if placed is None or count >= _MOST_FUNCTIONS:
            continue
        document, version, span = placed
        spans = found.setdefault(document.uri, (document, version, []))[2]
        if not any(span.start < other.end and other.start < span.end for other in spans):
            spans.append(span)
            count += 1
    regions = tuple(Region(document, tuple(sorted(spans)), version) for document, version, spans in found.values())
    return Plan(regions, related=tuple(item for region in regions for item in _shown(scene, region)))


def _placed(scene: Scene, frame: Frame) -> tuple[Document, int | None, Span] | None:
    snapshot = scene.snapshot
    tries = [frame.path] if frame.path.startswith("/") else [f"{folder}{frame.path}" for folder in _SOURCES]
    file = next((found for path in tries if (found := file_at(snapshot, path)) is not None), None)
    # A trace that was selected in a file of the workspace names no place in itself.
    if file is None or file[0].uri == scene.document.uri:
        return None
    document, version = file
    if not 0 < frame.line <= len(document.lines):
        return None
    at = document.lines[frame.line - 1]
    at += len(document.text[at:]) - len(document.text[at:].lstrip(" \t"))
    tree = syntax.parse(document.language, document.text) if syntax.supported(document.language) else None
    span = piece_around(tree, Span(at, at)) if tree is not None else None
    if span is None:
        first, last = (
            max(0, frame.line - 1 - _LINES_AROUND),
            min(len(document.lines) - 1, frame.line - 1 + _LINES_AROUND),
        )
        span = lines_around(document.text, Span(document.lines[first], document.lines[last]))
    return document, version, span


def _shown(scene: Scene, region: Region) -> list[ContextItem]:
    path = said_path(scene.snapshot, region.document)
    return [
        ContextItem(
            ItemKind.RELATED, region.document.uri, span, region.document.text[span.start : span.end], 1e9, why=path
        )
        for span in region.spans
    ]


def _make(scene: Scene, _: Target, plan: Plan, answer: str) -> Made | Refused:
    said = _TEXT.match(answer)
    text, rest = (said[2], answer[said.end() :]) if said is not None else (answer, "")
    text = "".join(c for c in text.strip() if c.isprintable() or c in "\n\t")
    if not text or (said is None and re.search(r"<(?:old|new|file)\w*>", answer)):
        return Refused(Reason.INVALID, "it does not say what has happened")
    if not rest.strip():
        return Made(text=f"{text}\n")
    blocks = blocks_of(rest)
    if isinstance(blocks, Refused):
        return blocks

    def named(path: str) -> Region | None:
        wanted = PurePosixPath(path).as_posix()
        return next((r for r in plan.regions if said_path(scene.snapshot, r.document) == wanted), None)

    edits = applied(blocks, plan.regions, named)
    if isinstance(edits, Refused):
        return edits
    label = "A guess at the cause of the trace: read it before you keep it"
    notes = tuple(Note(edit.document.uri, label, needs_confirmation=True) for edit in edits)
    return Made(ChangeSet(edits, notes=notes), f"{text}\n")


_EXAMPLES = (
    Example(
        "plaintext",
        "",
        'Traceback (most recent call last):\n  File "shop/cli.py", line 9, in main\n    print(mean(read(path)))\n'
        '  File "shop/figures.py", line 2, in mean\n    return sum(values) / len(values)\nZeroDivisionError: division by zero\n',
        "<text>\n## What has happened\n`mean` was given no values: `len(values)` is 0.\n\n## Why, most likely first\n"
        "1. The file that `main` was told to read is empty, so `read` returns an empty list.\n"
        "2. `read` drops every line, for example because of another separator.\n\n## How to see it again\n"
        "Run the program with an empty file.\n\n## What the patch does\n"
        "An empty list has the mean 0.0, as `total` has it.\n</text>\n"
        "<file>shop/figures.py</file>\n<old>\n    return sum(values) / len(values)\n</old>\n"
        "<new>\n    return sum(values) / len(values) if values else 0.0\n</new>",
    ),
)  # fmt: skip

TRACE = Action(
    id="trace",
    kind="quickfix",
    title="Explain and fix this stack trace",
    form=Form.REPORT,
    instruction="""\
The part is a stack trace. Under "related" you see the functions of this project that it leads through, as they are now; only \
they may be changed. Write for the person who has to find the fault: what has happened, in one or two sentences; the causes \
that would explain it, the likeliest first, each with what in the code speaks for it and how to tell; the steps that show it \
again, as exactly as the trace allows. Then, only where one cause is plain from the code, the smallest patch that cures that \
cause, and in the text what it does. Do not hide the error: no bare except, no default that nobody asked for. Lines of the \
trace may be older than the code that you see; say so where they do not fit.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE}),
    proofs=("syntax",),
    max_tokens=4_000,
    find=_find,
    plan=_plan,
    make=_make,
)
