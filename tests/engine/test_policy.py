"""The table of rules: closed, consistent with the gates that look things up in it, and silent about what it does not list."""

from __future__ import annotations

import re

import pytest

from kireji.base.types import Severity
from kireji.engine.gates import policy
from kireji.engine.gates.policy import Action, Reach, Rule


@pytest.mark.parametrize(
    ("gate", "code", "action", "reach", "severity"),
    [
        ("ruff", "F821", Action.REJECT, Reach.ANYWHERE, Severity.REJECT),
        ("types", "missing-attribute", Action.REJECT, Reach.INSERTED, Severity.REJECT),
        ("types", "invalid-argument-type", Action.SUSPECT, Reach.INSERTED, Severity.REJECT),
        ("types", "invalid-assignment", Action.IGNORE, Reach.INSERTED, None),
        ("security", "S602", Action.WARN, Reach.INSERTED, Severity.WARN),
        ("security", "S101", Action.IGNORE, Reach.INSERTED, None),
        ("syntax", Rule.SYNTAX, Action.REJECT, Reach.ANYWHERE, Severity.REJECT),
        ("text", Rule.DUPLICATED_SUFFIX, Action.REJECT, Reach.INSERTED, Severity.REJECT),
        # A rule that nobody has decided on says nothing: neither a new one of a tool, nor one of another gate.
        ("ruff", "F999", Action.IGNORE, Reach.INSERTED, None),
        ("ruff", "F401", Action.IGNORE, Reach.INSERTED, None),
        ("syntax", "F821", Action.IGNORE, Reach.INSERTED, None),
        ("nobody", "F821", Action.IGNORE, Reach.INSERTED, None),
    ],
)
def test_rules(gate: str, code: str, action: Action, reach: Reach, severity: Severity | None) -> None:
    assert (policy.action(gate, code), policy.reach(gate, code), policy.severity(gate, code)) == (
        action,
        reach,
        severity,
    )


def test_every_rule_of_our_own_is_decided_on() -> None:
    ours = {value for name, value in vars(Rule).items() if not name.startswith("_")}
    listed = {code for gate in ("text", "shape", "syntax", "security") for code in policy.codes(gate)}
    assert ours <= listed
    assert not {code for code in listed - ours if not re.fullmatch(r"S\d{3}", code)}


def test_nothing_is_listed_to_be_ignored() -> None:
    for gate in ("text", "shape", "syntax", "ruff", "security", "types"):
        assert policy.codes(gate)
        assert all(policy.action(gate, code) is not Action.IGNORE for code in policy.codes(gate))
    assert policy.codes("nobody") == ()
