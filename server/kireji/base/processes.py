"""Which process this is, and whether another one still lives. Ends none, and starts none."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def this_process() -> tuple[int, str]:
    """Our number, and when we were started, as another process of this machine would find them."""
    return os.getpid(), _started(os.getpid())


def is_alive(process_id: int, started: str = "") -> bool:
    """Whether the process lives; with `started`, whether it is still the one that had the number then.

    True where nobody can tell.
    """
    if sys.platform == "win32":  # untested: signal 0 would end the process there
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    # A number is given to another process once its owner is gone.
    now = _started(process_id) if started else ""
    return not now or now == started


def _started(process_id: int) -> str:
    """The kernel's count of when a process began; empty where there is no such file, as on macOS."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    # The name comes second, in brackets, and may hold anything: what counts begins behind the last one.
    fields = status.rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""
