"""An environment in which nothing of the person running the tests can be found: no key, no settings, an empty home."""

from __future__ import annotations

import os
from pathlib import Path


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """PATH and what Python needs, an empty home, and `more`."""
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
    return kept | {k: str(v) for k, v in folders.items()} | more
