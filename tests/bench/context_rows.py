"""Makes rows for measuring context from folders of source: spans taken out, each with the definitions its true text needs.

What a Python name means is asked of jedi; in other languages a name means its definition in the same file, or else the
workspace's, where there are at most three: a member's behind a dot, another's elsewhere, and none where the file gives the
name to a variable of its own. Names that only happen to be spelled alike are left among those: part of every figure of
those languages. Scores nothing (`context.py`).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import jedi

from kireji.base.files import walk
from kireji.base.imports import imports
from kireji.base.languages import language_of
from kireji.base.outline import Definition, outline
from kireji.base.outline_tables import TABLES
from kireji.base.syntax import Node, parse

_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_IMPORTS = re.compile(
    r"^[ \t]*(?:from\s+\S+\s+import\s+(?:\([^)]*\)|[^\n]*)|import\s+[^\n;]*(?:\{[^}]*\}[^\n]*)?|use\s+[^;]*;)", re.M
)
_NAME_NODES = frozenset(
    {"identifier", "property_identifier", "type_identifier", "field_identifier", "shorthand_property_identifier"}
    | {"constant", "word", "name", "namespace_identifier"}
)
_NOT_CODE = ("comment", "string")
# What stands behind a dot, and around what a name is given to a variable or a parameter.
_BEHIND_DOT = frozenset({"property_identifier", "field_identifier"})
_ACCESS = frozenset({"member_expression", "selector_expression", "nested_type_identifier", "qualified_type"})
_GIVEN = re.compile(r"parameter|declarator|pattern|short_var|range_clause|for_in|catch")
_BARREL = re.compile(r"^export\s+(?:type\s+)?\{[^}]*\}(?:\s*from\b[^\n]*)?", re.M)
_MAX_ALIKE = 3
_MAX_FILES = 3_000
_MAX_CHARS = 200_000
_TESTS = re.compile(r"(^|/)(tests?|testing|__tests__|spec)/|(^|/)test_|[._-](test|spec)\.|_test\.go$|-d\.ts$")


@dataclass(frozen=True, slots=True)
class Need:
    """A definition that the true text needs. `novel`: its name stands nowhere else in the file, but in imports at most."""

    name: str
    path: str
    line: int
    signature: str
    cross: bool
    novel: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A span taken out of a file. `ablated`: the novel names were taken out of the file's imports as well."""

    root: Path
    path: str
    language: str
    prefix: str
    suffix: str
    truth: str
    needs: tuple[Need, ...]
    ablated: bool = False


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    language: str
    text: str
    definitions: tuple[Definition, ...]


def rows(root: Path, count: int, seed: int) -> list[Row]:
    """About `count` spans that need something, as they are, and once more ablated where a need is novel."""
    rng = random.Random(f"{seed} {root.name}")
    files = {file.path: file for file in _files(root)}
    places: Mapping[str, list[tuple[str, Definition]]] = defaultdict(list)
    for file in files.values():
        if not _TESTS.search(file.path):
            for definition in file.definitions:
                places[definition.name].append((file.path, definition))
    project = jedi.Project(root, load_unsafe_extensions=False, smart_sys_path=False, sys_path=[str(root)])
    wanted = [file for file in files.values() if not _TESTS.search(file.path) and len(file.text) > 500]
    made: list[Row] = []
    for _ in range(count * 12):
        if not wanted or sum(not row.ablated for row in made) >= count:
            break
        # By size, within reason: a long file has more places where someone types.
        file = rng.choices(wanted, [min(len(f.text), 20_000) for f in wanted])[0]
        span = _span(file, rng)
        if span is not None:
            made += _rows(root, file, span, files, places, project)
    return made


def _files(root: Path) -> Iterator[_File]:
    for path in walk(root, _MAX_FILES):
        language = language_of(str(path))
        if language not in TABLES:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if len(text) <= _MAX_CHARS:
            yield _File(path.relative_to(root).as_posix(), language, text, outline(language, text))


def _span(file: _File, rng: random.Random) -> tuple[int, int] | None:
    """A block of 3 to 10 lines, the rest of a line, or a hole within one."""
    lines = file.text.splitlines(keepends=True)
    number = rng.randrange(len(lines))
    line = lines[number]
    code = line.strip()
    start = sum(map(len, lines[:number]))
    if any(m.start() <= start < m.end() for pattern in (_BARREL, _IMPORTS) for m in pattern.finditer(file.text)):
        return None
    if len(code) < 4 or code.startswith(("#", "//", "*", "/*", '"""', "import ", "from ", "package ", "export * ")):
        return None
    indent = len(line) - len(line.lstrip())
    kind = rng.choices(("block", "line", "hole"), (15, 15, 4))[0]
    if kind == "block":
        last = number
        for at in range(number, min(len(lines), number + rng.randint(3, 10))):
            if lines[at].strip() and len(lines[at]) - len(lines[at].lstrip()) < indent:
                break
            last = at
        if last - number < 2:
            return None
        return start + indent, start + len("".join(lines[number : last + 1]).rstrip("\n"))
    end = start + len(line.rstrip("\n"))
    boundaries = [start + m.start() for m in re.finditer(r"\b\w", line)][1:]
    if kind == "line":
        at = start + indent if rng.random() < 0.6 or not boundaries else rng.choice(boundaries)
        return at, end
    at = rng.choice(boundaries) if boundaries and rng.random() < 0.6 else start + indent
    later = [b for b in boundaries if b > at]
    return at, rng.choice([*later, end])


def _rows(
    root: Path,
    file: _File,
    span: tuple[int, int],
    files: Mapping[str, _File],
    places: Mapping[str, list[tuple[str, Definition]]],
    project: jedi.Project,
) -> Iterator[Row]:
    start, end = span
    prefix, suffix, truth = file.text[:start], file.text[end:], file.text[start:end]
    words = set(_WORD.findall(_IMPORTS.sub("", prefix + "\0" + suffix)))
    needs: dict[tuple[str, int], Need] = {}
    for name, at, behind in _names(file, start, end):
        for path, definition in _meant(root, file, files, places, project, name, at, behind):
            first = definition.span.start
            # What the span itself defines, or goes on to define, is no need of it.
            if path == file.path and (start <= first < end or first <= at < first + len(definition.signature)):
                continue
            signature = definition.signature.split("\n")[0]
            line = files[path].text.count("\n", 0, definition.span.start) + 1
            cross = path != file.path
            needs[path, line] = Need(name, path, line, signature, cross, cross and name not in words)
    if not needs:
        return
    row = Row(root, file.path, file.language, prefix, suffix, truth, tuple(needs.values()))
    yield row
    novel = {need.name for need in row.needs if need.novel}
    if novel:
        kept = _IMPORTS.sub(lambda m: _without(m.group(), novel), prefix)
        yield Row(root, file.path, file.language, kept, suffix, truth, row.needs, True)


def _names(file: _File, start: int, end: int) -> Iterator[tuple[str, int, str]]:
    """The names in a span, each once, with a place and what stands before the dot."""
    seen: set[str] = set()
    nodes = list(parse(file.language, file.text).root.walk())
    if file.language != "python":
        own = {d.name for d in file.definitions}
        seen.update(node.text for node in nodes if node.text not in own and _is_given(node))
    for node in nodes:
        if node.type in _NAME_NODES and start <= node.start < end and node.text not in seen and len(node.text) > 1:
            if (parent := node.parent) is not None and parent.field("key") == node:
                continue
            if any(word in around.type for around in node.ancestors() for word in _NOT_CODE) and not any(
                around.type in ("interpolation", "template_substitution") for around in node.ancestors()
            ):
                continue
            seen.add(node.text)
            yield node.text, node.start, _before_dot(node)


def _is_given(node: Node) -> bool:
    """Whether a name is that of a variable or a parameter."""
    parent = node.parent
    return (
        node.type in _NAME_NODES | {"shorthand_property_identifier_pattern"}
        and parent is not None
        and (
            node.type.endswith("_pattern")
            or (
                _GIVEN.search(parent.type) is not None
                and parent.field("value") != node
                and parent.field("type") != node
            )
            or (
                parent.type == "expression_list" and parent.parent is not None and parent.parent.field("left") == parent
            )
        )
    )


def _before_dot(node: Node) -> str:
    """What stands before the dot, "" for a name without one."""
    parent = node.parent
    if parent is None or (node.type not in _BEHIND_DOT and parent.type not in _ACCESS) or parent.start == node.start:
        return ""
    return parent.children[0].text


def _meant(
    root: Path,
    file: _File,
    files: Mapping[str, _File],
    places: Mapping[str, list[tuple[str, Definition]]],
    project: jedi.Project,
    name: str,
    at: int,
    behind: str,
) -> Iterator[tuple[str, Definition]]:
    if file.language != "python":
        # Behind a module or a package stands what is no member.
        module = any(behind in (i.alias, *(here for _, here in i.names)) for i in imports(file.language, file.text))
        member = behind != "" and not module and (file.language != "go" or behind not in _packages(file.text))
        found = [place for place in places.get(name, []) if (place[1].container != "") == member]
        here = [place for place in found if place[0] == file.path]
        yield from (here or (found if len(found) <= _MAX_ALIKE else []))[:1]
        return
    line = file.text.count("\n", 0, at) + 1
    column = at - (file.text.rfind("\n", 0, at) + 1)
    try:
        hits = jedi.Script(file.text, path=root / file.path, project=project).goto(line, column, follow_imports=True)
    except Exception:  # noqa: BLE001 — jedi raises whatever it likes; such a name is left out
        return
    for hit in hits[:1]:
        try:
            path = Path(hit.module_path or "").relative_to(root).as_posix()
        except ValueError:
            continue
        if path in files and hit.name == name and hit.line is not None:
            there = files[path]
            starts = [0, *(m.end() for m in re.finditer("\n", there.text))]
            offset = starts[hit.line - 1] + (hit.column or 0)
            for definition in there.definitions:
                first = definition.span.start
                if definition.name == name and first <= offset < first + len(definition.signature):
                    yield path, definition
                    break


def _packages(text: str) -> set[str]:
    """By what a Go file calls the packages that it imports."""
    return {path.rpartition("/")[2] for path in re.findall(r'^\s*(?:import\s+)?(?:\w+\s+)?"([^"\n]+)"', text, re.M)}


def _without(statement: str, names: set[str]) -> str:
    for name in names:
        statement = re.sub(rf"\b{re.escape(name)}\b(\s+as\s+\w+)?\s*,?", "", statement)
    return statement


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file that `main` has written."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            read = json.loads(line)
            needs = tuple(Need(**need) for need in read.pop("needs"))
            yield Row(root=Path(read.pop("root")), needs=needs, **read)


def main(arguments: Sequence[str]) -> None:
    """Prints the rows of folders, one JSON object a line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("folders", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    for folder in options.folders:
        for row in rows(folder.resolve(), options.count, options.seed):
            print(json.dumps(asdict(row) | {"root": str(row.root)}))


if __name__ == "__main__":
    main(sys.argv[1:])
