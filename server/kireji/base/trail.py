"""The audit: who asked what of which model, what the gates said, what was shown, accepted and undone. Off unless switched on.

Each row carries a digest of itself and of the row before, so that no row can be changed, removed or moved without being
found out (`trail_check.py`); the last digest is kept apart, so that none can be cut off at the end either. Rows are only
added; those that have been kept long enough are removed from the beginning, which a row of its own says. Text is
recognised by salted digests of its lines. Knows no protocol and asks nobody.
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kireji.base.store import Connection

# In the order of the digest, which `id` and the digest of the row before come before.
COLUMNS = (
    *(
        "at",
        "kind",
        "request",
        "about",
        "user",
        "file",
        "language",
        "feature",
        "provider",
        "model",
        "prompt",
        "version",
    ),
    *("reason", "gates", "repairs", "nano", "lines", "text"),
)
_DAY_MS = 86_400_000
# A line with less than this in it says nothing about where it comes from.
_TELLING = 4


class Kind(Enum):
    """What a row is about. Feedback has rows of its own, of the kind of its name."""

    REQUEST = "request"
    PRUNED = "pruned"


@dataclass(frozen=True, slots=True)
class TrailOptions:
    """What is written down: whether file names in the clear, whether the text, redacted; and for how many days."""

    names: bool = False
    text: bool = False
    days: int = 365


@dataclass(frozen=True, slots=True)
class Shown:
    """What a row needs to know of a request besides its outcome. `lines` are the lines that hold what was shown, whole."""

    path: str = ""
    prompt: str = ""
    version: str = ""
    lines: tuple[str, ...] = field(default=(), repr=False)
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, as `COLUMNS` has it. `at` is in whole milliseconds."""

    at: int
    kind: str
    request: str = ""
    about: str = ""
    user: str = ""
    file: str = ""
    language: str = ""
    feature: str = ""
    provider: str = ""
    model: str = ""
    prompt: str = ""
    version: str = ""
    reason: str = ""
    gates: str = "[]"
    repairs: str = "[]"
    nano: int = 0
    lines: str = "[]"
    text: str = ""


def append(connection: Connection, entry: Entry, options: TrailOptions) -> None:
    """Adds a row, and removes what has been kept long enough. Part of the caller's transaction."""
    _prune(connection, entry.at, entry.at - options.days * _DAY_MS)
    _add(connection, entry)


def user() -> str:
    """Who runs this process, by the system's name for them; their number where there is none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def salt_of(connection: Connection) -> bytes:
    """The store's own salt, without which nobody can try out names and lines."""
    (salt,) = connection.execute("SELECT salt FROM trail_head").fetchone()
    return str(salt).encode()


def hidden(salt: bytes, name: str) -> str:
    """A name that is not written down in the clear; empty for none."""
    return f"hmac:{_keyed(salt, name)[:32]}" if name else ""


def line_marks(salt: bytes, lines: Iterable[str]) -> list[str]:
    """Digests by which telling lines are recognised, whatever their indentation and spacing."""
    squeezed = (" ".join(line.split()) for line in lines)
    return [_keyed(salt, line)[:16] for line in squeezed if sum(map(str.isalnum, line)) >= _TELLING]


def digest(before: str, identity: int, values: Iterable[object]) -> str:
    """The digest of a row that stands behind the one with the digest `before`."""
    whole = json.dumps([before, identity, *values], ensure_ascii=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(whole.encode()).hexdigest()


def _add(connection: Connection, entry: Entry) -> None:
    last, before = connection.execute("SELECT last, chain FROM trail_head").fetchone()
    values = tuple(getattr(entry, name) for name in COLUMNS)
    identity = last + 1
    chain = digest(before, identity, values)
    marks = ", ".join("?" * (len(COLUMNS) + 2))
    connection.execute(
        f"INSERT INTO trail (id, {', '.join(COLUMNS)}, chain) VALUES ({marks})",  # noqa: S608
        (identity, *values, chain),
    )
    connection.execute("UPDATE trail_head SET last = ?, chain = ?", (identity, chain))


def _prune(connection: Connection, now: int, limit: int) -> None:
    """Removes the rows before `limit`, up to the first that is younger. What has been removed is vouched for by a row."""
    oldest = connection.execute("SELECT at FROM trail ORDER BY id LIMIT 1").fetchone()
    if oldest is None or oldest[0] >= limit:
        return
    keep = connection.execute("SELECT min(id) FROM trail WHERE at >= ?", (limit,)).fetchone()[0]
    up_to = connection.execute("SELECT max(id) FROM trail").fetchone()[0] if keep is None else keep - 1
    (chain,) = connection.execute("SELECT chain FROM trail WHERE id = ?", (up_to,)).fetchone()
    _add(connection, Entry(now, Kind.PRUNED.value, text=json.dumps([up_to, chain])))
    connection.execute("DELETE FROM trail WHERE id <= ?", (up_to,))


def _keyed(salt: bytes, text: str) -> str:
    return hmac.new(salt, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
