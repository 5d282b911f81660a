"""What an attempt is told of the one before it: the answer, and what was found wrong with it, exactly and not at length.

Its text goes through the redaction like any other context: what a test prints may hold more than a test should.
"""

from __future__ import annotations

from collections.abc import Iterable

from kireji.base.types import ContextItem, Document, Finding, ItemKind, Span, Withheld, Workspace

_MOST_FINDINGS = 8
_FINDING_CHARS = 1_500
_ANSWER_CHARS = 12_000
_ABOVE_ALL = 1e9


def lesson(document: Document, workspace: Workspace, answer: str, refused: Withheld) -> ContextItem:
    """One refused answer, with why it was refused."""
    why = [_said(finding) for finding in refused.findings[:_MOST_FINDINGS]] or [refused.detail or refused.reason.value]
    text = f"your answer was:\n{_short(answer.strip(), _ANSWER_CHARS)}\nit was refused:\n{_listed(why)}"
    if workspace.root is not None:
        # Where the workspace lies on this machine is nobody's business.
        text = text.replace(f"{workspace.root}/", "")
    return ContextItem(ItemKind.LESSON, document.uri, Span(0, 0), text, _ABOVE_ALL, why="an attempt before")


def _said(finding: Finding) -> str:
    symbol = f" ({finding.symbol})" if finding.symbol and finding.symbol not in finding.message else ""
    return f"{finding.gate} {finding.code}{symbol}: {_short(finding.message, _FINDING_CHARS)}"


def _listed(texts: Iterable[str]) -> str:
    return "".join(f"- {text}\n" for text in texts)


def _short(text: str, most: int) -> str:
    """The beginning and the end, where it is long: a test says first what it is, and last what is wrong."""
    return text if len(text) <= most else f"{text[: most // 3]}\n…\n{text[-(most - most // 3) :]}"
