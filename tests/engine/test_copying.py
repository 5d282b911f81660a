"""A copy of a workspace in which others go on working."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kireji.engine.proof import copying
from kireji.engine.proof.copying import CopyError, copied
from support.proving import make


def names(folder: Path) -> list[str]:
    """The files below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def test_what_goes_while_it_is_copied_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Editors and tools write a file beside another, and put it in its place: it is listed, and gone when it is opened."""
    root = make(tmp_path / "shop", {"a.py": "x = 1\n", "b.py~": "y = 1\n", "gone/c.py": "z = 1\n", "kept/d.py": ""})
    (root / "link").symlink_to("a.py")
    listing = os.scandir

    class Listed:
        """What a folder held when it was read; the files that are in nobody's way any more are gone behind it."""

        def __init__(self, folder: Path) -> None:
            with listing(folder) as entries:
                self._entries = list(entries)
            for passing in (root / "b.py~", root / "link", root / "gone" / "c.py"):
                passing.unlink(missing_ok=True)
            if (root / "gone").is_dir():
                (root / "gone").rmdir()

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self._entries

        def __exit__(self, *_: object) -> None:
            pass

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", Listed)
        copy = copied(str(root), tmp_path / "copy")
    assert names(copy.folder) == ["a.py", "kept/d.py", "pytest.ini"]


def test_a_workspace_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(CopyError, match="cannot be copied: No such file"):
        copied(str(tmp_path / "nowhere"), tmp_path / "copy")


def test_a_copy_whose_place_is_gone_is_no_small_one(tmp_path: Path) -> None:
    root = make(tmp_path / "shop", {"a.py": "x = 1\n"})
    with pytest.raises(CopyError, match="cannot be copied: No such file"):
        copied(str(root), tmp_path / "nowhere" / "copy")


@pytest.mark.parametrize(("limit", "most"), [("_MOST_FILES", 1), ("_MOST_BYTES", 11)])
def test_a_workspace_that_is_too_large_is_not_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(copying, limit, most)
    root = make(tmp_path / "shop", {"a.py": "x = 1\n", "b.py": "y = 1\n"})
    with pytest.raises(CopyError, match="too large"):
        copied(str(root), tmp_path / "copy")
