"""The conversation with our own small Java program around the JDK's compiler: a line and a text in, frames out.

Speaks as `child_talk.py` does, so that `children.py` supervises it like any other child. Only diagnostics can be asked for.
"""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from kireji.base.child_protocol import ChildFailure, ChildUnavailable, ProtocolError
from kireji.base.child_talk import Conversation, Shown

# The program's source, beside this file: a JDK runs it as it is.
PROGRAM = Path(__file__).parent / "java" / "Judge.java"


class JudgeConversation(Conversation):
    """One process, from its first answer to its end. Columns count UTF-16 units. It remembers no text."""

    async def greet(self) -> None:
        """Whoever answers about an empty text is there. Raises ChildUnavailable."""
        await self._judged("/", "")

    async def request(self, method: str, params: Any) -> Any:
        """It answers no question but one. Raises ChildUnavailable."""
        raise ChildUnavailable(ChildFailure.REFUSED)

    async def report(self, uri: str) -> Any:
        """What is wrong with the text shown last. Raises ChildUnavailable, ProtocolError."""
        path = url2pathname(urlsplit(uri).path)
        if "\n" in path:
            raise ChildUnavailable(ChildFailure.REFUSED, "a path of several lines")
        answer = await self._judged(path, self._open[uri].text)
        if not isinstance(answer.get("items"), list):
            raise ProtocolError("a report without items")
        return answer

    def tell(self, method: str, params: Any) -> None:
        """It reads the disk anew for each text."""

    def show(self, uri: str, language_id: str, text: str, needed: Container[str]) -> None:
        """Keeps the text until it is asked about."""
        self._open[uri] = Shown(0, text)
        self._open.move_to_end(uri)
        self._forgotten(needed)

    async def _judged(self, path: str, text: str) -> dict[str, Any]:
        number = next(self._ids)
        data = text.encode()
        return await self._answer(number, f"{number} {len(data)} {path}\n".encode() + data)
