"""The project's formatter has its way with what is changed, and with nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kireji.base.edit import apply
from kireji.base.toolbox import find
from kireji.base.types import Change, ChangeSet, FileEdit, GateResult, GateState, NewFile, Span
from kireji.engine.proof import formatters
from kireji.engine.proof.formatting import formatted
from support.proving import make, snapshot_of, untrusted

RUFF, GO, CARGO = {"pyproject.toml": "[tool.ruff]\n"}, {"go.mod": "module x\n"}, {"Cargo.toml": "[package]\nname='x'\n"}
SNAKE = "x = [1,2]\ndef f():\n    <pass>\ny={}\n"


def runs(program: str) -> bool:
    """Whether a program is there and starts: rustup's stand-ins are there in an empty home, too, and start nothing."""
    path = find(program)
    options = {"gofmt": ("-h",)}.get(program, ("--version",))
    # gofmt has no word for its version, and ends with 2 where it is asked for help.
    return path is not None and subprocess.run((path, *options), capture_output=True, check=False).returncode in (0, 2)


async def styled(
    root: Path, name: str, marked: str, new: str, python: str | None = sys.executable, trusted: bool = True
) -> tuple[str, GateResult | None]:
    """The text once what stands in `<…>` has become `new`, in the project's style; and what is said of that."""
    before, _, rest = marked.partition("<")
    gone, _, after = rest.partition(">")
    make(root, {name: before + gone + after})
    snapshot = snapshot_of(root, name, python=python)
    change = Change(Span(len(before), len(before) + len(gone)), new)
    given = ChangeSet((FileEdit(snapshot.document, (change,), 1),))
    changes, result = await formatted(snapshot if trusted else untrusted(snapshot), given)
    ((restyled,),) = (edit.changes for edit in changes.edits)
    assert restyled.span == change.span, "no more is changed than was"
    return apply(snapshot.document.text, (restyled,)), result


@pytest.mark.parametrize(
    ("files", "name", "marked", "new", "expected"),
    [
        (RUFF, "a.py", SNAKE, "return {'a':1,\n 'b' : 2}", 'return {"a": 1, "b": 2}'),
        (RUFF, "a.py", SNAKE, "a=1\n    return  a", "a = 1\n    return a"),
        (RUFF, "a.py", SNAKE, "return  (", "return  ("),
        (RUFF, "a.py", "def f():\r\n    <pass>\r\ny={}\r\n", "a=1\r\n    return  a", "a = 1\r\n    return a"),
        (RUFF, "a.py", "x=[1,<2>,3]\n", "2 ", "2 "),
        ({}, "a.py", SNAKE, "return  1", "return  1"),
        (GO, "a.go", "package x\n\nfunc  f() int {\n\t<>\n}\n", "x:=1\n return   x", "x := 1\n\treturn x"),
        (CARGO, "src/lib.rs", "fn  g(){}\nfn f() -> i32 {\n    <>\n}\n", "let x=1 ;\n  x+1", "let x = 1;\n    x + 1"),
    ],
    ids=["ruff", "ruff, lines", "ruff, broken", "ruff, CRLF", "inside a line", "nothing chosen", "gofmt", "rustfmt"],
)
async def test_what_is_changed_is_formatted(
    tmp_path: Path, files: dict[str, str], name: str, marked: str, new: str, expected: str
) -> None:
    if (program := {"a.go": "gofmt", "src/lib.rs": "rustfmt"}.get(name)) and not runs(program):
        pytest.skip(f"{program} does not run on this machine")
    before, _, rest = marked.partition("<")
    text, _ = await styled(make(tmp_path, files), name, marked, new)
    assert text == before + expected + rest.partition(">")[2]


async def test_a_formatter_that_is_missing_or_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatters, "find", lambda *_, **__: None)
    text, result = await styled(make(tmp_path, {"pyproject.toml": "[tool.black]\n"}), "a.py", SNAKE, "return  1", None)
    assert "return  1" in text
    assert result is not None
    assert (result.state, "black" in result.note, "not installed" in result.note) == (GateState.UNKNOWN, True, True)
    _, result = await styled(make(tmp_path, RUFF), "a.py", SNAKE, "return  (")
    assert result is not None
    assert (result.state, "ended with code" in result.note) == (GateState.UNKNOWN, True)


async def test_nothing_is_run_for_a_workspace_that_nobody_trusts(tmp_path: Path) -> None:
    make(tmp_path, {".prettierrc.js": "require('fs').writeFileSync('fired', '')\n", **RUFF})
    text, result = await styled(tmp_path, "a.py", SNAKE, "return  1", trusted=False)
    assert ("return  1" in text, result) == (True, None)
    assert not (tmp_path / "fired").exists()


async def test_prettier_of_the_project(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("there is no node")
    own = "let s=''; process.stdin.on('data', d => s += d).on('end', () => process.stdout.write(s.replace('a=1', 'a = 1')))\n"
    make(tmp_path, {".prettierrc": "{}", "node_modules/prettier/bin/prettier.cjs": own})
    text, result = await styled(tmp_path, "a.js", "function f() {\n  <>\n}\n", "a=1")
    assert (text, result and result.state) == ("function f() {\n  a = 1\n}\n", GateState.PASS)


async def test_a_new_file_is_formatted_whole(tmp_path: Path) -> None:
    snapshot = snapshot_of(make(tmp_path, {**RUFF, "a.py": ""}), "a.py")
    path = tmp_path / "b.py"
    changes, _ = await formatted(snapshot, ChangeSet(created=(NewFile(path.as_uri(), str(path), "python", "x=[1,2]"),)))
    assert changes.created[0].text == "x = [1, 2]\n"
