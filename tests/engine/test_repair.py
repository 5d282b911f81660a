"""Cheap repairs: what is tried, in which order, that it is bounded, and that nothing is ever invented."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from itertools import islice

import pytest

from kireji.base.types import GateState
from kireji.engine.context.importing import WorkspaceImports
from kireji.engine.context.symbols import SymbolReader
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.gate import Gate
from kireji.engine.repair.ideas import repairs
from support.gating import asked, candidate_at, marked, real_gates, trial_of, verdict_of

IMPORTABLE = WorkspaceImports(SymbolReader())
# More than this is a search, not a repair.
MOST = 12


@pytest.fixture
async def gates() -> AsyncIterator[Sequence[Gate]]:
    async with real_gates() as gates:
        yield gates


async def check_repair(gates: Sequence[Gate], source: str, text: str, repaired: str | None, name: str = "") -> None:
    """The first repair that the gates let pass; None when there is none."""
    snapshot, candidate = asked(source, text)
    found = await verdict_of(gates, trial_of(source, text))
    assert found.state is GateState.FAIL, "only what is wrong is repaired"
    for idea in repairs(snapshot, candidate, found, IMPORTABLE):
        if (await verdict_of(gates, trial(snapshot, idea))).state is GateState.PASS:
            assert idea.change.text == repaired
            assert idea.repairs == (name,)
            assert idea.change.span == candidate.change.span
            return
    assert repaired is None


STEPS = "def p():\n    pass\n\n\n" * 3
BODY = "def f(a, b):\n    $0\n    return a\n"


LOOP = "def f(a, b):\n    for b in a:\n        $0\n    return a\n"
AFTER = "def f(a, b):\n    b = a\n    $0\n"
METHOD = "class A:\n    def f(self, a, b):\n        $0\n"
LAST = "def f(a, b):\n    $0\n"
TWO = "def p():\n  if 1:\n    pass\n\n\n" + "def f(a, b):\n  $0\n"


@pytest.mark.parametrize(
    ("source", "text", "repaired"),
    [
        # A line that fits no level goes to the nearest.
        (LAST, "if a:\n        a = b\n   return a", "if a:\n        a = b\n    return a"),
        (LAST, "if a:\n        a = b\n     return a", "if a:\n        a = b\n    return a"),
        (LAST, "if a:\n        a = b\n       b = a", "if a:\n        a = b\n        b = a"),
        (LAST, "if a:\n        a = b\n         b = a", "if a:\n        a = b\n        b = a"),
        # Between two it stays with the line above it, unless nothing could follow that.
        (LAST, "if a:\n        a = b\n      b = a", "if a:\n        a = b\n        b = a"),
        (LAST, "if a:\n        return b\n      return a", "if a:\n        return b\n    return a"),
        (LAST, "if a:\n        return b\n         return a", "if a:\n        return b\n    return a"),
        # A header decides what stands below it.
        (LAST, "if a:\n    a = b\n    return a", "if a:\n        a = b\n        return a"),
        (TWO, "if a:\n  a = b", "if a:\n    a = b"),
        (STEPS + LAST, "if a:\n           a = b\n    return a", "if a:\n        a = b\n    return a"),
        # The first line of a block may be the one that is wrong.
        (
            LAST,
            "if a:\n         a = b\n        b = a\n    return a",
            "if a:\n        a = b\n        b = a\n    return a",
        ),
        # What goes with a line moves with it.
        (
            LAST,
            "a = b\n      # why\n      if a:\n          a = max(\n              b,\n          )\n      return a",
            "a = b\n    # why\n    if a:\n        a = max(\n            b,\n        )\n    return a",
        ),
        (LAST, "a = b\n       b = a\n    return a", "a = b\n    b = a\n    return a"),
        # A string keeps what is in it.
        (
            LAST,
            "a = b\n      b = '''x\n  y\n      z'''\n      return b",
            "a = b\n    b = '''x\n  y\n      z'''\n    return b",
        ),
        # Several, each for itself.
        (
            LAST,
            "if a:\n         b = a\n          a = b\n      else:\n        b = 1\n   return b",
            "if a:\n         b = a\n         a = b\n    else:\n        b = 1\n    return b",
        ),
        # `else` belongs to what has one.
        (LAST, "if a:\n        a = b\n      else:\n        b = a", "if a:\n        a = b\n    else:\n        b = a"),
        # What needs a function, a loop or a header goes back to it, with what left the block together with it.
        (LAST, "a = b\nreturn a", "a = b\n    return a"),
        (LAST, "a = b\nb = a\nreturn b", "a = b\n    b = a\n    return b"),
        (METHOD, "self.a = a\n    self.b = b\n    return a", "self.a = a\n        self.b = b\n        return a"),
        (METHOD, "if a:\n            a = b\n    return a", "if a:\n            a = b\n        return a"),
        (LAST, "for b in a:\n        a = b\n    break", "for b in a:\n        a = b\n        break"),
        (LAST, "if a:\n        a = b\nelse:\n        a = a", "if a:\n        a = b\n    else:\n        a = a"),
        # The first line stands where the cursor does.
        (LAST, "   if a:\n        a = b\n    return a", "if a:\n        a = b\n    return a"),
        (AFTER, "  if a:\n          a = b\n      return a", "if a:\n        a = b\n    return a"),
        (AFTER, "  a = max(\n        b,\n    )", "a = max(\n        b,\n    )"),
        (AFTER, "  a = max(\n          b,\n      )", "a = max(\n        b,\n    )"),
        (AFTER, "  a = b\n    # why\n    b = a", "a = b\n    # why\n    b = a"),
        (AFTER, "  if a:\n        # why\n        b = a", "if a:\n        # why\n        b = a"),
        # The closing bracket stands with its own statement.
        (
            STEPS + LAST,
            "if a:\n        b = max(\n            a,\n      )",
            "if a:\n        b = max(\n            a,\n        )",
        ),
        (LAST.replace("    ", "\t"), "if a:\n\t\ta = b\n\t\t\tb = a", "if a:\n\t\ta = b\n\t\tb = a"),
        (LAST, "if a:\r\n        a = b\r\n   return a\r\n", "if a:\r\n        a = b\r\n    return a\r\n"),
        (LOOP, "a = b\n         b = a", "a = b\n        b = a"),
    ],
)
async def test_lines_that_are_indented_wrong(gates: Sequence[Gate], source: str, text: str, repaired: str) -> None:
    await check_repair(gates, source, text, repaired, "re-indented")


@pytest.mark.parametrize(
    ("source", "text", "repaired", "name"),
    [
        (BODY, "a = b\n    return a", "a = b", "dropped what stands already"),
        (BODY, "def f(a, b):\n    a = b", "a = b", "dropped what stands already"),
        ("value = $0\n", "value = 1", "1", "dropped what stands already"),
        ("print(max($0, sep='')\n", "[1]), sep='')", "[1])", "dropped what stands already"),
        (BODY, "if a:\na = b", "if a:\n        a = b", "re-indented"),
        (BODY, "a = b\nb = a", "a = b\n    b = a", "re-indented"),
        (BODY, "a = b\n        b = a", "a = b\n    b = a", "re-indented"),
        (BODY, "  a = b", "a = b", "re-indented"),
        (STEPS + BODY, "    a = b", "a = b", "re-indented"),
        (STEPS + BODY, "a = max(\n        b,\n)", "a = max(\n        b,\n    )", "re-indented"),
        (BODY, "a = max(a, b", "a = max(a, b)", "closed"),
        (BODY, "a = [max(a, b", "a = [max(a, b)]", "closed"),
        (BODY, "a = b\n    b = undefined_thing", "a = b", "shortened"),
        (BODY, "a = b\n    b = 'open", "a = b", "shortened"),
        (BODY, "a = b\n    if a:\n        b = 1\n    for", "a = b\n    if a:\n        b = 1", "shortened"),
        (BODY, "a = undefined_thing", None, ""),
        # What a name means is cured by no bracket: what stands above it is kept.
        (BODY, "a = b\n    b = (undefined_thing)\n    a = b", "a = b", "shortened"),
        (BODY, "a = ''\n    b = a.trim()\n    a = b", "a = ''", "shortened"),
        (BODY, "import a b", None, ""),
    ],
)
async def test_repairs(gates: Sequence[Gate], source: str, text: str, repaired: str | None, name: str) -> None:
    await check_repair(gates, source, text, repaired, name)


def is_subsequence(few: str, many: str) -> bool:
    rest = iter(many)
    return all(char in rest for char in few)


PIECES = [
    "a",
    "= b",
    "(",
    ")",
    "[",
    "{",
    "\n",
    "    ",
    "\t",
    "if a:",
    "return a",
    "'x",
    '"',
    "# c",
    "\\",
    "\r\n",
    "𝒳",
    ":",
]


@pytest.mark.parametrize("seed", range(8))
async def test_nothing_is_invented(gates: Sequence[Gate], seed: int) -> None:
    """Whatever the answer: few ideas, all different, each the answer with text taken away, blanks moved, brackets closed."""
    rng = random.Random(seed)
    for _ in range(40):
        text = "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 14)))
        source = rng.choice([BODY, "value = $0\n", "x = f($0)\n", "\t$0\n"])
        document, offset = marked(source)
        snapshot, candidate = candidate_at(document, offset, text)
        verdict = await verdict_of(gates, trial(snapshot, candidate))
        ideas = list(islice(repairs(snapshot, candidate, verdict, IMPORTABLE), MOST + 1))
        texts = [idea.change.text for idea in ideas]
        assert len(ideas) <= MOST
        assert len({*texts, text}) == len(texts) + 1
        for idea in ideas:
            words = "".join(idea.change.text.split())
            body = words.rstrip(")]}")
            assert is_subsequence(body, text), (text, idea)
            assert is_subsequence("".join(c for c in words if c not in ")]}"), text), (text, idea)
            assert idea.change.text.strip()
            assert idea.edit.uri == document.uri
            assert idea.edit.version == document.version


async def test_the_same_answer_has_the_same_repairs(gates: Sequence[Gate]) -> None:
    snapshot, candidate = asked(BODY, "a = max(b\n   b = a\n    return a")
    verdict = await verdict_of(gates, trial(snapshot, candidate))
    first, second = (list(repairs(snapshot, candidate, verdict, IMPORTABLE)) for _ in range(2))
    assert first == second
    assert first
