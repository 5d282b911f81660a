"""Reads stack traces: which file and line each frame names, the innermost first. Opens no file."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A trace longer than this is a recursion, and its ends say all.
_MOST = 40


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: a path as it was printed, and a line, counted from 1."""

    path: str
    line: int


_PYTHON = re.compile(r'^[ \t]*File "([^"\n]+)", line (\d+)', re.M)
_NODE = re.compile(
    r"^[ \t]*at (?:[^\n(]*\()?(?:file://)?((?:[A-Za-z]:)?[^\s():]+\.(?:[cm]?[jt]sx?|vue|svelte)):(\d+):\d+\)?", re.M
)
_JAVA = re.compile(r"^[ \t]*at ([\w.$]+)\.[\w$<>]+\(([\w$]+\.java):(\d+)\)", re.M)
_GO = re.compile(r"^[ \t]+([^\s:]+\.go):(\d+)(?: \+0x[0-9a-f]+)?$", re.M)
_RUST = re.compile(r"(?:panicked at (?:'[^'\n]*', )?|^[ \t]+at )([^\s:]+\.rs):(\d+)", re.M)
_SIGNS = re.compile(
    r"Traceback \(most recent call last\)|^[ \t]*at .+:\d+|^[\w.]*(?:Error|Exception)\b[^\n]*$|panicked at|^goroutine \d+|^panic: ",
    re.M,
)


def is_trace(text: str) -> bool:
    """Whether a text is a stack trace: it says so, and names at least one frame."""
    return _SIGNS.search(text) is not None and bool(frames_of(text))


def frames_of(text: str) -> tuple[Frame, ...]:
    """The frames that name a file, the innermost first, each once."""
    text = text.replace("\r\n", "\n")
    python = [Frame(m[1], int(m[2])) for m in _PYTHON.finditer(text)]
    # Python alone prints the innermost last.
    found = python[::-1]
    found += [Frame(m[1], int(m[2])) for m in _NODE.finditer(text)]
    found += [Frame(_of_class(m[1], m[2]), int(m[3])) for m in _JAVA.finditer(text)]
    found += [Frame(m[1], int(m[2])) for pattern in (_GO, _RUST) for m in pattern.finditer(text)]
    return tuple(dict.fromkeys(found))[:_MOST]


def _of_class(name: str, file: str) -> str:
    """Where a Java class lies below its source folder."""
    package = name.rpartition(".")[0]
    return f"{package.replace('.', '/')}/{file}" if package else file
