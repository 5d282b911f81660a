"""What the security gate keeps back, what it warns of, and what it lets pass without a word."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kireji.base.children import Child
from kireji.base.types import GateState, Severity
from kireji.compose import secret_spans
from kireji.engine.gates.ruff import RuffGate, ruff_spec
from kireji.engine.gates.security import SecurityGate
from support.gating import trial_of

PASS, FAIL, UNKNOWN = GateState.PASS, GateState.FAIL, GateState.UNKNOWN
BODY = "def f(a, request):\n    $0\n    return a\n"
# Put together here, so that no scanner takes this file for one that holds keys.
AWS = "AKIA" + "2E0A8F3B244C9986"
GITHUB = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"


@pytest.fixture
async def gate() -> AsyncIterator[SecurityGate]:
    spec = ruff_spec()
    assert spec is not None, "ruff is a dependency"
    child = Child(spec)
    try:
        yield SecurityGate(RuffGate(child), secret_spans)
    finally:
        await child.close()


async def check_security(
    gate: SecurityGate, source: str, text: str, codes: list[str], severity: Severity, language: str = "python"
) -> None:
    """The rules named, all of one severity; only what rejects makes it fail."""
    tried = trial_of(source, text, language)
    result = await gate.check(tried)
    assert [f.code for f in result.findings] == codes, result
    assert {f.severity for f in result.findings} <= {severity}
    assert result.state is (FAIL if codes and severity is Severity.REJECT else PASS)
    for finding in result.findings:
        assert finding.gate == "security"
        assert finding.span.start < tried.inserted.end
        assert finding.span.end > tried.inserted.start


@pytest.mark.parametrize(
    ("source", "text", "codes"),
    [
        # Each of the kinds that do not show, wherever it stands in the answer.
        *[(BODY, f"a = 'x{char}y'", ["invisible-character"]) for char in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u3164"],
        *[(BODY, f"a = 1  # {char}note", ["invisible-character"]) for char in "\u202a\u202e\u2066\u2069\u200f\u061c"],
        *[(BODY, f"a{char} = 1", ["invisible-character"]) for char in "\U000e0001\U000e0041\U000e007f\U000e0100"],
        (BODY, "a = '\u200b\u202e'", ["invisible-character"] * 2),
        # Spelling: a joiner between letters that are joined, an emoji made of several, one with a colour.
        (BODY, "a = 'می\u200cخواهم'", []),
        (BODY, "a = '\U0001f468\u200d\U0001f469'", []),
        (BODY, "a = '❤\ufe0f'", []),
        # What the buffer uses already is its own business.
        ("b = '\u200b'\n" + BODY, "a = 'x\u200by'", []),
        ("b = '\u200b'\n" + BODY, "a = 'x\u202ey'", ["invisible-character"]),
        # Secrets, whole or completed by the answer.
        (BODY, f"key = '{AWS}'", ["secret"]),
        (BODY, f"a = 1\n    token = '{GITHUB}'", ["secret"]),
        (f"key = '{AWS[:12]}$0'\n", AWS[12:], ["secret"]),
        (f"key = '{AWS}'\n" + BODY, f"a = '{AWS}'", []),
        (f"key = '{AWS}'\n$0\n", "a = 1", []),
        (f"key = '{AWS}'; $0\n", "a = 1", []),
        (BODY, "key = os.environ['AWS_KEY']", []),
        (BODY, "header = 'Bearer'", []),
    ],
)  # fmt: skip
async def test_what_must_not_be_shown(gate: SecurityGate, source: str, text: str, codes: list[str]) -> None:
    await check_security(gate, source, text, codes, Severity.REJECT)


@pytest.mark.parametrize("language", ["json", "typescript", "go", "unknown"])
async def test_in_every_language(gate: SecurityGate, language: str) -> None:
    await check_security(gate, "$0\n", f"'{AWS}'", ["secret"], Severity.REJECT, language)
    await check_security(gate, "$0\n", "'\u202e'", ["invisible-character"], Severity.REJECT, language)
    await check_security(gate, "$0\n", "eval(x)", [], Severity.WARN, language)


@pytest.mark.parametrize(
    ("source", "text", "codes"),
    [
        # ruff's rules, curated.
        (BODY, "a = eval(a)", ["S307"]),
        (BODY, "exec(a)", ["S102"]),
        ("import subprocess\nsubprocess.run(['ls'])\n" + BODY, "subprocess.run(a, shell=True)", ["S602"]),
        ("import pickle\n" + BODY, "a = pickle.loads(a)", ["S301"]),
        ("import yaml\n" + BODY, "a = yaml.load(a)", ["S506"]),
        ("import hashlib\n" + BODY, "a = hashlib.md5(a)", ["S324"]),
        (BODY, "db.execute(f'select * from t where a = {a}')", ["S608"]),
        (BODY, "token = 'Bearer'", ["S105"]),
        (BODY, "assert a", []),
        # Chance is dangerous only where a secret is made of it.
        ("import random\n" + BODY, "a = random.random()", []),
        ("import random\n" + BODY, "token = random.random()", ["S311"]),
        # No comment silences it.
        (BODY, "a = eval(a)  # noqa: S307", ["S307"]),
        # What stands there already, and what the person has typed.
        (BODY + "\n\nb = eval(c)\n", "a = 1", []),
        ("b = eval(c)\n" + BODY, "a = eval(c)", []),
        # What ruff does not see: effects that nobody asked for.
        ("import os\n" + BODY, "os.remove(a)", ["deletes"]),
        (BODY, "import shutil as s\n    s.rmtree(a)", ["deletes"]),
        (BODY, "from os import unlink as u\n    u(a)", ["deletes"]),
        (BODY, "a.unlink()", ["deletes"]),
        ("import os\nos.remove('x')\n" + BODY, "os.unlink(a)", []),
        ("import socket\n" + BODY, "socket.create_connection(a)", ["connects"]),
        (BODY, "import requests as r\n    r.get(a, timeout=1)", ["connects"]),
        ("import requests\nrequests.get('x', timeout=1)\n" + BODY, "requests.post(a, timeout=1)", []),
        ("import subprocess\n" + BODY, "subprocess.run(['ls'])", ["runs-programs"]),
        ("import os\n" + BODY, "a = os.path.basename(a)", []),
        # Paths that may lead anywhere.
        (BODY, "a = open('/srv/' + a)", ["path-from-outside"]),
        (BODY, "a = open(f'/srv/{a}')", ["path-from-outside"]),
        (BODY, "a = open(request.args['name'])", ["path-from-outside"]),
        ("import os\n" + BODY, "a = os.path.join(BASE, request.form.get('name'))", ["path-from-outside"]),
        (BODY, "a = open('/srv/data.txt')", []),
        (BODY, "a = open(a)", []),
        (BODY, "a.open(a)", []),
    ],
)  # fmt: skip
async def test_what_is_warned_of(gate: SecurityGate, source: str, text: str, codes: list[str]) -> None:
    await check_security(gate, source, text, codes, Severity.WARN)


async def test_without_ruff_the_rest_is_still_looked_at() -> None:
    gate = SecurityGate(RuffGate(None), secret_spans)
    assert (await gate.check(trial_of(BODY, f"a = '{AWS}'"))).state is FAIL
    unknown = await gate.check(trial_of("import os\n" + BODY, "os.remove(a)"))
    assert unknown.state is UNKNOWN
    assert unknown.note
    assert [f.code for f in unknown.findings] == ["deletes"]
