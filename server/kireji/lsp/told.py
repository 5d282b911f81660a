"""What clients tell of the code beyond the protocol's own messages, made small and plain, and kept for a while.

Only `lifecycle.py` writes it. What of it a question tells is decided elsewhere.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lsprotocol import types

from kireji.base.characters import INVISIBLE
from kireji.base.text import line_span
from kireji.base.types import Document, FailedTest, Problem
from kireji.lsp.protocol import ErrorCode, Refusal

MOST_PROBLEMS = 40
_MESSAGE_CHARS = 200
_ROW_CHARS = 160
_NAME_CHARS = 200
# More than is ever sent; the rest would only be kept.
_OUTPUT_CHARS = 20_000
# Less serious is information, or a hint.
_WARNING = 2
_TEST_LASTS_SECONDS = 30 * 60.0
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")


@dataclass(frozen=True, slots=True)
class Said:
    """A diagnostic, as far as it is looked at."""

    line: int
    severity: int
    message: str
    source: str


class ToldStore:
    """The problems of open documents, and the last failing test."""

    def __init__(self) -> None:
        self._problems: dict[str, tuple[Problem, ...]] = {}
        self._failed: tuple[FailedTest, float] | None = None

    def problems(self, uri: str) -> tuple[Problem, ...]:
        """What was told of a document."""
        return self._problems.get(uri, ())

    def failed_test(self) -> FailedTest | None:
        """The last failing test, if that is not long ago."""
        failed = self._failed
        return failed[0] if failed is not None and time.monotonic() - failed[1] < _TEST_LASTS_SECONDS else None

    def every(self, document: Document | None, said: Sequence[Said]) -> None:
        """All that there is to be told of a document; of one that is not open, nothing is kept."""
        if document is not None:
            self._problems[document.uri] = tuple(problems(document, said))

    def some(self, document: Document | None, said: Sequence[Said]) -> None:
        """What is to be told of some lines of a document."""
        if document is not None and said:
            newer = problems(document, said)
            rows = {problem.row for problem in newer}
            older = (problem for problem in self.problems(document.uri) if problem.row not in rows)
            self._problems[document.uri] = (*newer, *older)[:MOST_PROBLEMS]

    def failed(self, test: FailedTest | None) -> None:
        """The last failing test; None where none fails any more."""
        self._failed = (test, time.monotonic()) if test is not None else None

    def close(self, uri: str) -> None:
        """Forgets a document."""
        self._problems.pop(uri, None)


def failed_test(params: object) -> FailedTest | None:
    """The test of a `kireji/testFailed`; None where it says that nothing fails any more. Raises Refusal."""
    if not isinstance(params, dict):
        raise Refusal(ErrorCode.INVALID_PARAMS, "a failed test has a name and an output")
    name, output = params.get("name", ""), params.get("output", "")
    if not isinstance(name, str) or not isinstance(output, str):
        raise Refusal(ErrorCode.INVALID_PARAMS, "a failed test's name and output are strings")
    shown = _plain(output[-_OUTPUT_CHARS:])
    return FailedTest(" ".join(_plain(name[:_NAME_CHARS]).split()), shown) if shown.strip() else None


def problems(document: Document, said: Iterable[Said]) -> list[Problem]:
    """Errors and warnings, each with the line it is about; what lies outside the text is left out."""
    found = []
    for one in said:
        if one.severity > _WARNING or not 0 <= one.line < len(document.lines):
            continue
        span = line_span(document.text, document.lines, one.line)
        row = document.text[span.start : span.end].strip()
        message = " ".join(_plain(one.message[: 4 * _MESSAGE_CHARS]).split())[:_MESSAGE_CHARS]
        if message and row and len(row) <= _ROW_CHARS:
            found.append(Problem(document.uri, row, message, " ".join(one.source[:40].split())))
    return found[:MOST_PROBLEMS]


def in_words(diagnostics: Iterable[types.Diagnostic]) -> list[Said]:
    """Diagnostics as they come with a request."""
    return [Said(d.range.start.line, int(d.severity or 1), d.message, d.source or "") for d in diagnostics]


def told_problems(params: object) -> tuple[str, list[Said]]:
    """The address and the diagnostics of a `kireji/problems`. Raises Refusal."""
    try:
        assert isinstance(params, dict)  # noqa: S101 — what is no dict is refused below
        said = [
            Said(
                int(d["range"]["start"]["line"]),
                int(d.get("severity") or 1),
                str(d["message"]),
                str(d.get("source") or ""),
            )
            for d in params["diagnostics"][: 10 * MOST_PROBLEMS]
        ]
        return str(params["uri"]), said
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise Refusal(ErrorCode.INVALID_PARAMS, "problems are said as in textDocument/publishDiagnostics") from error


def _plain(text: str) -> str:
    """Without what colours a terminal, and without what does not show."""
    return INVISIBLE.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n")))
