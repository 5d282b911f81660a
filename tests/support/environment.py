"""An environment in which nothing of the person running the tests can be found: no key, no settings, an empty home."""

from __future__ import annotations

import os
from pathlib import Path

# Where the set-up scripts put editors and the tools of languages: outside the checkout, for every checkout of this user.
TOOLS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kireji-tests"

# On a loaded machine the first request may wait long for libraries to be loaded, the stand-in for its turn to answer, and a
# gate for its own: no test is about that unless it says so.
PATIENCE = {
    "KIREJI_CONNECT_MS": "30000",
    "KIREJI_SILENCE_MS": "60000",
    "KIREJI_REQUEST_MS": "60000",
    "KIREJI_GATES_AUTOMATIC_MS": "10000",
    "KIREJI_GATES_EXPLICIT_MS": "30000",
}


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """PATH and what Python needs, an empty home, patience, and `more`."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if k in ("PATH", "PYTHONPATH", "LANG", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV")
    }
    folders = {
        "HOME": home,
        "USERPROFILE": home,
        "XDG_CONFIG_HOME": home / "config",
        "XDG_STATE_HOME": home / "state",
        "XDG_CACHE_HOME": home / "cache",
        "KIREJI_STATE": home / "state",
    }
    return kept | PATIENCE | {k: str(v) for k, v in folders.items()} | more
