"""What stands around a cursor, read from the text alone: near words, the function and class around it, what precedes it.

Knows no workspace. Words in strings and comments count like any other: they say what the code is about.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kireji.base.imports import Import
from kireji.base.index.words import WORD
from kireji.base.outline import Definition
from kireji.base.outline_tables import DefinitionKind
from kireji.base.types import Span

_NEAR_BEFORE = 15
_NEAR_AFTER = 6
_MAX_SCOPE = 6_000
# The expressions below try each character anew: on a line without end they would not come to one.
_MAX_BEFORE = 200
_RECEIVER = re.compile(r"([A-Za-z_$][\w$]*)(?:\([^()]*\)|\[[^\[\]]*\])?\s*(?:\.|::|->|\?\.)\s*([\w$]*)$")
_BEGUN = re.compile(r"[\w$]+$")
_RAISE = re.compile(r"\b(?:raise|throw\s+new|throw|except|catch)\s+\(?[\w.]*$")
_TYPE = re.compile(r"(?:->|[\w\])]\s*:|\bisinstance\([^()]*,|\b(?:extends|implements|instanceof|as|new)\b|<)\s*[\w.]*$")
_CLASSES = (DefinitionKind.CLASS, DefinitionKind.TYPE)
_OWN = frozenset({"self", "this", "cls", "super", "Self"})
# `x: T`, `x *T`, `T x`, `x = T(`, `x := &T{`, `x = new T(`: how a variable's type is said, in most languages.
_TYPED = (
    re.compile(r"\b([a-z_]\w*)\s*\??:\s*(?:[\w.]*\[)?\*?&?[\"']?(?:[\w]+\.)*([A-Z]\w+)"),
    re.compile(r"\b([a-z_]\w*)\s+\*?(?:\w+\.)?([A-Z]\w+)\b"),
    re.compile(r"\b([a-z_]\w*)\s*:?=\s*(?:await\s+|new\s+|&)?(?:\w+\.)*([A-Z]\w+)\s*[({]"),
    re.compile(r"\b([A-Z]\w+)(?:<[^<>]*>)?[ \t*&]+([a-z_]\w*)\b"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor's surroundings. `near` maps each near word to its distance in lines; `counts` has the whole file's words.

    `owners` are the classes around the cursor, innermost first; `types` the types of near variables, by variable;
    `receiver` is what precedes the dot, "" where none does; `begun` the part of a word that is there already.
    """

    path: str
    language: str
    near: Mapping[str, int]
    scope: frozenset[str]
    counts: Mapping[str, int]
    imported: Mapping[str, int]
    owners: tuple[str, ...]
    headers: tuple[str, ...]
    types: Mapping[str, str]
    receiver: str
    dotted: bool
    begun: str
    raising: bool
    typing: bool
    line_start: bool


def place(
    path: str,
    language: str,
    text: str,
    offset: int,
    definitions: Sequence[Definition],
    imports: Sequence[Import],
) -> Place:
    """Reads the text around `offset`; `definitions` and `imports` are the text's own."""
    line = text.rfind("\n", 0, offset) + 1
    before = text[max(line, offset - _MAX_BEFORE) : offset]
    near_start, near_end = _back(text, line, _NEAR_BEFORE), _forth(text, offset, _NEAR_AFTER)
    near: dict[str, int] = {}
    rows = text[near_start:near_end].split("\n")
    here = text.count("\n", near_start, offset)
    for number, row in enumerate(rows):
        distance = abs(number - here)
        for word in WORD.findall(row):
            if distance < near.get(word, 99):
                near[word] = distance
    around = [d for d in definitions if d.span.start < offset <= d.span.end]
    functions = [d for d in around if d.kind not in _CLASSES]
    scope = functions[-1].span if functions else Span(near_start, near_end)
    if scope.end - scope.start > _MAX_SCOPE:
        scope = Span(max(scope.start, offset - _MAX_SCOPE // 2), min(scope.end, offset + _MAX_SCOPE // 2))
    scope_text = text[scope.start : scope.end]
    owners = [d.name for d in around if d.kind in _CLASSES][::-1]
    owners += [c for d in functions[::-1] if (c := d.container.rpartition(".")[2]) and c not in owners]
    counts = Counter(WORD.findall(text))
    imported = Counter(name for i in imports for pair in i.names for name in set(pair))
    imported.update(i.alias.rpartition(".")[2] for i in imports if i.alias)
    receiver = _RECEIVER.search(before)
    begun = _BEGUN.search(before)
    types: dict[str, str] = {}
    for index, pattern in enumerate(_TYPED):
        for match in pattern.finditer(text, min(scope.start, near_start), max(scope.end, near_end)):
            variable, kind = (match[2], match[1]) if index == 3 else (match[1], match[2])
            types.setdefault(variable, kind)
    return Place(
        path,
        language,
        near,
        frozenset(WORD.findall(scope_text)),
        counts,
        imported,
        tuple(owners),
        tuple(d.signature for d in around if d.kind in _CLASSES),
        types,
        receiver[1] if receiver else "",
        before.rstrip(begun[0] if begun else "").endswith((".", "::", "->")),
        begun[0] if begun else "",
        _RAISE.search(before) is not None,
        _TYPE.search(before) is not None,
        not before.strip(),
    )


def is_own(receiver: str) -> bool:
    """Whether a receiver is the object that the method belongs to."""
    return receiver in _OWN


def _back(text: str, start: int, lines: int) -> int:
    for _ in range(lines):
        if start == 0:
            break
        start = text.rfind("\n", 0, start - 1) + 1
    return start


def _forth(text: str, end: int, lines: int) -> int:
    for _ in range(lines + 1):
        end = text.find("\n", end) + 1
        if end == 0:
            return len(text)
    return end
