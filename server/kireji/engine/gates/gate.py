"""The gate Protocol: what a check is asked and what it answers. Runs no gate and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from kireji.base.types import Candidate, Document, GateResult, Snapshot, Span


@dataclass(frozen=True, slots=True)
class Trial:
    """A candidate applied to its document. `inserted` is where the new text stands in `after`; `further` is where the texts
    of its further changes stand (an import above), which are the candidate's as well.

    `baseline` is the document with the hole filled neutrally (`pass` for a Python statement, else nothing): findings are
    compared with the baseline's, so that a buffer that was broken before is not held against the candidate.
    Statements elsewhere that do not parse are masked in both, at equal length, so every offset of `after` is an offset
    of the resulting text; the text itself is the candidate's edit applied to `before`, never `after`.
    """

    snapshot: Snapshot
    candidate: Candidate
    before: Document
    after: Document
    baseline: Document
    inserted: Span
    further: tuple[Span, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """All that the candidate has brought."""
        return (self.inserted, *self.further)


class Cost(Enum):
    """How a gate is scheduled: cheap ones run first and one after the other, slow ones side by side after them."""

    CHEAP = "cheap"
    SLOW = "slow"


class Gate(Protocol):
    """One check. It never raises on broken user code; what it cannot tell it reports as UNKNOWN."""

    @property
    def name(self) -> str:
        """The gate's name in findings, reports and settings."""
        ...

    @property
    def cost(self) -> Cost:
        """When it runs."""
        ...

    def applies(self, language: str) -> bool:
        """Whether the gate has anything to say about a language."""
        ...

    async def prepare(self, snapshot: Snapshot, baseline: Document) -> None:
        """Computes the baseline's findings while the model is still generating. May be skipped; `check` then does it."""
        ...

    async def check(self, trial: Trial) -> GateResult:
        """Findings that are new against the baseline."""
        ...
