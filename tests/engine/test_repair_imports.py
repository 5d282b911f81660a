"""The import that an answer lacks: which names get one, from where, and at which place of the file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.edit import apply
from kireji.base.import_place import import_change
from kireji.base.importable import ImportLine
from kireji.base.text import make_document
from kireji.base.types import Candidate, GateState, Snapshot, Workspace
from kireji.engine.context.importing import WorkspaceImports
from kireji.engine.context.symbols import SymbolReader
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.gate import Gate
from kireji.engine.repair.ideas import repairs
from kireji.engine.repair.importing import IMPORTED
from support.gating import asked, candidate_at, marked, real_gates, verdict_of

NOTHING: Mapping[str, str] = {}


@pytest.fixture
async def gates() -> AsyncIterator[Sequence[Gate]]:
    async with real_gates() as gates:
        yield gates


# ---- where


def check_place(source: str, result: str | None, line: ImportLine) -> None:
    document, offset = marked(source)
    change = import_change(document.text, 0, offset, line)
    assert (apply(document.text, [change]) if change is not None else None) == result


JSON = ImportLine("json")


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("x = $0\n", "import json\n\nx = \n"),
        ("\nx = $0\n", "import json\n\nx = \n"),
        ("import os\n\nx = $0\n", "import json\nimport os\n\nx = \n"),
        ("import io\n\nx = $0\n", "import io\nimport json\n\nx = \n"),
        ("from io import StringIO\n\nx = $0\n", "import json\nfrom io import StringIO\n\nx = \n"),
        ("import io  # c\nx = $0\n", "import io  # c\nimport json\nx = \n"),
        # Never above what has to come first.
        ("#!/usr/bin/env python\nx = $0\n", "#!/usr/bin/env python\n\nimport json\n\nx = \n"),
        ("#!/bin/sh\n# -*- coding: utf-8 -*-\nx = $0\n", "#!/bin/sh\n# -*- coding: utf-8 -*-\n\nimport json\n\nx = \n"),
        ('"""Says."""\nx = $0\n', '"""Says."""\n\nimport json\n\nx = \n'),
        ('"""Says.\n\nMore.\n"""\n\nx = $0\n', '"""Says.\n\nMore.\n"""\n\nimport json\n\nx = \n'),
        ("# a licence\n# goes on\n\nx = $0\n", "# a licence\n# goes on\n\nimport json\n\nx = \n"),
        ("# about x\nx = $0\n", "import json\n\n# about x\nx = \n"),
        (
            '"""Says."""\nfrom __future__ import annotations\nx = $0\n',
            '"""Says."""\nfrom __future__ import annotations\n\nimport json\n\nx = \n',
        ),
        # Into its group.
        ("import numpy\nx = $0\n", "import json\n\nimport numpy\nx = \n"),
        (
            "import io\n\nimport numpy\n\nfrom . import y\n\nx = $0\n",
            "import io\nimport json\n\nimport numpy\n\nfrom . import y\n\nx = \n",
        ),
        ("import (\nx = $0\n", "import json\n\nimport (\nx = \n"),
        ("import io; y = 1\nx = $0\n", "import json\n\nimport io; y = 1\nx = \n"),
        (
            "from io import (\n    BytesIO,\n    StringIO,\n)\nx = $0\n",
            "import json\nfrom io import (\n    BytesIO,\n    StringIO,\n)\nx = \n",
        ),
        # What stands among leading imports does not end them; what is imported later is not one of them.
        (
            "import io\nif TYPE_CHECKING:\n    import a\n__all__ = []\nimport zlib\nx = $0\n",
            "import io\nimport json\nif TYPE_CHECKING:\n    import a\n__all__ = []\nimport zlib\nx = \n",
        ),
        (
            "import io\ntry:\n    import a\nexcept ImportError:\n    a = 1\nx = $0\n",
            "import io\nimport json\ntry:\n    import a\nexcept ImportError:\n    a = 1\nx = \n",
        ),
        ("import io\ny = 1\nimport jedi\nx = $0\n", "import io\nimport json\ny = 1\nimport jedi\nx = \n"),
        ("def f():\n    import io\n    x = $0\n", "import json\n\n\ndef f():\n    import io\n    x = \n"),
        # A comment stays with what it is about.
        ("# why\nimport os\nx = $0\n", "# why\nimport os\nimport json\nx = \n"),
        # Line endings are the file's.
        ("import io\r\n\r\nx = $0\r\n", "import io\r\nimport json\r\n\r\nx = \r\n"),
        ('"""Says."""\r\nx = $0\r\n', '"""Says."""\r\n\r\nimport json\r\n\r\nx = \r\n'),
        # The rest of the file may be anything.
        ("import io\nclass A:\n    def f(self):\n        y = g(\n        x = $0\n", None),
        ("$0\n", "no place"),
        ("import io\n$0\n", "import json\nimport io\n\n"),
    ],
)
def test_places(source: str, result: str | None) -> None:
    if result is None:  # broken further down: what stands above counts
        result = source.replace("$0", "").replace("import io\n", "import io\nimport json\n")
    check_place(source, None if result == "no place" else result, JSON)


GROUPS = "import io\n\nimport numpy\nfrom pkg.a import A\n\nfrom . import y\n"


@pytest.mark.parametrize(
    ("line", "above"),
    [
        (ImportLine("json"), "import io\n"),
        (ImportLine("numpy", "", "np"), "import numpy\n"),
        (ImportLine("pkg.b", "B"), "from pkg.a import A\n"),
        (ImportLine("zope", "z"), "from pkg.a import A\n"),
        (ImportLine("z", "Z", "", 1), "from . import y\n"),
    ],
)
def test_places_by_group(line: ImportLine, above: str) -> None:
    check_place(f"{GROUPS}x = $0\n", f"{GROUPS}x = \n".replace(above, f"{above}{line.text}\n"), line)


# ---- which, alone


async def check_import(
    gates: Sequence[Gate],
    source: str,
    answer: str,
    result: str | None,
    *,
    folder: Path | None = None,
    opened: Mapping[str, str] = NOTHING,
    saved: Mapping[str, str] = NOTHING,
) -> None:
    """The text with the first repair that the gates let pass, if that adds an import; None when none does.

    `opened` are documents that are open beside it, `saved` also stand on the disk, below `folder`.
    """
    snapshot, candidate = asked(source, answer)
    if folder is not None:
        snapshot, candidate = in_folder(folder, source, answer, opened, saved)
    found = await verdict_of(gates, trial(snapshot, candidate))
    assert found.state is GateState.FAIL, "only what is wrong is repaired"
    for idea in repairs(snapshot, candidate, found, WorkspaceImports(SymbolReader())):
        if (await verdict_of(gates, trial(snapshot, idea))).state is GateState.PASS:
            if idea.repairs == (IMPORTED,):
                assert idea.change == candidate.change, "the insertion comes first, as it was"
                assert apply(snapshot.document.text, idea.edit.changes) == result
            else:
                assert result is None, idea
            return
    assert result is None


def in_folder(
    folder: Path, source: str, answer: str, opened: Mapping[str, str], saved: Mapping[str, str]
) -> tuple[Snapshot, Candidate]:
    for name, text in saved.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    document, offset = marked(source)
    path = folder / "app" / "t.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(document.text, encoding="utf-8")
    own = make_document(path.as_uri(), str(path), "python", 1, document.text)
    snapshot, candidate = candidate_at(own, offset, answer, workspace=Workspace(str(folder), trusted=True))
    others = tuple(
        make_document((folder / name).as_uri(), str(folder / name), "python", 1, text)
        for name, text in {**saved, **opened}.items()
    )
    return replace(snapshot, open_documents=others), candidate


BODY = "def f(a):\n    $0\n    return a\n"


@pytest.mark.parametrize(
    ("source", "answer", "result"),
    [
        (BODY, "a = json.loads(a)", "import json\n\n\ndef f(a):\n    a = json.loads(a)\n    return a\n"),
        (BODY, "a = Path(a)", "from pathlib import Path\n\n\ndef f(a):\n    a = Path(a)\n    return a\n"),
        (
            BODY,
            "a = re.sub('x', '', Path(a).name)",
            "import re\nfrom pathlib import Path\n\n\ndef f(a):\n    a = re.sub('x', '', Path(a).name)\n    return a\n",
        ),
        (
            "import io\n\n\ndef f(a: str) -> io.StringIO:\n    $0\n",
            "return io.StringIO(os.path.join(a, json.dumps(a)))",
            "import io\nimport json\nimport os\n\n\ndef f(a: str) -> io.StringIO:\n"
            "    return io.StringIO(os.path.join(a, json.dumps(a)))\n",
        ),
        ("def f(a):\n    return js$0\n", "on.loads(a)", "import json\n\n\ndef f(a):\n    return json.loads(a)\n"),
        # A module that is used as a value may be a variable that was forgotten.
        (BODY, "a = json", None),
        (BODY, "a = time + json.loads(a)", None),
        (BODY, "a = unknown_thing.of(a)", None),
        (BODY, "a = json.loads(unknown_thing)", None),
        # The gates judge the import too: no module `token` has a `value`, and none of the library's is `nothing`.
        (BODY, "a = token.value", None),
        (BODY, "a = json.nothing(a)", None),
        # Other findings are not cured by an import.
        (BODY, "a = json.loads(a", None),
        (BODY, "a = this.s", None),
        # The name stands in another function of the same file, under another meaning.
        ("def g():\n    import simplejson as json\n    return json\n\n\n" + BODY, "a = json.loads(a)", None),
    ],
)
async def test_names_of_the_standard_library(
    gates: Sequence[Gate], source: str, answer: str, result: str | None
) -> None:
    await check_import(gates, source, answer, result)


MODELS = "class User:\n    pass\n\n\nclass _Hidden:\n    pass\n"
PACKAGE = {"app/__init__.py": "", "app/models.py": MODELS}


@pytest.mark.parametrize(
    ("saved", "source", "answer", "added"),
    [
        # From where it is defined, if that is one place.
        (PACKAGE, BODY, "a = User()", "from app.models import User"),
        ({**PACKAGE, "app/others.py": MODELS}, BODY, "a = User()", None),
        ({**PACKAGE, "app/test_models.py": MODELS}, BODY, "a = User()", "from app.models import User"),
        (PACKAGE, BODY, "a = _Hidden()", None),
        # As others import it.
        (
            {**PACKAGE, "app/x.py": "import collections as co\n"},
            BODY,
            "a = co.OrderedDict()",
            "import collections as co",
        ),
        (
            {**PACKAGE, "app/x.py": "from .models import User as U\n"},
            BODY,
            "a = U()",
            "from app.models import User as U",
        ),
        (
            {**PACKAGE, "app/__init__.py": "from .models import User\n", "main.py": "from app import User\n"},
            BODY,
            "a = User()",
            None,  # from the package, or from the module as the package itself does
        ),
        ({**PACKAGE, "app/x.py": "from app.models import User\n"}, BODY, "a = User()", "from app.models import User"),
        # A file that imports its neighbours with dots goes on so.
        (
            {**PACKAGE, "app/other.py": "y = 1\n"},
            "from .other import y\n\n\ndef f(a):\n    $0\n    return a, y\n",
            "a = User()",
            "from .models import User",
        ),
        # The workspace has a name of the standard library for something else.
        (
            {**PACKAGE, "app/json.py": "def loads(a):\n    pass\n", "x.py": "from app import json\n"},
            BODY,
            "a = json.loads(a)",
            None,
        ),
        ({**PACKAGE, "app/paths.py": "class Path:\n    pass\n"}, BODY, "a = Path(a)", None),
        # Who is needed by this file cannot need it.
        ({"app/__init__.py": "", "app/models.py": "from app.t import f\n" + MODELS}, BODY, "a = User()", None),
        (
            {"app/__init__.py": "", "app/mid.py": "import app.t\n", "app/models.py": "from . import mid\n" + MODELS},
            BODY,
            "a = User()",
            None,
        ),
        # What the import names must be there.
        ({"app/__init__.py": "", "app/x.py": "from app.gone import User\n"}, BODY, "a = User()", None),
    ],
)
async def test_names_of_the_workspace(
    gates: Sequence[Gate], tmp_path: Path, saved: Mapping[str, str], source: str, answer: str, added: str | None
) -> None:
    folder = tmp_path.resolve()
    head, mark, tail = source.partition("def f")
    result = None
    if added is not None:
        head = head.rstrip("\n") + "\n" if head else ""
        gap = "\n\n\n"
        order = f"{added}\n{head}" if head and added < head else f"{head}{added}\n"
        result = order.rstrip("\n") + gap + mark + tail.replace("$0", answer)
    await check_import(gates, source, answer, result, folder=folder, saved=saved)


async def test_a_client_that_cannot_change_the_text_elsewhere_is_offered_no_import(gates: Sequence[Gate]) -> None:
    snapshot, candidate = asked(BODY, "a = json.loads(a)")
    found = await verdict_of(gates, trial(snapshot, candidate))
    there = WorkspaceImports(SymbolReader())
    assert [i.repairs for i in repairs(snapshot, candidate, found, there)][:1] == [(IMPORTED,)]
    assert all(i.repairs != (IMPORTED,) for i in repairs(replace(snapshot, elsewhere=False), candidate, found, there))


async def test_the_cell_of_a_notebook_is_imported_into_itself(gates: Sequence[Gate]) -> None:
    above, cell = "import io\n", "y = 1\nx = $0\n"
    snapshot, candidate = asked(above + cell, "json.loads('1')")
    snapshot = replace(snapshot, origin=len(above))
    found = await verdict_of(gates, trial(snapshot, candidate))
    (first, *_) = repairs(snapshot, candidate, found, WorkspaceImports(SymbolReader()))
    assert apply(snapshot.document.text, first.edit.changes) == "import io\nimport json\n\ny = 1\nx = json.loads('1')\n"


async def test_what_the_gates_object_to_in_the_import_rejects(gates: Sequence[Gate]) -> None:
    """A sound insertion under a wrong import."""
    snapshot, candidate = asked(BODY, "a = thing.of(a)")
    found = await verdict_of(gates, trial(snapshot, candidate))
    for wrong in ("import json.thing as thing\n", "from json import thing\n", "import thing of\n"):
        change = import_change(snapshot.document.text, 0, candidate.change.span.start, JSON)
        assert change is not None
        changes = (candidate.change, replace(change, text=wrong))
        idea = replace(candidate, edit=replace(candidate.edit, changes=changes))
        verdict = await verdict_of(gates, trial(snapshot, idea))
        assert verdict.state is GateState.FAIL, wrong
        assert verdict.findings != found.findings
