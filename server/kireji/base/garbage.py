"""Loading big libraries without looking for garbage meanwhile: there is none, and each look stops the whole process."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """What is made inside is taken to stay, and is not looked at again by later collections either."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
