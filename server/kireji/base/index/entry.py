"""One file as the index sees it: what it defines, what it imports, and which words each of its functions uses.

Made from a text; reads no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kireji.base.imports import Import, imports
from kireji.base.index.words import WORD
from kireji.base.outline import Definition, outline
from kireji.base.outline_markup import MARKUP
from kireji.base.outline_tables import DefinitionKind
from kireji.base.syntax import Tree
from kireji.base.types import Span

_MAX_DEFINITIONS = 3_000
_MAX_WORD = 60
_MAX_CACHED = 256
_UNITS = (DefinitionKind.FUNCTION, DefinitionKind.METHOD)


@dataclass(frozen=True, slots=True)
class Entry:
    """`units` are the words of each function, and last those of the rest of the file; each word once in each unit.

    `path` is relative to the root, with slashes. `stamp` tells one content of the file from another.
    """

    path: str
    language: str
    stamp: str
    definitions: tuple[Definition, ...]
    imports: tuple[Import, ...]
    units: tuple[frozenset[str], ...]


def read_entry(path: str, language: str, text: str, stamp: str, tree: Tree | None = None) -> Entry:
    """The entry of a text, whose `tree` may be at hand. Broken text gives what can be recognised."""
    definitions = outline(language, text, tree)[:_MAX_DEFINITIONS]
    # Of data the keys say what it is about; the words in it are the data.
    made = (frozenset(d.name for d in definitions),) if language in MARKUP else units(definitions, text)
    return Entry(path, language, stamp, definitions, imports(language, text), made)


def units(definitions: Sequence[Definition], text: str) -> tuple[frozenset[str], ...]:
    """The words of each outermost function, and last of what stands outside of all."""
    spans = functions(definitions)
    edges = [0, *(edge for span in spans for edge in (span.start, span.end)), len(text)]
    rest = " ".join(text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
    texts = [*(text[span.start : span.end] for span in spans), rest]
    return tuple(map(_words, texts))


@lru_cache(maxsize=_MAX_CACHED)
def _words(text: str) -> frozenset[str]:
    """Each word once. Kept, because a key that is pressed changes one function of the file."""
    return frozenset(word for word in set(WORD.findall(text)) if 1 < len(word) <= _MAX_WORD)


def functions(definitions: Sequence[Definition]) -> list[Span]:
    """Where the outermost functions stand, in order."""
    spans: list[Span] = []
    for definition in definitions:
        if definition.kind in _UNITS and (not spans or definition.span.start >= spans[-1].end):
            spans.append(definition.span)
    return spans


def from_row(row: Sequence[Any]) -> Entry:
    """The entry that `Table.row` has made lists of. Raises ValueError, TypeError, IndexError or KeyError where the row is none."""
    path, language, stamp, table, defined, brought, made = row
    if not all(isinstance(word, str) for word in (path, language, stamp, *table)):
        raise ValueError("no string where one belongs")
    return Entry(
        path,
        language,
        stamp,
        tuple(
            Definition(table[name], DefinitionKind(kind), str(signature), table[container], Span(int(start), int(end)))
            for name, kind, signature, container, start, end in defined
        ),
        tuple(
            Import(str(module), tuple((str(there), str(here)) for there, here in names), int(level), str(alias))
            for module, names, level, alias in brought
        ),
        tuple(frozenset(table[word] for word in unit) for unit in made),
    )
