"""A damaged store is set aside under a name of its own. There it stays, and nothing new is begun, until a person has taken it
away: until then nobody knows what was spent. Repairs nothing and deletes nothing."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

# The database's side files are sqlite's (sqlite.org/tempfiles.html); it looks for them by the database's own name.
SIDE_FILES = ("-wal", "-shm", "-journal")
_NAME = re.compile(r"\.damaged-\d{8}-[0-9a-f]{8}")


def is_aside(name: str, of: str) -> bool:
    """Whether a file's name is that of a store `of` such a name, or of its side files, as it was set aside."""
    rest = name.removeprefix(of)
    return rest != name and any(_NAME.fullmatch(rest.removesuffix(side)) for side in ("", *SIDE_FILES))


def kept_aside(path: Path) -> Path | None:
    """The damaged store that was set aside from `path` and is still there. Raises OSError where that cannot be found out."""
    if not path.parent.is_dir():
        return None
    names = (entry.name for entry in path.parent.iterdir())
    found = max((name for name in names if is_aside(name, path.name) and not name.endswith(SIDE_FILES)), default=None)
    return None if found is None else path.with_name(found)


def set_aside(path: Path) -> Path:
    """Gives a store that nobody of this process has open its new name, byte for byte as it is. Raises OSError.

    Who has it open goes on in it, and counts there as before. The side files follow: sqlite throws away what of them it finds
    beside a new and empty store.
    """
    kept = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}")
    path.rename(kept)
    for side in SIDE_FILES:
        left = Path(f"{path}{side}")
        if left.exists():
            left.rename(f"{kept}{side}")
    return kept
