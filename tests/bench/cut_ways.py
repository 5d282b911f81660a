"""The ways in which a model may say more, or otherwise, than what was asked for. Data for measuring; see `cut_rows.py`.

Each way is a function of a hole, its file and a source of chance, and gives the whole answer, or None where it does not fit.
"""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kireji.base.languages import LANGUAGES

# How many lines of the text below may be said again.
BELOW = 8
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_HEADER = re.compile(r"\s*(?:export |pub |async |static |public |private )*(?:def|func|function|fn)\b[ (].*?(\w+)\s*\(")


@dataclass(frozen=True, slots=True)
class Hole:
    """A place in a file, and what stands there."""

    kind: str
    language: str
    prefix: str
    truth: str
    suffix: str
    is_code: bool

    @property
    def before(self) -> str:
        """The cursor's line, left of the cursor."""
        return self.prefix[self.prefix.rfind("\n") + 1 :]

    @property
    def base(self) -> str:
        """The indentation of the cursor's line."""
        return self.before[: len(self.before) - len(self.before.lstrip())]

    @property
    def tail(self) -> str:
        """The cursor's line, right of the cursor."""
        return self.suffix.split("\n", 1)[0]

    @property
    def below(self) -> list[str]:
        """The lines below the cursor's."""
        return self.suffix.split("\n")[1:]

    @property
    def is_whole(self) -> bool:
        """The truth opens nothing that it does not close."""
        text = re.sub(r"(?:#|//) .*$", "", self.truth, flags=re.M).rstrip()
        opened = sum(text.count(c) for c in "([{") - sum(text.count(c) for c in ")]}")
        return opened <= 0 and text.count('"""') % 2 == 0 and not text.endswith((*",:=+|&.", "\\"))

    @property
    def said(self) -> str:
        """The truth, and the rest of its last line."""
        return self.truth + self.tail


@dataclass(frozen=True, slots=True)
class Source:
    """A file and the definitions at its margin."""

    path: str
    language: str
    text: str
    units: tuple[str, ...]

    @property
    def python(self) -> bool:
        return self.language == "python"

    @property
    def mark(self) -> str:
        return LANGUAGES[self.language].line_comment


Way = Callable[[Hole, Source, random.Random], str | None]


def _real(hole: Hole, source: Source, rng: random.Random) -> str | None:
    lines = hole.below[: rng.choice((2, 2, 3, 3, 5, 5, 8))]
    more = "\n".join(lines).rstrip()
    return f"{hole.said}\n{more}" if any(map(_tells, lines)) else None


def _new(hole: Hole, source: Source, rng: random.Random) -> str | None:
    others = [u for u in source.units if hole.truth not in u]
    return f"{hole.said}\n\n\n{rng.choice(others)[:200]}" if others else None


def _closed_then(hole: Hole, source: Source, unit: str) -> str | None:
    """After the blocks that are open at the hole have been closed, a unit at the margin; at the margin, it may be meant."""
    if not hole.base or not _header(hole) or not hole.is_whole:
        return None
    if source.python:
        return f"{hole.said}\n\n\n{unit}"
    closers = "".join(f"\n{closer}" for closer in _closers(hole))
    return f"{hole.said}{closers}\n\n{unit}"


def _closers(hole: Hole) -> list[str]:
    found: list[str] = []
    lines = (hole.prefix + hole.said).split("\n")
    least = 1_000
    for line in reversed(lines):
        width = len(line) - len(line.lstrip())
        if not line.strip() or width >= least:
            continue
        least = width
        opened = re.search(r"[(\[{]+\s*$", line)
        if opened:
            found.append(line[:width] + "".join(_PAIRS[c] for c in reversed(opened.group().strip())))
    return found


def _variant(hole: Hole, source: Source, rng: random.Random) -> str | None:
    """The enclosing function once more, under another name."""
    header = _header(hole)
    if not header:
        return None
    line, name = header
    renamed = line.strip().replace(name, f"{name}_{rng.choice(('alternative', 'v2', 'fast'))}", 1)
    body = textwrap.indent(textwrap.dedent(hole.base + hole.truth), "    ")
    return _closed_then(hole, source, f"{renamed}\n{body}" + ("" if source.python else "\n}"))


def _test(hole: Hole, source: Source, rng: random.Random) -> str | None:
    header = _header(hole)
    name = header[1] if header else "it"
    tests = {
        "python": f"def test_{name}():\n    assert {name}(1) == 2\n",
        "go": f"func Test{name.title()}(t *testing.T) {{\n\tif {name}(1) != 2 {{\n\t\tt.Fatal()\n\t}}\n}}\n",
        "c": f"static void test_{name}(void) {{\n    assert({name}(1) == 2);\n}}\n",
    }
    script = f"describe('{name}', () => {{\n  it('works', () => {{\n    expect({name}(1)).toBe(2)\n  }})\n}})\n"
    return _closed_then(hole, source, tests.get(source.language, script))


def _usage(hole: Hole, source: Source, rng: random.Random) -> str | None:
    header = _header(hole)
    name = header[1] if header else "run"
    call = {"python": f"print({name}(1, 2))", "go": f"fmt.Println({name}(1))", "c": f'printf("%d", {name}(1));'}
    mark = source.mark
    return _closed_then(
        hole, source, f"{mark} Example usage:\n{call.get(source.language, f'console.log({name}(1))')}\n"
    )


def _main(hole: Hole, source: Source, rng: random.Random) -> str | None:
    if not source.python or not hole.base or not hole.is_whole:
        return None
    return f'{hole.said}\n\n{rng.choice(("", chr(10)))}if __name__ == "__main__":\n    main()\n'


def _imports(hole: Hole, source: Source, rng: random.Random) -> str | None:
    lines = [x for x in source.text.split("\n") if re.match(r"(?:import|from) .*\w['\";]*$|#include ", x)]
    lines = [x for x in lines if x not in hole.truth]
    if not lines or hole.base == "":
        return None
    return _closed_then(hole, source, "\n".join(lines[: rng.randint(1, 4)]))


def _commented(hole: Hole, source: Source, rng: random.Random) -> str | None:
    """The same once more, as a comment."""
    if not _tells(hole.truth) or hole.truth.strip().startswith((source.mark, "/*", "*", '"""')):
        return None
    lines = (hole.base + hole.truth).split("\n") if not hole.before.strip() else [hole.before + hole.truth]
    width = len(hole.base)
    return hole.said + "".join(
        f"\n{hole.base}{source.mark} {x[width:] if x.startswith(hole.base) else x.lstrip()}".rstrip() for x in lines
    )


def _summary(hole: Hole, source: Source, rng: random.Random) -> str | None:
    if not hole.is_whole:
        return None
    place = rng.choice(("", hole.base))
    return f"{hole.said}\n\n{place}{source.mark} This completes the function: it handles the remaining cases.\n"


def _prose(hole: Hole, source: Source, rng: random.Random) -> str | None:
    if not hole.is_code or not hole.is_whole:
        return None
    said = rng.choice(
        (
            "This code handles the remaining cases and returns the result.",
            "Explanation:\n- The first line does the work.\n- The rest handles errors.",
            "Note that I kept the existing style of the file.",
            "**Explanation**: the loop goes over all items.",
            "The key changes are:\n1. It handles the empty case.\n2. It returns early.",
        )
    )
    return f"{hole.said}\n\n{said}"


def _brackets(hole: Hole, source: Source, rng: random.Random) -> str | None:
    """The closers that stand right of the cursor and below, said twice."""
    if not hole.is_code:
        return None
    run = re.match(r"[)\]}]+", hole.tail)
    if run:
        return hole.truth + run.group() * 2
    lines = [x for x in hole.below[:2] if re.fullmatch(r"\s*[)\]}]+[;,]?", x)]
    return hole.truth + "\n" + "\n".join([*lines, *lines]) if lines and hole.below[0] == lines[0] else None


def _closes(hole: Hole, source: Source, rng: random.Random) -> str | None:
    """The closers that stand below, with other punctuation at their end."""
    lines: list[str] = []
    for line in hole.below:
        if not re.fullmatch(r"\s*[)\]}]+[;,]?", line):
            break
        lines.append(line)
    if not lines or hole.tail.strip():
        return None
    return f"{hole.truth}\n" + "\n".join(rng.choice((x, x.rstrip(";,"))) for x in lines)


def _twice(hole: Hole, source: Source, rng: random.Random) -> str | None:
    if hole.before.strip() or not _tells(hole.truth) or len(hole.truth) < 12:
        return None
    return f"{hole.said}\n{rng.choice(('', chr(10)))}{hole.base}{hole.said}"


def _fenced(hole: Hole, source: Source, rng: random.Random) -> str | None:
    return f"```{source.language}\n{hole.truth}\n```"


def _other_fence(hole: Hole, source: Source, rng: random.Random) -> str | None:
    language = rng.choice(("javascript", "text", "python3", "c++", "diff", "ts", "PYTHON"))
    more = rng.choice(("", "\n\n```bash\npython main.py\n```", "\nOr:\n```python\npass\n```"))
    return f"```{language}\n{hole.truth}\n```{more}"


def _chat(hole: Hole, source: Source, rng: random.Random) -> str | None:
    opener = rng.choice(("Here is the completion:", "Sure! Here's the code:", "Here's the missing part:"))
    return f"{opener}\n\n```{source.language}\n{hole.truth}\n```\n\nThis completes the code."


def _line_again(hole: Hole, source: Source, rng: random.Random) -> str | None:
    return hole.before.lstrip() + hole.truth if hole.before.strip() else None


def _lines_again(hole: Hole, source: Source, rng: random.Random) -> str | None:
    above = hole.prefix.split("\n")[-3:]
    return "\n".join(above) + hole.truth if sum(bool(x.strip()) for x in above[:2]) == 2 else None


def _function_again(hole: Hole, source: Source, rng: random.Random) -> str | None:
    header = _header(hole)
    if not header:
        return None
    start = hole.prefix.rfind(header[0])
    return hole.prefix[start:] + hole.truth if hole.prefix.count("\n", start) <= 12 else None


def _tail_again(hole: Hole, source: Source, rng: random.Random) -> str | None:
    return hole.said if hole.tail.strip() else None


def _indented(hole: Hole, source: Source, rng: random.Random) -> str | None:
    return hole.base + hole.truth if hole.base and not hole.before.strip() else None


def _dedented(hole: Hole, source: Source, rng: random.Random) -> str | None:
    """Each line without the cursor's indentation, where it has it."""
    if "\n" not in hole.truth or not hole.base or hole.before.strip():
        return None
    return "\n".join(x.removeprefix(hole.base) for x in hole.truth.split("\n"))


def _margin(hole: Hole, source: Source, rng: random.Random) -> str | None:
    """The block moved left as a whole until one line stands at the margin."""
    if "\n" not in hole.truth or not hole.base or hole.before.strip():
        return None
    return textwrap.dedent(hole.base + hole.truth)


def _retabbed(hole: Hole, source: Source, rng: random.Random) -> str | None:
    first, *rest = hole.truth.split("\n")
    if not any(x[:1] in " \t" for x in rest) or '"""' in hole.truth or "`" in hole.truth:
        return None
    return "\n".join([first, *(_other_blanks(x) for x in rest)])


def _levelled(hole: Hole, source: Source, rng: random.Random) -> str | None:
    """One tab for each level, in a file that is indented by blanks."""
    steps = [len(x) for x in re.findall(r"^ +(?=[^\s*])", source.text, re.M)]
    unit = min((n for n in steps if n > 1), default=0)
    first, *rest = hole.truth.split("\n")
    if not unit or not any(x[:1] == " " for x in rest) or '"""' in hole.truth or "`" in hole.truth:
        return None
    if any((len(x) - len(x.lstrip())) % unit for x in rest):
        return None
    return "\n".join([first, *("\t" * ((len(x) - len(x.lstrip())) // unit) + x.lstrip() for x in rest)])


def _other_blanks(line: str) -> str:
    body = line.lstrip()
    blanks = line[: len(line) - len(body)]
    return ("    " * len(blanks) if "\t" in blanks else "\t" * (len(blanks) // 4)) + body


def _blank(hole: Hole, source: Source, rng: random.Random) -> str | None:
    return hole.truth + "\n\n"


def _cut_off(hole: Hole, source: Source, rng: random.Random) -> str | None:
    line = next((x for x in hole.below if x.strip()), "")
    room = len(line.strip())
    return f"{hole.said}\n{line[: len(line) - room // 2]}" if room > 8 and _tells(line) else None


def _compound(hole: Hole, source: Source, rng: random.Random) -> str | None:
    real = _real(hole, source, rng)
    return f"```\n{hole.before.lstrip()}{real}\n```" if real and hole.before.strip() else None


def _crlf(hole: Hole, source: Source, rng: random.Random) -> str | None:
    real = _real(hole, source, rng)
    return real.replace("\n", "\r\n") if real else None


# ---- helpers


def _tells(text: str) -> bool:
    return len(re.findall(r"\w", text)) >= 4


def _header(hole: Hole) -> tuple[str, str] | None:
    """The line that opens the innermost function around the hole, and the function's name."""
    width = len(hole.base)
    for line in reversed(hole.prefix.split("\n")[:-1]):
        if line.strip() and len(line) - len(line.lstrip()) < width:
            width = len(line) - len(line.lstrip())
            if (found := _HEADER.match(line)) and line.rstrip().endswith((":", "{")):
                return line, found.group(1)
    return None


# These are judged by how soon the stream is closed, too.
CONTINUES = ("real lines below", "new definition")

WAYS: Mapping[str, Way] = MappingProxyType(
    {
        "clean": lambda hole, source, rng: hole.truth,
        "real lines below": _real,
        "new definition": _new,
        "second variant": _variant,
        "test after it": _test,
        "usage after it": _usage,
        "main block": _main,
        "imports again": _imports,
        "commented repeat": _commented,
        "summary comment": _summary,
        "prose after it": _prose,
        "brackets doubled": _brackets,
        "closers below": _closes,
        "said twice": _twice,
        "fence": _fenced,
        "another fence": _other_fence,
        "chat and fence": _chat,
        "line again": _line_again,
        "two lines again": _lines_again,
        "function again": _function_again,
        "tail again": _tail_again,
        "indentation again": _indented,
        "dedented": _dedented,
        "moved to the margin": _margin,
        "tabs or blanks": _retabbed,
        "a tab for each level": _levelled,
        "blank lines after": _blank,
        "cut off in a line below": _cut_off,
        "fence, line, lines below": _compound,
        "CRLF": _crlf,
    }
)
