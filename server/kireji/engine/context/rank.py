"""How likely a definition is needed at the cursor: hand rules over what stands around it. Pure; reads no file.

The rules are for names that the file already says ("seen"): for those they beat fitted weights. Names that stand
nowhere in the file need votes of similar code, which this does not do.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kireji.base.outline import Definition
from kireji.base.outline_tables import DefinitionKind
from kireji.base.text import line_at
from kireji.base.types import Document
from kireji.engine.context.symbols import Origin

_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_RECEIVER = re.compile(r"([A-Za-z_$][\w$]*)\s*(?:\.|::|->)\s*[\w$]*$")
_RAISE = re.compile(r"\b(?:raise|throw\s+new|throw|except|catch)\s+\(?[\w.]*$")
_NEAR_LINES = 15

# How far each origin alone speaks for a definition.
_ORIGIN: Mapping[Origin | None, float] = MappingProxyType(
    {
        Origin.NAMED: 2.0,
        Origin.INHERITED: 0.8,
        Origin.MEMBER: 0.6,
        Origin.MODULE: 0.4,
        Origin.PACKAGE: 0.3,
        None: 0.5,
    }
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around the cursor. `parts` are pieces of the near words; `receiver` is what precedes the dot."""

    near: frozenset[str]
    counts: Mapping[str, int]
    parts: frozenset[str]
    receiver: str
    raising: bool


def surroundings(document: Document, offset: int) -> Surroundings:
    """Reads the document around `offset`."""
    lines, line = document.lines, line_at(document.lines, offset)
    start = lines[max(0, line - _NEAR_LINES)]
    end = lines[line + 5] if line + 5 < len(lines) else len(document.text)
    near = frozenset(_WORD.findall(document.text[start:end]))
    before = document.text[lines[line] : offset]
    receiver = _RECEIVER.search(before)
    return Surroundings(
        near,
        Counter(_WORD.findall(document.text)),
        frozenset(part for word in near for part in parts(word)),
        receiver[1] if receiver else "",
        _RAISE.search(before) is not None,
    )


def parts(word: str) -> tuple[str, ...]:
    """`parseHTTPHeader` → ("parse", "http", "header")."""
    return tuple(part.lower() for part in _PART.findall(word))


def score(definition: Definition, origin: Origin | None, local: str, around: Surroundings) -> float:
    """Higher is likelier; comparable within one request only. `origin` None means: defined in this file."""
    name = definition.name
    value = _ORIGIN[origin]
    if name in around.near or (local and local in around.near):
        value += 1.2
    if seen := around.counts.get(name, 0) - (origin is None):
        value += 0.9 + 0.3 * math.log(seen) if seen > 0 else 0.0
    pieces = parts(name)
    value += 0.6 * sum(piece in around.parts for piece in pieces) / max(1, len(pieces))
    if around.receiver:
        value += _receiver(definition, local, around.receiver)
    if around.raising and (
        definition.kind is DefinitionKind.CLASS and name.endswith(("Error", "Exception", "Warning"))
    ):
        value += 2.5
    if name.startswith("_"):
        value -= 0.4
    return value


def _receiver(definition: Definition, local: str, receiver: str) -> float:
    owner = definition.container.rpartition(".")[2]
    if receiver in ("self", "this", "cls", "super"):
        return 1.1 if owner else 0.0
    if receiver in (local, owner):
        return 3.8
    # `request.` beside a class Request: most variables are named for their type.
    return 1.5 if owner and owner.lower() == receiver.replace("_", "").lower() else 0.0
