"""What the index's files on disk are called. Opens none."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_OURS = re.compile(r"index-[0-9a-f]{16}(?:\.jsonl|\.\d+\.new)")


def file_of(folder: Path, root: str) -> Path:
    """Where the index of a workspace is kept: its path is in the file, not in the name."""
    return folder / f"index-{hashlib.sha256(root.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.jsonl"


def unfinished(file: Path, pid: int) -> Path:
    """The name under which a process writes a file before it takes the other's place."""
    return file.with_name(f"{file.stem}.{pid}.new")


def is_ours(name: str) -> bool:
    """Whether a file's name is one of these."""
    return _OURS.fullmatch(name) is not None
