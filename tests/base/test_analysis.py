"""What the real worker answers: names, descriptions, members, signatures; and that no code of a workspace runs for it."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kireji.base.analysis.answers import Description
from kireji.base.analysis.client import Analysis, analysis_spec
from kireji.base.analysis.limits import too_deep, too_long
from kireji.base.analysis.places import after_dot, place_of
from kireji.base.child_protocol import ChildState
from kireji.base.children import Child
from kireji.base.text import line_starts
from kireji.base.types import Name, NameKind, Workspace
from support.analysis import HERE, PATIENT, document, marked, names, soon, worker

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def analysis() -> AsyncIterator[Analysis]:
    made = Analysis(Child(analysis_spec(), pace=PATIENT))
    await made.start()
    yield made
    await made.close()


CLASS = """
import os
class Shape:
    sides = 4
    def area(self, scale: float = 1.0) -> float:
        '''How large it is.'''
    @property
    def name(self) -> str: ...
    def _hidden(self): ...
def draw(shape: Shape, colour="red"): ...
"""


@pytest.mark.parametrize(
    ("source", "item"),
    [
        ("Shape().ar$0", Name("area", NameKind.FUNCTION, "def area")),
        ("Shape().si$0", Name("sides", NameKind.VARIABLE, "sides = 4")),
        ("Shape().na$0", Name("name", NameKind.PROPERTY, "def name(self) -> str: ...")),
        ("Sha$0", Name("Shape", NameKind.CLASS, "class Shape")),
        ("o$0", Name("os", NameKind.MODULE, "module os")),
        ("whil$0", Name("while", NameKind.KEYWORD, "keyword while")),
        ("draw(col$0", Name("colour=", NameKind.PARAMETER, 'param colour="red"')),
        ("draw(Shape(), co$0lour", Name("colour=", NameKind.PARAMETER, 'param colour="red"')),
        ("Shape().AR$0", Name("area", NameKind.FUNCTION, "def area")),
    ],
)
async def test_kinds(analysis: Analysis, source: str, item: Name) -> None:
    text, offset = marked(CLASS + source)
    assert item in await analysis.complete(text, offset, HERE, 1000, soon())


async def test_private_names_come_last_and_the_limit_counts(analysis: Analysis) -> None:
    found = await names(analysis, CLASS + "Shape().$0")
    plain = [n for n in found if not n.startswith("_")]
    assert found[: len(plain)] == plain == ["area", "name", "sides"]
    assert found[len(plain)] == "_hidden"
    assert found[-1].startswith("__")
    text, offset = marked(CLASS + "Shape().$0")
    assert [i.text for i in await analysis.complete(text, offset, HERE, 2, soon())] == ["area", "name"]


@pytest.mark.parametrize(
    "source",
    [
        "str.joi$0",
        "\ufeffstr.joi$0",
        "\ufeff\nstr.joi$0",
        "x = 1\r\nstr.joi$0\r\n",
        "x = 1\rstr.joi$0\r",
        "x = 1\x0c\nstr.joi$0",
        "\x0cstr.joi$0",
        "x = 1\n\x0c\nstr.joi$0\n\x0c\n",
        "x = '\u2028\u2029\x85\x0b\x1c\x1d\x1e'; str.joi$0",
        "# \u2028 \x85 \x0b\r\n# 𝒳\nstr.joi$0",
        "s = '𝒳é'; str.joi$0",
        "'𝒳\ud800' + str.joi$0",
        "if x:\n\x0c    str.joi$0",
        "def f(:\n  (((\nclass\nstr.joi$0",
        "match x:\n    case {'a': str.joi$0",
        "if x:\n\tif y:\n        str.joi$0",
    ],
)
async def test_places(analysis: Analysis, source: str) -> None:
    assert await names(analysis, source) == ["join"]


async def test_an_edited_text_is_read_anew(analysis: Analysis) -> None:
    """Many edits of one document, each with its own answer: jedi goes by the difference to what it read before."""
    draw = random.Random(7)
    lines = [
        "import os\n",
        "x = 'a'\n",
        "\x0c\n",
        "def f():\n",
        "    return 1\n",
        "# \u2028\r\n",
        "y = [1,\r",
        "]\n",
        "(\n",
    ]
    for n in range(60):
        rows = [draw.choice(lines) for _ in range(draw.randrange(12))]
        tail = f"\nclass K{n}:\n    member_{n} = 1\n    other_{n} = 2\nK{n}.memb$0\n"
        assert await names(analysis, "".join([*rows, ")]\n", tail])) == [f"member_{n}"]


async def test_what_is_no_name_is_left_out(analysis: Analysis) -> None:
    """A path and a key with its quotes would replace more than the word before the cursor."""
    assert await names(analysis, "d = {'foo': 1}\nd['f$0") == []
    assert await names(analysis, "open('/et$0") == []


async def test_describe(analysis: Analysis) -> None:
    text, offset = marked(CLASS + "Shape().ar$0")
    found = await analysis.describe(text, offset, HERE, "area", soon())
    assert found == Description(("area(scale: float=1.0) -> float",), "How large it is.")
    assert await analysis.describe(text, offset, HERE, "nothing", soon()) is None
    text, offset = marked("import subprocess\nsubprocess.Pop$0")
    found = await analysis.describe(text, offset, HERE, "Popen", soon())
    assert found is not None
    assert found.signatures
    assert "child program" in found.documentation
    assert len(found.documentation) <= 4000


@pytest.mark.parametrize(
    "source", ["Shape().$0", "Shape().si$0", "Shape().$0sides", "Shape(). sid$0es", "x = Shape()\nx.nope$0\n"]
)
async def test_members(analysis: Analysis, source: str) -> None:
    text, offset = marked(CLASS + source)
    found = await analysis.members(text, offset, HERE, soon())
    assert found is not None
    assert {"area", "name", "sides", "_hidden", "__init__"} <= set(found)


@pytest.mark.parametrize("source", ["unknown.$0", "Shape$0", "$0", "from nowhere import a\na.$0", "# $0"])
async def test_unknown_members(analysis: Analysis, source: str) -> None:
    text, offset = marked(CLASS + source)
    assert await analysis.members(text, offset, HERE, soon()) is None


async def test_signature(analysis: Analysis) -> None:
    text, offset = marked(CLASS + "draw(Shape(), $0")
    found = await analysis.signature(text, offset, HERE, soon())
    assert found is not None
    assert (found.label, found.active) == ('draw(shape: Shape, colour="red")', 1)
    assert found.parameters == ("shape: Shape", 'colour="red"')
    text, offset = marked(CLASS + "draw(Shape())\n$0")
    assert await analysis.signature(text, offset, HERE, soon()) is None


EXCLUDED = """
def total(zanzibar: int) -> int: ...
class Rate:
    zone = 1
"""


@pytest.mark.parametrize("file", ["", "hidden.py\n"], ids=["taken in", "excluded"])
async def test_what_an_excluded_file_defines_is_not_for_a_model(analysis: Analysis, tmp_path: Path, file: str) -> None:
    """A person sees it in their list of names all the same: that stays on the machine."""
    (tmp_path / "hidden.py").write_text(EXCLUDED)
    (tmp_path / ".kirejiignore").write_text(file)
    workspace, path = Workspace(str(tmp_path)), str(tmp_path / "main.py")
    asked = marked("import hidden\nhidden.$0", path)
    called = marked("import hidden\nhidden.total($0", path)
    imported = marked("from hidden import Rate, total\nRate.$0", path)
    near = marked("from hidden import *\nRat$0", path)
    members = await analysis.members(*asked, workspace, soon()) or ()
    others = await analysis.members(*imported, workspace, soon()) or ()
    signature = await analysis.signature(*called, workspace, soon())
    told = await analysis.tell(*near, workspace, 10, soon())
    seen = [name.text for name in await analysis.complete(*near, workspace, 10, soon())]
    assert ("total" in members, "zone" in others, signature is not None, "Rate" in [name.text for name in told]) == (
        (not file,) * 4
    )
    assert "Rate" in seen


@pytest.mark.parametrize(
    "source",
    [
        "$0",
        "(" * 5000 + "$0",
        "[" * 99 + "$0",
        "x = '" + "a" * 1_000_000 + "'\nstr.joi$0",
        "x\n" * 300_000 + "str.joi$0",
        "\0$0\0",
        "\ud800$0",
        "😀.$0",
        "".join(" " * n + "if x:\n" for n in range(300)) + "$0",
        "lambda: " * 600 + "$0",
        "f'" + "{" * 90 + "$0",
        "x = " + "not " * 1000 + "$0",
        "a" + ".a" * 2000 + ".$0",
        "a = a.$0",
        "class A(A): ...\nA.$0",
        "import " + ".".join("a" * 900) + ".$0",
        "from ....... import $0",
        "@" * 500 + "$0",
        "async " * 500 + "$0",
    ],
)
async def test_odd_texts_have_an_answer_and_the_worker_lives(analysis: Analysis, source: str) -> None:
    text, offset = marked(source)
    await analysis.complete(text, offset, HERE, 50, soon())
    await analysis.members(text, offset, HERE, soon())
    await analysis.signature(text, offset, HERE, soon())
    await analysis.describe(text, offset, HERE, "x", soon())
    assert analysis.state is ChildState.READY
    assert await names(analysis, "str.joi$0") == ["join"]


@pytest.mark.parametrize("offset", [-5, 10**9])
async def test_an_offset_outside_the_text_is_drawn_back(analysis: Analysis, offset: int) -> None:
    await analysis.complete(document("x = 1\n"), offset, HERE, 5, soon())
    assert analysis.state is ChildState.READY


# ---- whose code runs


async def venv(folder: Path) -> str:
    """A real environment; whoever starts its interpreter, or imports what is in it, leaves a mark."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv"))
    assert await process.wait() == 0
    (packages,) = folder.glob(".venv/lib/python*/site-packages")
    trap = f"open({str(folder / 'fired')!r}, 'a').close()"
    (packages / "trap.pth").write_text(f"import sys; {trap}\n")
    (packages / "thing.py").write_text(
        f"open({str(folder / 'imported')!r}, 'a').close()\nclass Thing:\n    inside = 1\n"
    )
    return str(folder / ".venv/bin/python")


def traps(folder: Path) -> None:
    """Modules that would run if anything in the workspace were imported."""
    trap = f"open({str(folder / 'imported')!r}, 'a').close()\nworkspace_name = 1\n"
    for name in (
        *("json.py", "os.py", "sitecustomize.py", "usercustomize.py", "conftest.py", "setup.py", "jedi.py", "parso.py"),
        *("gi.py", "plain.py", "kireji/__init__.py", "pkg/__init__.py", "pkg/plugin.py", "typing.py"),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(trap)
    (folder / ".jedi").mkdir()
    (folder / ".jedi" / "project.json").write_text('[1, {"load_unsafe_extensions": true, "environment_path": "x"}]')


@pytest.mark.skipif(sys.platform == "win32", reason="the traps are laid for POSIX")
async def test_no_code_of_a_workspace_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = await venv(tmp_path)
    traps(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "plain.py"))
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / ".venv"))
    path = str(tmp_path / "pkg" / "main.py")
    untrusted = Workspace(str(tmp_path), False, python)
    trusted = Workspace(str(tmp_path), True, python)
    analysis, _ = worker()
    try:
        for module in ("json", "os", "gi", "plain", "conftest", "pkg.plugin", "thing", "sitecustomize", "math"):
            await names(analysis, f"import {module}\n{module}.$0", untrusted, path)
        assert await names(analysis, "import plain\nplain.work$0", untrusted, path) == ["workspace_name"]
        assert await names(analysis, "import thing\nthing.Thing.ins$0", untrusted, path) == []
        assert not (tmp_path / "fired").exists()
        # The same where the person trusts the folder: now its interpreter starts, and still nothing is imported.
        assert await names(analysis, "import thing\nthing.Thing.ins$0", trusted, path) == ["inside"]
        assert (tmp_path / "fired").exists()
        assert not (tmp_path / "imported").exists()
    finally:
        await analysis.close()


async def test_an_interpreter_that_is_none(analysis: Analysis, tmp_path: Path) -> None:
    for python in (str(tmp_path / "missing"), __file__, "/bin/true", str(tmp_path)):
        workspace = Workspace(str(tmp_path), True, python)
        assert await names(analysis, "str.joi$0", workspace) == ["join"]


# ---- pure


@pytest.mark.parametrize(
    ("source", "line", "column", "word"),
    [
        ("ab$0", 1, 2, "ab"),
        ("a\r\nb.c$0d", 2, 3, "c"),
        ("a\r$0\nb", 1, 1, "a"),
        ("a\rb$0", 2, 1, "b"),
        ("a\x0cb\u2028c$0", 1, 5, "c"),
        ("\ufeffab$0", 1, 2, "ab"),
        ("\ufeff$0ab", 1, 0, ""),
        ("𝒳é$0", 1, 2, "é"),
        ("a\n$0", 2, 0, ""),
    ],
)
async def test_lines_and_columns(source: str, line: int, column: int, word: str) -> None:
    before, _, after = source.partition("$0")
    place = place_of(before + after, len(before))
    assert (place.line, place.column) == (line, column)
    assert place.word.endswith(word)


@pytest.mark.parametrize(
    ("source", "found"),
    [("a.$0", "a."), ("a.bc$0d", "a."), ("a. b$0", "a."), ("a$0.b", None), ("a.\nb$0", None), ("a.b().c$0", "a.b().")],
)
async def test_the_dot(source: str, found: str | None) -> None:
    before, _, after = source.partition("$0")
    start = after_dot(before + after, len(before))
    assert (None if start is None else (before + after)[:start]) == found


async def test_limits() -> None:
    def refused(text: str) -> bool:
        return bool(too_long(text, line_starts(text)) or too_deep(text))

    assert not refused("x = [[1]]\n" * 10_000)
    assert refused("x" * 5_001)
    assert refused("x\n" * 250_001)
    assert refused("(" * 101)
    assert not refused("(" * 100 + ")" * 200)
