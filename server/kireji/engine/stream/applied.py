"""How broken a document is with a text applied at the cursor: the question by which the cut and the trim compare two endings.

Counts what the parser could not fit, for comparing only; whether code is right is for the gates to say.
"""

from __future__ import annotations

from kireji.base import syntax
from kireji.base.types import Site


class Applied:
    """Parses one document again and again, each time only where it changed. Languages without a grammar have no problems."""

    def __init__(self, site: Site) -> None:
        self._document = site.document
        self._offset = site.offset
        self._tree: syntax.Tree | None = None
        self._known: dict[tuple[str, int], int] = {}

    def problems(self, text: str, replaced: int = 0) -> int:
        """The number of problems with `text` in place of the `replaced` characters right of the cursor."""
        if not syntax.supported(self._document.language):
            return 0
        if (text, replaced) not in self._known:
            whole = self._document.text
            applied = whole[: self._offset] + text + whole[self._offset + replaced :]
            self._tree = syntax.parse(self._document.language, applied, self._tree)
            self._known[text, replaced] = len(self._tree.problems())
        return self._known[text, replaced]
