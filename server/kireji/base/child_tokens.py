"""Names that a child colours as ones that resolve to nothing, as diagnostics. Pure: asks nobody.

Some servers know more of a name than they report: a path whose first part is nowhere is not among their diagnostics.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

CODE = "unresolved-reference"
# Code that is not compiled under the present settings: nothing in it is resolved, and nothing is wrong with it.
_INACTIVE = "inactive-code"


def kind_of(result: Any, name: str) -> int | None:
    """The number of a kind of token in a server's answer to `initialize`; None where it has no such kind."""
    try:
        kinds = result["capabilities"]["semanticTokensProvider"]["legend"]["tokenTypes"]
        return list(kinds).index(name)
    except (KeyError, TypeError, ValueError):
        return None


def unresolved(tokens: Any, kind: int, items: list[Any]) -> list[dict[str, Any]]:
    """A diagnostic for each token of that kind outside inactive code. `items` are the diagnostics of the same text.

    Raises KeyError, TypeError or ValueError for what is no answer to a question for tokens.
    """
    inactive = [item["range"] for item in items if item.get("code") == _INACTIVE]
    found = []
    for line, start, length, what in _tokens(tokens["data"] if tokens is not None else []):
        if what == kind and not any(_holds(place, (line, start)) for place in inactive):
            ends = ({"line": line, "character": start}, {"line": line, "character": start + length})
            place = {"start": ends[0], "end": ends[1]}
            found.append({"range": place, "severity": 1, "code": CODE, "message": "nothing of that name is found"})
    return found


def _tokens(data: list[int]) -> Iterator[tuple[int, int, int, int]]:
    """Line, column, length and kind of each, from the LSP's relative encoding."""
    line = column = 0
    for at in range(0, len(data), 5):
        down, right, length, kind, _ = data[at : at + 5]
        line, column = (line + down, right) if down else (line, column + right)
        yield line, column, length, kind


def _holds(place: Any, position: tuple[int, int]) -> bool:
    start, end = ((end["line"], end["character"]) for end in (place["start"], place["end"]))
    return bool(start <= position < end)
