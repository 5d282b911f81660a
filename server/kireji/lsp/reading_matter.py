"""Texts for a person to read, brought before them in the best way that a client knows. Changes no document.

A client that takes them itself gets a notification; one that opens documents gets a file in a private folder, which goes with
this process; any other gets a message.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from pathlib import Path

from kireji.base.child_home import Home, open_home
from kireji.lsp.client import Level
from kireji.lsp.on_snapshot import Edge

logger = logging.getLogger(__name__)

# Our own notification: `{"title", "language", "text"}`.
DOCUMENT = "kireji/document"
# What a message can hold and still be read.
_LONGEST_MESSAGE = 2_000


class ReadingMatter:
    """Shows texts. The folder for them is made when the first one needs it."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._folder: Home | None = None
        self._making = asyncio.Lock()
        self._numbers = itertools.count(1)

    async def show(self, title: str, text: str) -> bool:
        """Brings Markdown before the person; whether that worked."""
        client, able = self._edge.client, self._edge.lifecycle.session.abilities
        if able.documents:
            client.notify(DOCUMENT, {"title": title, "language": "markdown", "text": text})
            return True
        if able.shows_documents:
            try:
                path = await self._place() / f"kireji-{next(self._numbers)}.md"
                await asyncio.to_thread(_write, path, text)
            except OSError as error:
                logger.warning("a text could not be written down to be shown: %s", error.strerror)
            else:
                if await client.show_document(path.as_uri()):
                    return True
        client.show(Level.INFO, f"{title}:\n{text[:_LONGEST_MESSAGE]}")
        return True

    async def _place(self) -> Path:
        """The one folder. Who comes while it is made waits for it: a second would take its place and end it."""
        async with self._making:
            if self._folder is None:
                self._folder = await asyncio.to_thread(open_home)
                self._edge.starting.closes(self._folder.close)
            return self._folder.path


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
