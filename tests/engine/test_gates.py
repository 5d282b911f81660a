"""What the gates refuse, what they let pass and where they abstain: tables of cursors and answers, with the real ruff."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import kireji
from kireji.base.text import make_document
from kireji.base.trees import Trees
from kireji.base.types import Document, GateResult, GateState, Site, Snapshot, Trigger, Verdict, Workspace
from kireji.engine.context.importing import WorkspaceImports
from kireji.engine.context.symbols import SymbolReader
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.before import preparing
from kireji.engine.gates.gate import Cost, Gate, Trial
from kireji.engine.gates.policy import Rule
from kireji.engine.gates.ruff import RuffGate, without_directives
from kireji.engine.gates.run import prepare_gates, run_gates
from kireji.engine.gates.syntax import SyntaxGate
from kireji.engine.gates.text import TextGate
from kireji.engine.repair.ideas import repairs
from kireji.engine.site import classify
from support.gating import asked, candidate_at, marked, named, real_gates, trial_of
from support.gating import verdict_of as verdict

PASS, FAIL, UNKNOWN = GateState.PASS, GateState.FAIL, GateState.UNKNOWN


@pytest.fixture
async def gates() -> AsyncIterator[Sequence[Gate]]:
    async with real_gates() as gates:
        yield gates


async def check_gate(
    gate: Gate, source: str, text: str, state: GateState, codes: Sequence[str] = (), language: str = "python"
) -> None:
    """One gate's state, and the rules that it names."""
    tried = trial_of(source, text, language)
    assert gate.applies(language)
    await gate.prepare(tried.snapshot, tried.baseline)
    result = await gate.check(tried)
    assert (result.state, sorted({f.code for f in result.findings})) == (state, sorted(codes)), result
    for finding in result.findings:
        assert 0 <= finding.span.start <= finding.span.end <= len(tried.after.text)
    assert bool(result.note) == (result.state is UNKNOWN), "what is not known says why, and nothing else does"


# ---- the text rules

FUNCTION = "def f(a, b):\n    $0\n    return a\n"
LOOP = "def total(prices):\n    amount = 0\n    $0\n    return amount\n"


@pytest.mark.parametrize(
    ("source", "text", "codes"),
    [
        (LOOP, "amount += sum(prices)", []),
        (LOOP, "for price in prices:\n        amount += price\n    return amount", [Rule.DUPLICATED_SUFFIX]),
        (LOOP, "for price in prices:\n        amount += price\n\n    return amount\n", [Rule.DUPLICATED_SUFFIX]),
        (LOOP, "def total(prices):\n    amount = 0\n    amount += 1", [Rule.REPEATED_SEAM]),
        ("value = $0\n", "value = compute()", [Rule.REPEATED_SEAM]),
        ("value = $0\n", "compute()", []),
        ("f($0\n", "f(1))", []),
        ("print(total($0, currency=euro)\n", "prices), currency=euro)", [Rule.DUPLICATED_TAIL]),
        ("print(total($0)\n", "prices)", []),
        ("value = first + $0\n", "second \\", [Rule.OPEN_END]),
        ('SYSTEM = $0\nYou complete code.\n"""\n', '"""\\', []),
        ("SYSTEM = $0\nprint(1)\n", '"one \\', [Rule.OPEN_END]),
        ("value = $0\n", '"a \\\\"', []),
        ("value = $0\n    + third\n", "second \\", []),
        ('value = """\n$0\nmore\n"""\n', "joined \\", []),
        ("rows = [\n    1,\n    $0\n    1,\n]\n", "1,", []),
        ("draw_line(here)\n$0\ndraw_line(there)\n", "draw_line(elsewhere)", []),
        ("a()\n$0\npass\n", "pass", []),
        ("$0\n", "   \n", []),
        # Nobody leaves a block twice in a row.
        (FUNCTION, "b = a\n    return a", [Rule.DUPLICATED_SUFFIX]),
        (FUNCTION, "return a", [Rule.DUPLICATED_SUFFIX]),
        (FUNCTION, "if b:\n        return a", []),
        (FUNCTION, "b = 1\n    return b", []),
        ("x = 1\n$0", "", []),
    ],
)
async def test_text_rules(source: str, text: str, codes: list[str]) -> None:
    await check_gate(TextGate(Trees()), source, text, FAIL if codes else PASS, codes)


# ---- indentation that compiles

STEPS = "def a():\n    pass\n\n\ndef b():\n    pass\n\n\ndef c():\n    pass\n\n\n"


@pytest.mark.parametrize(
    ("source", "text", "wrong"),
    [
        (STEPS + "def f(a):\n    $0\n", "  return a", True),
        (STEPS + "def f(a):\n    $0\n", "    return a", True),
        (STEPS + "def f(a):\n    $0\n", "return a", False),
        (STEPS + "def f(a):\n$0\n", "    return a", False),
        (STEPS + "def f(a):\n$0\n", "  return a", True),
        (STEPS + "def f(a):\n    $0\n", "if a:\n          a = 1\n    return a", True),
        (STEPS + "def f(a):\n    $0\n", "if a:\n        a = 1\n    return a", False),
        (STEPS + "def f(a):\n    $0\n", "if a:\n        a = 1\n    elif a is None:\n        a = 2", False),
        (STEPS + "def f(a):\n    $0\n", "match a:\n        case (1, 2):\n            return a", False),
        (STEPS + "def f(a):\n    $0\n", "for a in a: return a\n    return a", False),
        (
            STEPS + "def f(a):\n    $0\n",
            "try:\n        a()\n    except E:\n        pass\n    finally:\n        a()",
            False,
        ),
        # The cursor had left the block above.
        (STEPS + "def f(a):\n    if a:\n        a = 1\n\n    $0\n", "    return a", True),
        (STEPS + "def f(a):\n    if a:\n        a = 1\n\n    $0\n", "return a", False),
        (STEPS + "def f(a):\n    if a:\n        a = 1\n$0\n", "        return a", False),
        # What the person has indented is the person's own.
        (STEPS + "def f(a):\n      x = $0\n", "[\n          1,\n      ]", False),
        # A bracket that closes left of its own statement, but not in a string.
        (STEPS + "def f(a):\n    $0\n", "return g(\n        a,\n)", True),
        (STEPS + "def f(a):\n    $0\n", "return g(\n        a,\n    )", False),
        (STEPS + "def f(a):\n    $0\n", "return g(\n        a,\n        )", False),
        (STEPS + "def f(a):\n    $0\n", "a = '''(\n)\n'''", False),
        # No step that all agree on: nothing to hold the answer to.
        ("def f(a):\n    $0\n", "  return a", False),
        ("def a():\n  pass\ndef b():\n    pass\ndef c():\n   pass\ndef f(a):\n    $0\n", "  return a", False),
        (STEPS.replace("    ", "\t") + "def f(a):\n\t$0\n", "\treturn a", False),
    ],
)
async def test_indentation(source: str, text: str, wrong: bool) -> None:
    await check_gate(TextGate(Trees()), source, text, FAIL if wrong else PASS, [Rule.MISPLACED] if wrong else [])


async def test_a_long_chain_is_no_danger() -> None:
    chain = "if a == 0:\n    pass\n" + "".join(f"elif a == {n}:\n    pass\n" for n in range(3000))
    result = await TextGate(Trees()).check(trial_of("$0\n", chain))
    assert result.state is PASS


# ---- syntax


@pytest.mark.parametrize(
    ("source", "text", "state"),
    [
        (FUNCTION, "a = b", PASS),
        (FUNCTION, "a = (b", FAIL),
        (FUNCTION, "a = 'b", FAIL),
        (FUNCTION, "if a:\n    b = 1", FAIL),
        (FUNCTION, "if a:\n        b = 1", PASS),
        (FUNCTION, "else:\n        b = 1", FAIL),
        (FUNCTION, "if a:", FAIL),
        (FUNCTION, "a = b)", FAIL),
        (FUNCTION, "yield from b\n    await c", FAIL),
        ("$0\nx = 1\n", "return 1", FAIL),
        ("while True:\n    $0\n", "break", PASS),
        ("$0\nwhile True:\n    pass\n", "break", FAIL),
        ("x = [$0]\n", "1, 2", PASS),
        ("x = [$0\n", "1, 2", FAIL),
        ("x = [$0\n", "1, 2]", PASS),
        ("x = f'{$0}'\n", "a", PASS),
        ("if x:\n    pass\n$0\n", "else:\n    pass", PASS),
        # What is broken elsewhere is not held against the candidate, nor does it hide what is.
        ("def broken(:\n    pass\n\n\ndef f(a):\n    $0\n", "return a", PASS),
        ("def broken(:\n    pass\n\n\ndef f(a):\n    $0\n", "return (a", FAIL),
        ("def f(a):\n    $0\n\n\nx = compute(\n\n\ndef g():\n    pass\n", "return a", PASS),
        ("def f(a):\n    $0\n\n\nx = compute(\n\n\ndef g():\n    pass\n", "return a)", FAIL),
        ("def f(a):\n    $0\n\n\nx = compute(\n\n\ndef g():\n    pass\n", "return a +", FAIL),
        ("x = " + "(" * 400 + ")" * 400 + "\n$0\n", "y = 1", PASS),
    ],
)
async def test_python_syntax(source: str, text: str, state: GateState) -> None:
    await check_gate(SyntaxGate(Trees()), source, text, state, [Rule.SYNTAX] if state is FAIL else [])


OTHER_LANGUAGES = {
    "typescript": ("function f(a: number): number {\n  $0\n}\n", "return a + 1;", "return (a + 1;"),
    "go": ("package p\n\nfunc f(a int) int {\n\t$0\n}\n", "return a + 1", "return a + + )"),
    "rust": ("fn f(a: i32) -> i32 {\n    $0\n}\n", "a + 1", "a + 1 }"),
    "json": ('{"a": 1, $0}\n', '"b": [2, 3]', '"b": [2, 3'),
    "javascript": ("const f = (a) => {\n  $0\n};\n", "return a ?? 1;", "return { a: 1;"),
    "java": ("class A {\n  int f(int a) {\n    $0\n  }\n}\n", "return a;", "return a + ;"),
    "c": ("int f(int a) {\n    $0\n}\n", "return a;", "if (a { return a; }"),
}
ELSEWHERE = {
    "typescript": "\nfunction broken( {\n",
    "go": "\nfunc broken( {\n}\n",
    "rust": "\nfn broken( {\n}\n",
    "javascript": "\nfunction broken( {\n",
    "java": "\nclass B { int f( }\n",
    "c": "\nint broken( {\n}\n",
}


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
async def test_other_languages(language: str) -> None:
    source, good, bad = OTHER_LANGUAGES[language]
    await check_gate(SyntaxGate(Trees()), source, good, PASS, (), language)
    await check_gate(SyntaxGate(Trees()), source, bad, FAIL, [Rule.SYNTAX], language)


@pytest.mark.parametrize("language", ELSEWHERE)
async def test_other_languages_broken_elsewhere(language: str) -> None:
    source, good, bad = OTHER_LANGUAGES[language]
    source += ELSEWHERE[language]
    for text, allowed in ((good, (PASS, UNKNOWN)), (bad, (FAIL, UNKNOWN))):
        result = await SyntaxGate(Trees()).check(trial_of(source, text, language))
        assert result.state in allowed, (text, result)


# ---- names, by the real ruff


@pytest.mark.parametrize(
    ("source", "text", "state", "codes"),
    [
        (FUNCTION, "a = b", PASS, []),
        (FUNCTION, "a = undefined_thing", FAIL, ["F821"]),
        (FUNCTION, "a = undefined_thing  # noqa", FAIL, ["F821"]),
        (FUNCTION, "a = undefined_thing  # noqa: F821", FAIL, ["F821"]),
        ("# ruff: noqa\n" + FUNCTION, "a = undefined_thing", FAIL, ["F821"]),
        ("# flake8: noqa\n" + FUNCTION, "a = undefined_thing", FAIL, ["F821"]),
        ("# ruff: noqa: F821\n" + FUNCTION, "a = undefined_thing", FAIL, ["F821"]),
        ("text = '# noqa'\n" + FUNCTION, "a = b", PASS, []),
        # A star import may bring the name: the type gate knows.
        ("from os.path import *\n" + FUNCTION, "a = join(a, b)", PASS, []),
        ("from os.path import *\n" + FUNCTION, "a = b", PASS, []),
        # What was undefined before is not held against the candidate.
        ("print(nowhere)\n" + FUNCTION, "a = b", PASS, []),
        ("print(nowhere)\n" + FUNCTION, "a = elsewhere", FAIL, ["F821"]),
        # A later use stands on a binding that the candidate takes away.
        ("import os\n$0\nprint(os.sep)\n", "x = 1", PASS, []),
        ("import os\n$0\nprint(os.sep)\n", "del os", FAIL, ["F821"]),
        ("$0\nx = 1\n", "x = 2\nreturn x", FAIL, ["F706"]),
        ("x = 1\n$0\n", "break", FAIL, ["F701"]),
        ("x = 1\n$0\n", "continue", FAIL, ["F702"]),
        ("x = 1\n$0\n", "from __future__ import annotations", FAIL, ["F404"]),
        ("try:\n    import json\nexcept ImportError:\n    json = None\n$0\n", "json.dumps(1)", PASS, []),
        # Broken elsewhere: masked, so that names are still seen.
        ("def broken(:\n    pass\n\n\ndef f(a):\n    $0\n", "return a", PASS, []),
        ("def broken(:\n    pass\n\n\ndef f(a):\n    $0\n", "return undefined_thing", FAIL, ["F821"]),
        ("def f(a):\n    $0\n\n\nx = compute(\n\n\ndef g():\n    pass\n", "return undefined_thing", FAIL, ["F821"]),
        # Newer than any Python that runs this test: ruff knows it.
        ("$0\n", "type Pair[T] = tuple[T, T]", PASS, []),
        ("$0\n", 'try:\n    pass\nexcept ValueError, TypeError:\n    pass\n', PASS, []),
        # Too broken to be masked: nothing is known of names, but what is broken in the answer is.
        ("x = (\n\n" * 9 + FUNCTION, "a = b", UNKNOWN, []),
        # The answer closes what was open: names that were unseen before are not its doing.
        ("f = (nowhere,\n$0\nprint(elsewhere)\n", "1)", UNKNOWN, []),
        ("f = (1,\n$0\nprint(f)\n", "undefined_thing)", FAIL, ["F821"]),
        # Words of ours in the text do not make it blind.
        ("kireji_end_of_text = 1\n" + FUNCTION, "a = b", PASS, []),
        ("from os.path import *\n" + FUNCTION, "a = (b", FAIL, ["invalid-syntax"]),
        ("def f(a):\n    $0\n# end", "return undefined_thing", FAIL, ["F821"]),
        # Astral characters and CRLF do not move what is found.
        ("s = '𝒳𝒴'; $0\r\n", "print(undefined_thing)", FAIL, ["F821"]),
    ],
)  # fmt: skip
async def test_names(gates: Sequence[Gate], source: str, text: str, state: GateState, codes: list[str]) -> None:
    await check_gate(named(gates, "ruff"), source, text, state, codes)


@pytest.mark.parametrize("folder", ["build", "dist", ".venv/lib", "site-packages", "node_modules", ".git", "a"])
async def test_names_are_seen_wherever_the_file_lies(gates: Sequence[Gate], folder: str) -> None:
    document, offset = marked(FUNCTION)
    path = f"/w/{folder}/t.py"
    document = make_document(f"file://{path}", path, "python", 1, document.text)
    for text, state in (("a = b", PASS), ("a = undefined_thing", FAIL)):
        assert (await named(gates, "ruff").check(trial(*candidate_at(document, offset, text)))).state is state


async def test_a_finding_stands_where_the_name_stands(gates: Sequence[Gate]) -> None:
    tried = trial_of("s = '𝒳𝒴'\r\ndef f(a):\r\n    $0\r\n", "return undefined_thing + a")
    (finding,) = (await named(gates, "ruff").check(tried)).findings
    assert tried.after.text[finding.span.start : finding.span.end] == finding.symbol == "undefined_thing"


async def test_without_ruff_nothing_is_known_of_names() -> None:
    await check_gate(RuffGate(None), FUNCTION, "a = undefined_thing", UNKNOWN)


@pytest.mark.parametrize("text", ["x = 1  # noqa: F821", "# ruff: noqa\n", "# flake8: noqa", "'# noqa'", "# fine"])
def test_directives_lose_their_words_but_not_their_length(text: str) -> None:
    silenced = without_directives(text)
    assert len(silenced) == len(text)
    assert "noqa" not in silenced


# ---- all together

PROBE = "return undefined_name_xyz(a, b\n    import nothing_here\n"
PLACEMENTS = {
    "body": "def f(a, b):\n    $0\n    return a\n",
    "last": "def f(a, b):\n    $0\n",
    "end of file": "def f(a, b):\n    $0",
    "method": "class A:\n    def f(self, a, b):\n        $0\n\n    def g(self):\n        pass\n",
    "after a line": "def f(a, b):\n    c = a\n    $0\n\n\ndef g():\n    pass\n",
    "if": "def f(a, b):\n    if a:\n        $0\n    return b\n",
    "module": "a = b = 1\n$0\nc = 2\n",
    "broken below": "def f(a, b):\n    $0\n\n\nx = compute(\n\n\ndef g():\n    pass\n",
    "broken above": "def broken(:\n    pass\n\n\ndef f(a, b):\n    $0\n",
    "broken beside": "def f(a, b):\n    x = compute(\n    $0\n    return a\n",
    "CRLF": "def f(a, b):\r\n    $0\r\n    return a\r\n",
    "tabs": "def f(a, b):\n\t$0\n\treturn a\n",
    "star import": "from os.path import *\ndef f(a, b):\n    $0\n",
}


@pytest.mark.parametrize("source", PLACEMENTS.values(), ids=PLACEMENTS)
@pytest.mark.parametrize("probe", [PROBE, PROBE.rstrip("\n"), PROBE.partition("\n")[0], "    " + PROBE])
async def test_the_probe_is_never_shown(gates: Sequence[Gate], source: str, probe: str) -> None:
    snapshot, candidate = asked(source, probe)
    baseline = trial_of(source, probe).baseline
    found = await verdict(gates, trial_of(source, probe))
    assert found.state is FAIL, found

    for repaired in repairs(snapshot, candidate, found, WorkspaceImports(SymbolReader())):
        again = await verdict(gates, trial(snapshot, repaired, baseline))
        assert again.state is FAIL, repaired.change.text


SOURCES = sorted(Path(kireji.__file__).parent.rglob("*.py"))
SPANS = 360


def _spans(rng: random.Random, text: str) -> tuple[int, int]:
    """A run of whole lines at one level, the tail of a line, or a piece in its middle."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    number = rng.choice([n for n, line in enumerate(lines) if line.strip()])
    line = lines[number].rstrip("\n")
    first = starts[number] + len(line) - len(line.lstrip())
    match rng.randrange(3):
        case 0:
            end = number + 1
            indent = len(line) - len(line.lstrip())
            while end < len(lines) and end < number + 12 and len(lines[end]) - len(lines[end].lstrip()) > indent:
                end += 1
            return first, starts[end] - 1
        case 1:
            return rng.randrange(first, starts[number] + len(line)), starts[number] + len(line)
        case _:
            start = rng.randrange(first, starts[number] + len(line))
            return start, rng.randrange(start, starts[number] + len(line)) + 1


@pytest.mark.slow
async def test_sound_code_passes(gates: Sequence[Gate]) -> None:
    """Text cut out of this product's own sources is put back where it stood: nothing of it may be refused."""
    rng = random.Random(20)
    workspace = Workspace(str(Path(kireji.__file__).parents[1]), True, sys.executable)
    refused, unknown = [], []
    for _ in range(SPANS):
        path = rng.choice(SOURCES)
        text = path.read_text(encoding="utf-8")
        if not text.strip():
            continue
        start, end = _spans(rng, text)
        if text[start:end].lstrip().startswith("#"):
            continue  # a comment alone is not offered
        document = make_document(path.as_uri(), str(path), "python", 1, text[:start] + text[end:])

        asked = candidate_at(document, start, text[start:end], workspace=workspace)
        found = await verdict(gates, trial(*asked))
        if found.state is FAIL:
            refused.append((path.name, text[start:end], found.findings))
        elif found.state is UNKNOWN:
            unknown.append((path.name, text[start:end], [r.note for r in found.results]))
    assert not refused, refused
    assert len(unknown) <= SPANS // 100, unknown


# ---- running


@dataclass
class Scripted:
    """A gate that does as it is told, and says that it was asked."""

    name: str
    state: GateState | Exception | None = GateState.PASS
    cost: Cost = Cost.CHEAP
    asked: list[str] = field(default_factory=list)
    together: asyncio.Barrier | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def applies(self, language: str) -> bool:
        return language == "python"

    async def prepare(self, snapshot: Snapshot, baseline: Document) -> None:
        self.asked.append("prepare")
        await self._act()

    async def check(self, trial: Trial) -> GateResult:
        self.asked.append("check")
        await self._act()
        assert isinstance(self.state, GateState)
        return GateResult(self.name, self.state)

    async def _act(self) -> None:
        self.begun.set()
        if self.together is not None:
            await self.together.wait()
        if self.state is None:
            await asyncio.Event().wait()
        if isinstance(self.state, Exception):
            raise self.state


async def run(gates: Sequence[Gate], seconds: float = 10.0, language: str = "python") -> Verdict:
    return await run_gates(gates, trial_of(FUNCTION, "a = b", language), seconds)


async def test_a_cheap_failure_ends_the_run() -> None:
    first, second, slow = Scripted("1", FAIL), Scripted("2"), Scripted("3", cost=Cost.SLOW)
    assert [r.gate for r in (await run([slow, first, second])).results] == ["1"]
    assert second.asked == slow.asked == []


async def test_what_is_not_known_ends_nothing() -> None:
    found = await run([Scripted("1", UNKNOWN), Scripted("2", FAIL)])
    assert [r.state for r in found.results] == [UNKNOWN, FAIL]
    assert found.state is FAIL


async def test_slow_gates_run_side_by_side() -> None:
    """Each waits for the other: one after the other, neither would ever answer."""
    together = asyncio.Barrier(2)
    found = await run([Scripted(n, cost=Cost.SLOW, together=together) for n in "ab"])
    assert [r.state for r in found.results] == [PASS, PASS]


@pytest.mark.parametrize("cost", Cost)
async def test_late_is_not_known(cost: Cost) -> None:
    found = await run([Scripted("late", None, cost), Scripted("fine", cost=cost)], 0.05)
    assert (found.results[0].state, found.results[0].note) == (UNKNOWN, "late")
    assert found.state is UNKNOWN


@pytest.mark.parametrize("error", [RuntimeError("secret text"), TimeoutError("of its own")])
async def test_a_broken_gate_is_logged_and_takes_no_other_down(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        found = await run([Scripted("odd", error), Scripted("fine", cost=Cost.SLOW)])
    assert [(r.state, r.note) for r in found.results] == [(UNKNOWN, "bug"), (PASS, "")]
    assert "odd" in caplog.text
    assert str(error) not in caplog.text


@pytest.mark.parametrize("cost", Cost)
async def test_cancellation_passes_through(cost: Cost) -> None:
    gate = Scripted("slow", None, cost)
    task = asyncio.ensure_future(run([gate]))
    await gate.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_gate_of_another_language_is_not_asked() -> None:
    gate = Scripted("python only")
    assert (await run([gate], language="json")).results == ()
    document, _ = marked("$0", "json")
    await prepare_gates([gate], Snapshot("t", document), document)
    assert gate.asked == []


async def test_a_gate_that_cannot_prepare_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    other = Scripted("fine")
    document, _ = marked("$0")
    with caplog.at_level(logging.ERROR):
        await prepare_gates([Scripted("odd", RuntimeError("x")), other], Snapshot("t", document), document)
    assert "odd" in caplog.text
    assert other.asked == ["prepare"]


def site_of(source: str) -> tuple[Snapshot, Site]:
    document, offset = marked(source)
    snapshot = Snapshot("t", document, trigger=Trigger.EXPLICIT)
    site = classify(snapshot, offset)
    assert isinstance(site, Site)
    return snapshot, site


async def test_preparing_ends_with_its_block() -> None:
    gate = Scripted("endless", None)
    running = asyncio.all_tasks()
    async with preparing([gate], *site_of(FUNCTION)) as before:
        assert (await before.document(0.05)).text == FUNCTION.replace("    $0", "    ")
        assert gate.asked == ["prepare"]
    assert asyncio.all_tasks() == running


async def test_preparing_ends_with_an_exception_too() -> None:
    running = asyncio.all_tasks()
    with pytest.raises(ZeroDivisionError):
        async with preparing([Scripted("endless", None)], *site_of(FUNCTION)):
            raise ZeroDivisionError
    assert asyncio.all_tasks() == running


async def test_who_waits_for_the_baseline_has_prepared_gates() -> None:
    gate = Scripted("fine")
    async with preparing([gate], *site_of("x = [$0\n")) as before:
        document = await before.document(10.0)
    assert gate.asked == ["prepare"]
    assert document.text == "pass \n" or "pass" in document.text
