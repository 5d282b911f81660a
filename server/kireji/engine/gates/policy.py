"""What a finding means: which rules reject a candidate, which only warn, which say nothing. Data, read from one table.

Finds nothing itself. A rule that is not listed is ignored: a tool's next release must not withhold code by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from kireji.base.types import Severity


class Action(Enum):
    """What a rule does to a candidate. SUSPECT: it rejects where the types are known for certain, and no second opinion differs."""

    REJECT = "reject"
    SUSPECT = "suspect"
    WARN = "warn"
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
    INVISIBLE = "invisible-character"
    SECRET = "secret"  # noqa: S105 — the name of a rule
    DELETES = "deletes"
    CONNECTS = "connects"
    RUNS = "runs-programs"
    PATH = "path-from-outside"
    LEAVES_SCOPE = "leaves-scope"
    TOO_LONG = "too-long"
    ONLY_COMMENT = "only-a-comment"
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
        },
        "security": {
            Rule.INVISIBLE: (Action.REJECT, Reach.INSERTED),
            Rule.SECRET: (Action.REJECT, Reach.INSERTED),
            Rule.DELETES: (Action.WARN, Reach.INSERTED),
            Rule.CONNECTS: (Action.WARN, Reach.INSERTED),
            Rule.RUNS: (Action.WARN, Reach.INSERTED),
            Rule.PATH: (Action.WARN, Reach.INSERTED),
            **dict.fromkeys(
                (
                    "S102",  # exec
                    "S103",  # permissions for everyone
                    "S104",  # listens on every interface
                    "S105", "S106", "S107",  # passwords in the code
                    "S113",  # waits for an answer for ever
                    "S201", "S202",  # a debugger for everyone; an archive that writes anywhere
                    "S301", "S302", "S303", "S304", "S305", "S306", "S307", "S308",  # pickle … eval, mark_safe
                    "S310", "S311",  # urls of any scheme; chance where a secret is made
                    "S312", "S313", "S314", "S315", "S316", "S317", "S318", "S319", "S321", "S323", "S324",
                    "S401", "S402", "S412", "S413",  # libraries that cannot be used safely
                    "S501", "S502", "S503", "S505", "S506", "S507", "S508", "S509",  # certificates, ciphers, yaml
                    "S601", "S602", "S604", "S605", "S608", "S609", "S610", "S611", "S612",  # shells and SQL
                    "S701", "S702", "S704",  # templates that do not escape
                ),
                (Action.WARN, Reach.INSERTED),
            ),
        },
        "shape": {
            Rule.LEAVES_SCOPE: (Action.REJECT, Reach.INSERTED),
            Rule.TOO_LONG: (Action.REJECT, Reach.INSERTED),
            Rule.ONLY_COMMENT: (Action.REJECT, Reach.INSERTED),
        },
        "types": {
            # What Python itself refuses when it gets there.
            "import-not-found": (Action.REJECT, Reach.INSERTED),  # a module, or a member of one
            "missing-attribute": (Action.REJECT, Reach.INSERTED),
            "unresolved-reference": (Action.REJECT, Reach.INSERTED),
            "missing-argument": (Action.REJECT, Reach.INSERTED),
            "too-many-positional-arguments": (Action.REJECT, Reach.INSERTED),
            "unknown-argument": (Action.REJECT, Reach.INSERTED),
            "parameter-already-assigned": (Action.REJECT, Reach.INSERTED),
            "positional-only-parameter-as-kwarg": (Action.REJECT, Reach.INSERTED),
            # What annotations say against it. Not here, because sound code breaks them every day: assignments, overrides,
            # yields, returns that are missing, and members that a part of a union lacks.
            "invalid-argument-type": (Action.SUSPECT, Reach.INSERTED),
            "invalid-explicit-return": (Action.SUSPECT, Reach.INSERTED),
            "no-matching-overload": (Action.SUSPECT, Reach.INSERTED),
            "unsupported-operator": (Action.SUSPECT, Reach.INSERTED),
            "not-iterable": (Action.SUSPECT, Reach.INSERTED),
            "not-subscriptable": (Action.SUSPECT, Reach.INSERTED),
            "not-callable": (Action.SUSPECT, Reach.INSERTED),
            "invalid-await": (Action.SUSPECT, Reach.INSERTED),
            "invalid-context-manager": (Action.SUSPECT, Reach.INSERTED),
            "invalid-raise": (Action.SUSPECT, Reach.INSERTED),
            "invalid-exception-caught": (Action.SUSPECT, Reach.INSERTED),
        },
    }
)  # fmt: skip

# What is proved where a name ends, whatever comes behind it.
_PROVABLE: Mapping[str, frozenset[str]] = MappingProxyType(
    {"types": frozenset({"import-not-found", "missing-attribute"})}
)

_IGNORED = (Action.IGNORE, Reach.INSERTED)
_SEVERITIES = MappingProxyType(
    {Action.REJECT: Severity.REJECT, Action.SUSPECT: Severity.REJECT, Action.WARN: Severity.WARN}
)


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


def provable(gate: str) -> frozenset[str]:
    """The rules of a gate that can be proved while the answer still comes."""
    return _PROVABLE.get(gate, frozenset())
