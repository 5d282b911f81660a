"""FILE:LINE:COL on the command line: the snapshot that an editor would have made there, and places said for people."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from kireji.cli.main import CommandError

if TYPE_CHECKING:
    from kireji.base.config_schema import Options, Settings
    from kireji.base.types import Document, Snapshot, Span

# Nine digits are more than any file has lines, and few enough for every integer parser.
_WHERE = re.compile(r"(?s)(.+):([0-9]{1,9}):([0-9]{1,9})")


def snapshot_at(settings: Settings, where: str, request: str) -> tuple[Snapshot, int]:
    """The file of FILE:LINE:COL as an editor would have it open, in the folder the command runs in. Raises CommandError."""
    from kireji.base import config
    from kireji.base.languages import language_of
    from kireji.base.python_version import python_version
    from kireji.base.text import line_span, make_document
    from kireji.base.types import Snapshot, Trigger, Workspace

    path, line, column = _parsed(where)
    text = _text_of(path, settings.options.max_file_bytes)
    full = path.absolute()
    document = make_document(full.as_uri(), str(full), language_of(path.name), 0, text)
    if line > len(document.lines):
        raise CommandError(f"{path} has {len(document.lines)} lines; line {line} is past its end")
    span = line_span(text, document.lines, line - 1)
    length = span.end - span.start
    if column > length + 1:
        raise CommandError(f"line {line} of {path} has {length} characters; column {column} is past its end")
    root = str(Path.cwd())
    python = config.interpreter_for(settings, root)
    version = python_version(root, str(full), python)
    workspace = Workspace(root, config.is_trusted(settings, root), python, version)
    snapshot = Snapshot(request, document, (), workspace, settings.options, Trigger.EXPLICIT)
    return snapshot, span.start + column - 1


def relative(uri: str, root: str | None) -> str:
    """The path of an address, within the workspace where it lies there."""
    path = unquote(urlsplit(uri).path)
    return path.removeprefix(f"{root}/") if root else path


def line_of(document: Document, uri: str, span: Span, root: str | None, options: Options) -> int:
    """The first line of a span, counted from 1; in another file as that file stands on the disk."""
    from kireji.base.files import read_text

    text: str | None = document.text
    if uri != document.uri:
        path = Path(unquote(urlsplit(uri).path))
        text = read_text(path, Path(root or path.parent), options.max_file_bytes)
    return (text or "").count("\n", 0, span.start) + 1


def _parsed(where: str) -> tuple[Path, int, int]:
    """File, line and column, the last two counted from 1."""
    found = _WHERE.fullmatch(where)
    if found is None or not int(found[2]) or not int(found[3]):
        raise CommandError(f"{where!r} is not FILE:LINE:COL with both counted from 1, for example app.py:12:5")
    return Path(found[1]), int(found[2]), int(found[3])


def _text_of(path: Path, most: int) -> str:
    from kireji.base.files import never_read
    from kireji.base.types import Reason

    # The name that was given and the one it leads to: a link must not hide what it points at.
    if never_read(path) or never_read(path.resolve()):
        raise CommandError(f"{path} is never read: its name is that of keys, credentials, a lock or generated code")
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device might never end
            raise CommandError(f"cannot read {path}: it is not a file")
        if status.st_size > most:
            raise CommandError(f"cannot read {path}: it is over the limit of {most} bytes (KIREJI_MAX_FILE_BYTES)")
        data = path.read_bytes()
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from None
    if b"\0" in data:
        raise CommandError(f"cannot read {path}: {Reason.BINARY.value}")
    return data.decode("utf-8", "replace")
