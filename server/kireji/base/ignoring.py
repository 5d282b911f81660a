"""What `.gitignore` and `.kirejiignore` say, as rules. Reads no file; who asks decides which files count.

`.kirejiignore` has the last word whatever folder it is in: it keeps out what some `.gitignore` takes in again, and a `!` in
it brings back what Git ignores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

GIT_FILE = ".gitignore"
OWN_FILE = ".kirejiignore"
MAX_IGNORE_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line of an ignore file."""

    pattern: re.Pattern[str]
    excludes: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of all ignore files from the root down to a folder. Of those of one name, the last that matches decides."""

    git: tuple[_Rule, ...] = ()
    own: tuple[_Rule, ...] = ()

    def below(self, git: str, own: str, prefix: str) -> Rules:
        """With those of two more files; `prefix` is their folder, with a slash behind it, as paths will be given."""
        return Rules((*self.git, *_rules(git, prefix)), (*self.own, *_rules(own, prefix))) if git or own else self

    def exclude(self, where: str) -> bool:
        """Whether a path (a folder's ends in a slash) is excluded; what lies in an excluded folder is not asked about."""
        own = _decided(self.own, where)
        return own if own is not None else bool(_decided(self.git, where))


def _decided(rules: tuple[_Rule, ...], where: str) -> bool | None:
    return next((rule.excludes for rule in reversed(rules) if rule.pattern.fullmatch(where)), None)


def _rules(text: str, prefix: str) -> Iterator[_Rule]:
    for line in text.splitlines():
        said = line.rstrip()
        if not said or said.startswith("#"):
            continue
        excludes = not said.startswith("!")
        said = said[0 if excludes else 1 :].removeprefix("\\")
        body = said.strip("/")
        # A slash in front or within ties the pattern to the ignore file's folder; else it may match at any depth.
        depth = "" if "/" in said.rstrip("/") else "(?:.*/)?"
        end = "/" if said.endswith("/") else "/?"
        yield _Rule(re.compile(re.escape(prefix) + depth + _glob(body) + end), excludes)


def _glob(pattern: str) -> str:
    """A gitignore pattern without its outer slashes as an expression: `*` stays within a folder, `**` crosses them."""
    parts = re.split(r"(\*\*/|/\*\*$|\*+|\?|\[!?\]?[^]]*\])", pattern)
    return "".join(
        "(?:.*/)?" if part == "**/"
        else "/.+" if part == "/**"
        else "[^/]*" if part.startswith("*")
        else "[^/]" if part == "?"
        else _char_class(part) if part.startswith("[") and part.endswith("]") and len(part) > 2
        else re.escape(part)
        for part in parts
    )  # fmt: skip


def _char_class(part: str) -> str:
    inner = part[1:-1].replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    text = f"[{'^' + inner[1:] if inner.startswith('!') else inner.replace('^', chr(92) + '^')}]"
    try:
        re.compile(text)
    except re.error:
        return re.escape(part)
    return text
