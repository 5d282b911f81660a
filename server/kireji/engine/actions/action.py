"""What an action is: data that says where it applies, what the model is told and may see, and how its answer becomes an edit.

`acting.py` leads an action through the rooms; an action itself asks nobody and knows no provider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kireji.base.syntax import Tree
from kireji.base.types import Change, Document, ItemKind, Reason, Span


@dataclass(frozen=True, slots=True)
class Target:
    """A piece of one document that an action is about.

    `span` is the whole syntax node, with what leads it (comment, decorators), as the model is shown it; `head` is where
    its own first word stands. `place` alone may change. `name` is for people.
    """

    name: str
    span: Span
    head: int
    place: Span


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is not made an edit. `detail` is for people and quotes no source text."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Example:
    """One worked question: what stands above the part, the part itself, and the whole answer."""

    language: str
    above: str
    part: str
    answer: str


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that may be done to code.

    `kind` is the protocol's. `title` holds `{name}` where the target's name belongs. `instruction` is what the model is
    told to do, `context` what it may see besides the file's own text. `proofs` names the gates whose UNKNOWN is not good
    enough, whatever the settings say. `find` is pure and quick: the target at a span, or None where the action cannot
    work. `change` makes an answer the one change of the target's place, or refuses it.
    """

    id: str
    kind: str
    title: str
    instruction: str
    examples: tuple[Example, ...]
    context: frozenset[ItemKind]
    proofs: tuple[str, ...]
    max_tokens: int
    find: Callable[[Document, Tree, Span], Target | None]
    change: Callable[[Document, Tree, Target, str], Change | Refused]
