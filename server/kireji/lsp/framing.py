"""Message frames, without any I/O: bytes in, JSON bodies out, whatever the pieces they arrive in.

Our own, because the framework's reader stops for ever at a lower-case header and reads whatever length a header claims.
Parses headers only; what a body means is `protocol.py`'s business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum

MAX_BODY = 64 * 1024 * 1024
MAX_HEADER = 8 * 1024


class FrameFault(Enum):
    """What can be wrong with a frame. After TOO_LARGE and BAD_JSON the stream goes on; after BAD_HEADER it is resynchronised."""

    TOO_LARGE = "the message is over the size limit and was skipped"
    BAD_HEADER = "the message header has no valid Content-Length"
    BAD_JSON = "the message body is not JSON"


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded JSON value."""

    body: object


def encode(value: object) -> bytes:
    """One frame. The body is ASCII, so its length in characters is its length in bytes."""
    body = json.dumps(value, separators=(",", ":")).encode("ascii")
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class Decoder:
    """Collects bytes until a frame is whole."""

    def __init__(self, max_body: int = MAX_BODY) -> None:
        self._max_body = max_body
        self._buffer = bytearray()
        self._expected: int | None = None
        self._skip = 0

    def feed(self, data: bytes) -> list[Frame | FrameFault]:
        """The frames and faults that these bytes complete, in order."""
        self._buffer += data
        out: list[Frame | FrameFault] = []
        while True:
            if self._skip:
                dropped = min(self._skip, len(self._buffer))
                del self._buffer[:dropped]
                self._skip -= dropped
                if self._skip:
                    return out
            if self._expected is None and not self._read_header(out):
                return out
            if self._expected is None:
                continue
            if len(self._buffer) < self._expected:
                return out
            body = bytes(self._buffer[: self._expected])
            del self._buffer[: self._expected]
            self._expected = None
            out.append(_decode(body))

    def _read_header(self, out: list[Frame | FrameFault]) -> bool:
        """Consumes one header block. False when more bytes are needed."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEADER:
                out.append(FrameFault.BAD_HEADER)
                del self._buffer[: -len(b"\r\n\r")]
            return False
        header = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        length = _content_length(header)
        if length is None:
            out.append(FrameFault.BAD_HEADER)
        elif length > self._max_body:
            out.append(FrameFault.TOO_LARGE)
            self._skip = length
        else:
            self._expected = length
        return True


def _content_length(header: bytes) -> int | None:
    """The length in a header block, names compared without case; None when it is missing, doubtful or absurd."""
    found: int | None = None
    for line in header.split(b"\r\n"):
        name, _, value = line.partition(b":")
        # After a fault, rubbish may precede the name on its line: the name is what the line ends with.
        if name.strip().lower().endswith(b"content-length"):
            digits = value.strip()
            if not digits.isdigit() or len(digits) > 18 or found is not None:
                return None
            found = int(digits)
    return found


def _decode(body: bytes) -> Frame | FrameFault:
    try:
        return Frame(json.loads(body))
    except (ValueError, RecursionError):
        return FrameFault.BAD_JSON
