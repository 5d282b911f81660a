"""Code is judged for the lowest Python that its project is for, whatever ours is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from kireji.base.types import Change, GateState, Workspace
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.gate import Gate
from kireji.engine.gates.ruff import RuffGate
from support.gating import asked, named, real_gates, verdict_of

FAIL, PASS, UNKNOWN = GateState.FAIL, GateState.PASS, GateState.UNKNOWN
BODY = "def f(a, b):\n    $0\n    return a\n"
TOP = "x = 1\n$0\n"
MATCH = "match a:\n        case 1:\n            b = 2"
GENERIC = "def g[T](x: T) -> T:\n    return x"
UNBRACKETED = "try:\n        b = 1\n    except ValueError, KeyError:\n        b = 2"


@pytest.fixture
async def gates() -> AsyncIterator[Sequence[Gate]]:
    async with real_gates() as gates:
        yield gates


async def check_version(
    gates: Sequence[Gate], source: str, answer: str, version: tuple[int, int] | None, refused: str | None
) -> None:
    snapshot, candidate = asked(source, answer)
    snapshot = replace(snapshot, workspace=Workspace(version=version))
    verdict = await verdict_of(gates, trial(snapshot, candidate))
    if refused is None:
        assert verdict.state is PASS, verdict
    else:
        assert verdict.state is FAIL
        assert any(refused in finding.message for finding in verdict.findings), verdict.findings


@pytest.mark.parametrize(
    ("source", "answer", "version", "refused"),
    [
        (BODY, MATCH, (3, 9), "Cannot use `match` statement on Python 3.9"),
        (BODY, MATCH, (3, 10), None),
        (BODY, MATCH, None, None),
        (TOP, GENERIC, (3, 11), "on Python 3.11"),
        (TOP, GENERIC, (3, 12), None),
        (TOP, "type X = list[int]", (3, 11), "on Python 3.11"),
        (TOP, "type X = list[int]", (3, 12), None),
        (BODY, UNBRACKETED, (3, 13), "on Python 3.13"),
        (BODY, UNBRACKETED, (3, 14), None),
        (BODY, "a = t'{b}'", (3, 13), "on Python 3.13"),
        (BODY, "a = t'{b}'", (3, 14), None),
        # Newer than any tool knows: the newest that they do.
        (BODY, UNBRACKETED, (3, 40), None),
        # What is wrong in every Python stays wrong.
        (TOP, "def g[T](x: T) -> T:\n    return x +", (3, 12), ""),
        (TOP, "type X = undefined_thing", (3, 12), "undefined_thing"),
        (BODY, "a = t'{b' + ", (3, 14), ""),
        # The library is the lowest Python's as well.
        (BODY, "import tomllib\n    a = tomllib.loads(b)", (3, 9), "tomllib"),
        (BODY, "import tomllib\n    a = tomllib.loads(b)", (3, 11), None),
        (BODY, "try:\n        import tomllib\n    except ImportError:\n        tomllib = None", (3, 9), None),
        (BODY, "import sys\n    if sys.version_info >= (3, 11):\n        import tomllib", (3, 9), None),
    ],
)
async def test_versions(
    gates: Sequence[Gate], source: str, answer: str, version: tuple[int, int] | None, refused: str | None
) -> None:
    await check_version(gates, source, answer, version, refused)


async def test_what_the_buffer_says_already_is_not_held_against_the_answer(gates: Sequence[Gate]) -> None:
    await check_version(gates, "match 1:\n    case 1:\n        x = 2\n\n\n" + BODY, "a = b", (3, 9), None)


async def test_two_children_at_most_live(gates: Sequence[Gate]) -> None:
    """The one for an unknown Python, and the last of the others."""
    gate = named(gates, "ruff")
    assert isinstance(gate, RuffGate)
    snapshot, candidate = asked(BODY, MATCH)
    states: list[GateState] = []
    for version in ((3, 9), None, (3, 10), (3, 9), (3, 12)):
        there = replace(snapshot, workspace=Workspace(version=version))
        # A text of its own each time: what was said of the last ones is remembered.
        change = Change(candidate.change.span, f"{candidate.change.text}\n    b = {len(states)}")
        fresh = replace(candidate, edit=replace(candidate.edit, changes=(change,)))
        states.append((await gate.check(trial(there, fresh))).state)
    assert states == [FAIL, PASS, PASS, FAIL, PASS]
    living = [len(gate.pids)]
    for _ in range(2):
        await gate.close()
        living.append(len(gate.pids))
    assert living == [2, 1, 1]
    again = await gate.check(trial(replace(snapshot, workspace=Workspace(version=(3, 10))), candidate))
    assert again.state is UNKNOWN
