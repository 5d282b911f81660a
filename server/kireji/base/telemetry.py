"""Logging for the server: to standard error, never standard output, and without source text or keys.

Kireji's own messages hold neither, by rule; libraries keep no such rule, so theirs are reduced to where they came from.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import re
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import TextIO

from kireji.base.config_schema import LogFormat, LogLevel

_OWN = "kireji"
# The framework logs every message it sends at INFO, the clients every request: nothing below WARNING is wanted of them.
_QUIET = ("pygls", "anthropic", "httpx2", "httpcore2", "asyncio", "parso", "jedi")
_KEYS = re.compile(r"sk-[A-Za-z0-9_-]{8,}|(?i:bearer)\s+\S+|(?i:x-api-key\W+)\S+")
_LONGEST = 2_000


# The request that is being worked on in this task, so that whatever is logged meanwhile can be told to belong to it.
_request: ContextVar[str] = ContextVar("kireji_request", default="")


def set_up(
    level: LogLevel,
    *,
    form: LogFormat = LogFormat.TEXT,
    secrets: tuple[str, ...] = (),
    stream: TextIO | None = None,
) -> None:
    """Makes the process log to `stream` (standard error), in place of whatever was set up before.

    `secrets` are texts that are blotted out wherever they appear: the key in use.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter((_Discreet if form is LogFormat.TEXT else _Structured)(secrets))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.name)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


@contextlib.contextmanager
def during(request: str) -> Iterator[None]:
    """What is logged in here, by this task or by one that it starts, belongs to the request."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def conceal(secret: str) -> None:
    """Blots out one more text from now on: a key that was found later."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Discreet):
            handler.formatter.conceal(secret)


class _Discreet(logging.Formatter):
    """One line per record. The only place where a record becomes text, so nothing gets around it."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secrets = tuple(secret for secret in secrets if secret)

    def conceal(self, secret: str) -> None:
        if secret and secret not in self._secrets:
            self._secrets = (*self._secrets, secret)

    def format(self, record: logging.LogRecord) -> str:
        return f"{self.formatTime(record)} {record.levelname} {record.name}: {self.message_of(record)}"

    def message_of(self, record: logging.LogRecord) -> str:
        """What may be said of a record, on one line."""
        own = record.name == _OWN or record.name.startswith(f"{_OWN}.")
        text = record.getMessage() if own else _place_only(record)
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text}: {' <- '.join(_chain(record.exc_info[1]))}"
        for secret in self._secrets:
            text = text.replace(secret, "[key]")
        text = _KEYS.sub("[key]", text)[:_LONGEST]
        return "".join(c if c.isprintable() else " " for c in text)


class _Structured(_Discreet):
    """The same as a JSON object, with the request that it belongs to: the id that its rows in the store have."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        said = {"at": at, "level": record.levelname.lower(), "logger": record.name, "request": _request.get() or None}
        return json.dumps({**said, "message": self.message_of(record)})


def _place_only(record: logging.LogRecord) -> str:
    """A library's record. Its text may be a document or a stack of them; the template is kept if it is a constant."""
    template = record.msg[:120] if isinstance(record.msg, str) and record.args else ""
    kinds = record.args if isinstance(record.args, tuple) else ()
    named = f" {template!r} with {', '.join(type(a).__name__ for a in kinds)}" if template else ""
    return f"at {record.filename}:{record.lineno}{named}"


def _chain(error: BaseException) -> Iterator[str]:
    """An exception and its causes: class, place, and the message only where it is one of ours or the system's.

    A message may quote what it could not handle (a SyntaxError holds the line of source), so others are left out.
    """
    seen: set[int] = set()
    here: BaseException | None = error
    while here is not None and id(here) not in seen:
        seen.add(id(here))
        kind = type(here)
        message = ""
        if kind.__module__.split(".")[0] == _OWN:
            message = f" ({here})"
        elif isinstance(here, OSError) and here.strerror:
            message = f" ({here.strerror})"
        yield f"{kind.__name__}{message} at {_frames(here.__traceback__)}"
        here = here.__cause__ or (None if here.__suppress_context__ else here.__context__)


def _frames(trace: TracebackType | None) -> str:
    places: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.replace(chr(92), '/').rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-8:]) or "no frame"
