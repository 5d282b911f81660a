"""What a project's own files declare: its dependencies by name, the version of its language, its formatter and line length.

Read as data, from the file's folder up to the workspace's; the nearest file of a kind counts. Nothing is run, and what cannot
be understood is left out. A name or version that does not look like one is none: these files may be anybody's.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kireji.base.files import excluded, read_text
from kireji.base.languages import canonical
from kireji.base.manifest_kinds import FAMILIES, KINDS, Said

_FILE_BYTES = 1_000_000
_MOST = 300
_NAME = re.compile(r"@?[A-Za-z0-9][\w.+-]{0,79}(?:/[A-Za-z0-9][\w.+-]{0,79}){0,4}")
_VERSION = re.compile(r"[\w .,<>=~^*!|+-]{1,40}")


@dataclass(frozen=True, slots=True)
class Declared:
    """`files` are where it stands; `version` and `style` are words for a reader."""

    files: tuple[Path, ...] = ()
    dependencies: tuple[str, ...] = ()
    version: str = ""
    style: str = ""


def declared(root: str, path: str, language: str) -> Declared:
    """What is declared for a file of the workspace at `root`. Looks at some names on disk; reads what has changed."""
    files: list[Path] = []
    dependencies: dict[str, None] = {}
    version = style = ""
    for name, meaning in KINDS.get(FAMILIES.get(canonical(language), ""), ()):
        for file in upwards(root, path, name):
            said = _read(file, Path(root), meaning)
            if said is not None and said != Said():
                files.append(file)
                dependencies |= dict.fromkeys(said.dependencies)
                version, style = version or said.version, style or said.style
                break
    if not style:
        style = next(
            filter(None, (_editorconfig(file, root, path) for file in upwards(root, path, ".editorconfig"))), ""
        )
    return Declared(tuple(files), tuple(sorted(dependencies, key=str.lower))[:_MOST], version, style)


def upwards(root: str, path: str, name: str) -> Iterator[Path]:
    """The places of a file from the folder of `path` up to `root`; nothing outside it."""
    if not Path(path).is_relative_to(root):
        return
    for folder in Path(path).parents:
        yield folder / name
        if folder == Path(root):
            return


# ---- reading


def _read(file: Path, root: Path, meaning: Callable[[str], Said]) -> Said | None:
    try:
        status = file.stat()
    except (OSError, ValueError):
        return None
    if excluded(file, root) is not None:
        return None
    return _meant(file, root, meaning, (status.st_mtime_ns, status.st_size, status.st_ino))


@lru_cache(maxsize=128)
def _meant(file: Path, root: Path, meaning: Callable[[str], Said], stamp: object) -> Said | None:
    text = read_text(file, root, _FILE_BYTES)
    if text is None:
        return None
    try:
        said = meaning(text)
    except (ValueError, RecursionError, configparser.Error, AttributeError, TypeError):
        # Half-written, or of a shape that nobody has thought of.
        return None
    names = tuple(name for name in said.dependencies if _NAME.fullmatch(name))
    version = said.version if not said.version or _VERSION.fullmatch(said.version) else ""
    return Said(names, version, said.style)


# ---- any language

_SECTION = re.compile(r"\[(.+)\]\s*\Z")


def _editorconfig(file: Path, root: str, path: str) -> str:
    """The line length that an .editorconfig says for all files, or for those with this one's extension."""
    said = _read(file, Path(root), _editorconfig_widths)
    widths = dict(pair.split(" ") for pair in said.style.split(",")) if said is not None and said.style else {}
    width = widths.get(Path(path).suffix.lstrip("."), widths.get("*"))
    return f"{width} characters a line" if width else ""


def _editorconfig_widths(text: str) -> Said:
    """`*` or an extension, and its line length, in pairs; the last one said counts."""
    sections: tuple[str, ...] = ()
    widths: dict[str, str] = {}
    for line in text.splitlines():
        if (header := _SECTION.match(line.strip())) is not None:
            sections = ("*",) if header[1] == "*" else tuple(re.findall(r"\w+", header[1].partition("*.")[2]))
        elif (found := re.match(r"\s*max_line_length\s*=\s*(\d{2,3})\s*\Z", line)) is not None:
            widths |= dict.fromkeys(sections, found[1])
    return Said(style=",".join(f"{name} {width}" for name, width in widths.items()))
