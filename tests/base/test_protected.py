"""Which files no action may touch: by their names, and by where they really lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from kireji.base.protected import contained, protected


@pytest.mark.parametrize(
    "path",
    [
        ".git/config", "a/.git/hooks/pre-commit", ".vscode/settings.json", ".github/workflows/ci.yml", ".GitHub/x.yml",
        ".gitlab-ci.yml", "Jenkinsfile", "azure-pipelines.yaml", ".travis.yml", ".pre-commit-config.yaml",
        ".bashrc", "home/.zshrc", ".profile", "fish/config.fish", ".gitconfig", ".gitattributes", ".kireji/actions/a.md",
        ".kirejiignore", "kireji.toml", ".config/kireji/config.toml", "x.code-workspace", "sitecustomize.py", "a/b.pth",
        ".env", "id_rsa", ".idea/workspace.xml", ".devcontainer/devcontainer.json", ".husky/pre-commit", "a\\.git\\config",
    ],
)  # fmt: skip
def test_protected(path: str) -> None:
    assert protected(path)


@pytest.mark.parametrize(
    "path", ["a.py", "src/git/config.py", "github/x.py", "ci/run.py", "profile.py", "bashrc.py", ""]
)
def test_not_protected(path: str) -> None:
    assert not protected(path)


def test_where_a_path_really_leads(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    (root / ".git").mkdir(parents=True)
    (root / "src").mkdir()
    other.mkdir()
    (root / "src/a.py").write_text("")
    (root / "out").symlink_to(other)
    (root / "inside").symlink_to(root / "src")
    (root / "harmless.txt").symlink_to(root / ".git/config")
    (root / "loop").symlink_to(root / "loop")
    (root / ".vscode").symlink_to(root / "src")
    for path in ("src/a.py", "src/new.py", "new/folder/b.py", str(root / "src/a.py"), "inside/a.py"):
        assert contained(path, str(root)) is not None, path
    for path in (
        "../other/a.py", "src/../../other/a.py", "src/../src/a.py", "out/a.py", str(other / "a.py"), "harmless.txt",
        "loop/a.py", ".vscode/a.py", ".git/config", "/etc/passwd", "a\0.py", "~/../../../etc/passwd",
    ):  # fmt: skip
        assert contained(path, str(root)) is None, path
