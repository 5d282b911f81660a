"""The delegate gate against a language server that behaves, and ones that do not: what it refuses, and when it cannot tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.child_protocol import ChildSpec, Readiness
from kireji.base.text import make_document
from kireji.base.types import GateResult, GateState, Workspace
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.delegate import DelegateGate
from kireji.engine.gates.run import run_gates
from kireji.engine.gates.tool import Ground, Tool
from kireji.engine.gates.tools import delegates
from support.children import program
from support.gating import candidate_at
from support.waiting import WATCHDOG, ending_by

PASS, FAIL, UNKNOWN = GateState.PASS, GateState.FAIL, GateState.UNKNOWN

# Every word "bad" is an error on itself, every "odd" a warning, and the words "bad" of a file beside are not its business.
FINDS = """
import re
def items(text):
    for n, line in enumerate(text.splitlines()):
        for hit in re.finditer("bad|odd", line):
            start, end = ({"line": n, "character": at} for at in hit.span())
            yield {"range": {"start": start, "end": end}, "code": hit[0], "message": "no", "severity": 1 if hit[0] == "bad" else 2}
def answer(n, message):
    text = texts[message["params"]["textDocument"]["uri"]]
    send({"id": message["id"], "result": {"kind": "full", "items": list(items(text))}})
"""
# Nothing can be pulled. What was shown is answered late, and first for the version before: then for a text nobody asked about.
PUSHES = (
    FINDS
    + """
def initialized(message):
    send({"id": message["id"], "result": {"capabilities": {"positionEncoding": "utf-32"}}})
def push(uri, version, text):
    params = {"uri": uri, "diagnostics": list(items(text)), **({"version": version} if version is not None else {})}
    send({"method": "textDocument/publishDiagnostics", "params": params})
class Texts(dict):
    seen = 0
    def __setitem__(self, uri, text):
        super().__setitem__(uri, text)
        version = params["textDocument"]["version"]
        @PUSHED@
texts = Texts()
"""
)
# It answers only when it was not sent to the workspace.
SENT_ELSEWHERE = """
def initialized(message, then=initialized):
    assert not message["params"]["rootUri"].startswith("@ROOT@")
    then(message)
"""
MATCHED = 'push(uri, version - 1, "bad bad bad"); push(uri + ".other", version, "bad"); push(uri, version, text)'
UNVERSIONED = "push(uri, None, text)"


@pytest.fixture
async def gates() -> AsyncIterator[list[DelegateGate]]:
    made: list[DelegateGate] = []
    yield made
    for gate in made:
        await gate.close()


async def judged(
    gates: list[DelegateGate],
    root: Path,
    behaviour: str,
    source: str,
    text: str,
    seconds: float = WATCHDOG,
    workspace: Workspace | None = None,
) -> GateResult:
    """The one result for `text` typed at the `$0` of `source`, with a server of that behaviour for Lua."""
    if not gates:
        gates.extend(g for g in delegates([f"lua: {' '.join(program(root, behaviour))}"]) if g.applies("lua"))
    before, _, after = source.partition("$0")
    path = root / "t.lua"
    document = make_document(path.as_uri(), str(path), "lua", 1, before + after)
    snapshot, candidate = candidate_at(document, len(before), text)
    snapshot = replace(snapshot, workspace=workspace or Workspace(str(root), trusted=True))
    (result,) = (await run_gates(gates, trial(snapshot, candidate), seconds)).results
    return result


@pytest.mark.parametrize(
    ("source", "text", "state", "codes"),
    [
        ("x = $0\n", "good", PASS, []),
        ("x = $0\n", "bad", FAIL, ["bad"]),
        ("x = $0\n", "odd", PASS, []),  # a warning proves nothing
        ("x = bad\ny = $0\n", "good", PASS, []),  # it was there before
        ("x = bad\ny = $0\n", "1\nz = 2", PASS, []),  # and has not moved
        ("$0\nx = bad\n", "y = 1\n", PASS, []),
        ("x = $0\n", "'🎉' bad", FAIL, ["bad"]),
    ],
)
@pytest.mark.parametrize("behaviour", [FINDS, PUSHES.replace("@PUSHED@", MATCHED)], ids=["pulled", "pushed"])
async def test_what_is_new_in_the_insertion_rejects(
    gates: list[DelegateGate],
    tmp_path: Path,
    behaviour: str,
    source: str,
    text: str,
    state: GateState,
    codes: list[str],
) -> None:
    result = await judged(gates, tmp_path, behaviour, source, text)
    assert (result.state, [f.code for f in result.findings]) == (state, codes), result
    for finding in result.findings:
        assert finding.symbol == "bad"


async def test_one_child_answers_many_texts(gates: list[DelegateGate], tmp_path: Path) -> None:
    behaviour = PUSHES.replace("@PUSHED@", MATCHED)
    states = [
        (await judged(gates, tmp_path, behaviour, "x = $0\n", text)).state for text in ("a", "bad", "a", "bad", "b")
    ]
    assert states == [PASS, FAIL, PASS, FAIL, PASS]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("sys.exit(1)", "the program ended"),
        ("def answer(n, message): sys.exit(1)", "the program ended"),
        ("def answer(n, message): say(b'\\x00 what?\\r\\n\\r\\n')", "not its protocol"),
        (
            "def answer(n, message): send({'id': message['id'], 'result': {'items': [{'range': 7}]}})",
            "not its protocol",
        ),
        ("def answer(n, message): send({'id': message['id'], 'result': None})", "not its protocol"),
        ("def answer(n, message): send({'id': message['id'], 'error': {'code': -1}})", "answered with an error"),
    ],
)
async def test_a_broken_tool_proves_nothing(
    gates: list[DelegateGate], tmp_path: Path, behaviour: str, said: str
) -> None:
    result = await judged(gates, tmp_path, behaviour, "x = $0\n", "bad")
    assert result.state is UNKNOWN
    assert result.note.startswith("unverified: ") and said in result.note, result.note


@pytest.mark.parametrize(
    "behaviour",
    [
        "def initialized(message): pass",
        "def answer(n, message): pass",
        PUSHES.replace("@PUSHED@", UNVERSIONED),  # nobody can tell which text that is about
    ],
)
async def test_a_tool_that_says_nothing_is_not_waited_for(
    gates: list[DelegateGate], tmp_path: Path, behaviour: str
) -> None:
    async with ending_by(asyncio.get_running_loop().time() + 0.5):
        result = await judged(gates, tmp_path, behaviour, "x = $0\n", "bad", seconds=0.5)
    assert result.state is UNKNOWN


READS = (
    FINDS
    + """
def initialized(message):
    assert message["params"]["capabilities"]["experimental"]["serverStatusNotification"] is True
    able = {"positionEncoding": "utf-32", "diagnosticProvider": {"interFileDependencies": True}}
    send({"id": message["id"], "result": {"capabilities": able}})
    @SAID@
"""
)
STATUS = 'send({"method": "experimental/serverStatus", "params": {"health": "%s", "quiescent": %s}})'


@pytest.mark.parametrize(
    ("said", "state", "note"),
    [
        ([("ok", False), ("ok", True)], FAIL, ""),
        ([("ok", True), ("ok", False)], UNKNOWN, "late"),  # it reads the project anew
        ([("ok", False), ("error", True)], UNKNOWN, "cannot read the project"),
        ([], UNKNOWN, "late"),
    ],
)
async def test_a_tool_that_reads_the_project_first_is_asked_when_it_has(
    tmp_path: Path, said: list[tuple[str, bool]], state: GateState, note: str
) -> None:
    behaviour = READS.replace("@SAID@", "; ".join(STATUS % one for one in said) or "pass")
    command = program(tmp_path, behaviour)

    def run(ground: Ground) -> ChildSpec:
        return ChildSpec("reads", command, str(ground.root), readiness=Readiness.QUIESCENT)

    gate = DelegateGate(Tool("reads", frozenset({"lua"}), run))
    try:
        seconds = 2.0 if note == "late" else WATCHDOG
        result = await judged([gate], tmp_path, "", "x = $0\n", "bad", seconds=seconds)
        assert result.state is state and note in result.note, result
    finally:
        await gate.close()


async def test_a_text_that_is_too_long_is_not_shown(gates: list[DelegateGate], tmp_path: Path) -> None:
    gates.append(DelegateGate(Tool("short", frozenset({"lua"}), lambda ground: None, most_chars=3)))
    result = await judged(gates, tmp_path, "", "x = $0\n", "bad")
    assert result.state is UNKNOWN and "too long" in result.note


async def test_a_tool_that_is_not_there_is_named(gates: list[DelegateGate], tmp_path: Path) -> None:
    gates.extend(g for g in delegates([f"lua: {tmp_path}/nothing"]) if g.applies("lua"))
    result = await judged(gates, tmp_path, "", "x = $0\n", "bad")
    assert result.state is UNKNOWN
    assert "cannot be started" in result.note


@pytest.mark.parametrize("workspace", [Workspace(), "untrusted"])
async def test_outside_a_trusted_workspace_nothing_is_proved(
    gates: list[DelegateGate], tmp_path: Path, workspace: Workspace | str
) -> None:
    where = workspace if isinstance(workspace, Workspace) else Workspace(str(tmp_path), trusted=False)
    # The server says where it was sent, and that is never the workspace.
    behaviour = FINDS + SENT_ELSEWHERE.replace("@ROOT@", tmp_path.as_uri())
    result = await judged(gates, tmp_path, behaviour, "x = $0\n", "bad", workspace=where)
    assert result.state is UNKNOWN and "trusted" in result.note, result
    assert (await judged(gates, tmp_path, behaviour, "x = $0\n", "good", workspace=where)).state is PASS


def test_a_persons_server_takes_its_languages_over(tmp_path: Path) -> None:
    def names(*lines: str, language: str) -> list[str]:
        return [gate.name for gate in delegates(lines) if gate.applies(language)]

    assert names(language="go") == ["gopls"] and names(language="lua") == []
    mine = "go, lua: /opt/mine --stdio"
    assert names(mine, language="go") == ["mine"] == names(mine, language="lua")
    assert names(mine, language="typescript") == ["typescript"]
    # One that is known by its name is weighed as ours is.
    assert names("go: /opt/gopls serve", language="go") == ["gopls"]
