"""Makes parso's cache of parsed files safe against being killed: a file is there whole or not at all, and a bad one is none.

Used inside the worker only. parso writes in place, and fails for ever after on a file that it could not finish, or where the
disk is full; it offers no hook, so two of its private functions are replaced (a test damages the cache and asks).
"""

from __future__ import annotations

import contextlib
import os
import pickle
import tempfile
from collections.abc import Callable
from typing import Any

import parso.cache


def make_safe() -> None:
    """Replaces what reads and writes the files. To be called once, before jedi is asked anything."""
    place: Callable[..., str] = parso.cache._get_hashed_path
    load: Callable[..., Any] = parso.cache._load_from_file_system

    def save_whole(grammar: str, path: object, item: object, cache_path: object = None) -> None:
        with contextlib.suppress(OSError):  # a cache that cannot be kept only costs time
            target = place(grammar, path, cache_path=cache_path)
            handle, name = tempfile.mkstemp(dir=os.path.dirname(target))  # noqa: PTH120 — parso's own string
            try:
                with os.fdopen(handle, "wb") as file:
                    pickle.dump(item, file, pickle.HIGHEST_PROTOCOL)
                os.replace(name, target)  # noqa: PTH105
            except OSError:
                os.unlink(name)  # noqa: PTH108

    def load_whole(grammar: str, path: object, modified: float, cache_path: object = None) -> Any:
        try:
            return load(grammar, path, modified, cache_path=cache_path)
        except (
            OSError,
            EOFError,
            pickle.UnpicklingError,
            AttributeError,
            ImportError,
            ValueError,
            IndexError,
            TypeError,
        ):
            return None  # it is read anew from its source, and written anew

    parso.cache._save_to_file_system = save_whole
    parso.cache._load_from_file_system = load_whole
