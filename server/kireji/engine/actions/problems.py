"""What actions share that cure problems: those that were told at a place, as the model is told them, and as a title says them.

A problem's words are material: they are redacted like code, and shown to people in one line.
"""

from __future__ import annotations

from kireji.base.text import line_at
from kireji.base.types import Diagnostic, Document
from kireji.engine.actions.action import Scene
from kireji.engine.actions.rewriting import lines_around

_LONGEST = 60
_MOST = 20
_LONGEST_MESSAGE = 600


def problems_at(scene: Scene) -> tuple[Diagnostic, ...]:
    """The problems that touch the lines at which a person points."""
    lines = lines_around(scene.document.text, scene.intent.span)
    return tuple(d for d in scene.intent.diagnostics if d.span.start <= lines.end and lines.start <= d.span.end)


def told(document: Document, problems: tuple[Diagnostic, ...]) -> str:
    """Problems for the model, one a line, with the line that each is about."""
    return "\n".join(_told(document, problem) for problem in problems[:_MOST])


def named(problem: Diagnostic) -> str:
    """A problem in a few words, for a title."""
    words = " ".join(problem.message.split())
    words = "".join(c for c in words if c.isprintable())
    said = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
    return said or problem.code or "the problem"


def _told(document: Document, problem: Diagnostic) -> str:
    line = line_at(document.lines, min(problem.span.start, len(document.text)))
    start = document.lines[line]
    row = document.text[start:].split("\n", 1)[0].strip()
    who = " ".join(word for word in (problem.source, problem.code) if word)
    return f"{who}: {problem.message[:_LONGEST_MESSAGE]}\n  in the line: {row[:200]}".lstrip(": ")
