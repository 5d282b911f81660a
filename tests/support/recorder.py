"""Stands between an editor and `kireji`, and writes down what they say to each other: `recorder.py LOG COMMAND...`.

A program, started by an editor in the place of the server. One JSON message a line, as soon as it is whole; bytes are passed on
unchanged, before they are looked at.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO


def main(log: str, *command: str) -> int:
    """Runs the command until it ends; its exit code."""
    with Path(log).open("ab", buffering=0) as book:
        served = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert served.stdin is not None
        assert served.stdout is not None
        asking = threading.Thread(target=_pass_on, args=(0, served.stdin, book, "client"), daemon=True)
        telling = threading.Thread(target=_pass_on, args=(served.stdout.fileno(), sys.stdout.buffer, book, "server"))
        asking.start()
        telling.start()
        telling.join()
        return served.wait()


def _pass_on(source: int, target: BinaryIO, book: BinaryIO, who: str) -> None:
    """Until the source ends, and then ends the target. Whoever is told may be gone: then nobody is left to tell."""
    seen = b""
    with contextlib.suppress(BrokenPipeError), target:
        while piece := os.read(source, 65536):
            target.write(piece)
            target.flush()
            seen = _note(seen + piece, book, who)


def _note(seen: bytes, book: BinaryIO, who: str) -> bytes:
    """Writes down the whole messages; returns what is left over."""
    while (end := seen.find(b"\r\n\r\n")) >= 0:
        fields = dict(line.split(b": ", 1) for line in seen[:end].split(b"\r\n"))
        length = int(fields[b"Content-Length"])
        body = seen[end + 4 : end + 4 + length]
        if len(body) < length:
            break
        book.write(json.dumps({"from": who, **json.loads(body)}).encode() + b"\n")
        seen = seen[end + 4 + length :]
    return seen


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
