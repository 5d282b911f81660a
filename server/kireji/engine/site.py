"""Classifies a cursor: what it stands in and how much is wanted, or why no question is asked.

Pure, and cheap before it is clever: the size limits are checked before any parser sees the text. Reads no settings but
the snapshot's own, and decides nothing about money, pauses or ignored files.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from kireji.base import limits, syntax
from kireji.base.languages import canonical
from kireji.base.text import indent_of, line_span
from kireji.base.trees import Trees
from kireji.base.types import Document, Reason, Shape, Site, SiteKind, Skip, Snapshot, Span, Trigger

_PROSE_LANGUAGES = frozenset(
    {"plaintext", "markdown", "restructuredtext", "asciidoc", "latex", "tex", "git-commit", "text"}
)
_CLOSERS = frozenset(")]};")
_OPENERS = (":", "{", "(", "[", "=>", "->")
_BLOCK_COMMENTS = ("/*", "<!--", "{-", "--[[", "=begin")


def classify(snapshot: Snapshot, offset: int, trees: Trees | None = None) -> Site | Skip:
    """The site at `offset` (a Python string offset; one outside the text is moved to its nearer end), or why there is none.

    `trees` spare most of the parse where the text has only been edited since the last look.
    """
    document = snapshot.document
    if reason := _unwanted(snapshot) or refusal(snapshot):
        return Skip(reason)
    offset = max(0, min(offset, len(document.text)))
    line = line_span(document.text, document.lines, bisect_right(document.lines, offset) - 1)
    # Between the two characters of a CRLF there is no position: the cursor belongs before them.
    offset = min(offset, line.end)
    before, after = document.text[line.start : offset], document.text[offset : line.end]
    if snapshot.trigger is Trigger.AUTOMATIC:
        if before and after and _is_word(before[-1]) and _is_word(after[0]):
            return Skip(Reason.MID_WORD)
        if not after.strip() and before.strip() and set(before.strip()) <= _CLOSERS:
            return Skip(Reason.AFTER_CLOSER)
    kind, scope = _kind_and_scope(document, offset, trees or Trees())
    return Site(document, offset, kind, _shape(kind, before, after), scope, indent_of(before), before, after)


def refusal(snapshot: Snapshot) -> Reason | None:
    """Why no question about the document is asked, by whatever feature."""
    document, options = snapshot.document, snapshot.options
    if canonical(document.language) in {canonical(name) for name in options.disabled_languages}:
        return Reason.LANGUAGE_OFF
    return limits.refusal(document, options)


def _unwanted(snapshot: Snapshot) -> Reason | None:
    """Why nothing is suggested now. Whoever chooses an action wants that one."""
    if snapshot.paused:
        return Reason.PAUSED
    if not snapshot.options.automatic and snapshot.trigger is Trigger.AUTOMATIC:
        return Reason.MANUAL
    return None


def _shape(kind: SiteKind, before: str, after: str) -> Shape:
    if kind is not SiteKind.CODE or after.strip():
        return Shape.LINE
    return Shape.BLOCK if not before.strip() or before.rstrip().endswith(_OPENERS) else Shape.LINE


def _kind_and_scope(document: Document, offset: int, trees: Trees) -> tuple[SiteKind, Span]:
    whole = Span(0, len(document.text))
    tree = trees.of(document)
    if tree is None:
        return (SiteKind.PROSE if document.language.lower() in _PROSE_LANGUAGES else SiteKind.CODE), whole
    if tree.has_error and canonical(document.language) == "python" and _in_long_string(tree, offset):
        # A text that starts inside a docstring (an excerpt, a cell) turns inside out: code reads as string. It is such a
        # text where what stands left of the cursor parses better with that docstring opened.
        before = document.text[:offset]
        if _problems(document, _OPENED + before) < _problems(document, before):
            opened = syntax.parse(document.language, _OPENED + document.text)
            scope = opened.scope_at(offset + len(_OPENED))
            start, end = (max(0, at - len(_OPENED)) for at in (scope.start, scope.end))
            return _kind(opened, offset + len(_OPENED)), Span(start, end)
    return _kind(tree, offset), tree.scope_at(offset)


_OPENED = '"""\n'


def _problems(document: Document, text: str) -> int:
    return len(syntax.parse(document.language, text).problems())


def _in_long_string(tree: syntax.Tree, offset: int) -> bool:
    at = max(0, offset - 1)
    node = tree.node_at(at, at)
    return any(n.type == "string" and "\n" in n.text for n in (node, *node.ancestors()))


def _kind(tree: syntax.Tree, offset: int) -> SiteKind:
    # The character before the cursor says what the cursor stands in, also at the end of an unfinished line.
    node = tree.node_at(max(0, offset - 1), max(0, offset - 1))
    for around in (node, *node.ancestors()):
        name = around.type
        if "interpolation" in name or "substitution" in name or name == "simple_expansion":
            if around.start < offset < around.end:
                return SiteKind.CODE
        elif "comment" in name and name != "comment_statement":
            return SiteKind.COMMENT if _inside_comment(around, offset) else SiteKind.CODE
        elif _is_string(name) and around.start < offset and (offset < around.end or _is_open(around)):
            return SiteKind.PROSE if _is_docstring(around) else SiteKind.STRING
    return SiteKind.STRING if tree.has_error and _quote_is_open(tree, offset) else SiteKind.CODE


def _quote_is_open(tree: syntax.Tree, offset: int) -> bool:
    """A string that has only begun is no node yet: the quotes of the cursor's line tell."""
    line = tree.text[tree.text.rfind("\n", 0, offset) + 1 : offset]
    rest = _CLOSED_QUOTES.sub("", line)
    # An apostrophe in Rust is a lifetime as often as a quote.
    return '"' in rest or ("'" in rest and tree.language != "rust")


_CLOSED_QUOTES = re.compile(r"""([\"'])(?:\\.|(?!\1).)*\1|\\.""")


def _inside_comment(node: syntax.Node, offset: int) -> bool:
    if node.text.startswith(_BLOCK_COMMENTS):
        return node.start < offset < node.end
    return node.start < offset


def _is_string(name: str) -> bool:
    return name in _STRINGS or name.endswith(("string_literal", "heredoc_body"))


_STRINGS = frozenset(
    {
        "string",
        "template_string",
        "raw_string",
        "char_literal",
        "rune_literal",
        "encapsed_string",
        "quoted_attribute_value",
        "single_quote_scalar",
        "double_quote_scalar",
    }
)


def _is_open(node: syntax.Node) -> bool:
    """A string whose end the parser had to invent."""
    children = node.children
    return bool(children) and children[-1].is_missing


def _is_docstring(node: syntax.Node) -> bool:
    if node.type != "string" or not node.text.lstrip("rRuUbBfF").startswith(('"""', "'''")):
        return False
    parent = node.parent
    return parent is not None and parent.type in ("expression_statement", "block", "module")


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
