"""Tests of other languages are run in the sandbox by their real tools: a wrong body is refuted, a right one proved."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from kireji.base import sandbox_walls
from kireji.base.toolbox import find
from kireji.base.types import GateState
from support.proving import make, proof_of, snapshot_of

pytestmark = pytest.mark.languages

GO = {
    "go.mod": "module x\n\ngo 1.19\n",
    "shop/shop.go": 'package shop\n\nfunc Double(n int) int {\n\tpanic("not implemented")\n}\n',
    "shop/shop_test.go": (
        'package shop\n\nimport "testing"\n\nfunc TestDouble(t *testing.T) {\n\tif Double(4) != 8 {\n'
        '\t\tt.Fatalf("got %d", Double(4))\n\t}\n}\n'
    ),
}
RUST = {
    "Cargo.toml": '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n',
    "src/lib.rs": (
        "pub fn double(n: i32) -> i32 {\n    todo!()\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n"
        "    fn doubles() {\n        assert_eq!(double(4), 8);\n    }\n}\n"
    ),
}
NODE = {
    "package.json": '{"type": "module", "scripts": {"test": "node --test"}}\n',
    "shop.js": "export function double(n) {\n  throw new Error('not implemented')\n}\n",
    "shop.test.js": (
        "import test from 'node:test'\nimport assert from 'node:assert'\nimport { double } from './shop.js'\n"
        "test('doubles', () => assert.equal(double(4), 8))\n"
    ),
}
PLAIN = NODE | {"package.json": '{"type": "module", "scripts": {"test": "true && node shop.test.js"}}\n'}


@pytest.mark.parametrize(
    ("program", "files", "name", "stub", "bodies"),
    [
        ("go", GO, "shop/shop.go", 'panic("not implemented")', ("return n * 3", "return n * 2")),
        ("cargo", RUST, "src/lib.rs", "todo!()", ("n * 3", "n * 2")),
        ("node", NODE, "shop.js", "throw new Error('not implemented')", ("return n * 3", "return n * 2")),
        ("node", PLAIN, "shop.js", "throw new Error('not implemented')", ("return n * 3", "return n * 2")),
    ],
    ids=["go", "cargo", "node", "npm test"],
)
async def test_a_wrong_body_is_refuted_and_a_right_one_proved(
    tmp_path: Path, program: str, files: dict[str, str], name: str, stub: str, bodies: tuple[str, str]
) -> None:
    path = find(program)
    assert path is not None, f"no {program} here: make test-languages puts one there"
    # rustup's stand-ins are there in an empty home, too, and start nothing.
    if program == "cargo" and subprocess.run((path, "--version"), check=False).returncode:  # noqa: ASYNC221
        pytest.skip(f"{program} does not run on this machine")
    if await asyncio.to_thread(lambda: asyncio.run(sandbox_walls.walls())) is None:
        pytest.skip("no sandbox holds on this machine")
    snapshot = snapshot_of(make(tmp_path, files), name, python=None)
    wrong, right = await proof_of(snapshot, *(files[name].replace(stub, body) for body in bodies))
    assert wrong is not None and right is not None
    assert (wrong.state, right.state) == (GateState.FAIL, GateState.PASS), (wrong, right)
