"""What the client has told of the code: problems that its tools see near the cursor, and how a test failed. Asks nobody.

Each is small; what does not concern the place is left out, with the reason.
"""

from __future__ import annotations

from pathlib import PurePath

from kireji.base.text import line_at, line_span
from kireji.base.types import ContextItem, Document, Dropped, FailedTest, ItemKind, Site, Snapshot, Span

_NEAR_LINES = 20
_MOST_PROBLEMS = 5
_MOST_CHARS = 600
_TEST_CHARS = 1_200
# The end of a test's output says what went wrong, its beginning which test it was.
_HEAD_SHARE = 0.25
_SCORE = 1e6


def problems_near(snapshot: Snapshot, site: Site) -> list[ContextItem]:
    """Problems in lines near the cursor that are still as they were when the client told of them, the nearest first."""
    document = site.document
    here = line_at(document.lines, site.offset)
    rows: dict[str, int] = {}
    for line in range(max(0, here - _NEAR_LINES), min(len(document.lines), here + _NEAR_LINES + 1)):
        span = line_span(document.text, document.lines, line)
        row = document.text[span.start : span.end].strip()
        if row and (row not in rows or abs(line - here) < abs(rows[row] - here)):
            rows[row] = line
    told = sorted((p for p in snapshot.problems if p.row in rows), key=lambda p: abs(rows[p.row] - here))
    items: list[ContextItem] = []
    room = _MOST_CHARS
    for problem in told[:_MOST_PROBLEMS]:
        source = f" ({problem.source})" if problem.source else ""
        text = f"problem in `{problem.row}`: {problem.message}{source}"
        if len(text) <= room:
            room -= len(text)
            at = document.lines[rows[problem.row]]
            items.append(
                ContextItem(ItemKind.HERE, document.uri, Span(at, at), text, 0.0, why="a problem near the cursor")
            )
    return items


def failed_test(snapshot: Snapshot, site: Site) -> tuple[list[ContextItem], list[Dropped]]:
    """The last failing test, where its output names the file."""
    test = snapshot.failed_test
    if test is None:
        return [], []
    item = ContextItem(
        ItemKind.TEST, site.document.uri, Span(0, 0), _shortened(test), _SCORE, why="the last failing test"
    )
    if not _concerns(test, site.document):
        return [], [Dropped(item, "the failing test does not name this file")]
    return [item], []


def _concerns(test: FailedTest, document: Document) -> bool:
    name = PurePath(document.path or document.uri).name
    return name in test.output or name in test.name


def _shortened(test: FailedTest) -> str:
    output = test.output.strip()
    if len(output) > _TEST_CHARS:
        head = int(_TEST_CHARS * _HEAD_SHARE)
        start, end = output.rfind("\n", 0, head) + 1, output.find("\n", len(output) - _TEST_CHARS + head) + 1
        output = f"{output[:start]}…\n{output[end:]}" if start and end else output[-_TEST_CHARS:]
    return f"{test.name}\n{output}" if test.name else output
