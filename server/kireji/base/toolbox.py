"""Finds programs on this machine: on the search path and where people's package managers put them. Runs none of them.

Nothing relative is looked at: what "." means is decided by whoever starts the editor, and most often it is the workspace.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

# Below the home folder, then anywhere: editors that a desktop starts have a shorter search path than shells.
_OWN = ("go/bin", ".cargo/bin", ".local/bin", ".local/share/mise/shims", ".asdf/shims")
_COMMON = ("/usr/local/bin", "/usr/local/go/bin", "/opt/homebrew/bin", "/usr/bin")


def find(*names: str, outside: str | None = None) -> str | None:
    """The absolute path of the first of these programs that is there; None if none is.

    `outside` is a folder whose programs are passed over: that of a workspace.
    """
    folders = tuple(_folders(outside))
    for name in names:
        found = shutil.which(name, path=os.pathsep.join(folders)) if folders else None
        if found is not None and not _is_below(found, outside):
            return found
    return None


def _folders(outside: str | None) -> Iterable[str]:
    home = os.path.expanduser("~")  # noqa: PTH111 — without a home it stays as it is, and Path would raise
    own = [os.path.join(home, folder) for folder in _OWN] if os.path.isabs(home) else []  # noqa: PTH117, PTH118
    for folder in (*os.environ.get("PATH", "").split(os.pathsep), *own, *_COMMON):
        if folder and Path(folder).is_absolute() and not _is_below(folder, outside):
            yield folder


def _is_below(path: str, folder: str | None) -> bool:
    """Whether a path lies in a folder, by its name or by what it is a link to."""
    if folder is None:
        return False
    try:
        return Path(path).is_relative_to(folder) or Path(path).resolve().is_relative_to(Path(folder).resolve())
    except (OSError, RuntimeError):
        return True
