"""Measures the index of a workspace: how soon it is there, what it weighs, and what a question costs meanwhile.

    PYTHONPATH=server:tests python -m bench.index [--files N] [--checkout N] [--changed N]

The workspaces are made of the source of this Python and of the packages beside it. Another branch is checked out in the
largest of them, as Git would do it: all files change in a moment. Says nothing of what is found (`context.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from kireji.base.child_process import resident_bytes
from kireji.base.child_protocol import ChildUnavailable, Pace
from kireji.base.children import Child
from kireji.base.index.client import Index, index_spec
from kireji.base.text import make_document
from support.processes import processor_seconds

# Longer ones are rare where people write programs, and say the same again.
_LARGEST = 20_000
_CHARS = 8_000
_PATIENCE = 600.0
_PACE = Pace(start=_PATIENCE, hung=_PATIENCE)
_PAUSE = 0.02
_QUESTIONS = 200
# As long as gathering waits for it in the server; what is later is done without.
DEADLINE = 0.05
_TEXT = "import os\n\n\ndef main(path):\n    for name in os.listdir(path):\n        "


@dataclass(frozen=True, slots=True)
class Asked:
    """How long questions took, in milliseconds, in order; how long the process had a processor meanwhile, in order as well; and
    how many questions were not answered in time."""

    took: tuple[float, ...]
    worked: tuple[float, ...]
    late: int

    def __str__(self) -> str:
        if not self.took:
            return "no question"
        p95 = self.took[int(len(self.took) * 0.95)]
        return f"{len(self.took)} questions, ms p50 {statistics.median(self.took):.1f}, p95 {p95:.1f}, late {self.late}"


def sources() -> Iterator[bytes]:
    """Python source of people, shortest paths first."""
    folders = dict.fromkeys(sysconfig.get_path(name) for name in ("stdlib", "purelib"))
    paths = sorted((path for folder in folders for path in Path(folder).rglob("*.py")), key=lambda p: (len(p.parts), p))
    for path in paths:
        text = path.read_bytes()
        if 200 < len(text) <= _LARGEST and b"\0" not in text:
            yield text


def make_workspace(root: Path, count: int) -> int:
    """Writes so many files, forty a folder; how many characters they have. Where there are too few, they come again."""
    size = 0
    texts = list(islice(sources(), count))
    for number, text in enumerate(islice(cycle(texts), count)):
        folder = root / f"part_{number // 40 % 25}" / f"room_{number // 1000}_{number // 40}"
        folder.mkdir(parents=True, exist_ok=True)
        again = number // len(texts)
        (folder / f"module_{number}.py").write_bytes(text + b"\ndef copy_%d_%d(): ...\n" % (again, number))
        size += len(text)
    return size


async def ask_until(index: Index, child: Child, root: Path, done: asyncio.Task[None]) -> Asked:
    """Asks again and again until something is done, at a text that grows as if someone typed."""
    took, worked, late = [], [], 0
    path = root / "main.py"
    number = 0
    while not done.done():
        number += 1
        text = _TEXT + "name"[: number % 5]
        document = make_document(path.as_uri(), str(path), "python", number, text)
        started, before = time.perf_counter(), _processor(child)
        try:
            async with asyncio.timeout(_PATIENCE):
                await index.find(document, len(text), str(root), (), _CHARS, time.monotonic() + _PATIENCE)
        except ChildUnavailable:
            late += 1
        spent = time.perf_counter() - started
        took.append(1000 * spent)
        worked.append(1000 * (_processor(child) - before))
        late += spent > DEADLINE
        await asyncio.sleep(_PAUSE)
    await done
    return Asked(tuple(sorted(took)), tuple(sorted(worked)), late)


async def quiet(index: Index, child: Child, root: Path, count: int) -> Asked:
    """Questions while nothing else happens."""
    return await ask_until(index, child, root, asyncio.create_task(asyncio.sleep(count * _PAUSE)))


@dataclass(frozen=True, slots=True)
class First:
    """The first reading of a workspace. Times in seconds, with and without waiting for others; `megabytes` is what the process
    has grown by."""

    files: int
    characters: int
    seconds: float
    again: float
    worked: float
    worked_again: float
    megabytes: float
    meanwhile: Asked
    after: Asked


async def first(folder: Path, count: int) -> First:
    """A workspace that nobody has read yet, then the same with what was kept."""
    root, state = (folder / "first").resolve(), folder / "state"
    characters = make_workspace(root, count)
    child = Child(index_spec(state), pace=_PACE)
    index = Index(child=child)
    await index.start()
    empty = _resident(child)
    started, before = time.perf_counter(), _processor(child)
    reading = asyncio.create_task(_ready(index, root))
    meanwhile = await ask_until(index, child, root, reading)
    seconds, worked = time.perf_counter() - started, _processor(child) - before
    after = await quiet(index, child, root, _QUESTIONS)
    grown = _resident(child) - empty
    await _kept(state)
    await index.close()
    child = Child(index_spec(state), pace=_PACE)
    second = Index(child=child)
    await second.start()
    started, before = time.perf_counter(), _processor(child)
    files = await second.ready(str(root), time.monotonic() + _PATIENCE)
    again, worked_again = time.perf_counter() - started, _processor(child) - before
    await second.close()
    return First(files, characters, seconds, again, worked, worked_again, grown / 2**20, meanwhile, after)


@dataclass(frozen=True, slots=True)
class Checkout:
    """What questions cost before and while so many files change at once, and after how many seconds the change was known."""

    files: int
    before: Asked
    meanwhile: Asked
    seconds: float


async def checkout(folder: Path, count: int, changed: int) -> Checkout:
    """Another branch: files change, and the index reads them again."""
    root = (folder / "checkout").resolve()
    make_workspace(root, count)
    child = Child(index_spec(), pace=_PACE)
    index = Index(child=child)
    await index.start()
    await _ready(index, root)
    before = await quiet(index, child, root, _QUESTIONS)
    paths = sorted(root.rglob("*.py"))[:changed]

    async def change() -> None:
        await asyncio.to_thread(_edit, paths)
        await index.changed(str(root), [str(path) for path in paths])
        while not await _knows(index, root, f"name_of_the_branch_{len(paths) - 1}"):
            await asyncio.sleep(10 * _PAUSE)

    started = time.perf_counter()
    meanwhile = await ask_until(index, child, root, asyncio.create_task(change()))
    seconds = time.perf_counter() - started
    await index.close()
    return Checkout(len(paths), before, meanwhile, seconds)


def _edit(paths: Sequence[Path]) -> None:
    for number, path in enumerate(paths):
        path.write_bytes(path.read_bytes() + b"\nname_of_the_branch_%d = 1\n" % number)


async def _knows(index: Index, root: Path, name: str) -> bool:
    path = root / "other.py"
    text = f"{name[:-1]}\n{name}\n"
    document = make_document(path.as_uri(), str(path), "python", 1, text)
    hits = await index.find(document, len(text), str(root), (), _CHARS, time.monotonic() + _PATIENCE)
    return hits is not None and any(hit.signature.startswith(f"{name} =") for hit in hits.items)


async def _ready(index: Index, root: Path) -> None:
    await index.ready(str(root), time.monotonic() + _PATIENCE)


async def _kept(state: Path) -> None:
    """Until the index is on the disk: it is written once it was read."""
    async with asyncio.timeout(_PATIENCE):
        while not list(state.glob("index-*.jsonl")):
            await asyncio.sleep(_PAUSE)


def _processor(child: Child) -> float:
    assert child.pid is not None
    return processor_seconds(child.pid)


def _resident(child: Child) -> int:
    assert child.pid is not None
    return resident_bytes(child.pid) or 0


def main(arguments: Sequence[str]) -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--checkout", type=int, default=10_000)
    parser.add_argument("--changed", type=int, default=10_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        one = asyncio.run(first(Path(folder), options.files))
        print(f"first reading of {one.files} files, {one.characters / 1e6:.1f} million characters: {one.seconds:.1f} s")
        print(f"  of what was kept: {one.again:.1f} s; memory of the index {one.megabytes:.0f} MB")
        print(f"  meanwhile: {one.meanwhile}")
        print(f"  afterwards: {one.after}")
        two = asyncio.run(checkout(Path(folder), options.checkout, options.changed))
        print(f"{two.files} files change at once: known after {two.seconds:.1f} s")
        print(f"  before: {two.before}")
        print(f"  meanwhile: {two.meanwhile}")
        ratio = statistics.median(two.meanwhile.took) / statistics.median(two.before.took)
        print(f"  a question takes {ratio:.2f} times as long")


if __name__ == "__main__":
    main(sys.argv[1:])
