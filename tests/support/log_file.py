"""A log that an editor writes while it runs: waits for what it is to say. Knows no editor."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from support.editing import POLL, WATCHDOG


class LogFile:
    """One log. Places in it are counted in characters."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def text(self) -> str:
        """All of it by now."""
        return self.path.read_text("utf-8", errors="replace") if self.path.exists() else ""

    def end(self) -> int:
        """Where it ends by now."""
        return len(self.text())

    async def says(self, pattern: str, *, after: int = 0) -> re.Match[str]:
        """Waits until it has `pattern` behind the place `after`. AssertionError at the watchdog."""
        sought = re.compile(pattern)
        try:
            async with asyncio.timeout(WATCHDOG):
                while not (found := sought.search(self.text(), after)):
                    await asyncio.sleep(POLL)
                return found
        except TimeoutError:
            raise AssertionError(f"not in {self.path.name}: {pattern}\n{self.text()[-4000:]}") from None
