"""Which files of a workspace were written since a moment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kireji.engine.gates.changes import written_since

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("name", "age", "found", "manifest"),
    [
        ("a.go", -10.0, True, False),
        ("deep/er/a.go", -10.0, True, False),
        ("a.go", 10.0, False, False),
        ("a.go", 1.0, True, False),  # within what two clocks may differ
        ("a.txt", -10.0, False, False),
        ("go.mod", -10.0, True, True),
        ("deep/go.mod", -10.0, True, True),
        ("node_modules/a.go", -10.0, False, False),
        (".git/a.go", -10.0, False, False),
    ],
)
def test_a_file_that_was_written(tmp_path: Path, name: str, age: float, found: bool, manifest: bool) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    os.utime(path, (NOW - age, NOW - age))
    written = written_since(tmp_path, NOW, frozenset({".go"}), frozenset({"go.mod"}))
    assert (written.files, written.manifest) == (((path,) if found else ()), manifest)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert written_since(tmp_path / "no", NOW, frozenset({".go"}), frozenset()).files == ()
