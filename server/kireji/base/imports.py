"""What a file imports, read from its text by pattern: a half-typed line elsewhere must not hide an import.

Resolves nothing. A pattern may also match inside a string, which costs a look at a file that is not there, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kireji.base.languages import canonical

STAR = "*"
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module. `level` counts the leading dots of a Python import, 0 for an absolute one.

    `names` are (name there, name here); STAR stands for everything, DEFAULT for a JavaScript default export. `alias` is
    the name under which the module itself is known here, "" when only names were taken out of it.
    """

    module: str
    names: tuple[tuple[str, str], ...] = ()
    level: int = 0
    alias: str = ""


def imports(language: str, text: str) -> tuple[Import, ...]:
    """All imports and re-exports of a Python, JavaScript, TypeScript or Go text, in order; else empty."""
    reader = _READERS.get(canonical(language))
    return tuple(reader(text)) if reader is not None else ()


_PY_FROM = re.compile(
    r"^[ \t]*from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import[ \t]+(?:\(([^)]*)(?:\)|\Z)|((?:[^\n\\]|\\\r?\n)*))", re.M
)
_PY_IMPORT = re.compile(r"^[ \t]*import[ \t]+([\w., \t]+)", re.M)
_COMMENT = re.compile(r"#[^\n]*")


def _python(text: str) -> Iterator[Import]:
    for m in _PY_FROM.finditer(text):
        yield Import(m[2], _named(_COMMENT.sub("", m[3] or m[4] or "").replace("\\", " ")), len(m[1]))
    for m in _PY_IMPORT.finditer(text):
        for part in m[1].split(","):
            module, _, alias = part.strip().partition(" as ")
            if module and " " not in module:
                yield Import(module, alias=alias.strip() or module)


_JS_FROM = re.compile(
    r"""^[ \t]*(?:import|export)[ \t]+(?:type[ \t]+)?([^'"`;()=]*?)\s*from\s*['"]([^'"\n]+)['"]""", re.M
)
_JS_REQUIRE = re.compile(r"""\b(?:const|let|var)[ \t]+(\{[^}]*\}|[\w$]+)\s*=\s*require\(\s*['"]([^'"\n]+)['"]""")
_BRACES = re.compile(r"\{([^}]*)\}?")
_STAR_AS = re.compile(r"\*\s*(?:as\s+([\w$]+))?")
_JS_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)


def _javascript(text: str) -> Iterator[Import]:
    for pattern in (_JS_FROM, _JS_REQUIRE):
        for m in pattern.finditer(text):
            clause, module = _JS_COMMENT.sub("", m[1]), m[2]
            braces = _BRACES.search(clause)
            names = list(_named(braces[1].replace(":", " as "))) if braces else []
            rest = _BRACES.sub("", clause)
            star = _STAR_AS.search(rest)
            if star and not star[1]:
                names.append((STAR, STAR))
            default = "" if star else rest.strip(" \t\r\n,")
            if pattern is _JS_FROM and default.isidentifier():
                names.append((DEFAULT, default))
                default = ""
            yield Import(module, tuple(names), alias=(star[1] or "") if star else default)


_GO_BLOCK = re.compile(r"^import[ \t]*(?:\(([^)]*)|([^\n(]*))", re.M)
_GO_SPEC = re.compile(r'^[ \t]*(?:([\w.]+)[ \t]+)?"([^"\n]+)"', re.M)


def _go(text: str) -> Iterator[Import]:
    for block in _GO_BLOCK.finditer(text):
        for m in _GO_SPEC.finditer(block[1] or block[2] or ""):
            yield Import(m[2], alias=m[1] or m[2].rpartition("/")[2])


def _named(clause: str) -> tuple[tuple[str, str], ...]:
    """`a, b as c` → (("a", "a"), ("b", "c")); a word that is no name (typed halfway) is skipped."""
    found = []
    for part in clause.replace("\n", " ").split(","):
        words = part.split()
        if words[:1] == ["type"] and len(words) > 1:
            words = words[1:]
        if words and (words[0] == STAR or words[0].replace("$", "_").isidentifier()):
            found.append((words[0], words[2] if len(words) == 3 and words[1] == "as" else words[0]))
    return tuple(found)


_READERS: Mapping[str, Callable[[str], Iterator[Import]]] = MappingProxyType(
    {
        "python": _python,
        "go": _go,
        **dict.fromkeys(("javascript", "javascriptreact", "typescript", "typescriptreact"), _javascript),
    }
)
