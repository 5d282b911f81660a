"""The conversation with TypeScript's own server before version 7, which is older than the LSP: lines in, frames out.

Speaks as `child_talk.py` does, so that `children.py` supervises it like any other child. Only diagnostics can be asked for.
"""

from __future__ import annotations

import json
from collections.abc import Container
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from kireji.base.child_protocol import ChildFailure, ChildUnavailable, ProtocolError
from kireji.base.child_talk import Conversation, Shown

_KINDS = MappingProxyType({"javascript": "JS", "javascriptreact": "JSX", "typescript": "TS", "typescriptreact": "TSX"})
# The server's categories as the LSP's severities.
_SEVERITIES = MappingProxyType({"error": 1, "warning": 2, "message": 3, "suggestion": 4})


class TsserverConversation(Conversation):
    """One process, from its first answer to its end. Columns count UTF-16 units."""

    async def greet(self) -> None:
        """It does not introduce itself: whoever answers a first command is there. Raises ChildUnavailable."""
        await self.request("configure", {"hostInfo": "kireji"})

    async def request(self, method: str, params: Any) -> Any:
        """The body of the answer to one of its own commands. Raises ChildUnavailable."""
        number = next(self._ids)
        answer = await self._answer(number, _line(number, method, params))
        if answer.get("success") is not True:
            raise ChildUnavailable(ChildFailure.REFUSED)
        return answer.get("body")

    async def report(self, uri: str) -> Any:
        """What is wrong with the text shown last, in the LSP's shape. Raises ChildUnavailable, ProtocolError."""
        asked = {"file": _file(uri), "includeLinePosition": True}
        found = []
        for command in ("syntacticDiagnosticsSync", "semanticDiagnosticsSync"):
            body = await self.request(command, asked)
            if not isinstance(body, list):
                raise ProtocolError("a report that is no list")
            found += body
        try:
            return {"items": [_item(diagnostic) for diagnostic in found]}
        except (KeyError, TypeError):
            raise ProtocolError("a malformed diagnostic") from None

    def tell(self, method: str, params: Any) -> None:
        """It watches the disk itself, and knows none of the LSP's notes."""

    def show(self, uri: str, language_id: str, text: str, needed: Container[str]) -> None:
        """As in any conversation."""
        opened: dict[str, Any] = {"file": _file(uri), "fileContent": text}
        if language_id in _KINDS:
            opened["scriptKindName"] = _KINDS[language_id]
        if self._spec.root is not None:
            opened["projectRootPath"] = self._spec.root
        self._open[uri] = Shown(0, "")
        self._open.move_to_end(uri)
        # Its answer is of no interest: what is asked next is answered after it.
        self._write(
            _line(next(self._ids), "updateOpen", {"openFiles": [opened], "closedFiles": self._too_many(needed)})
        )

    def _too_many(self, needed: Container[str]) -> list[str]:
        return [_file(uri) for uri in self._forgotten(needed)]

    def _receive(self, message: dict[str, Any]) -> None:
        if message.get("type") == "response":
            self._hand(message.get("request_seq"), message)


def _line(number: int, command: str, arguments: Any) -> bytes:
    return json.dumps({"seq": number, "type": "request", "command": command, "arguments": arguments}).encode() + b"\n"


def _file(uri: str) -> str:
    return Path(url2pathname(urlsplit(uri).path)).as_posix()


def _item(diagnostic: Any) -> dict[str, Any]:
    ends = (diagnostic["startLocation"], diagnostic["endLocation"])
    start, end = ({"line": end["line"] - 1, "character": end["offset"] - 1} for end in ends)
    severity = _SEVERITIES.get(diagnostic["category"], 1)
    return {
        "range": {"start": start, "end": end},
        "severity": severity,
        "code": diagnostic["code"],
        "message": diagnostic["message"],
    }
