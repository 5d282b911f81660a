"""Which open texts are looked at, checked before anything parses or searches them. Knows no cursor and no request."""

from __future__ import annotations

from kireji.base.config_schema import Options
from kireji.base.files import never_read
from kireji.base.types import Document, Reason


def refusal(document: Document, options: Options) -> Reason | None:
    """Why a document is not read at all: a file of keys, too large, a line too long for parsers, or not text."""
    if never_read(document.path or document.uri):
        return Reason.IGNORED_FILE
    size = len(document.text)
    # Encoding costs time: most files are far below the limit even at four bytes a character.
    if size > options.max_file_bytes or (
        size * 4 > options.max_file_bytes and len(document.text.encode("utf-8", "replace")) > options.max_file_bytes
    ):
        return Reason.TOO_LARGE
    ends = (*document.lines[1:], size)
    if any(end - start > options.max_line_chars for start, end in zip(document.lines, ends, strict=True)):
        return Reason.LONG_LINE
    return Reason.BINARY if "\0" in document.text else None
