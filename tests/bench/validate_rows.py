"""Rows for `kireji lab validate`, made from installed packages and the standard library by a seed. Judges nothing.

Each span of real code gives one row with the truth and one for each way of getting it wrong that fits the place. Other
seeds give other spans; the ways are listed in `validate_faults`.
"""

from __future__ import annotations

import ast
import importlib.util
import random
import re
import shutil
import sys
import sysconfig
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.validate_faults import FAULTS, Place

# What the development environment holds anyway: typed and untyped, large and small, old and new style.
PACKAGES = (
    "anyio",
    "cattrs",
    "hypothesis",
    "h11",
    "httpcore2",
    "packaging",
    "parso",
    "pluggy",
    "pydantic",
    "pygls",
    "_pytest",
    "pytest_asyncio",
    "truststore",
    "typer",
    "xdist",
)
# Single modules, copied beside the packages under another name so that they shadow nothing.
MODULES = (
    "argparse",
    "calendar",
    "configparser",
    "csv",
    "difflib",
    "fractions",
    "ftplib",
    "imaplib",
    "mailbox",
    "optparse",
    "pdb",
    "plistlib",
    "shelve",
    "shutil",
    "statistics",
    "tarfile",
    "textwrap",
    "uuid",
    "zipfile",
)
MIN_LINES, MAX_LINES = 60, 1500
# Modules of about five thousand lines, for the times alone.
LONG = ("_pydecimal", "turtle")


@dataclass(frozen=True)
class Row:
    """One row of the lab. `mode` is `truth` or the way of getting it wrong."""

    id: str
    mode: str
    path: str
    prefix: str
    insert: str
    suffix: str

    def asked(self, root: Path, python: str) -> dict[str, object]:
        """As the lab reads it."""
        return {
            "id": self.id,
            "root": str(root),
            "path": self.path,
            "language": "python",
            "python": python,
            "prefix": self.prefix,
            "insert": self.insert,
            "suffix": self.suffix,
        }


def workspace(root: Path) -> list[Path]:
    """Copies what rows are made of below `root`; the files that are long enough, sorted."""
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None and not (root / name).exists():
            shutil.copytree(Path(spec.origin).parent, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    library = Path(sysconfig.get_path("stdlib"))
    root.mkdir(parents=True, exist_ok=True)
    for name in MODULES:
        shutil.copy(library / f"{name}.py", root / f"lib_{name}.py")
    return [path for path in sorted(root.rglob("*.py")) if _suits(path)]


def long_files(root: Path) -> list[Path]:
    """The longest modules of the library, copied below `root`."""
    library = Path(sysconfig.get_path("stdlib"))
    root.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copy(library / f"{name}.py", root / f"lib_{name.strip('_')}.py")) for name in LONG]


def _suits(path: Path) -> bool:
    try:
        text = path.read_text(encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, str(path), "exec")
    except (UnicodeDecodeError, SyntaxError):
        return False
    return MIN_LINES <= text.count("\n") <= MAX_LINES and "\t" not in text and "\r" not in text


def rows(root: Path, files: Sequence[Path], spans: int, seed: int) -> Iterator[Row]:
    """`spans` truths and their faults, no more than a few of each file."""
    rng = random.Random(seed)
    for number in range(spans):
        path = rng.choice(files)
        text = path.read_text(encoding="utf-8")
        found = _span(text, rng)
        if found is None:
            continue
        start, end, place = found
        name = f"{number}:{path.relative_to(root)}:{text.count(chr(10), 0, start) + 1}"
        common = str(path.relative_to(root)), text[:start]
        yield Row(f"{name}|truth", "truth", *common, text[start:end], text[end:])
        wanted = list(FAULTS)
        rng.shuffle(wanted)
        kept = 0
        for mode in wanted:
            wrong = FAULTS[mode](place, rng)
            if wrong is not None and wrong.strip() and wrong.rstrip() != place.truth.rstrip():
                yield Row(f"{name}|{mode}", mode, *common, wrong, text[end:])
                kept += 1
            if kept == 6:
                break


def _span(text: str, rng: random.Random) -> tuple[int, int, Place] | None:
    """A statement, the rest of one, or the rest of a block, inside a function."""
    tree = ast.parse(text)
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    lines = text.split("\n")

    def offset(line: int, column: int) -> int:
        row = lines[line - 1]
        return starts[line - 1] + len(row.encode()[:column].decode())

    bodies = [
        (around, block)
        for around in _functions(tree)
        for node in ast.walk(around[-1])
        for part in ("body", "orelse", "finalbody")
        if isinstance(block := getattr(node, part, None), list) and block and isinstance(block[0], ast.stmt)
    ]
    rng.shuffle(bodies)
    for around, block in bodies[:20]:
        index = rng.randrange(len(block))
        first = block[index]
        if isinstance(first, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or _is_docstring(block, index):
            continue
        start = offset(first.lineno, first.col_offset)
        if text[starts[first.lineno - 1] : start].strip():
            continue  # behind a colon or a semicolon
        last = first
        way = rng.choice(("statement", "rest", "block"))
        if way == "block":
            last = block[min(len(block) - 1, index + rng.randrange(1, 5))]
        assert last.end_lineno is not None
        assert last.end_col_offset is not None
        end = offset(last.end_lineno, last.end_col_offset)
        line_end = text.find("\n", end)
        end = line_end if line_end >= 0 else len(text)
        if way == "rest":
            stops = [
                m.start() for m in re.finditer(r"(?<=[=(,.\s])(?=[\w'\"\[{(])", text[start : text.find("\n", start)])
            ]
            if not stops:
                continue
            start += rng.choice(stops)
        truth = text[start:end]
        if len(truth) < 6 or truth.count("\n") > 12:
            continue
        return start, end, Place(text, tree, start, end, truth, " " * first.col_offset, way != "rest", around)
    return None


def _functions(tree: ast.Module) -> Iterator[tuple[ast.AST, ...]]:
    """The functions of a module, each with the classes and functions around it."""
    stack: list[tuple[ast.AST, ...]] = [(tree,)]
    while stack:
        around = stack.pop()
        for node in ast.iter_child_nodes(around[-1]):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield (*around, node)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If)):
                stack.append((*around, node))


def _is_docstring(block: Sequence[ast.stmt], index: int) -> bool:
    node = block[index]
    return index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


# What is half-typed elsewhere in the file, at the place of a statement.
_HALF_TYPED = (
    "value = compute(",
    "result = [",
    "for each in",
    "if flag and",
    "print('never ended",
    "table = {'a': 1,",
    "with open(path",
    "return self.",
    "def unfinished(",
    "items = other.",
)

_HEAD = re.compile(r"^([ ]*)(?:return|if|for|self|[a-z_]+ =)\b", re.M)


def dirty(row: Row, rng: random.Random) -> Row | None:
    """The row with one more, half-typed line some lines away from the cursor."""
    half = rng.choice(_HALF_TYPED)
    heads = list(_HEAD.finditer(row.suffix))
    far = [m for m in heads if row.suffix.count("\n", 0, m.start()) >= 8]
    side, text = "suffix", row.suffix
    if not far:
        heads = list(_HEAD.finditer(row.prefix))
        far = [m for m in heads if row.prefix.count("\n", m.start()) >= 8]
        side, text = "prefix", row.prefix
    far = [m for m in far if _starts_statement(text, m.start())]
    if not far:
        return None
    found = rng.choice(far[:12] if side == "suffix" else far[-12:])
    typed = text[: found.start()] + found[1] + half + "\n" + text[found.start() :]
    prefix, suffix = (row.prefix, typed) if side == "suffix" else (typed, row.suffix)
    return Row(row.id, row.mode, row.path, prefix, row.insert, suffix)


def _starts_statement(text: str, at: int) -> bool:
    """By the look of it: the line before neither continues nor opens anything."""
    before = text[:at].rstrip()
    return before.endswith((":", ")", "]", "}", "'", '"')) or before[-1:].isalnum()


PYTHON = sys.executable
