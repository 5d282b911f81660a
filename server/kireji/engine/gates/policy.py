"""What a finding means: which rules reject a candidate, which only warn, which say nothing. Data, read from one table.

Finds nothing itself. A rule that is not listed is ignored: a tool's next release must not withhold code by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from kireji.base.types import Severity


class Action(Enum):
    """What a rule does to a candidate. ABSTAIN: the gate cannot tell, and its answer becomes UNKNOWN."""

    REJECT = "reject"
    WARN = "warn"
    ABSTAIN = "abstain"
    IGNORE = "ignore"


class Reach(Enum):
    """Where a finding must lie to count. ANYWHERE suits what an insertion can break far away, such as a removed name."""

    INSERTED = "inserted"
    ANYWHERE = "anywhere"


class Rule:
    """Names of the rules that our own gates apply."""

    SYNTAX = "syntax-error"
    DUPLICATED_SUFFIX = "duplicated-suffix"
    DUPLICATED_TAIL = "duplicated-tail"
    REPEATED_SEAM = "repeated-seam"
    OPEN_END = "open-end"
    MISPLACED = "misplaced-indentation"


_RULES: Mapping[str, Mapping[str, tuple[Action, Reach]]] = MappingProxyType(
    {
        "text": {
            Rule.DUPLICATED_SUFFIX: (Action.REJECT, Reach.INSERTED),
            Rule.DUPLICATED_TAIL: (Action.REJECT, Reach.INSERTED),
            Rule.REPEATED_SEAM: (Action.REJECT, Reach.INSERTED),
            Rule.OPEN_END: (Action.REJECT, Reach.INSERTED),
            Rule.MISPLACED: (Action.REJECT, Reach.INSERTED),
        },
        "syntax": {
            Rule.SYNTAX: (Action.REJECT, Reach.ANYWHERE),
        },
        "ruff": {
            "invalid-syntax": (Action.REJECT, Reach.ANYWHERE),
            "F821": (Action.REJECT, Reach.ANYWHERE),  # an undefined name
            "F404": (Action.REJECT, Reach.ANYWHERE),  # a late __future__ import: Python refuses the file
            "F622": (Action.REJECT, Reach.INSERTED),  # two starred targets: Python refuses the file
            "F701": (Action.REJECT, Reach.INSERTED),  # break outside a loop
            "F702": (Action.REJECT, Reach.INSERTED),  # continue outside a loop
            "F704": (Action.REJECT, Reach.INSERTED),  # yield outside a function
            "F706": (Action.REJECT, Reach.INSERTED),  # return outside a function
            "F707": (Action.REJECT, Reach.INSERTED),  # a bare except that is not the last
            "F405": (Action.ABSTAIN, Reach.INSERTED),  # a name that may come from a star import
        },
    }
)  # fmt: skip

_IGNORED = (Action.IGNORE, Reach.INSERTED)
_SEVERITIES = MappingProxyType({Action.REJECT: Severity.REJECT, Action.WARN: Severity.WARN})


def action(gate: str, code: str) -> Action:
    """What a rule of a gate does."""
    return _RULES.get(gate, {}).get(code, _IGNORED)[0]


def reach(gate: str, code: str) -> Reach:
    """Where a finding of a rule has to lie."""
    return _RULES.get(gate, {}).get(code, _IGNORED)[1]


def severity(gate: str, code: str) -> Severity | None:
    """How a finding is shown; None when the rule neither rejects nor warns."""
    return _SEVERITIES.get(action(gate, code))


def codes(gate: str) -> tuple[str, ...]:
    """The rules a gate has to look for."""
    return tuple(_RULES.get(gate, {}))
