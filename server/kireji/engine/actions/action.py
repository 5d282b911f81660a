"""What an action is: data that says where it applies, what the model is told and may see, and how its answer becomes an edit.

`acting.py` leads an action through the rooms; an action itself asks nobody and knows no provider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from kireji.base.syntax import Tree
from kireji.base.types import (
    Change,
    ChangeSet,
    ContextItem,
    Diagnostic,
    Document,
    FileEdit,
    Intent,
    ItemKind,
    NewFile,
    Reason,
    Snapshot,
    Span,
)


class Form(Enum):
    """What an answer is made of. `ask_action` says it to the model; the action reads it."""

    PART = "the whole part as it should become"
    ADDITION = "only the new text, for a place that the program knows"
    BLOCKS = "passages that are there, each with what takes its place"
    TEXT = "Markdown for a person"
    REPORT = "Markdown for a person, then passages with what takes their place"

    @property
    def shows(self) -> bool:
        """Whether it brings a text to be read."""
        return self in (Form.TEXT, Form.REPORT)


@dataclass(frozen=True, slots=True)
class Scene:
    """What an action looks at: a document with its tree (None where there is no grammar), and what a person wants there."""

    snapshot: Snapshot
    tree: Tree | None
    intent: Intent

    @property
    def document(self) -> Document:
        """The document that was asked about."""
        return self.snapshot.document


@dataclass(frozen=True, slots=True)
class Target:
    """A piece of one document that an action is about.

    `span` is what the model is shown as the part, with what leads it (comment, decorators); `head` is where its own first
    word stands. `place` alone may change, unless the action's plan says more. `name` is for people. `about` is what the
    model is told of it besides, as material; `problems` are what an edit is meant to cure. `creates`: a file would be made.
    """

    name: str
    span: Span
    head: int
    place: Span
    about: str = field(default="", repr=False)
    problems: tuple[Diagnostic, ...] = ()
    creates: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """What of one file may change. `version` is None where no editor has it open. In `header` imports may be added, and
    nothing else done."""

    document: Document
    spans: tuple[Span, ...]
    version: int | None
    header: Span | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How far an action reaches: what may change, and the one file that may be made (its text is still empty).

    What is `related` the model must see whole besides the part; what is `likely` may help it, and may be left out.
    """

    regions: tuple[Region, ...] = ()
    created: NewFile | None = None
    related: tuple[ContextItem, ...] = ()
    likely: tuple[ContextItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """What an answer amounts to: changes, a text for the person, or both."""

    changes: ChangeSet = field(default_factory=ChangeSet)
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is not made an edit. `detail` is for people and quotes no source text."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Example:
    """One worked question: what stands above the part, the part itself, and the whole answer. `about` is what is told of it,
    `wish` what the person said.

    Fences inside an answer are written without a nonce; they get the one of the stable part.
    """

    language: str
    above: str
    part: str
    answer: str
    about: str = ""
    wish: str = ""


def at_home(scene: Scene, target: Target) -> Plan:
    """The plan of an action that changes nothing but its target's place."""
    return Plan((Region(scene.document, (target.place,), scene.document.version),))


def changes_at_home(scene: Scene, *changes: Change) -> Made:
    """Changes of the document that was asked about."""
    edit = FileEdit(scene.document, tuple(sorted(changes, key=lambda c: c.span)), scene.document.version)
    return Made(ChangeSet((edit,)))


# Gates that know only what is typed at a cursor.
AT_A_CURSOR = frozenset({"text", "shape"})


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that may be done to code.

    `kind` is the protocol's. `title` holds `{name}` where the target's name belongs. `instruction` is what the model is
    told to do, `context` what it may see besides the file's own text; `imports`: it may ask for some. `proofs` names the
    gates whose UNKNOWN is not good enough, whatever the settings say, `without` those that have nothing to say of such a
    change. `find` is pure and quick: the target, or None where the action cannot work. `plan` may read files. `make` turns
    an answer into changes within the plan, or refuses it. `needs_words`: it cannot be offered, only asked for. `cures`: the
    target's problems are looked for again afterwards. `fills`: where something was missing, so that a test of it must be red
    before.
    """

    id: str
    kind: str
    title: str
    form: Form
    instruction: str
    examples: tuple[Example, ...]
    context: frozenset[ItemKind]
    proofs: tuple[str, ...]
    max_tokens: int
    find: Callable[[Scene], Target | None]
    make: Callable[[Scene, Target, Plan, str], Made | Refused]
    plan: Callable[[Scene, Target], Plan | Refused] = at_home
    imports: bool = False
    without: frozenset[str] = AT_A_CURSOR
    needs_words: bool = False
    cures: bool = False
    fills: bool = False
