"""What the type gate refuses, what it lets pass and where it abstains, with the real ty in a small workspace."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.child_protocol import ChildDiagnostic
from kireji.base.text import make_document
from kireji.base.types import Document, GateResult, GateState, Span, Workspace
from kireji.engine.gates import changes
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.checkers import Checkers, Surroundings, surroundings
from kireji.engine.gates.grounds import pyrefly_spec, ty_spec
from kireji.engine.gates.types import TypesGate, rules
from support.gating import candidate_at, marked

PASS, FAIL, UNKNOWN = GateState.PASS, GateState.FAIL, GateState.UNKNOWN
FILES = {
    "shop/__init__.py": "",
    "shop/prices.py": "def net(price: float, rate: float = 0.2) -> float:\n    return price\n\n\nclass Price:\n    value = 1\n",
    "shop/dynamic.py": "def __getattr__(name: str) -> object: ...\n",
    "shop/cart.py": "",
    "tools/run.py": "",
    "tools/beside.py": "",
    "tools/deep/run.py": "",
    "tools/src/below.py": "",
    "lib/inner.py": "x = 1\n",
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["lib"]\n\n[tool.ty.rules]\nall = "ignore"\n',
}
BODY = "def f(a: int, b: str) -> int:\n    $0\n    return a\n"
CHECKED = "def f(a: int) -> None:\n    if not isinstance(a, int):\n        $0\n        raise TypeError(a)\n"
CLASS = "class A:\n    def __init__(self) -> None:\n        self.x = 1\n\n    def f(self) -> None:\n        $0\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "w" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "w"


@pytest.fixture
async def checkers() -> AsyncIterator[Checkers]:
    checkers = Checkers(ty_spec(None, rules()))
    assert checkers.installed, "ty is a dependency"
    try:
        yield checkers
    finally:
        await checkers.close()


async def judged(
    gate: TypesGate, workspace: Workspace, path: Path | None, source: str, text: str, *others: Document
) -> GateResult:
    """The gate's word on `text` at the `$0` of a file."""
    before, mark, after = source.partition("$0")
    assert mark
    uri = path.as_uri() if path is not None else "untitled:1"
    document = make_document(uri, str(path) if path is not None else None, "python", 1, before + after)
    snapshot, candidate = candidate_at(document, len(before), text, workspace=workspace)
    snapshot = replace(snapshot, open_documents=(document, *others))
    tried = trial(snapshot, candidate)
    await gate.prepare(snapshot, tried.baseline)
    result = await gate.check(tried)
    assert bool(result.note) == (result.state is UNKNOWN), result
    for finding in result.findings:
        assert tried.after.text[finding.span.start : finding.span.end] == finding.symbol
        assert finding.span.start <= tried.inserted.end
        assert finding.span.end >= tried.inserted.start
    return result


@pytest.mark.parametrize(
    ("source", "text", "codes"),
    [
        # Modules and members that do not exist, and those that do.
        (BODY, "import nothing_like_it", ["import-not-found"]),
        (BODY, "import os.paths", ["import-not-found"]),
        (BODY, "from os import joined", ["import-not-found"]),
        (BODY, "from .prices import gross", ["import-not-found"]),
        (BODY, "from .nowhere import x", ["import-not-found"]),
        (BODY, "from shop.prices import (\n        Price,\n        gross,\n    )", ["import-not-found"]),
        (BODY, "from shop import nowhere", ["import-not-found"]),
        (BODY, "import os.path", []),
        (BODY, "from .prices import net, Price", []),
        (BODY, "from shop import prices", []),
        (BODY, "from .dynamic import anything", []),
        (BODY, "import pytest, pygls.server", []),
        (BODY, "import inner", []),
        # An import that its author expects to fail.
        (BODY, "try:\n        import nothing_like_it\n    except ImportError:\n        pass", []),
        (BODY, "try:\n        import json\n    except ImportError:\n        import nothing_like_it as json", []),
        (BODY, "try:\n        import nothing_like_it\n    finally:\n        pass", ["import-not-found"]),
        (BODY, "try:\n        import nothing_like_it\n    except ValueError:\n        pass", ["import-not-found"]),
        ("try:\n    $0\nexcept ModuleNotFoundError:\n    pass\n", "import nothing_like_it", []),
        ("try:\n    pass\nexcept (ImportError, OSError):\n    $0\n", "import nothing_like_it", []),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    $0\n", "from nothing_like_it import X", []),
        ("import contextlib\nwith contextlib.suppress(ImportError):\n    $0\n", "import nothing_like_it", []),
        # Members of modules, values and self.
        ("import os\n" + BODY, "os.path.joined('a')", ["missing-attribute"]),
        (BODY, "b.trim()", ["missing-attribute"]),
        (BODY, "b.strip()", []),
        (CLASS, "self.y()", ["missing-attribute"]),
        (CLASS, "self.x += 1", []),
        (BODY, "f.__wrapped__", []),
        # Names behind a star.
        ("from os.path import *\n" + BODY, "join(b, b)", []),
        ("from os.path import *\n" + BODY, "joined(b, b)", ["unresolved-reference"]),
        # Calls.
        (BODY, "f(1)", ["missing-argument"]),
        (BODY, "f(1, 'a', 2)", ["too-many-positional-arguments"]),
        (BODY, "f(1, 'a', c=2)", ["unknown-argument"]),
        ("from .prices import net\n" + BODY, "net(1.0, rates=1)", ["unknown-argument"]),
        ("from .prices import net\n" + BODY, "net(1.0, rate=1)", []),
        ("def g(x):\n    pass\n\n\nvalue = g($0\n", "1, 2)", ["too-many-positional-arguments"]),
        # Values of the wrong type, where the types are certain.
        (BODY, "f('a', 'b')", ["invalid-argument-type"]),
        (BODY, "len(a)", ["invalid-argument-type"]),
        (BODY, "b + 1", ["unsupported-operator"]),
        (BODY, "'abc'[1.5]", ["invalid-argument-type"]),
        (BODY, "if a:\n        return b", ["invalid-explicit-return"]),
        (BODY, "if a:\n        return a", []),
        ("import re\n" + BODY, "len(re.match(b, b))", []),
        ("def g(x: object, y: int | str) -> None:\n    $0\n", "len(x)\n    len(y)", []),
        ("from nothing_like_it import x\n" + BODY, "f(x, x)", []),
        # A parameter of which only the default is known may hold anything else.
        ("NOTHING = 'nothing'\n\n\ndef g(make=NOTHING):\n    $0\n", "if make != NOTHING:\n        make()", []),
        ("def h():\n    pass\n\n\ndef g(call=h):\n    $0\n", "call(1)\n    call(name=2)", []),
        ("def h():\n    pass\n\n\ndef g(call=h):\n    $0\n", "h(1)", ["too-many-positional-arguments"]),
        ("def h():\n    pass\n\n\ndef i(n):\n    return n\n\n\ndef g(n):\n    call = h if n else i\n    $0\n", "call(n)",
         ["too-many-positional-arguments"]),
        # What sound code breaks every day.
        (CLASS, "self.x = 'a'", []),
        # What was wrong before is not the candidate's doing: by rule and symbol, wherever it stands.
        ("b = 'a'\nb.trim()\n" + BODY, "b.trim()", []),
        ("b = 'a'\nb.trim()\n" + BODY, "b.trimmed()", ["missing-attribute"]),
        # Behind a return nothing is judged.
        ("def f(a):\n    return a\n    $0\n", "a = 'b'.trim()", []),
        # Behind a check that an annotation makes needless imports are: that code is for those who break the annotation.
        (CHECKED, "raise 'b'.trim()", []),
        (CHECKED, "import nothing_like_it", ["import-not-found"]),
        (CHECKED, "import os\n        from os import (\n            sep,\n            joined,\n        )", ["import-not-found"]),
        (CHECKED, "from .prices import net\n        import os.path", []),
        (CHECKED, "try:\n            import nothing_like_it\n        except ImportError:\n            pass", []),
        ("import sys\nif sys.platform == 'win33':\n    $0\n", "from ctypes import windll, winnone", []),
        # A comment excuses what it is about: not what does not exist, and not another rule.
        (BODY, "f('a', 'b')  # type: ignore", []),
        (BODY, "b.trim()  # type: ignore[attr-defined]", []),
        (BODY, "b.trim()  # pyright: ignore[reportAttributeAccessIssue]", []),
        (BODY, "b.trim()  # type: ignore[no-any-return]", ["missing-attribute"]),
        (BODY, "b.trim()  # type: ignore[union-attr]", ["missing-attribute"]),
        (BODY, "f(  # type: ignore\n        a,\n        b,\n        c=1,\n    )", []),
        (BODY, "import nothing_like_it  # type: ignore", ["import-not-found"]),
        (BODY, "import nothing_like_it  # ty: ignore", ["import-not-found"]),
        # Where the rest of the file is broken.
        ("x = compute(\n\n\n" + BODY, "b.trim()", ["missing-attribute"]),
        ("x = compute(\n\n\n" + BODY, "b.strip()", []),
        ("import sys\n" + BODY + "\n\nsys.exit(f(1, ''))\n", "b.trim()", ["missing-attribute"]),
    ],
)  # fmt: skip
async def test_in_a_trusted_workspace(checkers: Checkers, root: Path, source: str, text: str, codes: list[str]) -> None:
    workspace = Workspace(str(root), True, sys.executable)
    result = await judged(TypesGate(checkers), workspace, root / "shop/cart.py", source, text)
    assert (result.state, [f.code for f in result.findings]) == (FAIL if codes else PASS, codes), result


@pytest.mark.parametrize(
    ("trusted", "python", "path", "text", "state"),
    [
        # Without trust the workspace is not looked at; the library is known all the same.
        (False, None, "shop/cart.py", "from .prices import gross", UNKNOWN),
        (False, None, "shop/cart.py", "import nothing_like_it", UNKNOWN),
        (False, None, "shop/cart.py", "from os import joined", FAIL),
        (False, None, "shop/cart.py", "import os.paths", FAIL),
        (False, None, "shop/cart.py", "b.trim()", FAIL),
        (False, None, "shop/cart.py", "b.strip()", PASS),
        (False, sys.executable, "shop/cart.py", "import pytest", PASS),
        # Without an interpreter nothing is known of packages, but all of the workspace's own modules.
        (True, None, "shop/cart.py", "import pytest", UNKNOWN),
        (True, "/nowhere/python", "shop/cart.py", "import nothing_like_it", UNKNOWN),
        (True, None, "shop/cart.py", "from shop.prices import gross", FAIL),
        (True, None, "shop/cart.py", "import shop.nowhere", FAIL),
        (True, None, "shop/cart.py", "from .nowhere import x", FAIL),
        # A file that was never saved has nothing beside it, yet.
        (True, sys.executable, "shop/new.py", "from .nowhere import x", UNKNOWN),
        (True, sys.executable, "shop/new.py", "from shop.prices import gross", FAIL),
        # What stands beside a script is found when the script is run.
        (True, sys.executable, "tools/run.py", "import beside", PASS),
        (True, sys.executable, "tools/run.py", "import besides", FAIL),
        (True, sys.executable, "tools/deep/run.py", "import beside", PASS),
        (True, sys.executable, "tools/deep/run.py", "import below", UNKNOWN),
        # Outside the workspace, and in no file at all.
        (True, sys.executable, "../elsewhere.py", "from .prices import net", UNKNOWN),
        (True, sys.executable, "../elsewhere.py", "b.trim()", FAIL),
        (True, sys.executable, None, "import nothing_like_it", UNKNOWN),
        (True, sys.executable, None, "b.trim()", FAIL),
        # A name that would stand before the library's.
        (False, None, "shop/types.py", "import enum\n    enum.Enum", PASS),
        (True, sys.executable, "shop/notes.ipynb", "b.trim()", FAIL),
    ],
)  # fmt: skip
async def test_what_is_not_known_is_not_refused(
    checkers: Checkers, root: Path, trusted: bool, python: str | None, path: str | None, text: str, state: GateState
) -> None:
    workspace = Workspace(str(root), trusted, python)
    place = (root / path).resolve() if path is not None else None
    result = await judged(TypesGate(checkers), workspace, place, BODY, text)
    assert result.state is state, result


async def test_an_unsaved_text_may_hold_the_name(checkers: Checkers, root: Path) -> None:
    workspace = Workspace(str(root), True, sys.executable)
    prices = root / "shop/prices.py"
    unsaved = make_document(prices.as_uri(), str(prices), "python", 2, FILES["shop/prices.py"] + "\ndef gross(): ...\n")
    fresh = make_document((root / "shop/fresh.py").as_uri(), str(root / "shop/fresh.py"), "python", 1, "")
    for text, state in (
        ("from .prices import gross", UNKNOWN),
        ("from . import fresh", UNKNOWN),
        ("from .prices import greed", FAIL),
    ):
        result = await judged(TypesGate(checkers), workspace, root / "shop/cart.py", BODY, text, unsaved, fresh)
        assert result.state is state, result


@pytest.mark.parametrize(
    ("text", "saved", "state"),
    [
        ("from .prices import net\n    net(1.0, discount=2.0)", False, UNKNOWN),
        ("from .prices import net\n    net(1.0, discount=2.0)", True, FAIL),
        ("f(1, 'a', 2)", False, FAIL),
    ],
)
async def test_an_unsaved_text_may_say_otherwise_how_something_is_called(
    checkers: Checkers, root: Path, text: str, saved: bool, state: GateState
) -> None:
    workspace = Workspace(str(root), True, sys.executable)
    prices = root / "shop/prices.py"
    said = (
        FILES["shop/prices.py"] if saved else "def net(value: float, rate: float = 0.2, discount: float = 0.0): ...\n"
    )
    other = make_document(prices.as_uri(), str(prices), "python", 2, said)
    result = await judged(TypesGate(checkers), workspace, root / "shop/cart.py", BODY, text, other)
    assert result.state is state, result


async def test_what_the_project_declares_is_never_refused(checkers: Checkers, root: Path) -> None:
    workspace = Workspace(str(root), True, sys.executable)
    manifest = root / "pyproject.toml"
    manifest.write_text('[project]\ndependencies = ["not-installed-here>=1", "PyYAML-not", "beautifulsoup4"]\n')
    try:
        for text, state in (
            ("import not_installed_here.deep", UNKNOWN),
            ("from bs4 import BeautifulSoup", UNKNOWN),
            ("import not_declared_either", FAIL),
        ):
            result = await judged(TypesGate(checkers), workspace, root / "shop/cart.py", BODY, text)
            assert result.state is state, result
    finally:
        manifest.unlink()


async def test_a_file_is_never_taken_for_the_suggestion_that_was_tried_in_it(checkers: Checkers, root: Path) -> None:
    workspace = Workspace(str(root), True, sys.executable)
    gate = TypesGate(checkers)
    await judged(gate, workspace, root / "shop/prices.py", "$0\n", "def only_suggested(): ...")
    result = await judged(gate, workspace, root / "shop/cart.py", BODY, "from .prices import only_suggested")
    assert result.state is FAIL


async def test_without_a_checker_nothing_is_known(root: Path) -> None:
    for gone in (Checkers(None), Checkers(ty_spec("/nowhere/ty", rules()))):
        result = await judged(TypesGate(gone), Workspace(str(root), True, None), root / "shop/cart.py", BODY, "a = 1")
        assert result.state is UNKNOWN
        await gone.close()


async def test_after_its_end_it_says_so(checkers: Checkers, root: Path) -> None:
    await checkers.close()
    result = await judged(TypesGate(checkers), Workspace(), None, BODY, "a = 1")
    assert result.state is UNKNOWN


async def test_what_was_saved_meanwhile_counts(checkers: Checkers, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By another program, or in a file that is not open any more: nobody says so."""
    monkeypatch.setattr(changes, "LEAST_PAUSE", 0.0)
    monkeypatch.setattr(changes, "PAUSE_FACTOR", 0.0)
    gate, workspace = TypesGate(checkers), Workspace(str(root), True, sys.executable)

    async def check(text: str, state: GateState, source: str = BODY) -> None:
        result = await judged(gate, workspace, root / "shop/cart.py", source, text)
        assert result.state is state, result

    known, added = "from shop.prices import gross", "from shop.sales import rebate"
    await check(known, FAIL)
    await check(added, FAIL)
    prices = root / "shop/prices.py"
    prices.write_text(f"{FILES['shop/prices.py']}\ndef gross() -> int: ...\n")
    (root / "shop/sales.py").write_text("rebate = 1\n")
    await check(known, PASS)
    await check(added, PASS)
    await check(", net", PASS, f"{known}$0\n")
    prices.write_text(FILES["shop/prices.py"])
    await check(known, FAIL)
    await check(", net", PASS, f"{known}$0\n")  # what it stands beside is no fault of its own
    # Where modules lie as well is read once, when a checker begins.
    await check("import further", FAIL)
    (root / "more").mkdir()
    (root / "more/further.py").touch()
    (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["lib", "more"]\n')
    await check("import further", PASS)


class Second(Checkers):
    """A second checker that objects to whatever holds a word."""

    def __init__(self, word: str) -> None:
        super().__init__(ty_spec(None, {}))
        self.word = word
        self.asked = 0

    async def diagnostics(
        self, where: Surroundings, document: Document, text: str, seconds: float
    ) -> tuple[ChildDiagnostic, ...]:
        await self._find(where)  # it begins where it has to
        self.asked += 1
        at = text.find(self.word)
        return (ChildDiagnostic("any", "", 1, Span(at, at + len(self.word))),) if at >= 0 else ()


@pytest.mark.parametrize(
    ("text", "word", "state", "asked"),
    [
        ("f('a', 'b')", "f('a'", FAIL, 1),
        ("f('a', 'b')", "elsewhere", PASS, 1),
        ("b.trim()", "elsewhere", FAIL, 0),
        ("a = 1", "a = 1", PASS, 0),
    ],
)
async def test_a_second_opinion(
    checkers: Checkers, root: Path, text: str, word: str, state: GateState, asked: int
) -> None:
    second = Second(word)
    workspace = Workspace(str(root), True, sys.executable)
    result = await judged(TypesGate(checkers, second), workspace, root / "shop/cart.py", BODY, text)
    # Its first look is taken before any answer is there.
    assert (result.state, second.asked) == (state, 1 + asked)


async def test_a_first_look_that_was_taken_back_is_taken_again(checkers: Checkers) -> None:
    class Slow(Second):
        async def diagnostics(
            self, where: Surroundings, document: Document, text: str, seconds: float
        ) -> tuple[ChildDiagnostic, ...]:
            said = await super().diagnostics(where, document, text, seconds)
            begun.set()
            await go.wait()
            return said

    begun, go, second = asyncio.Event(), asyncio.Event(), Slow("nothing")
    gate = TypesGate(checkers, second)
    document, offset = marked("a = 1\n$0")
    snapshot, _ = candidate_at(document, offset, "b = 2")
    for asked in (1, 2):
        looking = asyncio.ensure_future(gate.prepare(snapshot, document))
        await asyncio.wait_for(begun.wait(), 10)
        begun.clear()
        looking.cancel()
        await asyncio.wait({looking})
        assert second.asked == asked
    go.set()
    await gate.prepare(snapshot, document)
    await gate.prepare(snapshot, document)
    assert second.asked == 3


async def test_where_it_is_begun_anew_its_first_look_is_taken_again(
    checkers: Checkers, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "LEAST_PAUSE", 0.0)
    monkeypatch.setattr(changes, "PAUSE_FACTOR", 0.0)
    second, workspace = Second("nothing"), Workspace(str(root), True, sys.executable)
    gate = TypesGate(checkers, second)
    asked = []
    for settings in ("", "", "[tool.ty]\n", ""):
        if settings:
            (root / "pyproject.toml").write_text(settings)
        await judged(gate, workspace, root / "shop/cart.py", BODY, "a = 1")
        asked.append(second.asked)
    assert asked == [1, 1, 2, 2]


async def test_texts_of_two_workspaces_do_not_mix(checkers: Checkers, root: Path) -> None:
    gate = TypesGate(checkers)
    other = root.parent / "v"
    (other / "shop").mkdir(parents=True)
    (other / "shop/__init__.py").touch()
    (other / "shop/prices.py").write_text("gross = 1\n")
    (other / "shop/cart.py").touch()

    def ask(place: Path) -> Iterator[asyncio.Task[GateResult]]:
        for _ in range(3):
            workspace = Workspace(str(place), True, sys.executable)
            asked = judged(gate, workspace, place / "shop/cart.py", BODY, "from .prices import gross")
            yield asyncio.ensure_future(asked)

    results = await asyncio.gather(*ask(root), *ask(other))
    assert [r.state for r in results] == [FAIL] * 3 + [PASS] * 3
    lone = await judged(gate, Workspace(), None, BODY, "from .prices import gross")
    assert lone.state is UNKNOWN


@pytest.mark.skipif(pyrefly_spec() is None, reason="the extra `types` is not installed")
async def test_the_real_second_opinion(checkers: Checkers, root: Path) -> None:
    second = Checkers(pyrefly_spec())
    gate = TypesGate(checkers, second)
    try:
        for workspace, path in (
            (Workspace(str(root), True, sys.executable), root / "shop/cart.py"),
            (Workspace(), None),
        ):
            for text, state in (("f('a', 'b')", FAIL), ("f(a, b)", PASS), ("b + 1", FAIL)):
                result = await judged(gate, workspace, path, BODY, text)
                assert result.state is state, result
                said = await second.diagnostics(
                    surroundings(workspace, tried_document(path)), tried_document(path), BODY.replace("$0", text), 20
                )
                assert any(d.severity == 1 for d in said) is (state is FAIL)
    finally:
        await second.close()


def tried_document(path: Path | None) -> Document:
    return make_document(path.as_uri() if path else "untitled:1", str(path) if path else None, "python", 1, "")
