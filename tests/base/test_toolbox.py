"""Programs are found where people keep them, and never where a workspace does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kireji.base.toolbox import find

posix = pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX's")


def program(folder: Path, name: str = "kireji-tool") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@posix
def test_the_search_path_comes_first_then_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find("kireji-tool") is None
    own = program(tmp_path / "home" / ".cargo" / "bin")
    assert find("kireji-tool") == str(own)
    assert find("kireji-other", "kireji-tool") == str(own)
    first = program(tmp_path / "bin")
    assert find("kireji-tool") == str(first)
    first.chmod(0o644)
    assert find("kireji-tool") == str(own)


@posix
def test_nothing_relative_and_nothing_of_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "work"
    program(work / "bin")
    monkeypatch.setenv("HOME", str(work))
    monkeypatch.chdir(work)
    monkeypatch.setenv("PATH", os.pathsep.join(("", ".", "bin", str(work / "bin"))))
    assert find("kireji-tool", outside=str(work)) is None
    assert find("kireji-tool") == str(work / "bin" / "kireji-tool")  # a workspace that is trusted
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "kireji-tool").symlink_to(work / "bin" / "kireji-tool")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find("kireji-tool", outside=str(work)) is None
    monkeypatch.setenv("PATH", str(tmp_path / "work-of-another"))
    other = program(tmp_path / "work-of-another")
    assert find("kireji-tool", outside=str(work)) == str(other)
