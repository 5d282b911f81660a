"""Which files are read, and that reading one never blocks or leaves the root."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kireji.base.files import never_read, read_text, walk

_NEVER = """
.env .env.local .ENV prod.env .envrc a/b/.env.production server.pem tls.KEY cert.crt x.p12 x.pfx x.jks release.keystore
id_rsa id_rsa.pub id_ed25519 deploy_rsa .npmrc .pypirc .netrc _netrc .htpasswd .pgpass .git-credentials .dockercfg
credentials credentials.json client_secret_1.json service-account-prod.json gcp-credentials.json kubeconfig secrets.yaml
secret.toml prod.tfvars x.auto.tfvars terraform.tfstate terraform.tfstate.backup db.kdbx vpn.ovpn local.settings.json
home/me/.ssh/config .aws/config .kube/config .docker/config.json C:\\Users\\me\\.ssh\\config
package-lock.json yarn.lock Cargo.lock poetry.lock pnpm-lock.yaml go.sum app.min.js app.js.map x_pb2.py x.pb.go
a.generated.ts
"""
_READ = """
env.py environment.py main.py key.go keys.py secrets.py credentials.ts password.java token.json README.md config.json
settings.yaml certificate.py lock.py min.js locksmith.rb a/env/b.py src/keys/index.ts Makefile .gitignore .eslintrc.json
"""


@pytest.mark.parametrize("path", _NEVER.split())
def test_never_read(path: str, tmp_path: Path) -> None:
    assert never_read(path)
    file = tmp_path / path.replace("\\", "_").replace(":", "")
    if not path.startswith("C:"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
        assert read_text(file, tmp_path, 100) is None


@pytest.mark.parametrize("path", _READ.split())
def test_read(path: str, tmp_path: Path) -> None:
    assert not never_read(path)
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")
    assert read_text(file, tmp_path, 100) == "x"


def test_read_text_decodes_with_replacement_and_drops_the_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"\xef\xbb\xbfa\xff\r\nb")
    assert read_text(file, tmp_path, 100) == "a\ufffd\r\nb"


def test_what_is_no_readable_text_is_none(tmp_path: Path) -> None:
    (tmp_path / "big.py").write_text("x" * 101)
    (tmp_path / "binary.py").write_bytes(b"a\0b")
    (tmp_path / "folder.py").mkdir()
    for name in ("big.py", "binary.py", "folder.py", "missing.py", "with\0nul.py"):
        assert read_text(tmp_path / name, tmp_path, 100) is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.py").write_text("outside")
    (root / "inside.py").write_text("inside")
    (root / ".env").write_text("KEY=1")
    for name, target in {
        "out.py": tmp_path / "outside.py",
        "in.py": root / "inside.py",
        "env.txt": root / ".env",
        "loop.py": root / "loop.py",
        "device.py": Path("/dev/zero"),
    }.items():
        (root / name).symlink_to(target)
    (root / "up").symlink_to(tmp_path)
    read = {p: read_text(root / p, root, 100) for p in ("out.py", "in.py", "env.txt", "loop.py", "device.py")}
    assert read == {"out.py": None, "in.py": "inside", "env.txt": None, "loop.py": None, "device.py": None}
    assert read_text(root / "up" / "outside.py", root, 100) is None
    assert read_text(root / ".." / "outside.py", root, 100) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs")
def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert read_text(tmp_path / "pipe.py", tmp_path, 100) is None
    assert list(walk(tmp_path, 10)) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unreadable to root")
def test_unreadable(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x")
    file.chmod(0)
    assert read_text(file, tmp_path, 100) is None


def check_walk(root: Path, files: str, ignores: dict[str, str], expected: str) -> None:
    """Makes `files` and the ignore files, walks, and compares names below the root, ignore files left out."""
    for name in files.split():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    for name, text in ignores.items():
        (root / name).write_text(text)
    found = [p.relative_to(root).as_posix() for p in walk(root, 100)]
    assert sorted(n for n in found if "ignore" not in n) == sorted(expected.split())


WALKS = {
    "tools": (
        "a.py .git/x node_modules/m/i.js .venv/l.py __pycache__/a.pyc b/c.py .env b/yarn.lock .github/w.yml",
        {},
        "a.py b/c.py .github/w.yml",
    ),
    "a name at any depth": ("a.log b/a.log b/c.py", {".gitignore": "*.log\n# no\n\n"}, "b/c.py"),
    "anchored": ("out/a.py b/out/a.py", {".gitignore": "/out\n"}, "b/out/a.py"),
    "a slash within anchors": ("b/out/a.py c/b/out/a.py", {".gitignore": "b/out\n"}, "c/b/out/a.py"),
    "folders only": ("gen/a.py b/gen", {".gitignore": "gen/\n"}, "b/gen"),
    "taken back": ("a.log keep.log", {".gitignore": "*.log\n!keep.log\n"}, "keep.log"),
    "not inside an excluded folder": ("o/keep.py", {".gitignore": "o/\n!o/keep.py\n"}, ""),
    "two stars": ("a/x/y/t.py a/t.py b/t.py", {".gitignore": "a/**/t.py\n"}, "b/t.py"),
    "everything below": ("a/x/y.py a/z.py b.py", {".gitignore": "a/**\n"}, "b.py"),
    "classes and marks": ("a1.py a2.py ab.py abc.py", {".gitignore": "a[0-9].py\nab?.py\n"}, "ab.py"),
    "a star stays in its folder": ("a/b.py a/c/b.py", {".gitignore": "a/*.py\n"}, "a/c/b.py"),
    "a dot is a dot": ("a.py axpy", {".gitignore": "a.py\n"}, "axpy"),
    "a broken class is a name": ("a.py [a.py", {".gitignore": "[a.py\n"}, "a.py"),
    "own ignore file": ("a.py b.py", {".kirejiignore": "a.py\n"}, "b.py"),
}


@pytest.mark.parametrize("name", WALKS)
def test_walk(name: str, tmp_path: Path) -> None:
    files, ignores, expected = WALKS[name]
    check_walk(tmp_path, files, ignores, expected)


def test_walk_nested_ignore_files(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    check_walk(tmp_path, "a.py b/a.py b/c.py b/d/a.py", {"b/.gitignore": "a.py\n!/d/a.py\n"}, "a.py b/c.py b/d/a.py")


def test_walk_stops_at_its_limit_and_is_in_order(tmp_path: Path) -> None:
    for name in ("c.py", "a.py", "b.py"):
        (tmp_path / name).write_text("")
    assert [p.name for p in walk(tmp_path, 2)] == ["a.py", "b.py"]
    assert list(walk(tmp_path / "missing", 5)) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_walk_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "b.py").symlink_to(tmp_path / "a.py")
    assert [p.name for p in walk(tmp_path, 50)] == ["a.py"]
