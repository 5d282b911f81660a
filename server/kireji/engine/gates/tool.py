"""What a language's own tool is to us: which texts it judges, how it is run, and what its words are worth. Data; runs nothing.

A compiler's error means that the text does not compile, so errors reject unless a tool's table says otherwise; warnings and
hints never do. To add a language, describe its tool here-wise in a module of its own and list it in `tools.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from kireji.base.child_protocol import ChildDiagnostic, ChildSpec, Pace
from kireji.base.oneshot import OneShotSpec
from kireji.engine.gates.gate import Trial
from kireji.engine.gates.policy import Action

# The first text may be long in coming: the tool reads the library of its language then.
_PATIENT = Pace(start=30.0, hung=30.0)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a tool works: `root` is the folder that it is told of, `folder` that of the first text, `own` one of ours.

    `trusted` is False where the text stands alone, in an empty folder: then nothing of its workspace is there.
    """

    root: Path
    folder: Path
    own: Path
    trusted: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as the tool is shown it: `added` characters of ours stand at `at`."""

    text: str
    at: int = 0
    added: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """What findings do, by their code: `listed` ones by the table, other errors by `errors`, all else nothing.

    `elsewhere` names those that depend on other files: they prove nothing about a text that stands alone.
    """

    errors: Action = Action.REJECT
    listed: Mapping[str, Action] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()

    def action(self, diagnostic: ChildDiagnostic) -> Action:
        """What the table says."""
        found = self.listed.get(diagnostic.code)
        if found is not None:
            return found
        return self.errors if diagnostic.severity == 1 else Action.IGNORE


@dataclass(frozen=True, slots=True)
class Raised:
    """A finding that would reject, with what a tool may want to know before it does. `alone`: without its workspace.

    `symbol` is the text that it points at; `before` what was found
    in the text without the candidate, and still is.
    """

    diagnostic: ChildDiagnostic
    symbol: str
    trial: Trial
    alone: bool
    root: Path | None
    before: tuple[ChildDiagnostic, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a finding that would reject may be wrong. Without a reason it means nothing, and is passed over."""

    why: str = ""


def words(text: str) -> frozenset[str]:
    """A set of words, written as people read it."""
    return frozenset(text.split())


def _as_it_is(language: str, text: str) -> Shown:
    return Shown(text)


def _no_doubt(raised: Raised) -> Doubt | None:
    return None


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. `program` says how to run it on some ground, None where it is not to be had; it may read the disk.

    `verifies` is what nobody verifies without it. `rules` are per language, "" for the others. `second_thought` is asked
    about each finding that would reject. `blinding` are the codes of findings behind which the tool sees no others.
    `suffixes` and `manifests` name the files of a workspace whose change it must be told of; `beside` are
    those, with their contents, that it needs next to a text which stands alone. Texts longer than
    `most_chars` take it longer than anybody waits, and are not shown to it.
    """

    name: str
    languages: frozenset[str]
    program: Callable[[Ground], ChildSpec | OneShotSpec | None]
    verifies: str = "types"
    rules: Mapping[str, Rules] = field(default_factory=lambda: MappingProxyType({"": Rules()}))
    second_thought: Callable[[Raised], Doubt | None] = _no_doubt
    shown: Callable[[str, str], Shown] = _as_it_is
    blinding: frozenset[str] = frozenset()
    suffixes: frozenset[str] = frozenset()
    manifests: frozenset[str] = frozenset()
    beside: Mapping[str, str] = field(default_factory=dict)
    pace: Pace = _PATIENT
    most_chars: int = 2_000_000

    def rules_for(self, language: str) -> Rules:
        """The table for a language."""
        return self.rules.get(language) or self.rules.get("") or Rules()
