"""A key that is kept is read back, by its owner alone; what cannot be used is refused with a reason that does not show it."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest

from kireji.base import keys
from kireji.base.keys import KeepError, Kept, Place, forget, keep, kept_key, stamp

KEY = "sk-ant-not-a-real-key-0123456789"

posix = pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX's")


class FakeKeyring(types.ModuleType):
    """The package, with one keyring behind it. `broken` makes it raise what a backend may."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.held: dict[tuple[str, str], str] = {}
        self.broken: Exception | None = None
        self.priority = 5.0
        self.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]

    def get_keyring(self) -> FakeKeyring:
        return self

    def get_password(self, service: str, name: str) -> str | None:
        if self.broken is not None:
            raise self.broken
        return self.held.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        if self.broken is not None:
            raise self.broken
        self.held[service, name] = text

    def delete_password(self, service: str, name: str) -> None:
        del self.held[service, name]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> FakeKeyring:
    made = FakeKeyring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "kireji" / "key"


def test_a_key_is_kept_in_a_file_for_its_owner_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert kept_key(file) == Kept()
    old = os.umask(0)
    try:
        assert keep(file, KEY) is Place.FILE
    finally:
        os.umask(old)
    assert kept_key(file) == Kept(KEY, str(file))
    assert os.name != "posix" or (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(file.parent.iterdir()) == [file]
    assert forget(file) is Place.FILE
    assert forget(file) is None
    assert kept_key(file) == Kept()


def test_a_key_is_kept_in_the_keyring_where_there_is_one(file: Path, keyring: FakeKeyring) -> None:
    assert keep(file, KEY) is Place.KEYRING
    assert list(keyring.held.values()) == [KEY]
    assert KEY not in file.read_text()
    assert kept_key(file) == Kept(KEY, "the keyring")
    assert forget(file) is Place.KEYRING
    assert not keyring.held and not file.exists()


def test_a_package_without_a_keyring_behind_it_is_none(file: Path, keyring: FakeKeyring) -> None:
    keyring.priority = 0
    assert keep(file, KEY) is Place.FILE
    assert keep(file, KEY, Place.KEYRING) is Place.KEYRING, "who insists has tried it"


def test_a_keyring_that_fails_is_named_and_nothing_it_said_is_shown(file: Path, keyring: FakeKeyring) -> None:
    keep(file, KEY)
    keyring.broken = RuntimeError(f"could not unlock {KEY}")
    kept = kept_key(file)
    assert kept.text is None
    assert kept.problem == "the key is in the keyring, and that does not answer (RuntimeError)"
    with pytest.raises(KeepError, match="does not answer") as caught:
        keep(file, KEY, Place.KEYRING)
    assert KEY not in str(caught.value)
    keyring.broken = None
    keyring.held.clear()
    assert "not in the keyring any more" in kept_key(file).problem


def test_a_keyring_that_hangs_is_left_behind(file: Path, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    keep(file, KEY)
    released = threading.Event()
    monkeypatch.setattr(keys, "_KEYRING_SECONDS", 0.01)
    monkeypatch.setattr(keyring, "get_password", lambda *_: released.wait(60))
    assert "may be locked" in kept_key(file).problem
    released.set()


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_file_that_others_can_read_is_refused(file: Path, mode: int) -> None:
    keep(file, KEY, Place.FILE)
    file.chmod(mode)
    kept = kept_key(file)
    assert kept.text is None and "chmod 600" in kept.problem and KEY not in kept.problem


@pytest.mark.parametrize(
    "contents", [b"", b"\n", b"two words", b"\xff\xfe", b"x" * 5_000, b"a\nb", "schlüssel".encode()]
)
def test_what_is_no_key_is_refused(file: Path, contents: bytes) -> None:
    keep(file, KEY, Place.FILE)
    file.write_bytes(contents)
    kept = kept_key(file)
    assert kept.text is None and kept.problem.endswith("it holds no key; no key is taken from it")


@posix
def test_what_is_no_file_is_refused_and_not_waited_for(file: Path) -> None:
    file.mkdir(parents=True)
    assert kept_key(file).problem
    file.rmdir()
    os.mkfifo(file, 0o600)
    assert "not an ordinary file" in kept_key(file).problem
    with pytest.raises(KeepError, match="cannot be written"):
        keep(file / "below", KEY, Place.FILE)


def test_a_change_is_seen_without_reading(file: Path) -> None:
    seen = [stamp([file])]
    keep(file, KEY, Place.FILE)
    seen.append(stamp([file]))
    keep(file, KEY[::-1], Place.FILE)
    seen.append(stamp([file]))
    assert stamp([file]) == seen[-1]
    forget(file)
    seen.append(stamp([file]))
    assert seen[0] == seen[3] and len(set(seen)) == 3


def test_nothing_shows_it() -> None:
    assert KEY not in repr(Kept(KEY, "a file"))
