"""Where a project keeps the tests of a file, and in which framework: told by what is there, as a person would tell.

Looks at names of files and a few first lines; writes nothing, runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kireji.base.files import read_text

_MOST_BYTES = 200_000
_JS = frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact"})
_UNITTEST = re.compile(r"^(?:import|from) unittest\b", re.M)
_FRAMEWORKS = ("vitest", "jest", "mocha", "ava", "jasmine", "tape")
LANGUAGES = _JS | {"python", "go"}


@dataclass(frozen=True, slots=True)
class PlaceOfTests:
    """A test file by its path from the root, whether it is there, and the framework's name for the model."""

    path: str
    exists: bool
    framework: str


def is_test(language: str, path: str) -> bool:
    """Whether a file holds tests itself, by its name."""
    pure = PurePosixPath(path.replace("\\", "/"))
    name = pure.name
    if language == "python":
        return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    if language in _JS:
        return re.search(r"\.(?:test|spec)\.\w+$", name) is not None or "__tests__" in pure.parts
    return language == "go" and name.endswith("_test.go")


def place_of_tests(language: str, root: Path, path: Path) -> PlaceOfTests | None:
    """Where the tests of a file belong; None where nobody can tell. A few looks at names on the disk."""
    try:
        relative = PurePosixPath(path.relative_to(root).as_posix())
    except ValueError:
        return None
    tries = list(_tries(language, relative))
    if not tries:
        return None
    found = next((place for place in tries if (root / place).is_file()), None)
    chosen = found or _likeliest(root, tries)
    return PlaceOfTests(
        chosen.as_posix(), found is not None, _framework(language, root, root / chosen if found else None)
    )


def _tries(language: str, path: PurePosixPath) -> Iterator[PurePosixPath]:
    """The names under which a test file may stand, the commonest first."""
    stem, folder = path.stem, path.parent
    if language == "python":
        inner = PurePosixPath(*[part for part in folder.parts if part not in ("src", "lib")])
        below = PurePosixPath(*inner.parts[1:])
        for top in ("tests", "test"):
            for middle in dict.fromkeys((PurePosixPath(), inner, below)):
                yield top / middle / f"test_{stem}.py"
        yield folder / "tests" / f"test_{stem}.py"
        yield folder / f"test_{stem}.py"
        yield folder / f"{stem}_test.py"
    elif language in _JS:
        kind = path.suffix
        for name in (f"{stem}.test{kind}", f"{stem}.spec{kind}"):
            yield folder / name
            yield folder / "__tests__" / name
            yield PurePosixPath("tests") / name
            yield PurePosixPath("test") / name
    elif language == "go":
        yield folder / f"{stem}_test.go"


def _likeliest(root: Path, tries: list[PurePosixPath]) -> PurePosixPath:
    """The first whose folder is there and holds tests already; else the first whose folder is there, beside the file at worst."""
    there = [place for place in tries if (root / place.parent).is_dir()]
    kept = [place for place in there if any((root / place.parent).glob(_pattern(place)))]
    # Python's tests have a folder of their own by custom, others stand beside what they test.
    apart = [place for place in there if place.parts[0] in ("tests", "test") and place.suffix == ".py"]
    return (kept or apart or there or tries)[0]


def _pattern(place: PurePosixPath) -> str:
    name = place.name
    if name.startswith("test_"):
        return "test_*.py"
    if name.endswith("_test.py"):
        return "*_test.py"
    kind = re.search(r"\.(?:test|spec)\.\w+$", name)
    return f"*{kind.group()}" if kind else f"*{name[-9:]}"


def _framework(language: str, root: Path, file: Path | None) -> str:
    if language == "go":
        return "the package testing"
    if language == "python":
        text = read_text(file, root, _MOST_BYTES) if file is not None else _sibling(root)
        by_hand = text is not None and "pytest" not in text and _UNITTEST.search(text) is not None
        return "unittest" if by_hand else "pytest"
    manifest = read_text(root / "package.json", root, _MOST_BYTES) or ""
    for name in _FRAMEWORKS:
        if re.search(rf'"(?:@{name}/[\w-]+|(?:@\w+/|ts-)?{name}(?:-\w+)?)"\s*:', manifest):
            return name
    return "node:test" if "node --test" in manifest or "node:test" in manifest else "vitest"


def _sibling(root: Path) -> str | None:
    """The beginning of any test file, for its style."""
    for folder in ("tests", "test"):
        for path in sorted((root / folder).glob("test_*.py"))[:1]:
            return read_text(path, root, _MOST_BYTES)
    return None


def style_sample(language: str, root: Path, place: PlaceOfTests) -> tuple[Path, str] | None:
    """Another test file near where a new one goes, to be written alike."""
    target = root / place.path
    for folder in (target.parent, root / "tests", root / "test"):
        for path in sorted(folder.glob(_pattern(PurePosixPath(place.path))))[:3]:
            text = read_text(path, root, _MOST_BYTES) if path != target else None
            if text is not None and is_test(language, path.name) and text.strip():
                return path, text
    return None
