"""Keeps the syntax trees of the texts looked at last, so that a cursor that only moves costs no parse, and an edit a small one.

Knows no editor: it is told a document and finds out itself whether its text has changed.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from kireji.base import syntax
from kireji.base.languages import canonical
from kireji.base.syntax import Tree
from kireji.base.types import Document


class Trees:
    """The trees of the last `keep` documents, by address. Safe to use from several threads."""

    def __init__(self, keep: int = 4) -> None:
        self._keep = keep
        self._trees: OrderedDict[str, Tree] = OrderedDict()
        self._lock = Lock()

    def of(self, document: Document) -> Tree | None:
        """The tree of a document's text; None for a language without a grammar."""
        if not syntax.supported(document.language):
            return None
        with self._lock:
            tree = self._trees.get(document.uri)
            if tree is None or tree.text != document.text or tree.language != canonical(document.language):
                tree = self._trees[document.uri] = syntax.parse(document.language, document.text, tree)
            self._trees.move_to_end(document.uri)
            while len(self._trees) > self._keep:
                self._trees.popitem(last=False)
            return tree
