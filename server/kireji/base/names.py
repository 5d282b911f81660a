"""The names and keywords that may stand at a cursor, by what the text itself holds: for languages without a closer look.

Looks at words first and asks the syntax tree only about those that fit, so that it stays fast in long files. Follows no
import and knows no types: after a dot it lists what has followed a dot before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kireji.base import syntax
from kireji.base.types import Document, Name, NameKind, Span

_WORD = re.compile(r"[^\W\d][\w$]*")
_BEFORE = re.compile(r"[\w$]*\Z")
_AFTER = re.compile(r"[\w$]*")
_MEMBER = re.compile(r"(?:\.|->|::)\s*\Z")
# More distinct words than this are not looked at more closely: whoever types on narrows them down.
_MOST_WORDS = 400


def word_at(text: str, offset: int) -> Span:
    """The word around an offset; empty where there is none."""
    line = text.rfind("\n", 0, offset) + 1
    before, after = _BEFORE.search(text[line:offset]), _AFTER.match(text, offset)
    start = line + before.start() if before else offset
    return Span(start, after.end() if after else offset)


def names(document: Document, offset: int, limit: int) -> tuple[Name, ...]:
    """At most `limit` names that begin as the word at `offset` does, the likeliest first.

    Nothing where no word has begun and no member is asked for, in comments and strings, and without a grammar.
    """
    text = document.text
    if not syntax.supported(document.language):
        return ()
    word = word_at(text, offset)
    begun = text[word.start : offset]
    line = text[text.rfind("\n", 0, word.start) + 1 : word.start]
    member = _MEMBER.search(line) is not None
    if not begun and not member:
        return ()
    tree = syntax.parse(document.language, text)
    if not _is_code(tree.node_at(max(0, offset - 1))):
        return ()
    found = [
        Name(spelled, kind)
        for spelled, at in _nearest(text, begun, word, member)
        if (kind := _kind(tree.node_at(at, at + len(spelled)))) is not None
    ]
    if not member:
        known = {name.text for name in found}
        words = (w for w in syntax.keywords(document.language) if w.startswith(begun) and w not in known)
        found += (Name(spelled, NameKind.KEYWORD) for spelled in words)
    found.sort(key=lambda name: not name.text.startswith(begun))
    return tuple(found[:limit])


def _nearest(text: str, begun: str, word: Span, member: bool) -> Iterator[tuple[str, int]]:
    """Each word that fits, once, with the place nearest to the cursor; the nearest word first."""
    wanted = begun.casefold()
    places: dict[str, int] = {}
    for match in _WORD.finditer(text):
        spelled, at = match.group(), match.start()
        if at == word.start or len(spelled) <= len(begun) or not spelled.casefold().startswith(wanted):
            continue
        if member and not _MEMBER.search(text[max(0, at - 3) : at]):
            continue
        if spelled not in places or abs(at - word.start) < abs(places[spelled] - word.start):
            places[spelled] = at
    return iter(sorted(places.items(), key=lambda item: abs(item[1] - word.start))[:_MOST_WORDS])


def _is_code(node: syntax.Node) -> bool:
    return not any("comment" in around.type or "string" in around.type for around in (node, *node.ancestors()))


def _kind(node: syntax.Node) -> NameKind | None:
    """What a word in the tree stands for; None where it is no name."""
    kind = node.type
    if "comment" in kind or "string" in kind or "literal" in kind or not node.is_named:
        return None
    if node.named_children:
        return None  # the smallest node that covers the word holds more than the word
    parent = node.parent
    around = parent.type if parent is not None else ""
    if kind == "type_identifier" or "class" in around:
        return NameKind.CLASS
    if "call" in around or "function" in around or "method" in around:
        return NameKind.FUNCTION
    if kind in ("property_identifier", "field_identifier"):
        return NameKind.PROPERTY
    return NameKind.VARIABLE
