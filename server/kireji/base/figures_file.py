"""Keeps a file of today's figures up to date, in Prometheus' text format, where the settings name one. Opens no port."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kireji.base import exposition
from kireji.base.audit import rows_since
from kireji.base.figures import group
from kireji.base.usage import cache_hits, used_since

if TYPE_CHECKING:
    from kireji.base.store import Connection

_log = logging.getLogger(__name__)

# No collector asks more often.
_SECONDS = 15.0


class FiguresFile:
    """One file. Written in the store's thread, in between; a file that cannot be written is logged once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._next = 0.0
        self._failing = False

    def recorded(self, connection: Connection, at: float) -> None:
        """Something was written down at this time."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _SECONDS
        day = time.strftime("%Y-%m-%d", time.localtime(at))
        midnight = time.mktime(time.strptime(day, "%Y-%m-%d"))
        rows, feedback = rows_since(connection, midnight)
        used = used_since(connection, day)
        dollars = sum(one.nano for one in used) / 1e9
        try:
            exposition.write(self._file, exposition.exposition(group(rows, feedback), dollars, cache_hits(used)))
        except OSError as error:
            if not self._failing:
                _log.warning("today's figures cannot be written: %s", error.strerror or type(error).__name__)
            self._failing = True
        else:
            self._failing = False
