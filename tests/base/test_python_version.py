"""For which Python a project is, by its own files: each source, their order, and what cannot be understood."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from kireji.base.python_version import created, lowest, pinned, python_version, required


@pytest.mark.parametrize(
    ("specifier", "version"),
    [
        (">=3.9", (3, 9)),
        (">= 3.9 , < 4", (3, 9)),
        (">=3.9.2", (3, 9)),
        (">3.8", (3, 8)),
        ("==3.10.*", (3, 10)),
        ("==3.10.4", (3, 10)),
        ("===3.11", (3, 11)),
        ("~=3.9", (3, 9)),
        ("~=3.9.2", (3, 9)),
        (">=3.9,!=3.9.*,!=3.10.1", (3, 10)),
        (">=3.9,<3.9", None),
        (">=3.8,<3.8.5", (3, 8)),
        (">=2.7,!=3.0.*,!=3.1.*,!=3.2.*", (3, 7)),
        (">=3", (3, 7)),
        (">=3.6", (3, 7)),
        ("<4", None),
        ("!=3.9.*", None),
        ("", None),
        ("^3.9", None),
        (">=3.9,soon", None),
        (">=4.0", None),
        (">=3.99999999999999999999", None),
    ],
)
def test_specifiers(specifier: str, version: tuple[int, int] | None) -> None:
    assert lowest(specifier) == version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("3.11.4\n", (3, 11)),
        ("3.12", (3, 12)),
        ("# ours\n3.12.1\n3.10.9\n", (3, 10)),
        ("cpython-3.13.0-linux-x86_64-gnu\n", (3, 13)),
        ("pypy3.10-7.3.12\n", (3, 10)),
        ("3.14t\n", (3, 14)),
        ("2.7.18\n3.9\n", (3, 9)),
        ("2.7.18\n", None),
        ("system\n", None),
        ("my-env\n", None),
        ("", None),
    ],
)
def test_pinned(text: str, version: tuple[int, int] | None) -> None:
    assert pinned(text) == version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("home = /usr/bin\nversion = 3.12.1\n", (3, 12)),
        ("home = /usr/bin\nversion_info = 3.11.4.final.0\n", (3, 11)),
        ("home = /usr/bin\nVersion: 3.11\n", None),
        ("version = 2.7.18\n", None),
        ("version = new\n", None),
    ],
)
def test_created(text: str, version: tuple[int, int] | None) -> None:
    assert created(text) == version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('[project]\nrequires-python = ">=3.10"\n', (3, 10)),
        ('[project]\nname = "x"\n', None),
        ("[project]\nrequires-python = 3.10\n", None),
        ('project = "x"\n', None),
        ("[project\n", None),
    ],
)
def test_required(text: str, version: tuple[int, int] | None) -> None:
    assert required(text) == version


def project(version: str) -> str:
    return f'[project]\nrequires-python = ">={version}"\n'


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({}, None),
        ({"w/pyproject.toml": project("3.9")}, (3, 9)),
        ({"w/.python-version": "3.10\n"}, (3, 10)),
        ({"w/.venv/pyvenv.cfg": "version = 3.11.0\n"}, (3, 11)),
        # What the project promises comes before what its author happens to run.
        ({"w/pyproject.toml": project("3.9"), "w/.python-version": "3.12", "w/.venv/pyvenv.cfg": "version = 3.13.0\n"}, (3, 9)),
        ({"w/.python-version": "3.12\n", "w/.venv/pyvenv.cfg": "version = 3.13.0\n"}, (3, 12)),
        # The nearest one that says something.
        ({"w/pyproject.toml": project("3.9"), "w/a/pyproject.toml": project("3.12")}, (3, 12)),
        ({"w/pyproject.toml": project("3.9"), "w/a/pyproject.toml": "[tool.x]\n"}, (3, 9)),
        ({"pyproject.toml": project("3.9"), "w/b/pyproject.toml": project("3.10")}, None),
        # What cannot be understood is not there.
        ({"w/pyproject.toml": '[project]\nrequires-python = "soon"\n', "w/.python-version": "3.10"}, (3, 10)),
        ({"w/.python-version": "system", "w/.venv/pyvenv.cfg": "version = 3.11.0\n"}, (3, 11)),
    ],
)  # fmt: skip
def test_the_sources_in_their_order(tmp_path: Path, files: Mapping[str, str], version: tuple[int, int] | None) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    root = tmp_path / "w"
    python = str(root / ".venv/bin/python")
    assert python_version(str(root), str(root / "a/b.py"), python) == version


def test_a_change_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    asked = str(tmp_path), str(tmp_path / "a.py"), None
    for minor in ("9", "11", "10"):
        file.write_text(project(f"3.{minor}"))
        os.utime(file, ns=(0, int(minor)))
        assert python_version(*asked) == (3, int(minor))
    file.unlink()
    assert python_version(*asked) is None


@pytest.mark.parametrize("content", [b"\xff\xfe\0", b"[project]\nrequires-python = '>=3.9'\n#" + b"x" * 2_000_000])
def test_a_file_that_is_no_text_or_too_large_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    assert python_version(str(tmp_path), str(tmp_path / "a.py"), None) is None


def test_outside_a_workspace_nothing_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(project("3.9"))
    assert python_version(None, str(tmp_path / "a.py"), None) is None
    assert python_version(str(tmp_path / "w"), str(tmp_path / "a.py"), None) is None
    assert python_version(str(tmp_path), None, None) is None
