"""Which test files have to do with what is changed: by their names, and by what they name. Reads files, runs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePath

from kireji.base.files import read_text, walk

_MOST_WALKED = 5_000
_MOST_BYTES = 400_000
_MOST_TESTS = 12
_TESTS = re.compile(
    r"test_\w[\w-]*\.py|[\w-]+_test\.py|tests?\.py|[\w.-]+\.(?:test|spec)\.[cm]?[jt]sx?|[\w-]+_test\.go|test[\w.-]*\.[cm]?js"
)


def is_test(path: str) -> bool:
    """Whether a file is one of tests, by its name."""
    return _TESTS.fullmatch(PurePath(path).name) is not None


def tests_of(root: str, paths: Iterable[str], names: Iterable[str] = ()) -> tuple[str, ...]:
    """The likeliest test files for changed files and names, relative to `root`, best first. Blocks."""
    changed = [PurePath(path) for path in paths]
    stems = {_stem(path) for path in changed}
    said = _words(stems)
    wanted = _words(names)
    own = {path.as_posix() for path in changed}
    scored: list[tuple[int, str]] = []
    for file in walk(Path(root), _MOST_WALKED):
        if not is_test(file.name):
            continue
        score = 0
        if file.as_posix() in own:
            score += 8
        if any(
            stem in re.split(r"[._-]", file.stem) or file.stem in (f"test_{stem}", f"{stem}_test") for stem in stems
        ):
            score += 4
        text = read_text(file, Path(root), _MOST_BYTES) or ""
        score += 2 * bool(said and said.search(text)) + bool(wanted and wanted.search(text))
        # A name alone may be anyone's.
        if score > 1:
            scored.append((-score, file.relative_to(root).as_posix()))
    return tuple(path for _, path in sorted(scored)[:_MOST_TESTS])


def _stem(path: PurePath) -> str:
    """What other files call it: a package is called by its folder."""
    return path.parent.name if path.stem in ("__init__", "index", "mod", "lib") else path.stem.partition(".")[0]


def _words(names: Iterable[str]) -> re.Pattern[str] | None:
    kept = sorted({re.escape(name) for name in names if name})
    return re.compile(rf"(?<![\w]){'(?:' + '|'.join(kept) + ')'}(?![\w])") if kept else None
