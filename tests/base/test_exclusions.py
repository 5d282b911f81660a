"""Which files are in no question: by name, by ignore files as they are now, by what a link leads to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kireji.base.exclusions import Exclusions

# files of the workspace, its ignore files, and which are excluded
CASES: dict[str, tuple[str, dict[str, str], str]] = {
    "by name": (".env a.py .ssh/config keys/id_rsa", {}, ".env .ssh/config keys/id_rsa"),
    "own file": ("a.py b.py", {".kirejiignore": "a.py\n"}, "a.py"),
    "git's file": ("a.py b/a.py b/c.py", {".gitignore": "a.py\n"}, "a.py b/a.py"),
    "a folder": ("private/x/a.py public/a.py", {".kirejiignore": "private/\n"}, "private/x/a.py"),
    "further down": ("b/a.py a.py", {"b/.kirejiignore": "a.py\n"}, "b/a.py"),
    "brought back by ours": ("gen/a.py b.log", {".gitignore": "*.log\ngen/\n", ".kirejiignore": "!gen/\n"}, "b.log"),
    "not brought back by git's": ("b/a.py", {".kirejiignore": "a.py\n", "b/.gitignore": "!a.py\n"}, "b/a.py"),
    "installed packages": (
        "env/lib/site-packages/p.py env/own.py node_modules/m.js",
        {".gitignore": "env/\nnode_modules/\n"},
        "env/own.py",
    ),
    "installed packages, by ours": ("node_modules/m.js", {".kirejiignore": "node_modules/\n"}, "node_modules/m.js"),
    "a link to a file that is excluded": ("a.py link.py->a.py", {".kirejiignore": "a.py\n"}, "a.py link.py"),
    "a link to a file of keys": (".env link.py->.env", {}, ".env link.py"),
    "through a folder's link": ("secret/a.py open->secret", {".kirejiignore": "secret/\n"}, "secret/a.py open/a.py"),
}


def make(root: Path, files: str, ignores: dict[str, str]) -> list[str]:
    """Makes the files; their names, with one for a file behind a link to a folder."""
    for name, text in ignores.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    names = []
    for name, _, target in (entry.partition("->") for entry in files.split()):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if target:
            path.symlink_to(root / target)
        else:
            path.write_text("x = 1\n")
        names.append(f"{name}/a.py" if path.is_dir() else name)
    return names


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("inside", [True, False], ids=["in the workspace", "of another repository"])
def test_what_is_excluded(tmp_path: Path, case: str, inside: bool) -> None:
    files, ignores, expected = CASES[case]
    root = tmp_path / "root"
    (root / ".git").mkdir(parents=True)
    names = make(root, files, ignores)
    found = Exclusions().among(
        (str(root / name) for name in names), str(root) if inside else str(tmp_path / "elsewhere")
    )
    assert sorted(Path(path).relative_to(root).as_posix() for path in found) == sorted(expected.split())


def test_outside_of_all_repositories_only_our_own_files_count(tmp_path: Path) -> None:
    names = make(tmp_path, "a/b.py a/c.py", {".gitignore": "b.py\n", ".kirejiignore": "c.py\n"})
    found = Exclusions().among((str(tmp_path / name) for name in names), None)
    assert found == {str(tmp_path / "a/c.py")}


def test_what_changes_counts_at_once(tmp_path: Path) -> None:
    exclusions = Exclusions()
    path, file = str(tmp_path / "a" / "b.py"), tmp_path / ".kirejiignore"
    (tmp_path / "a").mkdir()

    def excluded() -> bool:
        return bool(exclusions.among((path,), str(tmp_path)))

    assert not excluded()
    file.write_text("b.py\n")
    assert excluded()
    # Of the same length, at once: the time of the change alone tells.
    file.write_text("c.py\n")
    os.utime(file, ns=(1, 1))
    assert not excluded()
    file.write_text("a/\n")
    assert excluded()
    file.unlink()
    assert not excluded()


def test_what_is_no_file_is_judged_by_its_name_alone(tmp_path: Path) -> None:
    (tmp_path / ".kirejiignore").write_text("*\n")
    paths = ("Untitled-1", ".env", "", str(tmp_path / "not there.py"), str(tmp_path / "a\0b.py"))
    assert Exclusions().among(paths[:3], str(tmp_path)) == {".env"}
    assert Exclusions().among(paths[3:], str(tmp_path)) == set(paths[3:])
