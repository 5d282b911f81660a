"""Renders a redacted pack for a model that fills in the text at the cursor, and takes its answer as it comes.

No contract, no fence and no instruction: such a model continues text. How the parts are put together is the model's affair
and stands in `providers/fim.py`.
"""

from __future__ import annotations

from kireji.base.languages import LANGUAGES, canonical
from kireji.base.types import Hole, ItemKind, Prompt, RedactedPack
from kireji.engine.prompt.contract import answer_tokens
from kireji.engine.prompt.parts import fingerprinted, items_of
from kireji.providers.models import Model

# The rest is said to a model, and one that continues text would continue that.
_KINDS = frozenset({ItemKind.SIGNATURE, ItemKind.OPEN_FILE, ItemKind.RELATED})


def render_hole(pack: RedactedPack, model: Model, ends: tuple[str, ...]) -> Prompt:
    """The prompt for one question. `ends` are what such a model says when it is done."""
    row = LANGUAGES.get(canonical(pack.site.document.language))
    hole = Hole(
        name=_file_name(pack.site.document.uri),
        before="".join(item.text for item in items_of(pack, ItemKind.WINDOW_BEFORE)),
        after="".join(item.text for item in items_of(pack, ItemKind.WINDOW_AFTER)),
        others=_others(pack),
        comment=row.line_comment if row else "",
    )
    prompt = Prompt(
        model=model.id,
        system=(),
        messages=(),
        tag="",
        stop=ends,
        max_tokens=min(model.max_output, answer_tokens(pack.site)),
        hole=hole,
    )
    return fingerprinted(prompt)


class Bare:
    """Hands an answer on as it comes, up to the first of `ends`, at which it is `closed`.

    Text is held back only while it may still turn out to be an end, so that any way to split the stream gives the same.
    """

    def __init__(self, ends: tuple[str, ...]) -> None:
        self._ends = ends
        self._held = ""
        self.closed = False

    def feed(self, piece: str) -> str:
        """The part of the answer that this piece completes."""
        if self.closed:
            return ""
        self._held += piece
        found = min((at for end in self._ends if (at := self._held.find(end)) >= 0), default=None)
        if found is not None:
            self.closed = True
        safe = len(self._held) - self._unsure() if found is None else found
        out, self._held = self._held[:safe], self._held[safe:]
        return out

    def finish(self) -> str:
        """What was still held back when the stream ended."""
        if self.closed:
            return ""
        out, self._held = self._held, ""
        return out

    def _unsure(self) -> int:
        """How many of the last characters held may begin an end."""
        most = max(map(len, self._ends), default=1) - 1
        tails = (self._held[-n:] for n in range(min(most, len(self._held)), 0, -1))
        return next((len(tail) for tail in tails if any(end.startswith(tail) for end in self._ends)), 0)


def _others(pack: RedactedPack) -> tuple[tuple[str, str], ...]:
    """The parts of other files, those of one file together; what may be gone at the next key comes last."""
    found: dict[tuple[bool, str], list[str]] = {}
    for item in sorted((item for item in pack.items if item.kind in _KINDS), key=lambda item: item.passing):
        found.setdefault((item.passing, item.uri), []).append(item.text.rstrip("\n"))
    return tuple((_file_name(uri), "\n".join(texts) + "\n") for (_, uri), texts in found.items())


def _file_name(uri: str) -> str:
    return uri.rsplit("/", 1)[-1]
