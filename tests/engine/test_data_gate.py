"""What the data gate refuses in JSON, TOML and YAML, and where it cannot tell: `$0` is the cursor."""

from __future__ import annotations

import pytest

from kireji.base.types import GateState
from kireji.engine.gates.data import MAX_CHARS, DataGate
from support.gating import trial_of

PASS, FAIL, UNKNOWN = GateState.PASS, GateState.FAIL, GateState.UNKNOWN


async def check(language: str, source: str, text: str, state: GateState, code: str = "") -> None:
    gate = DataGate()
    assert gate.applies(language)
    trial = trial_of(source, text, language)
    for _ in range(2):  # the second time from what it remembers
        result = await gate.check(trial)
        assert (result.state, [f.code for f in result.findings]) == (state, [code] if code else []), result
        if state is UNKNOWN:
            assert result.note.startswith("unverified: ")


@pytest.mark.parametrize(
    ("source", "text", "state", "code"),
    [
        ('{"a": $0}', "1", PASS, ""),
        ('{"a": $0}', "True", FAIL, "syntax-error"),
        ('{"a": $0}', "NaN", FAIL, "syntax-error"),
        ('{"a": $0}', "1,", FAIL, "syntax-error"),
        ('{\n  $0\n  "b": 2\n}', '"a": 1,', PASS, ""),
        ('{\n  $0\n  "b": 2\n}', '"a": 1', FAIL, "syntax-error"),
        ('{\n  "b": 2,\n  $0\n}', '"a": 1', PASS, ""),
        ('{\n  "b": 2,\n  $0\n}', '"b": 1', FAIL, "key-said-twice"),
        ('{\n  "b": 2, "b": 3,\n  $0\n}', '"a": 1', PASS, ""),  # they were there before
        ('{\n  "b": 2 "c": 3,\n  $0\n}', '"a": 1', UNKNOWN, ""),
        ('{"a": $0}', "9" * 10_000, PASS, ""),
        ('{"a": $0}', "[" * 100_000 + "]" * 100_000, UNKNOWN, ""),
        ('{"a": $0}', '"' + "x" * MAX_CHARS + '"', UNKNOWN, ""),
    ],
)
async def test_json(source: str, text: str, state: GateState, code: str) -> None:
    await check("json", source, text, state, code)


@pytest.mark.parametrize(
    ("source", "text", "state", "code"),
    [
        ("[a]\nb = $0\n", "1", PASS, ""),
        ("[a]\nb = $0\n", "yes", FAIL, "syntax-error"),
        ("[a]\nb = 1\n$0\n", "c = 2", PASS, ""),
        ("[a]\nb = 1\n$0\n", "b = 2", FAIL, "key-said-twice"),
        ("[a]\n$0\n[b]\n", "[b]", FAIL, "key-said-twice"),
        ("[a]\nb = \n$0\n", "c = 2", UNKNOWN, ""),
        ("[a]\nb = $0\n", "2024-13-45", FAIL, "syntax-error"),
    ],
)
async def test_toml(source: str, text: str, state: GateState, code: str) -> None:
    await check("toml", source, text, state, code)


@pytest.mark.parametrize(
    ("source", "text", "state", "code"),
    [
        ("a: &x 1\nb: $0\n", "*x", PASS, ""),
        ("a: &x 1\nb: $0\n", "*y", FAIL, "unknown-alias"),
        ("a: *y\nb: $0\n", "1", PASS, ""),
        ("a: 1\n$0\n", "b: 2", PASS, ""),
        ("a: 1\n$0\n", "a: 2", FAIL, "key-said-twice"),
        ("a:\n  b: 1\n$0\n", "b: 2", PASS, ""),
        ("x: &m {k: 1}\ny:\n  <<: *m\n  $0\n", "<<: *m", PASS, ""),
        ("- {a: 1, $0}\n", "a: 2", FAIL, "key-said-twice"),
    ],
)
async def test_yaml(source: str, text: str, state: GateState, code: str) -> None:
    await check("yaml", source, text, state, code)


def test_files_with_comments_are_not_its_business() -> None:
    assert not DataGate().applies("jsonc")
