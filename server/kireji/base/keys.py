"""The key of the model service where it is kept for the user: in a file for them alone, or in the keyring that it points to.

The only importer of keyring, which is optional and looked into only when the file says that the key is there: a locked
keyring may ask a person, and loading it takes time. What the environment and the settings file say is config's business.

    KeepError       the key cannot be kept or removed; the message is one line that says why and what to do
"""

from __future__ import annotations

import contextlib
import os
import queue
import stat
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# What the file holds in place of a key. No key has a blank in it.
_IN_KEYRING = "in the keyring"
_SERVICE, _NAME = "kireji", "model.api_key"
_MOST_BYTES = 4_096
# A keyring that is locked asks a person, who may not be there.
_KEYRING_SECONDS = 10.0


class KeepError(Exception):
    """The key cannot be kept or removed."""


class Place(Enum):
    """Where a key is kept."""

    FILE = "file"
    KEYRING = "keyring"


@dataclass(frozen=True, slots=True)
class Kept:
    """A key that was kept, and where, in words; or the `problem` with it. All are empty where none was kept."""

    text: str | None = field(default=None, repr=False)
    place: str = ""
    problem: str = ""


def kept_key(file: Path) -> Kept:
    """The key that is kept. Blocks, in the keyring for some seconds at most. A file that others can read is refused."""
    try:
        said = _read(file)
    except (FileNotFoundError, NotADirectoryError):
        return Kept()
    except OSError as error:
        return Kept(problem=f"{file}: {error.strerror or type(error).__name__}; no key is taken from it")
    except KeepError as error:
        return Kept(problem=f"{file}: {error}; no key is taken from it")
    if said != _IN_KEYRING:
        return Kept(said, str(file))
    try:
        text = _in_time(lambda: _keyring_get())
    except KeepError as error:
        return Kept(problem=f"the key is in the keyring, and that {error}")
    return Kept(text, "the keyring") if text else Kept(problem="the key is not in the keyring any more: kireji key set")


def keep(file: Path, text: str, where: Place | None = None) -> Place:
    """Keeps a key: where it is said, else in the keyring if there is one. Raises KeepError."""
    if where is None:
        where = Place.KEYRING if _has_keyring() else Place.FILE
    if where is Place.KEYRING:
        _in_time(lambda: _keyring_set(text))
    _write(file, _IN_KEYRING if where is Place.KEYRING else text)
    return where


def forget(file: Path) -> Place | None:
    """Removes the key that is kept, and says where it was; None where there was none. Raises KeepError."""
    try:
        said = _read(file)
    except FileNotFoundError:
        return None
    except (OSError, KeepError):
        said = ""
    if said == _IN_KEYRING:
        _in_time(_keyring_delete)
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise KeepError(f"{file} cannot be removed ({error.strerror}); remove it yourself") from None
    return Place.KEYRING if said == _IN_KEYRING else Place.FILE


def stamp(files: Iterable[Path]) -> tuple[tuple[int, int, int] | None, ...]:
    """What changes when one of the files does. Cheap: it looks at no contents."""
    return tuple(map(_stamp, files))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _read(file: Path) -> str:
    # Looked at once it is open: between a look and the opening, another file could take its place.
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with open(descriptor, "rb") as stream:  # noqa: PTH123 - of an open descriptor
        state = os.fstat(stream.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise KeepError("it is not an ordinary file")
        # Windows guards files by access lists, which these bits do not show.
        if os.name == "posix" and state.st_mode & 0o077:
            raise KeepError("others can read it; make a new key, and run chmod 600 on the file")
        if os.name == "posix" and state.st_uid not in (os.geteuid(), 0):
            raise KeepError("it belongs to another user")
        data = stream.read(_MOST_BYTES + 1)
    text = data.decode("ascii", "replace").strip()
    good = len(data) <= _MOST_BYTES and text.isascii() and text.isprintable() and (" " not in text)
    if not text or not (good or text == _IN_KEYRING):
        raise KeepError("it holds no key")
    return text


def _write(file: Path, text: str) -> None:
    """In one step, so that no reader ever sees a part; never readable for others."""
    import tempfile  # when a server starts, it only looks whether there is a file

    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".key-", dir=file.parent)  # made with mode 0600
        try:
            with open(descriptor, "w", encoding="ascii") as stream:  # noqa: PTH123 - of an open descriptor
                stream.write(f"{text}\n")
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(file)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise KeepError(f"{file} cannot be written ({error.strerror}); make its folder writable for yourself") from None


def _has_keyring() -> bool:
    """Whether the package is there, and a real keyring behind it."""
    from importlib.util import find_spec

    if find_spec("keyring") is None:
        return False

    def real() -> bool:
        import keyring

        # The package's own word for none at all is a priority of zero or less.
        return float(keyring.get_keyring().priority) > 0

    try:
        return _in_time(real)
    except KeepError:
        return False


def _keyring_get() -> str | None:
    import keyring

    said = keyring.get_password(_SERVICE, _NAME)
    return None if said is None else str(said)


def _keyring_set(text: str) -> None:
    import keyring

    keyring.set_password(_SERVICE, _NAME, text)


def _keyring_delete() -> None:
    import keyring

    if keyring.get_password(_SERVICE, _NAME) is not None:
        keyring.delete_password(_SERVICE, _NAME)


def _in_time(work: Callable[[], T]) -> T:
    """What the keyring says, in a thread that may be left behind. Raises KeepError, without a word of what it said."""
    answers: queue.SimpleQueue[tuple[T | None, str]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), ""))
        except ImportError:
            answers.put((None, "is not installed: kireji[keyring]"))
        except Exception as error:  # noqa: BLE001 — its backends raise what they like
            answers.put((None, f"does not answer ({type(error).__name__})"))

    threading.Thread(target=run, name="kireji-keyring", daemon=True).start()
    try:
        answer, problem = answers.get(timeout=_KEYRING_SECONDS)
    except queue.Empty:
        raise KeepError("does not answer (it may be locked)") from None
    if problem:
        raise KeepError(problem)
    return answer  # type: ignore[return-value]
