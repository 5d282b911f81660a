"""What two runs of the same tests say about the change between them. Pure.

What was red before is not held against a change, and never proves one either. A case that fails otherwise than before was
reached by the change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kireji.engine.proof.cases import Case, Cases, CaseState

# What differs between two runs of the same code.
_VOLATILE = re.compile(
    r"0x[0-9a-f]+|\b\d+(?:\.\d+)?\s?m?s\b|\bin \d+\.\d+|/tmp/\S+|/\S*/kireji-\S+|line \d+|:\d+(?::\d+)?(?=:|\b)"
    r"|' \(\d+\) panicked|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Compared:
    """`wrong` are the cases that speak against the change, `red` those that were red before and still are, `gone` names
    cases that ran before and do not now, `passed` counts those that speak for it, and `turned` those that did not before."""

    wrong: tuple[Case, ...] = ()
    red: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    passed: int = 0
    turned: int = 0


def compared(before: Cases, after: Cases) -> Compared:
    """The cases after a change, by what they were before it."""
    was = {case.name: case for case in before}
    now = {case.name: case for case in after}
    failed = [case for case in now.values() if case.state is CaseState.FAILED]
    red = tuple(case.name for case in failed if _fails_alike(was.get(case.name), case))
    gone = tuple(
        name
        for name, case in was.items()
        if case.state is not CaseState.SKIPPED
        and now.get(name, Case(name, CaseState.SKIPPED)).state is CaseState.SKIPPED
    )
    wrong = tuple(case for case in failed if case.name not in red)
    green = [case.name for case in now.values() if case.state is CaseState.PASSED]
    turned = sum(name in was and was[name].state is CaseState.FAILED for name in green)
    return Compared(wrong, red, gone, len(green), turned)


def _fails_alike(was: Case | None, now: Case) -> bool:
    return was is not None and was.state is CaseState.FAILED and _lasting(was.detail) == _lasting(now.detail)


def _lasting(detail: str) -> str:
    return _VOLATILE.sub("", detail)
