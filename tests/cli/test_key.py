"""`kireji key` as a process: a key goes in by standard input only, and never comes out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.environment import clean_environment

KEY = "sk-ant-not-a-real-key-0123456789"
# A package of that name, as one with a keyring behind it that is a file.
KEYRING = """
import json, pathlib
PLACE = pathlib.Path(__file__).with_name("held.json")
def _held(): return json.loads(PLACE.read_text()) if PLACE.exists() else {}
class Held:
    priority = 5
def get_keyring(): return Held()
def get_password(service, name): return _held().get(service + name)
def set_password(service, name, text): PLACE.write_text(json.dumps(_held() | {service + name: text}))
def delete_password(service, name): PLACE.unlink()
"""


def run(home: Path, *arguments: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "kireji", *arguments],
        env=clean_environment(home, **environment),
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert KEY not in done.stdout + done.stderr
    return done


def test_a_key_is_kept_found_and_removed(tmp_path: Path) -> None:
    none = run(tmp_path, "key", "status")
    assert (none.returncode, none.stdout) == (1, "There is no key: kireji key set\n")
    assert "alone" in run(tmp_path, "key", "set", "--in=file", said=f"{KEY}\n").stdout
    (file,) = [path for path in tmp_path.rglob("key") if path.is_file()]
    assert (file.stat().st_mode & 0o777, file.read_text()) == (0o600, f"{KEY}\n")
    status = run(tmp_path, "key", "status")
    assert (status.returncode, str(file) in status.stdout) == (0, True)
    assert "kept" in run(tmp_path, "doctor").stdout
    stronger = run(tmp_path, "key", "status", ANTHROPIC_API_KEY="other")
    assert stronger.stdout == "The key comes from ANTHROPIC_API_KEY.\n"
    assert "removed from the file" in run(tmp_path, "key", "clear").stdout
    assert not file.exists()
    assert run(tmp_path, "key", "clear").stdout == "No key was kept.\n"


def test_the_keyring_is_taken_where_there_is_one(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "keyring.py").write_text(KEYRING)
    place = {"PYTHONPATH": str(package)}
    assert "in the keyring" in run(tmp_path, "key", "set", said=KEY, **place).stdout
    assert list(json.loads((package / "held.json").read_text()).values()) == [KEY]
    assert run(tmp_path, "key", "status", **place).stdout == "The key comes from the keyring.\n"
    assert run(tmp_path, "key", "status").returncode == 2, "without the package it cannot be had"
    assert "removed from the keyring" in run(tmp_path, "key", "clear", **place).stdout
    assert not (package / "held.json").exists()


@pytest.mark.parametrize(
    ("arguments", "said"), [(("set", KEY), ""), (("set",), ""), (("set",), "two words\n"), (("set",), "\n")]
)
def test_what_is_refused_keeps_nothing(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(tmp_path, "key", *arguments, "--in=file", said=said)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert run(tmp_path, "key", "status").returncode == 1


def test_a_stronger_source_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "key", "set", "--in=file", said=KEY, ANTHROPIC_API_KEY="other")
    assert done.stderr == "kireji: ANTHROPIC_API_KEY holds a key, too, and it is the one that counts\n"
