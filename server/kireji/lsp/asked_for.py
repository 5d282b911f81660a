"""What a client wants of a code action: read from what an offer carried, or from a command of a person's own words.

Converts and refuses; asks nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lsprotocol import types

from kireji.base.types import Diagnostic, Intent, Span
from kireji.lsp import from_proto
from kireji.lsp.on_snapshot import Edge, Here, offset_of
from kireji.lsp.protocol import ErrorCode, Refusal

EDIT_ACTION = "edit"
# As much as a person would say in one breath; a whole text is no instruction.
MOST_WORDS = 4_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One action about one range of one document."""

    uri: str
    action: str
    range: types.Range
    diagnostics: tuple[types.Diagnostic, ...] = ()
    instruction: str = ""


def wanted(data: object) -> Wanted:
    """What an offer carried. Raises Refusal for anything else."""
    try:
        assert isinstance(data, dict)  # noqa: S101 — what is no dict is refused below
        told = data.get("diagnostics") or ()
        return Wanted(
            str(data["uri"]), str(data["action"]), _range(data["range"]), tuple(_diagnostic(one) for one in told)
        )
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise Refusal(ErrorCode.INVALID_PARAMS, "this code action was not offered by Kireji") from error


def edit_wanted(data: object) -> Wanted:
    """What `kireji.edit` was told: `{"uri", "range", "instruction"}`, the range as the protocol writes it."""
    try:
        assert isinstance(data, dict)  # noqa: S101 — what is no dict is refused below
        start, end = data["range"]["start"], data["range"]["end"]
        where = types.Range(_position(start), _position(end))
        words = data["instruction"]
        assert isinstance(words, str)  # noqa: S101 — likewise
        if not words.strip() or len(words) > MOST_WORDS:
            raise Refusal(ErrorCode.INVALID_PARAMS, f"say what is to be done, in 1 to {MOST_WORDS:,} characters")
        return Wanted(str(data["uri"]), EDIT_ACTION, where, instruction=words.strip())
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        what = '{"uri", "range", "instruction"}'
        raise Refusal(ErrorCode.INVALID_PARAMS, f"kireji.edit takes {what}") from error


def intent_of(edge: Edge, here: Here, said: Wanted) -> Intent:
    """The same in offsets of the text that the engine reads."""
    found = tuple(_problem(edge, here, diagnostic) for diagnostic in said.diagnostics)
    return Intent(_span(edge, here, said.range), found, said.instruction)


def _problem(edge: Edge, here: Here, told: types.Diagnostic) -> Diagnostic:
    code = str(told.code) if told.code is not None else ""
    deprecated = types.DiagnosticTag.Deprecated in (told.tags or ())
    return Diagnostic(_span(edge, here, told.range), told.message, told.source or "", code, deprecated)


def _span(edge: Edge, here: Here, where: types.Range) -> Span:
    ends = (from_proto.position(where.start), from_proto.position(where.end))
    start, end = sorted(offset_of(edge, here, position) for position in ends)
    return Span(start, end)


def _diagnostic(told: Any) -> types.Diagnostic:
    tags = [types.DiagnosticTag.Deprecated] if told["deprecated"] is True else None
    return types.Diagnostic(
        _range(told["range"]), str(told["message"]), source=str(told["source"]), code=str(told["code"]), tags=tags
    )


def _range(plain: Any) -> types.Range:
    start, end = plain
    return types.Range(types.Position(*map(int, start)), types.Position(*map(int, end)))


def _position(plain: Any) -> types.Position:
    return types.Position(int(plain["line"]), int(plain["character"]))
