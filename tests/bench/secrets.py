"""Measures the search for secrets: false hits in clean files, and time for 32 KB of code, of secrets, of hostile text.

    PYTHONPATH=server:tests python -m bench.secrets [FOLDER...]

The files are the standard library's and those of all packages beside it: published, so that what looks like a key in them
is none, or an example. A file counts once. Prints the rule and the file of each hit, never what was found.
"""

from __future__ import annotations

import statistics
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from kireji.base.files import never_read
from kireji.base.languages import language_of
from kireji.engine.context.secrets import find_secrets, literals
from kireji.engine.context.telling import WORDS

SIZE = 32 * 1024
_MAX_BYTES = 400_000
_SHOWN = 40
_HEADS = ("://", "authorization: Bearer ", "-----BEGIN RSA PRIVATE KEY-----", "-----END PRIVATE KEY-----")
_TAILS = (
    *("", " ", "_", "=", ":", "(", "\n", "=\n", '="', "='", '=\\"', ' = (\n', ': str = "', "=A1;", "=A1b2C3d4;", ";a=a1B!c2D;"),
    *('="aB3$xY7!q" ', '="aB3xY7q9aB3xY7q9" ', "=aB3xY7q9aB3xY7q9\n", "a1B2" * 8, "A" * 16 + "\n", "\t" * 40),
    *("=" + "a" * 400, '="' + "a1B!" * 99, "aaaa:bbbb1@", ".eyJaaaaaaaa.", "x" * 40 + "="),
)  # fmt: skip


def sources(folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Files in languages that are known, as they would be read; the same text once."""
    seen: set[int] = set()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if language_of(path.name) == "plaintext" or never_read(path.relative_to(folder)) or not path.is_file():
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            if len(text) <= _MAX_BYTES and hash(text) not in seen:
                seen.add(hash(text))
                yield path, text


def hostile() -> Iterator[str]:
    """32 KB each: every opening that is looked for, followed by what makes a pattern try long, again and again."""
    for head, tail in product((*WORDS, *literals(), *_HEADS), _TAILS):
        unit = head + tail
        yield (unit * (SIZE // len(unit) + 1))[:SIZE]


def milliseconds(text: str, times: int = 3) -> float:
    """The processor's time for one search, the best of a few."""
    took = []
    for _ in range(times):
        started = time.thread_time()
        find_secrets(text)
        took.append(time.thread_time() - started)
    return min(took) * 1000


def slowest(texts: Iterator[str]) -> tuple[float, str]:
    """The slowest text with its time; one that seems slow is measured again."""
    worst = (0.0, "")
    for text in texts:
        took = milliseconds(text, 1)
        if took > worst[0] and (took := milliseconds(text)) > worst[0]:
            worst = (took, text)
    return worst


def main(arguments: Sequence[str]) -> None:
    """Prints the figures."""
    paths = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))
    folders = [Path(given).resolve() for given in arguments] or [Path(path) for path in dict.fromkeys(paths)]
    files = hits = 0
    joined: list[str] = []
    for path, text in sources(folders):
        files += 1
        joined.append(text)
        if found := find_secrets(text):
            hits += 1
            if hits <= _SHOWN:
                print(f"{path}: {', '.join(sorted({hit.rule for hit in found}))}")
    print(f"files {files}, with a hit {hits}: {1000 * hits / max(1, files):.2f} in 1,000")
    whole = "\n".join(joined)
    step = max(SIZE, len(whole) // 500)
    times = sorted(milliseconds(whole[at : at + SIZE]) for at in range(0, max(1, len(whole) - SIZE), step))
    late = times[int(len(times) * 0.95)]
    print(
        f"32 KB of source, {len(times)} pieces: ms p50 {statistics.median(times):.1f}, p95 {late:.1f}, most {times[-1]:.1f}"
    )
    took, text = slowest(hostile())
    print(f"hostile 32 KB: ms most {took:.1f}, on {text[:40]!r}…")


if __name__ == "__main__":
    main(sys.argv[1:])
