"""What is said to a child language server and back: frames, answers, diagnostics in string offsets, and the errors.

Pure: starts no process and reads no file. A minimal JSON-RPC of our own, because pygls and lsprotocol belong to the edge.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from kireji.base.text import line_span
from kireji.base.types import Span

# No diagnostics of one file come near this; a child that says more is broken, and its words must not fill our memory.
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
# Room for the hungriest child we run (ty: 260 MB of data for nine thousand lines); a spec that knows better says less.
MEMORY_BYTES = 1536 * 1024 * 1024
PULL_DIAGNOSTICS = frozenset({"diagnosticProvider"})
_MAX_HEADERS = 16
_SURROGATE = re.compile("[\ud800-\udfff]")


class ChildState(Enum):
    """Where a child is in its life; shown by the status command."""

    IDLE = "not started"
    STARTING = "starting"
    READY = "ready"
    BACKING_OFF = "failed; waiting before the next start"
    CLOSED = "closed"


class ChildFailure(Enum):
    """Why a child could not answer. Closed: callers decide by this, never by a message."""

    MISSING = "the program cannot be started"
    CRASHED = "the program ended"
    HUNG = "the program stopped answering and was killed"
    LATE = "no answer by the deadline"
    BACKING_OFF = "the program failed a moment ago"
    PROTOCOL = "the program said something that is not its protocol"
    REFUSED = "the program answered with an error"
    CLOSED = "the server is shutting down"


class ChildUnavailable(Exception):  # noqa: N818 — it is a state of the child, not a fault of the caller
    """The one exception that leaves a child. `failure` is why; `detail` never holds source text."""

    def __init__(self, failure: ChildFailure, detail: str = "") -> None:
        super().__init__(f"{failure.value}: {detail}" if detail else failure.value)
        self.failure = failure
        self.detail = detail


class ProtocolError(Exception):
    """The byte stream of a child is not what it should be; the child has to go. `detail` never holds source text."""


class Dialect(Enum):
    """What a child speaks: the LSP, the older protocol of TypeScript's own server, or that of our program around javac."""

    LSP = "LSP"
    TSSERVER = "tsserver"
    JUDGE = "judge"


class Readiness(Enum):
    """When a child's words are worth something: from its greeting on, or from when it says that it has read the project."""

    GREETED = "greeted"
    QUIESCENT = "quiescent"


class Units(Enum):
    """What a column counts, under the LSP's names."""

    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """How to run one child. `command` is absolute. `root` is the workspace folder it is told of, not where it runs.

    `settings` answers `workspace/configuration`, by section name. `requires` names what its `initialize` answer must
    offer; one that need not offer to be pulled is waited for until it pushes. `environment` is added to the bare one.
    `memory_bytes` is the most it may allocate: above that it dies by itself (Linux; elsewhere nothing holds it).
    `recycle_bytes` is the resident size above which it is replaced when there is time; None: never.
    `unresolved` is the kind of token by which it marks names that resolve to nothing; "": it is not asked for them.
    """

    name: str
    command: tuple[str, ...]
    root: str | None = None
    initialization_options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    requires: frozenset[str] = PULL_DIAGNOSTICS
    memory_bytes: int = MEMORY_BYTES
    recycle_bytes: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    dialect: Dialect = Dialect.LSP
    readiness: Readiness = Readiness.GREETED
    unresolved: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient we are with a child, in seconds. `back_off` is the wait after the first, second, … failure in a row."""

    # From the start of the process to its answer to `initialize`.
    start: float = 10.0
    # A waiter gives up at its own deadline; the child is killed only when it stays silent for this long.
    hung: float = 5.0
    back_off: tuple[float, ...] = (0.0, 0.25, 1.0, 4.0, 15.0, 60.0)
    # Uptime after which earlier failures are forgotten.
    steady: float = 60.0
    # How long a child serves at least before its size is a reason to replace it: one that needs the room must not be
    # replaced after every answer.
    recycle: float = 60.0


@dataclass(frozen=True, slots=True)
class ChildDiagnostic:
    """One diagnostic of the text that was asked about. `severity` is the LSP's: 1 error … 4 hint."""

    code: str
    message: str
    severity: int
    span: Span


def frame(message: Mapping[str, Any]) -> bytes:
    """One JSON-RPC message with its header."""
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


async def read_message(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next message; None at the end of the stream. Raises ProtocolError."""
    length: int | None = None
    for _ in range(_MAX_HEADERS):
        try:
            line = await reader.readline()
        except ValueError:
            raise ProtocolError("a header line without an end") from None
        if not line:
            return None
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
        elif not line.strip():
            break
    if length is None or length > MAX_MESSAGE_BYTES:
        raise ProtocolError("a message without a length, or over the limit")
    try:
        message = json.loads(await reader.readexactly(length))
    except asyncio.IncompleteReadError:
        return None
    except (ValueError, RecursionError):
        raise ProtocolError("a body that is not JSON") from None
    if not isinstance(message, dict):
        raise ProtocolError("a body that is not an object")
    return message


def initialize_params(spec: ChildSpec, root_uri: str | None) -> dict[str, Any]:
    """What the child is told at the start: little, so that it answers little."""
    pushed = {} if spec.requires >= PULL_DIAGNOSTICS else {"publishDiagnostics": {"versionSupport": True}}
    tokens = {
        "requests": {"full": True},
        "tokenTypes": [spec.unresolved],
        "tokenModifiers": [],
        "formats": ["relative"],
    }
    coloured = {"semanticTokens": tokens} if spec.unresolved else {}
    return {
        "processId": None,
        "rootUri": root_uri,
        "workspaceFolders": [{"uri": root_uri, "name": "workspace"}] if root_uri else None,
        "initializationOptions": spec.initialization_options,
        "capabilities": {
            "general": {"positionEncodings": [Units.UTF32.value, Units.UTF16.value]},
            "textDocument": {"diagnostic": {"dynamicRegistration": False}, **pushed, **coloured},
            "workspace": {"configuration": True, "workspaceFolders": True},
            **({"experimental": {"serverStatusNotification": True}} if spec.readiness is Readiness.QUIESCENT else {}),
        },
    }


def units_of(result: Any, requires: Set[str]) -> Units:
    """The column unit a child chose. Raises ProtocolError when it was not offered, or when a capability is missing."""
    capabilities = result.get("capabilities") if isinstance(result, dict) else None
    if not isinstance(capabilities, dict) or not all(capabilities.get(name) for name in requires):
        raise ProtocolError("it cannot do what is asked of it")
    try:
        return Units(capabilities.get("positionEncoding", Units.UTF16.value))
    except ValueError:
        raise ProtocolError("a position encoding that was not offered") from None


def can_be_pulled(result: Any) -> bool:
    """Whether a child answers when it is asked for diagnostics. What it pushes comes when it likes."""
    capabilities = result.get("capabilities") if isinstance(result, dict) else None
    return isinstance(capabilities, dict) and bool(capabilities.get("diagnosticProvider"))


def reply_to(spec: ChildSpec, request: Mapping[str, Any]) -> dict[str, Any]:
    """Our answer to a request of the child's: its settings, and consent to what changes nothing."""
    method, params = request.get("method"), request.get("params")
    if method == "workspace/configuration" and isinstance(params, dict):
        items = params.get("items")
        names = [str(i.get("section")) if isinstance(i, dict) else "" for i in items] if isinstance(items, list) else []
        return {"id": request["id"], "result": [spec.settings.get(name) for name in names]}
    if method in ("client/registerCapability", "client/unregisterCapability", "window/workDoneProgress/create"):
        return {"id": request["id"], "result": None}
    return {"id": request["id"], "error": {"code": -32601, "message": "not supported"}}


def clean(text: str) -> str:
    """The text as it may be sent: a lone surrogate, which no UTF-8 parser takes, becomes U+FFFD. Offsets stay."""
    return _SURROGATE.sub("\ufffd", text)


def parse_diagnostics(result: Any, text: str, starts: Sequence[int], units: Units) -> tuple[ChildDiagnostic, ...]:
    """The diagnostics of a full pull report, sorted by place. Raises ProtocolError on any other shape."""
    items = result.get("items") if isinstance(result, dict) else None
    if not isinstance(items, list):
        raise ProtocolError("a report without items")
    try:
        found = [_diagnostic(item, text, starts, units) for item in items]
    except (KeyError, TypeError, AttributeError):
        raise ProtocolError("a malformed diagnostic") from None
    return tuple(sorted(found, key=lambda d: (d.span, d.code)))


def _diagnostic(item: Any, text: str, starts: Sequence[int], units: Units) -> ChildDiagnostic:
    start, end = item["range"]["start"], item["range"]["end"]
    span = Span(
        offset_of(text, starts, start["line"], start["character"], units),
        offset_of(text, starts, end["line"], end["character"], units),
    )
    return ChildDiagnostic(
        str(item.get("code", "")), str(item.get("message", "")), int(item.get("severity") or 1), span
    )


def offset_of(text: str, starts: Sequence[int], line: int, character: int, units: Units) -> int:
    """The string offset of a position; positions past the end of a line or of the text are drawn back to it."""
    if line < 0 or line >= len(starts):
        return len(text)
    span = line_span(text, starts, line)
    row = text[span.start : span.end]
    if units is Units.UTF32 or row.isascii():
        return min(span.start + max(character, 0), span.end)
    column = 0
    for index, char in enumerate(row):
        if column >= character:
            return span.start + index
        column += 2 if ord(char) > 0xFFFF else 1
    return span.end
